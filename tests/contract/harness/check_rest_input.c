/* The check that the gateway refuses requests that are no message of the contract. */
#include "contract.h"
#include "rest_probe.h"
#include "wire.h"

#include <stdio.h>

#define DEEP 5000
#define HUGE_BYTES (10u << 20)

/* A request that should be refused. */
typedef struct bad_request {
    const char *what;
    const char *content_type; /* NULL: application/json */
    pt_slice body;
    int status;
    int or_status; /* as right; 0: none */
} bad_request;

static void expect_status(pt_rest_probe *r, const pt_binding *binding, const char *url, const bad_request *bad) {
    char what[600], type[128], message[PT_STATUS_MESSAGE_BYTES];
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    snprintf(type, sizeof type, "Content-Type: %s", bad->content_type ? bad->content_type : "application/json");
    snprintf(what, sizeof what, "%s %s: %s", binding->verb, url, bad->what);
    bool has_body = *binding->body;
    bool answered = pt_http_send(r->http, binding->verb, url, has_body ? PT_ARGS(type) : NULL, has_body ? bad->body.ptr : NULL,
                                 bad->body.len, &reply);
    cr_assert(answered, "%s: %s", what, reply.problem);
    cr_assert(reply.status == bad->status || (bad->or_status && reply.status == bad->or_status),
              "%s: HTTP %d in place of %d: %s", what, reply.status, bad->status, reply.body);
    pt_code code = pt_rest_error(&reply, what, message, sizeof message);
    cr_assert(reply.status != 400 || code == PT_INVALID_ARGUMENT, "%s: code %s in place of INVALID_ARGUMENT", what,
              pt_code_name(code));
    pt_http_reply_done(&reply);
}

static void refuse_text(pt_rest_probe *r, const pt_binding *binding, const char *url, const char *what, const char *text) {
    expect_status(r, binding, url, &(bad_request){.what = what, .body = pt_slice_str(text), .status = 400});
}

static void refuse_malformed(pt_rest_probe *r, const pt_binding *binding, const char *url) {
    static const char *const texts[] = {
        "{",     "{\"a\":}",   "[1,2",           "nul", "{} {}", "{'a':1}", "{\"a\":1,}", "{\"\xFF\":1}", "{\"\\uD800\":1}",
        "// {}", "{\"a\":01}", "\xEF\xBB\xBF{}x"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        refuse_text(r, binding, url, texts[i], texts[i]);
    pt_buf deep = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    for (unsigned i = 0; i < DEEP; i++)
        pt_put_text(&deep, "{\"a\":[");
    expect_status(r, binding, url,
                  &(bad_request){.what = "10,000 deep", .body = pt_buf_slice(&deep), .status = 400, .or_status = 413});
    pt_buf_done(&deep);
}

/* JSON of another kind than the body's type takes, and a member that it lacks. */
static void refuse_other_types(pt_rest_probe *r, const pt_binding *binding, const char *url) {
    const pt_type *input = r->probe.rpc->input;
    const pt_field *field =
        strcmp(binding->body, "*") == 0 ? NULL : pt_type_field_named(input, binding->body, strlen(binding->body));
    const pt_type *object = field ? field->message : input;
    bool list = field && field->repeated && !field->map;
    refuse_text(r, binding, url, "a JSON string in place of an object or a list", "\"text\"");
    refuse_text(r, binding, url, list ? "an object in place of a list" : "a list in place of an object", list ? "{}" : "[1]");
    if (!object || object->inline_field || object->well_known != PT_WK_NONE || object->map_entry) return;
    refuse_text(r, binding, url, "an unknown member", list ? "[{\"noSuchMember\":1}]" : "{\"noSuchMember\":1}");
}

static void refuse_huge(pt_rest_probe *r, const pt_binding *binding, const char *url) {
    pt_buf huge = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    cr_assert_eq(pt_buf_reserve(&huge, HUGE_BYTES), PT_OK, "out of memory");
    memset(huge.ptr, ' ', HUGE_BYTES);
    huge.len = HUGE_BYTES;
    expect_status(r, binding, url, &(bad_request){.what = "10 MiB of blanks", .body = pt_buf_slice(&huge), .status = 413});
    pt_buf_done(&huge);
}

/* `url` up to its query. */
static void cut_query(pt_buf *url) {
    uint8_t *query = memchr(url->ptr, '?', url->len);
    if (query) url->len = (size_t)(query - url->ptr);
}

static void refuse_unknown_parameter(pt_rest_probe *r, const pt_binding *binding, const pt_rest *rest, pt_buf *url) {
    pt_put_text(url, "?noSuchParameter=1");
    bad_request bad = {.what = "an unknown query parameter", .body = pt_buf_slice(&rest->body), .status = 400};
    expect_status(r, binding, pt_buf_cstr(url), &bad);
    cut_query(url);
}

static void refuse_all(pt_rest_probe *r, const pt_binding *binding) {
    pt_rest rest = PT_REST_INIT;
    pt_rest_probe_build(r, binding, r->probe.cases.n, &rest);
    cut_query(&rest.url);
    refuse_unknown_parameter(r, binding, &rest, &rest.url);
    if (*binding->body) {
        const char *url = pt_buf_cstr(&rest.url);
        bad_request typed = {.what = "text/plain", .content_type = "text/plain", .body = pt_slice_str("{}"), .status = 415};
        expect_status(r, binding, url, &typed);
        refuse_malformed(r, binding, url);
        refuse_other_types(r, binding, url);
        refuse_huge(r, binding, url);
    }
    pt_rest_done(&rest);
}

void pt_contract_rest_refuses_bad_input(const pt_service *service, const char *method) {
    pt_rest_probe r;
    pt_rest_probe_init(&r, service, method, "bad input");
    for (size_t b = 0; b < r.bindings.n; b++)
        refuse_all(&r, &r.bindings.items[b]);
    pt_probe_expect_alive(&r.probe);
    pt_rest_probe_done(&r);
}
