#include <criterion/criterion.h>

#include "google/api/http.pb.h"
#include "mapping/request_map.h"
#include "partie/wire.h"
#include "testing/schema.h"
#include "testing/tsv.h"

#define HTTP_EXTENSION 72295728

static pt_schema *schema;
static pt_arena arena;
static pt_buf scratch = PT_BUF_INIT(1 << 20), wire = PT_BUF_INIT(1 << 20), got = PT_BUF_INIT(1 << 20),
              want = PT_BUF_INIT(1 << 20);

static void start(void) {
    schema = pt_testing_schema();
    pt_arena_init(&arena, 16 << 20);
}

static void stop(void) {
    pt_arena_done(&arena);
    pt_schema_free(schema);
    pt_buf_done(&scratch);
    pt_buf_done(&wire);
    pt_buf_done(&got);
    pt_buf_done(&want);
}

TestSuite(request_map, .init = start, .fini = stop);

/* The options of a method that has this rule. */
static pt_slice options_of(const Google__Api__HttpRule *rule) {
    size_t len = google__api__http_rule__get_packed_size(rule);
    uint8_t *bytes = pt_arena_alloc(&arena, len + (size_t)2 * PT_VARINT_MAX_BYTES), *p = bytes;
    p = pt_write_varint(pt_write_tag(p, HTTP_EXTENSION, PT_WIRE_LEN), len);
    p += google__api__http_rule__pack(rule, p);
    return pt_slice_of(bytes, (size_t)(p - bytes));
}

static pt_code keep(const pt_binding *binding, void *arg, pt_status *st) {
    (void)st;
    *(const pt_binding **)arg = binding;
    return PT_OK;
}

static const pt_binding *bind(char *path, char *body) {
    Google__Api__HttpRule rule = GOOGLE__API__HTTP_RULE__INIT;
    rule.pattern_case = GOOGLE__API__HTTP_RULE__PATTERN_POST;
    rule.post = path;
    rule.body = body;
    pt_rpc *rpc = pt_arena_calloc(&arena, 1, sizeof *rpc);
    rpc->full_name = "probe.v1.ProbeService/Echo";
    rpc->input = rpc->output = pt_schema_type(schema, "probe.v1.Probe");
    rpc->options = options_of(&rule);
    const pt_binding *binding = NULL;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_bindings_of(rpc, &arena, keep, &binding, &st), PT_OK, "%s: %s", path, st.message);
    cr_assert(binding);
    return binding;
}

static pt_code map(const pt_binding *binding, const char *path, const char *query, const char *body, pt_status *st) {
    pt_match match;
    void *taken;
    pt_router *router = pt_router_new(&arena);
    cr_assert_eq(pt_router_add(router, "POST", binding->pattern, router, &taken), PT_OK);
    cr_assert_eq(pt_router_match(router, "POST", pt_slice_str(path), &arena, &match, st), PT_OK, "%s", path);
    const pt_request_parts parts = {.match = &match, .query = pt_slice_str(query), .body = pt_slice_str(body)};
    const pt_json_read_options options = {.schema = schema, .depth = 100, .annotations = true};
    pt_buf_clear(&wire);
    return pt_request_map(binding, &parts, &options, &arena, &scratch, &wire, st);
}

/* Both sides through the codec, so that spelling does not count. */
static void expect_message(const char *id, const char *json) {
    const pt_type *probe = pt_schema_type(schema, "probe.v1.Probe");
    pt_status st = PT_STATUS_INIT;
    pt_buf_clear(&got);
    pt_buf_clear(&want);
    pt_buf_clear(&scratch);
    pt_code code = pt_json_write(probe, pt_buf_slice(&wire), NULL, &got, &st);
    if (!code) code = pt_json_read(probe, pt_slice_str(json), NULL, &scratch, &st);
    if (!code) code = pt_json_write(probe, pt_buf_slice(&scratch), NULL, &want, &st);
    cr_assert_eq(code, PT_OK, "%s: %s", id, st.message);
    cr_expect_str_eq(pt_buf_cstr(&got), pt_buf_cstr(&want), "%s: %s", id, pt_buf_cstr(&got));
}

/* A refusal says why and leaves nothing behind. */
static void check(const char *id, pt_code code, const pt_status *st, const char *expected) {
    if (!strcmp(expected, "400")) {
        cr_expect(code == PT_INVALID_ARGUMENT && *st->message && !wire.len, "%s: %s", id, pt_code_name(code));
    } else {
        cr_expect_eq(code, PT_OK, "%s: %s", id, st->message);
        if (!code) expect_message(id, expected);
    }
}

