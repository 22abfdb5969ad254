#include "json/base64.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

uint8_t *pt_base64_write(uint8_t *to, pt_slice bytes) {
    const uint8_t *p = bytes.ptr, *end = bytes.len ? p + bytes.len : p;
    for (; end - p >= 3; p += 3) {
        uint32_t group = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        *to++ = (uint8_t)letters[group >> 18];
        *to++ = (uint8_t)letters[group >> 12 & 63];
        *to++ = (uint8_t)letters[group >> 6 & 63];
        *to++ = (uint8_t)letters[group & 63];
    }
    if (p == end) return to;
    bool two = end - p == 2;
    uint32_t group = (uint32_t)p[0] << 16 | (two ? (uint32_t)p[1] << 8 : 0);
    *to++ = (uint8_t)letters[group >> 18];
    *to++ = (uint8_t)letters[group >> 12 & 63];
    *to++ = two ? (uint8_t)letters[group >> 6 & 63] : '=';
    *to++ = '=';
    return to;
}

/* The six bits of each character of either alphabet plus one; 0: no such character. */
static const uint8_t sextets[256] = {
#define AT(c, value) [c] = ((value) + 1)
    AT('A', 0),  AT('B', 1),  AT('C', 2),  AT('D', 3),  AT('E', 4),  AT('F', 5),  AT('G', 6),  AT('H', 7),  AT('I', 8),
    AT('J', 9),  AT('K', 10), AT('L', 11), AT('M', 12), AT('N', 13), AT('O', 14), AT('P', 15), AT('Q', 16), AT('R', 17),
    AT('S', 18), AT('T', 19), AT('U', 20), AT('V', 21), AT('W', 22), AT('X', 23), AT('Y', 24), AT('Z', 25), AT('a', 26),
    AT('b', 27), AT('c', 28), AT('d', 29), AT('e', 30), AT('f', 31), AT('g', 32), AT('h', 33), AT('i', 34), AT('j', 35),
    AT('k', 36), AT('l', 37), AT('m', 38), AT('n', 39), AT('o', 40), AT('p', 41), AT('q', 42), AT('r', 43), AT('s', 44),
    AT('t', 45), AT('u', 46), AT('v', 47), AT('w', 48), AT('x', 49), AT('y', 50), AT('z', 51), AT('0', 52), AT('1', 53),
    AT('2', 54), AT('3', 55), AT('4', 56), AT('5', 57), AT('6', 58), AT('7', 59), AT('8', 60), AT('9', 61), AT('+', 62),
    AT('/', 63), AT('-', 62), AT('_', 63),
#undef AT
};

/* The text without correct padding; padding that doesn't fill the last group stays and is then a wrong character. */
static pt_slice without_padding(pt_slice text) {
    if (text.len == 0 || text.len % 4 != 0) return text;
    for (int i = 0; i < 2 && text.ptr[text.len - 1] == '='; i++)
        text.len--;
    return text;
}

uint8_t *pt_base64_read(uint8_t *to, pt_slice text, const uint8_t **ret_bad) {
    text = without_padding(text);
    uint32_t group = 0;
    size_t i = 0;
    for (; i < text.len; i++) {
        uint32_t sextet = sextets[text.ptr[i]];
        if (!sextet) {
            *ret_bad = text.ptr + i;
            return NULL;
        }
        group = group << 6 | (sextet - 1);
        if (i % 4 != 3) continue;
        *to++ = (uint8_t)(group >> 16);
        *to++ = (uint8_t)(group >> 8);
        *to++ = (uint8_t)group;
    }
    switch (i % 4) {
    case 1: *ret_bad = text.ptr + i - 1; return NULL; /* six bits are no byte */
    case 2: *to++ = (uint8_t)(group >> 4); break;
    case 3:
        *to++ = (uint8_t)(group >> 10);
        *to++ = (uint8_t)(group >> 2);
        break;
    default: break;
    }
    return to;
}
