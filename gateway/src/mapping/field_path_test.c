#include <criterion/criterion.h>

#include "mapping/field_path.h"
#include "partie/json.h"
#include "testing/schema.h"

static pt_schema *schema;
static const pt_type *probe;
static pt_arena arena;
static pt_buf scratch = PT_BUF_INIT(4096), out = PT_BUF_INIT(4096), json = PT_BUF_INIT(4096);

static void start(void) {
    schema = pt_testing_schema();
    probe = pt_schema_type(schema, "probe.v1.Probe");
    pt_arena_init(&arena, 1 << 20);
}

static void stop(void) {
    pt_arena_done(&arena);
    pt_schema_free(schema);
    pt_buf_done(&scratch);
    pt_buf_done(&out);
    pt_buf_done(&json);
}

TestSuite(field_path, .init = start, .fini = stop);

static pt_code put(const char *dotted, const char *text, pt_status *st) {
    pt_field_path path;
    pt_code code = pt_field_path_find(probe, pt_slice_str(dotted), &arena, &path, st);
    return code ? code : pt_field_path_put(&path, pt_slice_str(text), &scratch, &out, st);
}

static void expect_json(const char *want) {
    pt_buf_clear(&json);
    cr_assert_eq(pt_json_write(probe, pt_buf_slice(&out), NULL, &json, NULL), PT_OK);
    cr_expect_str_eq(pt_buf_cstr(&json), want);
}

Test(field_path, pieces_make_one_message) {
    cr_assert_eq(put("a.b.c", "x", NULL), PT_OK);
    cr_assert_eq(put("s", "top", NULL), PT_OK);
    cr_assert_eq(put("a.b.num", "3", NULL), PT_OK);
    cr_assert_eq(put("a.b.tags", "t1", NULL), PT_OK);
    cr_assert_eq(put("a.b.tags", "t2", NULL), PT_OK);
    expect_json("{\"s\":\"top\",\"a\":{\"b\":{\"c\":\"x\",\"num\":3,\"tags\":[\"t1\",\"t2\"]}}}");
}

Test(field_path, a_long_value_makes_long_lengths) {
    char text[301] = {0};
    memset(text, 'x', 300);
    cr_assert_eq(put("nested.nested.s", text, NULL), PT_OK);
    pt_slice value;
    pt_field_path path;
    cr_assert_eq(pt_field_path_find(probe, pt_slice_str("nested.nested.s"), &arena, &path, NULL), PT_OK);
    cr_assert(pt_field_path_get(&path, pt_buf_slice(&out), &value));
    cr_expect_eq(value.len, 303, "tag, two bytes of length, text");
}

Test(field_path, names_of_the_contract_and_of_json_are_both_taken) {
    cr_assert_eq(put("long_field_name", "a", NULL), PT_OK);
    cr_assert_eq(put("nested.longFieldName", "b", NULL), PT_OK);
    cr_assert_eq(put("customName", "c", NULL), PT_OK);
    expect_json("{\"nested\":{\"longFieldName\":\"b\"},\"longFieldName\":\"a\",\"customName\":\"c\"}");
}

Test(field_path, refusals_name_the_part) {
    const char *const bad[][2] = {{"nope", "\"nope\" is no field of probe.v1.Probe"},
                                  {"a.nope", "\"nope\" is no field of probe.v1.Mid"},
                                  {"a..c", "\"\" is no field of probe.v1.Mid"},
                                  {"", "\"\" is no field of probe.v1.Probe"},
                                  {"a.", "\"\" is no field of probe.v1.Mid"},
                                  {"s.x", "s is no single message"},
                                  {"rm.c", "rm is no single message"},
                                  {"ms.key", "ms is no single message"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pt_status st = PT_STATUS_INIT;
        cr_expect_eq(put(bad[i][0], "1", &st), PT_INVALID_ARGUMENT, "%s", bad[i][0]);
        cr_expect(strstr(st.message, bad[i][1]), "%s: %s", bad[i][0], st.message);
    }
    cr_expect_eq(out.len, 0);
}

Test(field_path, depth_is_bounded) {
    char dotted[PT_FIELD_PATH_MAX * 7 + 8] = "";
    for (size_t i = 0; i < PT_FIELD_PATH_MAX; i++)
        memcpy(dotted + 7 * i, "nested.", 8);
    memcpy(dotted + (size_t)7 * PT_FIELD_PATH_MAX, "s", 2);
    cr_expect_eq(put(dotted, "x", NULL), PT_INVALID_ARGUMENT);
    cr_expect_eq(put(dotted + 7, "x", NULL), PT_OK);
}

Test(field_path, text_must_be_utf8_without_nul) {
    pt_field_path path;
    cr_assert_eq(pt_field_path_find(probe, pt_slice_str("s"), &arena, &path, NULL), PT_OK);
    cr_expect_eq(pt_field_path_put(&path, pt_slice_of("a\0b", 3), &scratch, &out, NULL), PT_INVALID_ARGUMENT);
    cr_expect_eq(pt_field_path_put(&path, pt_slice_of("\xff", 1), &scratch, &out, NULL), PT_INVALID_ARGUMENT);
    cr_expect_eq(out.len, 0);
}

Test(field_path, what_does_not_fit_is_not_begun) {
    pt_buf small = PT_BUF_INIT(4);
    pt_field_path path;
    cr_assert_eq(pt_field_path_find(probe, pt_slice_str("a.b.c"), &arena, &path, NULL), PT_OK);
    cr_expect_eq(pt_field_path_put(&path, pt_slice_str("xyz"), &scratch, &small, NULL), PT_RESOURCE_EXHAUSTED);
    cr_expect_eq(small.len, 0);
    pt_buf_done(&small);
}

static bool get(const char *dotted, pt_slice *ret_value) {
    pt_field_path path;
    cr_assert_eq(pt_field_path_find(probe, pt_slice_str(dotted), &arena, &path, NULL), PT_OK);
    return pt_field_path_get(&path, pt_buf_slice(&out), ret_value);
}

Test(field_path, get_finds_the_last_value) {
    pt_slice value;
    cr_assert_eq(put("a.b.c", "first", NULL), PT_OK);
    cr_assert_eq(put("a.b.c", "last", NULL), PT_OK);
    cr_assert_eq(put("i32", "7", NULL), PT_OK);
    cr_assert(get("a.b.c", &value));
    cr_expect(pt_slice_equal(value, pt_slice_of("\x0a\x04last", 6)));
    cr_assert(get("i32", &value));
    cr_expect(pt_slice_equal(value, pt_slice_of("\x10\x07", 2)));
    cr_expect_not(get("s", &value));
    cr_expect_not(get("nested.s", &value));
}

Test(field_path, a_zero_without_presence_is_not_there) {
    pt_slice value;
    cr_assert_eq(put("i32", "0", NULL), PT_OK);
    cr_assert_eq(put("opt_i", "0", NULL), PT_OK);
    cr_expect_not(get("i32", &value));
    cr_expect(get("opt_i", &value));
}