static void check_query(pt_tsv_row *row, void *arg) {
    pt_status st = PT_STATUS_INIT;
    char path[] = "/q", none[] = "";
    cr_assert_eq(row->n_columns, 3, "%s", row->columns[0]);
    pt_code code = map(bind(path, none), "/q", row->columns[1], "", &st);
    check(row->columns[0], code, &st, row->columns[2]);
    ++*(int *)arg;
}

Test(request_map, queries_as_the_cases_say) {
    int count = 0;
    pt_tsv_each("query_params.tsv", check_query, &count);
    cr_expect_gt(count, 110);
}

static void check_body(pt_tsv_row *row, void *arg) {
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(row->n_columns, 7, "%s", row->columns[0]);
    const pt_binding *binding = bind(row->columns[1], row->columns[2]);
    pt_code code = map(binding, row->columns[3], row->columns[4], row->columns[5], &st);
    check(row->columns[0], code, &st, row->columns[6]);
    ++*(int *)arg;
}

Test(request_map, bodies_as_the_cases_say) {
    int count = 0;
    pt_tsv_each("body_mapping.tsv", check_body, &count);
    cr_expect_geq(count, 19);
}

static void expect_refused(char *path_rule, char *body_rule, const char *path, const char *query, const char *body,
                           const char *message) {
    pt_status st = PT_STATUS_INIT;
    cr_expect_eq(map(bind(path_rule, body_rule), path, query, body, &st), PT_INVALID_ARGUMENT, "%s?%s %s", path, query, body);
    cr_expect(strstr(st.message, message), "%s", st.message);
    cr_expect_eq(wire.len, 0);
}

Test(request_map, refusals_name_part_and_place) {
    char q[] = "/q", none[] = "", star[] = "*", a[] = "a", s_rule[] = "/p/{s}", i_rule[] = "/p/{i32}", deep[] = "/p/{a.b.c}";
    expect_refused(q, none, "/q", "nope=1", "", "query parameter \"nope\": \"nope\" is no field of probe.v1.Probe");
    expect_refused(q, none, "/q", "i32=x", "", "query parameter \"i32\"");
    expect_refused(q, none, "/q", "s=%zz", "", "two hexadecimal digits");
    expect_refused(q, none, "/q", "", "{}", "body: probe.v1.ProbeService/Echo takes none over POST /q");
    expect_refused(q, star, "/q", "s=x", "{}", "every field that the path leaves is in the body");
    expect_refused(q, a, "/q", "a.name=x", "{}", "query parameter \"a.name\": the body is this field");
    expect_refused(s_rule, none, "/p/x", "s=x", "", "query parameter \"s\": the path says this field");
    expect_refused(i_rule, star, "/p/x", "", "{}", "path variable i32");
    expect_refused(s_rule, star, "/p/%ff", "", "{}", "path variable s: expected UTF-8");
    expect_refused(s_rule, star, "/p/a%00b", "", "{}", "path variable s: expected UTF-8");
    expect_refused(q, star, "/q", "", "{\"i32\":\"x\"}", "body");
    expect_refused(deep, star, "/p/x", "", "{\"a\":{\"b\":{\"c\":\"y\"}}}", "path variable a.b.c: the body says otherwise");
}

Test(request_map, a_body_may_repeat_what_the_path_says) {
    char s_rule[] = "/p/{s}", deep[] = "/p/{a.b.c}", star[] = "*", a[] = "a";
    cr_expect_eq(map(bind(s_rule, star), "/p/x", "", "{\"s\":\"x\",\"i32\":1}", NULL), PT_OK);
    expect_message("same", "{\"s\":\"x\",\"i32\":1}");
    cr_expect_eq(map(bind(s_rule, star), "/p/x", "", "{\"s\":\"\"}", NULL), PT_OK);
    expect_message("empty", "{\"s\":\"x\"}");
    cr_expect_eq(map(bind(deep, a), "/p/x", "", "{\"b\":{\"c\":\"x\",\"num\":2}}", NULL), PT_OK);
    expect_message("nested", "{\"a\":{\"b\":{\"c\":\"x\",\"num\":2}}}");
}

Test(request_map, members_of_a_oneof_exclude_each_other_across_parts) {
    char rule[] = "/p/{pick_s}", none[] = "", body[] = "pick_m", q[] = "/q", deep[] = "/q/{nested.pick_i}";
    expect_refused(rule, none, "/p/x", "pick_i=1", "", "exclude each other");
    expect_refused(q, body, "/q", "pick_i=1", "{\"c\":\"x\"}", "exclude each other");
    expect_refused(deep, none, "/q/1", "nested.pick_s=x", "", "exclude each other");
    cr_expect_eq(map(bind(deep, none), "/q/1", "pick_s=x", "", NULL), PT_OK, "oneofs of different messages are different");
}

