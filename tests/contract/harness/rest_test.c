#include "rest.h"

#include "test_schema.h"
#include "wire.h"

#include <partie/json.h>

typedef struct fixture {
    pt_schema *schema;
    const pt_type *type;
    pt_random random;
    pt_buf wire;
    pt_rest rest;
} fixture;

/* A message of `type` from JSON, under a binding. */
static void build(fixture *f, const char *type, const char *json, pt_binding binding) {
    pt_status st = PT_STATUS_INIT;
    *f = (fixture){.schema = test_schema_new(), .wire = PT_BUF_INIT(PT_TEST_BUF_BYTES), .rest = PT_REST_INIT};
    f->type = pt_schema_type(f->schema, type);
    pt_random_seed(&f->random, 1);
    const pt_json_read_options options = {.schema = f->schema, .depth = 100, .annotations = true};
    cr_assert_eq(pt_json_read(f->type, pt_slice_str(json), &options, &f->wire, &st), PT_OK, "%s", st.message);
    pt_code code = pt_rest_build(f->schema, f->type, &binding, pt_buf_slice(&f->wire), &f->random, &f->rest, &st);
    cr_assert_eq(code, PT_OK, "%s", st.message);
}

static void done(fixture *f) {
    pt_rest_done(&f->rest);
    pt_buf_done(&f->wire);
    pt_schema_free(f->schema);
}

#define BINDING(v, p, b)                                                                                                       \
    (pt_binding) {                                                                                                             \
        .verb = (char[]){v}, .path = (char[]){p}, .body = (char[]){b}, .response_body = (char[]) {                             \
            ""                                                                                                                 \
        }                                                                                                                      \
    }

static void expect_url(fixture *f, const char *url) {
    cr_assert_str_eq(pt_buf_cstr(&f->rest.url), url);
}

static void expect_wire_kept(fixture *f) {
    cr_assert(pt_slice_equal(pt_buf_slice(&f->wire), pt_buf_slice(&f->rest.wire)));
}

Test(rest, fields_become_query_parameters) {
    fixture f;
    build(&f, "query_events.v1.ListEventsRequest",
          "{\"type\":\"a&b=c \\u00e9+\",\"startTime\":\"2024-01-02T03:04:05.5Z\",\"pageSize\":7,\"minSequence\":\"9\"}",
          BINDING("GET", "/query/events", ""));
    expect_url(&f, "/query/events?type=a%26b%3Dc%20%C3%A9%2B&startTime=2024-01-02T03%3A04%3A05.500Z&pageSize=7&minSequence=9");
    cr_assert_not(f.rest.has_body);
    expect_wire_kept(&f);
    done(&f);
}

Test(rest, a_variable_takes_its_field_out_of_the_query) {
    fixture f;
    build(&f, "query_events.v1.GetEventRequest", "{\"id\":\"a/b\",\"source\":\"s\"}", BINDING("GET", "/query/events/{id}", ""));
    expect_url(&f, "/query/events/a%2Fb?source=s");
    expect_wire_kept(&f);
    done(&f);
}

Test(rest, a_variable_that_is_unset_gets_a_value) {
    fixture f;
    build(&f, "query_events.v1.GetEventRequest", "{\"source\":\"s\"}", BINDING("GET", "/query/events/{id}:peek", ""));
    const char *url = pt_buf_cstr(&f.rest.url);
    cr_assert(strncmp(url, "/query/events/x", 15) == 0 && strstr(url, ":peek?source=s"), "%s", url);
    pt_slice rest = pt_buf_slice(&f.rest.wire);
    pt_part id;
    cr_assert(pt_part_next(&rest, &id) && id.number == 1 && id.bytes.len >= 2);
    cr_assert(memcmp(id.bytes.ptr, url + 14, id.bytes.len) == 0);
    done(&f);
}

