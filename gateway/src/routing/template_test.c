#include <criterion/criterion.h>

#include "routing/template.h"
#include "testing/tsv.h"

static pt_arena arena;

static void start(void) {
    pt_arena_init(&arena, 1 << 20);
}

static void stop(void) {
    pt_arena_done(&arena);
}

TestSuite(path_template, .init = start, .fini = stop);

static pt_code parse(const char *text, const pt_template **ret, pt_status *st) {
    return pt_template_parse(&arena, text, ret, st);
}

static void check_case(pt_tsv_row *row, void *count) {
    if (strcmp(row->columns[0], "template") != 0) return;
    const pt_template *t = NULL;
    pt_status st = PT_STATUS_INIT;
    pt_code code = parse(row->columns[1], &t, &st);
    bool valid = !strcmp(row->columns[2], "valid");
    cr_expect_eq(code, valid ? PT_OK : PT_INVALID_ARGUMENT, "%s: %s", row->columns[1], st.message);
    cr_expect_eq(t != NULL, valid, "%s: output is set on success only", row->columns[1]);
    ++*(int *)count;
}

Test(path_template, is_valid_as_the_cases_say) {
    int count = 0;
    pt_tsv_each("path_templates.tsv", check_case, &count);
    cr_expect_gt(count, 40);
}

Test(path_template, has_segments_variables_and_verb) {
    const pt_template *t;
    cr_assert_eq(parse("/v1/{a.b=x/*/y/**}/z%20z:do:it", &t, NULL), PT_OK);
    cr_expect_eq(t->n_segments, 6);
    cr_expect_eq(t->segments[2].kind, PT_SEGMENT_ANY);
    cr_expect_eq(t->segments[4].kind, PT_SEGMENT_REST);
    cr_expect_eq(t->rest, 4);
    cr_expect(pt_slice_equal(t->segments[5].literal, pt_slice_str("z z")));
    cr_expect_str_eq(t->verb, "do:it");
    cr_assert_eq(t->n_variables, 1);
    cr_expect_str_eq(t->variables[0].field_path, "a.b");
    cr_expect_eq(t->variables[0].first, 1);
    cr_expect_eq(t->variables[0].end, 5);
    cr_expect(t->variables[0].several);
}

Test(path_template, a_variable_of_one_segment_is_not_several) {
    const pt_template *t;
    cr_assert_eq(parse("/{a}/{b=*}/{c=**}", &t, NULL), PT_OK);
    cr_expect_not(t->variables[0].several);
    cr_expect_not(t->variables[1].several);
    cr_expect(t->variables[2].several);
}

Test(path_template, refusal_names_the_byte) {
    const pt_template *t;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(parse("/a/{x", &t, &st), PT_INVALID_ARGUMENT);
    cr_expect_str_eq(st.message, "path template \"/a/{x\", byte 5: expected }");
    cr_assert_eq(parse("/{x}/{x}", &t, &st), PT_INVALID_ARGUMENT);
    cr_expect(strstr(st.message, "bound before"), "%s", st.message);
}

Test(path_template, length_is_bounded) {
    char text[1024] = "";
    for (size_t i = 0; i < PT_TEMPLATE_MAX_SEGMENTS + 1; i++)
        memcpy(text + 2 * i, "/a", 3);
    const pt_template *t;
    cr_expect_eq(parse(text, &t, NULL), PT_INVALID_ARGUMENT);
    text[(size_t)2 * PT_TEMPLATE_MAX_SEGMENTS] = 0;
    cr_expect_eq(parse(text, &t, NULL), PT_OK);
    cr_expect_eq(parse("/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}/{q}", &t, NULL), PT_INVALID_ARGUMENT);
}

Test(path_template, out_of_memory_is_reported) {
    pt_arena small;
    pt_arena_init(&small, 1);
    const pt_template *t = NULL;
    cr_expect_eq(pt_template_parse(&small, "/a/b", &t, NULL), PT_RESOURCE_EXHAUSTED);
    cr_expect_null(t);
    pt_arena_done(&small);
}
