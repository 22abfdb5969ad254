#include <criterion/criterion.h>

#include "routing/percent.h"
#include "routing/router.h"
#include "testing/tsv.h"

static pt_arena arena;

static void start(void) {
    pt_arena_init(&arena, 4 << 20);
}

static void stop(void) {
    pt_arena_done(&arena);
}

TestSuite(router, .init = start, .fini = stop);

static pt_code add(pt_router *router, const char *method, const char *text) {
    const pt_template *t;
    void *taken;
    method = pt_arena_strdup(&arena, method);
    cr_assert_eq(pt_template_parse(&arena, text, &t, NULL), PT_OK, "%s", text);
    return pt_router_add(router, method, t, (void *)t, &taken);
}

static const char *match(const pt_router *router, const char *method, const char *path, pt_match *ret) {
    pt_code code = pt_router_match(router, method, pt_slice_str(path), &arena, ret, NULL);
    cr_assert(code == PT_OK || code == PT_NOT_FOUND, "%s: %s", path, pt_code_name(code));
    return code ? "-" : ret->pattern->text;
}

static pt_slice decoded(pt_slice raw, pt_percent_mode mode) {
    uint8_t *text = pt_arena_alloc(&arena, raw.len);
    size_t len;
    cr_assert(pt_percent_decode(raw, mode, text, &len));
    return pt_slice_of(text, len);
}

static void check_binding(const pt_match *m, const char *id, char *binding) {
    char *value = strchr(binding, '=');
    *value++ = 0;
    for (uint32_t i = 0; i < m->pattern->n_variables; i++) {
        const pt_template_variable *v = &m->pattern->variables[i];
        if (strcmp(v->field_path, binding) != 0) continue;
        pt_slice got = decoded(pt_match_variable(m, v), v->several ? PT_PERCENT_KEEP_SLASH : PT_PERCENT_ALL);
        pt_slice want = decoded(pt_slice_str(value), PT_PERCENT_ALL);
        cr_expect(pt_slice_equal(got, want), "%s: %s is %.*s", id, binding, (int)got.len, (const char *)got.ptr);
        return;
    }
    cr_expect(false, "%s: no variable %s", id, binding);
}

static void check_match(const pt_router *router, pt_tsv_row *row) {
    pt_match m;
    const char *got = match(router, row->columns[2], row->columns[3], &m);
    cr_expect_str_eq(got, row->columns[4], "%s: %s gave %s", row->columns[1], row->columns[3], got);
    if (strcmp(got, row->columns[4]) != 0 || !strcmp(got, "-")) return;
    cr_expect_eq(m.pattern->n_variables, row->n_columns - 5, "%s", row->columns[1]);
    for (size_t i = 5; i < row->n_columns; i++)
        check_binding(&m, row->columns[1], row->columns[i]);
}

typedef struct progress {
    pt_router *router;
    int matches;
} progress;

static void check_row(pt_tsv_row *row, void *arg) {
    progress *p = arg;
    if (!strcmp(row->columns[0], "routes")) p->router = pt_router_new(&arena);
    if (!strcmp(row->columns[0], "route"))
        cr_assert_eq(add(p->router, row->columns[1], row->columns[2]), PT_OK, "%s", row->columns[2]);
    if (strcmp(row->columns[0], "match") != 0) return;
    check_match(p->router, row);
    p->matches++;
}

Test(router, matches_as_the_cases_say) {
    progress p = {0};
    pt_tsv_each("path_templates.tsv", check_row, &p);
    cr_expect_gt(p.matches, 150);
}

Test(router, order_of_adding_does_not_matter) {
    const char *texts[] = {"/a/{x=**}", "/a/{x}", "/a/b", "/a/{x=b/**}", "/{x=**}"};
    for (size_t first = 0; first < 5; first++) {
        pt_router *router = pt_router_new(&arena);
        pt_match m;
        for (size_t i = 0; i < 5; i++)
            cr_assert_eq(add(router, "GET", texts[(first + i) % 5]), PT_OK);
        cr_expect_str_eq(match(router, "GET", "/a/b", &m), "/a/b");
        cr_expect_str_eq(match(router, "GET", "/a/c", &m), "/a/{x}");
        cr_expect_str_eq(match(router, "GET", "/a/b/c", &m), "/a/{x=b/**}");
        cr_expect_str_eq(match(router, "GET", "/a/c/d", &m), "/a/{x=**}");
        cr_expect_str_eq(match(router, "GET", "/c", &m), "/{x=**}");
    }
}

Test(router, variables_behind_the_rest_are_found) {
    pt_router *router = pt_router_new(&arena);
    pt_match m;
    cr_assert_eq(add(router, "GET", "/a/{x=**}/{y=b/c}/d"), PT_OK);
    cr_expect_str_eq(match(router, "GET", "/a/1/2/3/b/c/d", &m), "/a/{x=**}/{y=b/c}/d");
    cr_expect(pt_slice_equal(pt_match_variable(&m, &m.pattern->variables[0]), pt_slice_str("1/2/3")));
    cr_expect(pt_slice_equal(pt_match_variable(&m, &m.pattern->variables[1]), pt_slice_str("b/c")));
}

