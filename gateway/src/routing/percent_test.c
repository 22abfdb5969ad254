#include <criterion/criterion.h>

#include "routing/percent.h"

static void expect(const char *in, pt_percent_mode mode, const char *want) {
    uint8_t out[64];
    size_t len;
    cr_assert(pt_percent_decode(pt_slice_str(in), mode, out, &len), "%s", in);
    cr_expect(pt_slice_equal(pt_slice_of(out, len), pt_slice_str(want)), "%s: got %.*s", in, (int)len, (char *)out);
}

Test(percent, decodes_by_mode) {
    expect("", PT_PERCENT_ALL, "");
    expect("a%20b+c", PT_PERCENT_ALL, "a b+c");
    expect("a%20b+c", PT_PERCENT_QUERY, "a b c");
    expect("a%2Bb", PT_PERCENT_QUERY, "a+b");
    expect("a%2Fb%2fc%3A", PT_PERCENT_ALL, "a/b/c:");
    expect("a%2Fb%2fc%3A", PT_PERCENT_KEEP_SLASH, "a%2Fb%2fc:");
    expect("%2525", PT_PERCENT_ALL, "%25");
}

Test(percent, works_in_place) {
    char text[] = "%41%2f%42";
    size_t len;
    cr_assert(pt_percent_decode(pt_slice_str(text), PT_PERCENT_KEEP_SLASH, (uint8_t *)text, &len));
    cr_expect_eq(len, 5);
    cr_expect_eq(memcmp(text, "A%2fB", 5), 0);
}

Test(percent, refuses_what_is_no_escape) {
    const char *bad[] = {"%", "%2", "a%", "%zz", "%2g", "%%20", "abc%f"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t out[16];
        size_t len = 99;
        cr_expect_not(pt_percent_decode(pt_slice_str(bad[i]), PT_PERCENT_ALL, out, &len), "%s", bad[i]);
        cr_expect_eq(len, 99, "length is untouched on failure");
    }
    uint8_t out[16];
    size_t len;
    cr_expect_not(pt_percent_decode(pt_slice_of("a%41", 3), PT_PERCENT_ALL, out, &len),
                  "what lies behind the slice is not read");
}
