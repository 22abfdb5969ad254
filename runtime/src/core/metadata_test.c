#include "partie/metadata.h"

#include <criterion/criterion.h>

static pt_arena arena;
static pt_metadata md;

static void start(void) {
    pt_arena_init(&arena, 1 << 20);
    pt_metadata_init(&md, &arena);
}

static void stop(void) {
    pt_arena_done(&arena);
}

TestSuite(metadata, .init = start, .fini = stop);

Test(metadata, keeps_pairs_in_order_and_lower_cases_keys) {
    cr_assert_eq(pt_metadata_add_str(&md, "X-Request-Id", "one"), PT_OK);
    cr_assert_eq(pt_metadata_add_str(&md, "x-request-id", "two"), PT_OK);
    cr_assert_eq(md.n_pairs, 2);
    cr_assert_str_eq(md.pairs[0].key, "x-request-id");
    cr_assert_str_eq(pt_metadata_get_str(&md, "x-request-id"), "one");
    cr_assert_null(pt_metadata_get_str(&md, "X-Request-Id"));
    cr_assert_null(pt_metadata_get(&md, "x-request"));
    cr_assert_eq(pt_metadata_add_str(&md, "AZaz09", "edges"), PT_OK);
    cr_assert_str_eq(pt_metadata_get_str(&md, "azaz09"), "edges");
}

Test(metadata, binary_keys_take_any_bytes) {
    cr_assert_eq(pt_metadata_add(&md, "trace-bin", pt_slice_of("\0\xff", 2)), PT_OK);
    cr_assert_eq(pt_metadata_add(&md, "Upper-BIN", pt_slice_of("\1", 1)), PT_OK);
    const pt_slice *value = pt_metadata_get(&md, "trace-bin");
    cr_assert_eq(value->len, 2);
    cr_assert_arr_eq(value->ptr, "\0\xff", 3); /* with the NUL behind it */
    cr_assert_null(pt_metadata_get_str(&md, "trace-bin"));
}

Test(metadata, refuses_what_is_no_key_or_no_value) {
    static const char *const keys[] = {"", "a b", "a:b", "\xc3\xa9", "a\n", "key="};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        cr_assert_eq(pt_metadata_add_str(&md, keys[i], "v"), PT_INVALID_ARGUMENT, "%s", keys[i]);
    static const char *const values[] = {"a\nb", "\x7f", "caf\xc3\xa9", "\t"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        cr_assert_eq(pt_metadata_add_str(&md, "key", values[i]), PT_INVALID_ARGUMENT, "%s", values[i]);
    cr_assert_eq(md.n_pairs, 0);
    cr_assert_eq(md.bytes, 0);
    cr_assert_eq(pt_metadata_add_str(&md, "a_b-c.0", " ~"), PT_OK);
    cr_assert_eq(pt_metadata_add_str(&md, "empty", ""), PT_OK);
    cr_assert_str_eq(pt_metadata_get_str(&md, "empty"), "");
}

Test(metadata, stops_at_its_ceilings) {
    for (int i = 0; i < PT_METADATA_MAX_PAIRS; i++)
        cr_assert_eq(pt_metadata_add_str(&md, "key", "value"), PT_OK);
    cr_assert_eq(pt_metadata_add_str(&md, "key", "value"), PT_RESOURCE_EXHAUSTED);
    cr_assert_eq(md.n_pairs, PT_METADATA_MAX_PAIRS);

    static char text[PT_METADATA_MAX_BYTES];
    memset(text, 'v', sizeof text);
    pt_metadata_init(&md, &arena);
    cr_assert_eq(pt_metadata_add(&md, "ab", pt_slice_of(text, sizeof text - 1)), PT_RESOURCE_EXHAUSTED);
    cr_assert_eq(pt_metadata_add(&md, "ab", pt_slice_of(text, SIZE_MAX)), PT_RESOURCE_EXHAUSTED);
    cr_assert_eq(pt_metadata_add(&md, "ab", pt_slice_of(text, sizeof text - 2)), PT_OK);
    cr_assert_eq(pt_metadata_add(&md, "c", pt_slice_of(NULL, 0)), PT_RESOURCE_EXHAUSTED);
    cr_assert_eq(md.n_pairs, 1);
}

Test(metadata, an_arena_at_its_budget) {
    pt_arena small;
    pt_arena_init(&small, 512);
    pt_metadata_init(&md, &small);
    pt_code code = PT_OK;
    for (int i = 0; i < PT_METADATA_MAX_PAIRS && !code; i++)
        code = pt_metadata_add_str(&md, "key", "value");
    cr_assert_eq(code, PT_RESOURCE_EXHAUSTED);
    for (size_t i = 0; i < md.n_pairs; i++)
        cr_assert_str_eq((const char *)md.pairs[i].value.ptr, "value");
    pt_arena_done(&small);
}