Test(router, a_general_route_serves_a_method_that_the_specific_one_lacks) {
    pt_router *router = pt_router_new(&arena);
    pt_match m;
    cr_assert_eq(add(router, "POST", "/a/b"), PT_OK);
    cr_assert_eq(add(router, "GET", "/a/{x}"), PT_OK);
    cr_expect_str_eq(match(router, "GET", "/a/b", &m), "/a/{x}");
    cr_expect_str_eq(match(router, "POST", "/a/b", &m), "/a/b");
}

Test(router, star_takes_methods_without_a_route) {
    pt_router *router = pt_router_new(&arena);
    pt_match m;
    cr_assert_eq(add(router, "*", "/a/{x}"), PT_OK);
    cr_assert_eq(add(router, "GET", "/a/{y}"), PT_OK);
    cr_expect_str_eq(match(router, "GET", "/a/b", &m), "/a/{y}");
    cr_expect_str_eq(match(router, "PURGE", "/a/b", &m), "/a/{x}");
}

Test(router, same_paths_are_refused_and_name_the_first) {
    pt_router *router = pt_router_new(&arena);
    const pt_template *t;
    void *taken = NULL;
    int first, second;
    cr_assert_eq(pt_template_parse(&arena, "/a/{x}:do", &t, NULL), PT_OK);
    cr_assert_eq(pt_router_add(router, "GET", t, &first, &taken), PT_OK);
    cr_expect_null(taken);
    cr_assert_eq(pt_template_parse(&arena, "/a/*:do", &t, NULL), PT_OK);
    cr_expect_eq(pt_router_add(router, "GET", t, &second, &taken), PT_ALREADY_EXISTS);
    cr_expect_eq(taken, &first);
    cr_expect_eq(pt_router_add(router, "PUT", t, &second, &taken), PT_OK);
}

Test(router, methods_of_a_path) {
    pt_router *router = pt_router_new(&arena);
    pt_buf out = PT_BUF_INIT(256);
    cr_assert_eq(add(router, "PUT", "/a/{x}"), PT_OK);
    cr_assert_eq(add(router, "GET", "/a/{x}"), PT_OK);
    cr_assert_eq(add(router, "DELETE", "/b"), PT_OK);
    cr_assert_eq(pt_router_methods(router, pt_slice_str("/a/1"), &arena, &out), PT_OK);
    cr_expect_str_eq(pt_buf_cstr(&out), "GET, HEAD, PUT, OPTIONS");
    pt_buf_clear(&out);
    cr_assert_eq(pt_router_methods(router, pt_slice_str("/nope"), &arena, &out), PT_OK);
    cr_expect_eq(out.len, 0);
    pt_buf_done(&out);
}

Test(router, malformed_paths_are_refused) {
    pt_router *router = pt_router_new(&arena);
    pt_match m;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(add(router, "GET", "/{x=**}"), PT_OK);
    cr_expect_eq(pt_router_match(router, "GET", pt_slice_str("/a/%zz"), &arena, &m, &st), PT_INVALID_ARGUMENT);
    char deep[2 * PT_PATH_MAX_SEGMENTS + 3];
    for (size_t i = 0; i < PT_PATH_MAX_SEGMENTS + 1; i++)
        memcpy(deep + 2 * i, "/a", 3);
    cr_expect_eq(pt_router_match(router, "GET", pt_slice_str(deep), &arena, &m, &st), PT_INVALID_ARGUMENT);
    deep[sizeof deep - 3] = 0;
    cr_expect_eq(pt_router_match(router, "GET", pt_slice_str(deep), &arena, &m, &st), PT_OK);
}

Test(router, slashes_at_the_end_do_not_count) {
    pt_router *router = pt_router_new(&arena);
    pt_match m;
    cr_assert_eq(add(router, "GET", "/a/{x}"), PT_OK);
    cr_expect_str_eq(match(router, "GET", "/a/b/", &m), "/a/{x}");
    cr_expect_str_eq(match(router, "GET", "/a/", &m), "-");
    cr_expect_str_eq(match(router, "GET", "/a//", &m), "-");
}

Test(router, a_wildcard_takes_an_empty_segment_only_between_others) {
    pt_router *router = pt_router_new(&arena);
    pt_match m;
    cr_assert_eq(add(router, "GET", "/a/{x}/b"), PT_OK);
    cr_assert_eq(add(router, "GET", "/a/{x}:do"), PT_OK);
    cr_expect_str_eq(match(router, "GET", "/a//b", &m), "/a/{x}/b");
    cr_expect_str_eq(match(router, "GET", "/a/:do", &m), "-");
}
