/* Eight bytes at a time: finds what a JSON string must not hold as it is. */
#ifndef PT_JSON_SCAN_H
#define PT_JSON_SCAN_H

#include <stdint.h>
#include <string.h>

#define PT_EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* The bytes at `p`, the first one in the lowest place. */
static inline uint64_t pt_load_word(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The highest bit of each byte that is a control character, a quote, a backslash or not ASCII. Bytes above the lowest such byte
 * may be marked too: a borrow passes through them. */
static inline uint64_t pt_special_bytes(uint64_t word) {
    uint64_t control = word - PT_EACH_BYTE(0x20);
    uint64_t quote = (word ^ PT_EACH_BYTE('"')) - PT_EACH_BYTE(1);
    uint64_t backslash = (word ^ PT_EACH_BYTE('\\')) - PT_EACH_BYTE(1);
    return (control | quote | backslash | word) & PT_EACH_BYTE(0x80);
}

/* True when `c` is one of them. */
static inline int pt_special_byte(uint8_t c) {
    return c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
}

/* The first such byte from `p` on, or `end`. */
static inline const uint8_t *pt_find_special(const uint8_t *p, const uint8_t *end) {
    for (; end - p >= 8; p += 8) {
        uint64_t marks = pt_special_bytes(pt_load_word(p));
        if (marks) return p + (__builtin_ctzll(marks) >> 3);
    }
    while (p < end && !pt_special_byte(*p))
        p++;
    return p;
}

#endif
