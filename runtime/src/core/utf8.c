#include "core/utf8.h"

static bool is_tail(uint8_t byte) {
    return (byte & 0xc0) == 0x80;
}

size_t pt_utf8_char(const uint8_t *p, size_t left) {
    uint8_t lead = p[0];
    if (lead < 0x80) return 1;
    if (lead < 0xc2 || lead > 0xf4) return 0; /* stray tail, overlong pair, beyond U+10FFFF */
    if (left < 2 || !is_tail(p[1])) return 0;
    if (lead < 0xe0) return 2;
    if (left < 3 || !is_tail(p[2])) return 0;
    if (lead < 0xf0) {
        if (lead == 0xe0 && p[1] < 0xa0) return 0; /* overlong */
        if (lead == 0xed && p[1] > 0x9f) return 0; /* surrogate */
        return 3;
    }
    if (left < 4 || !is_tail(p[3])) return 0;
    if (lead == 0xf0 && p[1] < 0x90) return 0; /* overlong */
    if (lead == 0xf4 && p[1] > 0x8f) return 0; /* beyond U+10FFFF */
    return 4;
}

/* High bits of the eight bytes at `p`; with `no_nul`, any bit too when one of them is zero. 0: eight plain ASCII bytes.
 * Subtracting 1 from each byte sets a high bit only where the byte was zero (or was above 0x80, which counts anyway). */
static inline uint64_t not_plain(const uint8_t *p, bool no_nul) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    if (no_nul) word |= word - UINT64_C(0x0101010101010101);
    return word & UINT64_C(0x8080808080808080);
}

static inline const uint8_t *find_bad(pt_slice text, bool no_nul) {
    const uint8_t *p = text.ptr;
    size_t left = text.len;
    while (left > 0) {
        if (left >= 8 && !not_plain(p, no_nul)) {
            p += 8;
            left -= 8;
            continue;
        }
        /* Eight bytes with something in them, or the end: go on exactly, and fast again once past the next eight. */
        size_t stop = left > 8 ? left - 8 : 0;
        while (left > stop) {
            size_t n = no_nul && *p == 0 ? 0 : pt_utf8_char(p, left);
            if (n == 0) return p;
            p += n;
            left -= n;
        }
    }
    return NULL;
}

bool pt_utf8_valid(pt_slice text) {
    return !find_bad(text, false);
}

const uint8_t *pt_utf8_find_bad_or_nul(pt_slice text) {
    return find_bad(text, true);
}

void pt_utf8_repair(uint8_t *text, size_t len) {
    for (size_t i = 0; i < len;) {
        size_t n = pt_utf8_char(text + i, len - i);
        if (n == 0) text[i] = '?';
        i += n ? n : 1;
    }
}

size_t pt_utf8_cut(const uint8_t *text, size_t len) {
    while (len > 0 && is_tail(text[len]))
        len--;
    return len;
}