Test(rest, dots_are_no_segment) {
    fixture f;
    build(&f, "query_events.v1.GetEventRequest", "{\"id\":\"..\"}", BINDING("GET", "/query/events/{id}", ""));
    cr_assert_not(strstr(pt_buf_cstr(&f.rest.url), ".."));
    done(&f);
}

Test(rest, a_pattern_gets_a_value_of_its_form) {
    fixture f;
    build(&f, "query_events.v1.GetEventRequest", "{}", BINDING("GET", "/v1/{id=shelves/*/books/**}", ""));
    cr_assert(strncmp(pt_buf_cstr(&f.rest.url), "/v1/shelves/x", 13) == 0);
    cr_assert(strstr(pt_buf_cstr(&f.rest.url), "/books/x"));
    done(&f);
}

Test(rest, the_body_is_the_message) {
    fixture f;
    build(&f, "query_events.v1.GetEventRequest", "{\"id\":\"a\",\"source\":\"s\"}", BINDING("POST", "/query/{id}", "*"));
    expect_url(&f, "/query/a");
    cr_assert(f.rest.has_body);
    cr_assert_str_eq(pt_buf_cstr(&f.rest.body), "{\"source\":\"s\"}");
    expect_wire_kept(&f);
    done(&f);
}

Test(rest, the_body_is_one_field) {
    fixture f;
    build(&f, "ingest_events.v1.AppendEventRequest", "{\"event\":{\"id\":\"1\",\"data\":{\"n\":1.50},\"extra\":\"x\"}}",
          BINDING("POST", "/ingest/events", "event"));
    expect_url(&f, "/ingest/events");
    cr_assert_str_eq(pt_buf_cstr(&f.rest.body), "{\"id\":\"1\",\"data\":{\"n\":1.50},\"extra\":\"x\"}");
    expect_wire_kept(&f);
    done(&f);
}

Test(rest, messages_lists_and_wrappers_in_a_query) {
    fixture f;
    build(&f, "kinds.v1.Everything",
          "{\"singular\":{\"fDouble\":0.1,\"fSint32\":-3,\"fBytes\":\"+/8=\",\"fKind\":\"KIND_TWO\"},"
          "\"repeated\":{\"fInt32\":[1,-2]},\"wellKnown\":{\"duration\":\"1.5s\",\"stringValue\":\"\",\"boolValue\":true}}",
          BINDING("GET", "/x", ""));
    expect_url(&f, "/x?singular.fDouble=0.10000000000000001&singular.fSint32=-3&singular.fBytes=-_8%3D&singular.fKind=KIND_TWO"
                   "&repeated.fInt32=1&repeated.fInt32=-2&wellKnown.duration=1.500s&wellKnown.stringValue="
                   "&wellKnown.boolValue=true");
    expect_wire_kept(&f);
    done(&f);
}

Test(rest, what_a_query_cannot_say_is_left_out) {
    fixture f;
    build(&f, "kinds.v1.Everything", "{\"choices\":[{\"fBool\":true}],\"maps\":{\"byInt32\":{\"1\":\"a\"}}}",
          BINDING("GET", "/x", ""));
    expect_url(&f, "/x");
    cr_assert_eq(f.rest.wire.len, 0u);
    done(&f);
}

Test(rest, a_template_that_names_no_field_is_refused) {
    pt_schema *schema = test_schema_new();
    pt_random random;
    pt_rest rest = PT_REST_INIT;
    pt_status st = PT_STATUS_INIT;
    pt_random_seed(&random, 1);
    pt_code code = pt_rest_build(schema, pt_schema_type(schema, "query_events.v1.GetEventRequest"),
                                 &BINDING("GET", "/x/{nothing}", ""), (pt_slice){0}, &random, &rest, &st);
    cr_assert_eq(code, PT_INVALID_ARGUMENT);
    cr_assert(strstr(st.message, "/x/{nothing}"), "%s", st.message);
    pt_schema_free(schema);
}
