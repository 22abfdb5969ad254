#include "rest_probe.h"

#include "wire.h"

#include "support/clock.h"

#include <criterion/criterion.h>
#include <partie/json.h>
#include <stdio.h>

#define ROUTES_MS 20000

const char *pt_rest_unbound_verb(const pt_rest_probe *r) {
    static const char *const verbs[] = {"DELETE", "PATCH", "PUT", "POST", "GET"};
    size_t n, n_verbs = sizeof verbs / sizeof *verbs;
    bool used[sizeof verbs / sizeof *verbs] = {false};
    const pt_rpc *const *rpcs = pt_schema_rpcs(r->probe.schema, &n);
    for (size_t i = 0; i < n; i++) {
        pt_bindings bindings;
        pt_bindings_init(rpcs[i], &bindings);
        for (size_t k = 0; k < bindings.n * n_verbs; k++)
            used[k % n_verbs] |= strcmp(bindings.items[k / n_verbs].verb, verbs[k % n_verbs]) == 0;
        pt_bindings_done(&bindings);
    }
    for (size_t i = 0; i < n_verbs; i++) {
        if (!used[i]) return verbs[i];
    }
    return "REPORT";
}

void pt_rest_probe_build(pt_rest_probe *r, const pt_binding *binding, size_t i, pt_rest *ret_rest) {
    pt_buf request = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_status st = PT_STATUS_INIT;
    pt_probe *p = &r->probe;
    pt_probe_request(p, i, PT_DRAW_MIXED, &request);
    pt_code code = pt_rest_build(p->schema, p->rpc->input, binding, pt_buf_slice(&request), &p->draw, ret_rest, &st);
    cr_assert_eq(code, PT_OK, "%s: %s %s: %s", p->rpc->full_name, binding->verb, binding->path, st.message);
    pt_buf_done(&request);
}

/* A path that is bound answers a verb that isn't with 405; before the gateway knows the path, with 404. */
static bool has_route(void *arg) {
    pt_rest_probe *r = arg;
    pt_rest rest = PT_REST_INIT;
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    const pt_random before = r->probe.draw; /* however often this looks, the checks draw the same */
    pt_rest_probe_build(r, &r->bindings.items[r->bindings.n - 1], 0, &rest);
    r->probe.draw = before;
    bool there =
        pt_http_send(r->http, pt_rest_unbound_verb(r), pt_buf_cstr(&rest.url), NULL, NULL, 0, &reply) && reply.status == 405;
    pt_http_reply_done(&reply);
    pt_rest_done(&rest);
    return there;
}

void pt_rest_probe_init(pt_rest_probe *r, const pt_service *service, const char *method, const char *check) {
    pt_probe_init(&r->probe, service, method, check);
    pt_bindings_init(r->probe.rpc, &r->bindings);
    cr_assert(r->bindings.n, "%s: no google.api.http binding; run scripts/generate", r->probe.rpc->full_name);
    r->http = pt_http_new(r->probe.gateway);
    cr_assert(pt_wait_until(has_route, r, ROUTES_MS), "%s: the gateway has not taken up the route of %s within %d s",
              r->probe.gateway, r->probe.rpc->full_name, ROUTES_MS / 1000);
}

void pt_rest_probe_done(pt_rest_probe *r) {
    pt_http_free(r->http);
    pt_bindings_done(&r->bindings);
    pt_probe_done(&r->probe);
}

void pt_rest_probe_send(pt_rest_probe *r, const pt_binding *binding, const pt_rest *rest, pt_http_reply *ret_reply) {
    pt_buf url = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_put_raw(&url, rest->url.ptr, rest->url.len);
    const char *const *headers = rest->has_body ? PT_ARGS("Content-Type: application/json") : NULL;
    bool answered = pt_http_send(r->http, binding->verb, pt_buf_cstr(&url), headers, rest->has_body ? rest->body.ptr : NULL,
                                 rest->body.len, ret_reply);
    cr_assert(answered, "%s %s: %s", binding->verb, (const char *)url.ptr, ret_reply->problem);
    pt_buf_done(&url);
}

pt_code pt_rest_error(const pt_http_reply *reply, const char *what, char *ret_message, size_t cap) {
    json_error_t error;
    json_t *json = json_loadb(reply->body, reply->body_len, 0, &error);
    cr_assert(json, "%s: HTTP %d with a body that is no JSON object: %s", what, reply->status, reply->body);
    json_t *code = json_object_get(json, "code"), *message = json_object_get(json, "message");
    cr_assert(json_is_integer(code) && json_is_string(message), "%s: HTTP %d without `code` and `message`: %s", what,
              reply->status, reply->body);
    cr_assert(*json_string_value(message), "%s: HTTP %d with an empty message", what, reply->status);
    snprintf(ret_message, cap, "%s", json_string_value(message));
    pt_code result = (pt_code)json_integer_value(code);
    json_decref(json);
    return result;
}

static const pt_field *shown_field(const pt_rest_probe *r, const pt_binding *binding) {
    if (!*binding->response_body) return NULL;
    return pt_type_field_named(r->probe.rpc->output, binding->response_body, strlen(binding->response_body));
}

static pt_code read_shown(const pt_rest_probe *r, const pt_binding *binding, pt_slice json, pt_buf *out, pt_status *st) {
    const pt_json_read_options options = {.schema = r->probe.schema, .depth = 100, .annotations = true};
    const pt_field *field = shown_field(r, binding);
    return field ? pt_json_read_field(field, json, &options, out, st)
                 : pt_json_read(r->probe.rpc->output, json, &options, out, st);
}

void pt_rest_reply(const pt_rest_probe *r, const pt_binding *binding, const pt_http_reply *reply, pt_buf *out) {
    pt_status st = PT_STATUS_INIT;
    pt_code code = read_shown(r, binding, pt_slice_of(reply->body, reply->body_len), out, &st);
    cr_assert_eq(code, PT_OK, "%s %s: the body is no %s: %s\n%s", binding->verb, binding->path, r->probe.rpc->output->name,
                 st.message, reply->body);
}

void pt_rest_expected(const pt_rest_probe *r, const pt_binding *binding, pt_slice reply, pt_buf *out) {
    const pt_json_write_options options = {.schema = r->probe.schema, .depth = 100, .annotations = true};
    const pt_field *field = shown_field(r, binding);
    pt_buf json = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_status st = PT_STATUS_INIT;
    pt_code code = field ? pt_json_write_field(field, reply, &options, &json, &st)
                         : pt_json_write(r->probe.rpc->output, reply, &options, &json, &st);
    if (code == PT_OK) code = read_shown(r, binding, pt_buf_slice(&json), out, &st);
    cr_assert_eq(code, PT_OK, "%s: the reply of the RPC has no JSON form: %s", r->probe.rpc->full_name, st.message);
    pt_buf_done(&json);
}
