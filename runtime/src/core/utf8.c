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

/* High bits of a word of text; with `no_nul`, any bit too when one of its bytes is zero. 0: plain ASCII throughout.
 * Subtracting 1 from each byte sets a high bit only where the byte was zero (or was above 0x80, which counts anyway). */
static inline uint64_t not_plain(uint64_t word, bool no_nul) {
    if (no_nul) word |= word - UINT64_C(0x0101010101010101);
    return word & UINT64_C(0x8080808080808080);
}

static inline uint64_t load64(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline uint64_t load32(const uint8_t *p) {
    uint32_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* The exact way: the first bad byte from p up to `stop` or, when a character reaches beyond that, a little farther.
 * NULL: none; then *ret_next is where it stopped. */
static const uint8_t *find_bad_exactly(const uint8_t *p, const uint8_t *stop, const uint8_t *end, bool no_nul,
                                       const uint8_t **ret_next) {
    while (p < stop) {
        size_t n = *p == 0 && no_nul ? 0 : *p < 0x80 ? 1 : pt_utf8_char(p, (size_t)(end - p));
        if (n == 0) return p;
        p += n;
    }
    *ret_next = p;
    return NULL;
}

/* Words may overlap at the end: what is plain is plain twice. */
static inline const uint8_t *find_bad(pt_slice text, bool no_nul) {
    if (text.len == 0) return NULL; /* where there may be no pointer */
    const uint8_t *p = text.ptr, *end = p + text.len;
    if (text.len < 8) {
        if (text.len >= 4 && !not_plain(load32(p) | load32(end - 4) << 32, no_nul)) return NULL;
        return find_bad_exactly(p, end, end, no_nul, &p);
    }
    for (;;) {
        while (end - p >= 8 && !not_plain(load64(p), no_nul))
            p += 8;
        if (p == end || (end - p < 8 && !not_plain(load64(end - 8), no_nul))) return NULL;
        const uint8_t *bad = find_bad_exactly(p, end - p < 8 ? end : p + 8, end, no_nul, &p);
        if (bad) return bad;
    }
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