/* The bytes themselves: a message that stands once has nothing to be merged. */
static void expect_bytes(const char *json) {
    pt_buf_clear(&want);
    cr_assert_eq(pt_json_read(pt_schema_type(schema, "probe.v1.Probe"), pt_slice_str(json), NULL, &want, NULL), PT_OK);
    cr_expect(pt_slice_equal(pt_buf_slice(&wire), pt_buf_slice(&want)), "%s", json);
}

Test(request_map, parts_of_one_message_come_together) {
    char q[] = "/q", none[] = "", deep[] = "/p/{a.b.c}", star[] = "*", a[] = "a", time[] = "/p/{ts}", mask[] = "/p/{fm}";
    cr_expect_eq(map(bind(q, none), "/q", "a.b.c=1&s=2&a.b.num=3&a.name=n", "", NULL), PT_OK);
    expect_bytes("{\"s\":\"2\",\"a\":{\"b\":{\"c\":\"1\",\"num\":3},\"name\":\"n\"}}");
    cr_expect_eq(map(bind(q, none), "/q", "fm.paths=s&fm.paths=i32&ts.nanos=5&ts.seconds=1", "", NULL), PT_OK);
    expect_bytes("{\"ts\":\"1970-01-01T00:00:01.000000005Z\",\"fm\":\"s,i32\"}");
    cr_expect_eq(map(bind(deep, none), "/p/x", "a.b.num=3&nested.s=y", "", NULL), PT_OK);
    expect_bytes("{\"a\":{\"b\":{\"c\":\"x\",\"num\":3}},\"nested\":{\"s\":\"y\"}}");
    cr_expect_eq(map(bind(deep, a), "/p/x", "", "{\"b\":{\"num\":3}}", NULL), PT_OK);
    expect_bytes("{\"a\":{\"b\":{\"c\":\"x\",\"num\":3}}}");
    cr_expect_eq(map(bind(deep, star), "/p/x", "", "{\"i32\":1,\"a\":{\"b\":{\"num\":3}}}", NULL), PT_OK);
    expect_bytes("{\"i32\":1,\"a\":{\"b\":{\"c\":\"x\",\"num\":3}}}");
    cr_expect_eq(map(bind(time, star), "/p/1970-01-01T00:00:01Z", "", "{\"ts\":\"1970-01-01T00:00:01Z\"}", NULL), PT_OK);
    expect_bytes("{\"ts\":\"1970-01-01T00:00:01Z\"}");
    cr_expect_eq(map(bind(mask, star), "/p/s,i32", "", "{\"fm\":\"s,i32\"}", NULL), PT_OK);
    expect_bytes("{\"fm\":\"s,i32\"}");
}

Test(request_map, the_last_value_of_a_single_field_counts) {
    char q[] = "/q", none[] = "";
    cr_expect_eq(map(bind(q, none), "/q", "i32=1&s=a&i32=2&s=b", "", NULL), PT_OK);
    expect_message("scalars", "{\"i32\":2,\"s\":\"b\"}");
    cr_expect_eq(
        map(bind(q, none), "/q", "wi32=1&s=a&ts=1970-01-01T00:00:01.5Z&du=1s&wi32=0&ts=1970-01-01T00:00:02Z&wi32=0", "", NULL),
        PT_OK);
    expect_bytes("{\"s\":\"a\",\"du\":\"1s\",\"ts\":\"1970-01-01T00:00:02Z\",\"wi32\":0}");
    cr_expect_eq(map(bind(q, none), "/q", "nested.wi32=1&wi32=2&nested.s=x&nested.wi32=0", "", NULL), PT_OK);
    expect_bytes("{\"nested\":{\"s\":\"x\",\"wi32\":0},\"wi32\":2}");
    cr_expect_eq(map(bind(q, none), "/q", "fm=s&fm=i32", "", NULL), PT_OK);
    expect_bytes("{\"fm\":\"i32\"}");
    cr_expect_eq(map(bind(q, none), "/q", "rts=1970-01-01T00:00:01Z&rts=1970-01-01T00:00:02Z", "", NULL), PT_OK);
    expect_bytes("{\"rts\":[\"1970-01-01T00:00:01Z\",\"1970-01-01T00:00:02Z\"]}");
}

Test(request_map, several_segments_keep_their_slashes) {
    char rule[] = "/f/{s=**}", none[] = "";
    cr_expect_eq(map(bind(rule, none), "/f/a%20b/c%2Fd", "", "", NULL), PT_OK);
    expect_message("deep", "{\"s\":\"a b/c%2Fd\"}");
}
