#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/utf8.h"
#include "support/random.h"

/* Length of the character at p by another way than the code under test: decode by the lead byte's bits, then look whether
 * the code point is one and whether it would be written so. 0: none. */
static size_t reference(const uint8_t *p, size_t left) {
    size_t n = p[0] < 0x80 ? 1 : (p[0] & 0xe0) == 0xc0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : (p[0] & 0xf8) == 0xf0 ? 4 : 0;
    if (n == 0 || n > left) return 0;
    uint32_t point = n == 1 ? p[0] : p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) return 0;
        point = point << 6 | (p[i] & 0x3f);
    }
    size_t shortest = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    bool surrogate = point >= 0xd800 && point <= 0xdfff;
    return shortest == n && !surrogate && point <= 0x10ffff ? n : 0;
}

static bool reference_valid(const uint8_t *p, size_t len) {
    while (len > 0) {
        size_t n = reference(p, len);
        if (n == 0) return false;
        p += n;
        len -= n;
    }
    return true;
}

Test(utf8, all_sequences_of_three_bytes) {
    for (uint32_t i = 0; i < 1u << 24; i++) {
        uint8_t bytes[3] = {(uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        if (pt_utf8_valid(pt_slice_of(bytes, 3)) != reference_valid(bytes, 3)) cr_assert_fail("%06x", i);
    }
}

Test(utf8, all_sequences_of_four_bytes_that_start_high) {
    for (uint32_t lead = 0xef; lead < 0x100; lead++) {
        for (uint32_t second = 0; second < 0x100; second++) {
            for (uint32_t i = 0; i < 0x10000; i += 7) {
                uint8_t bytes[4] = {(uint8_t)lead, (uint8_t)second, (uint8_t)(i >> 8), (uint8_t)i};
                if (pt_utf8_char(bytes, 4) != reference(bytes, 4)) cr_assert_fail("%02x %02x %04x", lead, second, i);
            }
        }
    }
}

/* Something odd at each place of texts of each length, so that every way through words and rests is gone. */
Test(utf8, finds_what_is_odd_wherever_it_stands) {
    static const struct {
        const char *bytes;
        size_t len;
        bool valid, bad_or_nul;
    } odd[] = {{"\xff", 1, false, true},     {"\x80", 1, false, true},         {"\0", 1, true, true},
               {"\xc3\xa9", 2, true, false}, {"\xed\xa0\x80", 3, false, true}, {"\xf0\x9f\x8d\xb0", 4, true, false}};
    for (size_t o = 0; o < sizeof odd / sizeof *odd; o++) {
        for (size_t len = odd[o].len; len < 40; len++) {
            for (size_t place = 0; place + odd[o].len <= len; place++) {
                uint8_t *text = malloc(len); /* exactly, so that reads beyond are seen */
                memset(text, 'a', len);
                memcpy(text + place, odd[o].bytes, odd[o].len);
                cr_assert_eq(pt_utf8_valid(pt_slice_of(text, len)), odd[o].valid);
                const uint8_t *bad = pt_utf8_find_bad_or_nul(pt_slice_of(text, len));
                if (odd[o].bad_or_nul)
                    cr_assert_eq(bad, text + place, "%zu at %zu of %zu", o, place, len);
                else
                    cr_assert_null(bad);
                free(text);
            }
        }
    }
    cr_assert(pt_utf8_valid(pt_slice_of(NULL, 0)));
}

Test(utf8, random_texts_as_the_reference) {
    pt_random random;
    pt_random_init(&random);
    for (int round = 0; round < 200000; round++) {
        static const uint8_t pool[] = {'a',  'z',  0,    0x7f, 0x80, 0xbf, 0xc2, 0xc3, 0xe0,
                                       0xa0, 0xed, 0x9f, 0xef, 0xf0, 0x90, 0xf4, 0x8f};
        uint8_t text[33];
        size_t len = pt_random_below(&random, sizeof text);
        for (size_t i = 0; i < len; i++)
            text[i] = pt_random_below(&random, 4) ? 'b' : pool[pt_random_below(&random, sizeof pool)];
        bool valid = reference_valid(text, len);
        cr_assert_eq(pt_utf8_valid(pt_slice_of(text, len)), valid);
        const uint8_t *bad = pt_utf8_find_bad_or_nul(pt_slice_of(text, len));
        cr_assert_eq(!bad, valid && !memchr(text, 0, len));
        pt_utf8_repair(text, len);
        cr_assert(pt_utf8_valid(pt_slice_of(text, len)));
    }
}

Test(utf8, repair_replaces_byte_by_byte) {
    uint8_t text[] = "a\xe2\x82"
                     "b\xed\xa0\x80\xc3\xa9";
    pt_utf8_repair(text, sizeof text - 1);
    cr_assert_str_eq((char *)text, "a??b???\u00e9");
}
