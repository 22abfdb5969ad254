#include <criterion/criterion.h>

#include "json/base64.h"

static const struct {
    const char *bytes, *text;
} vectors[] = {/* RFC 4648 section 10 */
               {"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"}};

Test(base64, writes_the_vectors_of_the_rfc) {
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint8_t text[16];
        pt_slice bytes = pt_slice_str(vectors[i].bytes);
        uint8_t *end = pt_base64_write(text, bytes);
        cr_assert(pt_slice_equal(pt_slice_of(text, (size_t)(end - text)), pt_slice_str(vectors[i].text)), "%s",
                  vectors[i].bytes);
        cr_assert_eq(pt_base64_length(bytes.len), (size_t)(end - text));
    }
}

static pt_slice read_text(const char *text, uint8_t *to) {
    const uint8_t *bad;
    uint8_t *end = pt_base64_read(to, pt_slice_str(text), &bad);
    cr_assert(end, "%s was refused", text);
    return pt_slice_of(to, (size_t)(end - to));
}

Test(base64, reads_with_and_without_padding) {
    uint8_t to[16];
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        pt_slice bytes = pt_slice_str(vectors[i].bytes);
        cr_assert(pt_slice_equal(read_text(vectors[i].text, to), bytes), "%s", vectors[i].text);
        char bare[16];
        size_t len = strcspn(vectors[i].text, "=");
        memcpy(bare, vectors[i].text, len);
        bare[len] = '\0';
        cr_assert(pt_slice_equal(read_text(bare, to), bytes), "%s", bare);
    }
}

Test(base64, reads_both_alphabets) {
    uint8_t to[16];
    cr_assert(pt_slice_equal(read_text("+/+/", to), pt_slice_str("\xfb\xff\xbf")));
    cr_assert(pt_slice_equal(read_text("-_-_", to), pt_slice_str("\xfb\xff\xbf")));
    cr_assert(pt_slice_equal(read_text("-_", to), pt_slice_str("\xfb")), "bits behind the last byte are ignored");
}

Test(base64, refuses_what_is_none_and_says_where) {
    static const struct {
        const char *text;
        size_t at;
    } wrong[] = {{"A", 0},   {"AAAAA", 4}, {"AA A", 2}, {"AA\n", 2}, {"A===", 1},
                 {"AA=", 2}, {"AAA==", 3}, {"=", 0},    {"AA=A", 2}, {"\xc3\xa9==", 0}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint8_t to[16];
        const uint8_t *bad = NULL;
        pt_slice text = pt_slice_str(wrong[i].text);
        cr_assert(!pt_base64_read(to, text, &bad), "%s was taken", wrong[i].text);
        cr_assert_eq((size_t)(bad - text.ptr), wrong[i].at, "%s: byte %zu", wrong[i].text, (size_t)(bad - text.ptr));
    }
}
