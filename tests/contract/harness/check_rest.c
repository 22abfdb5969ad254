/* Checks that REST through the gateway is the same contract as RPC. */
#include "contract.h"
#include "rest_probe.h"
#include "wire.h"

#include <inttypes.h>
#include <stdio.h>

#define ANSWER_MS 10000
/* What takes longer to answer waits for something. */
#define SETTLE_MS 250
#define REQUESTS 10
/* Rounds to wait for a service whose answer changes from call to call to give the same twice. */
#define ROUNDS 5

/* An answer in the form that RPC and REST share. */
typedef struct result {
    pt_code code;
    char message[PT_STATUS_MESSAGE_BYTES];
    pt_buf reply;
} result;

static result empty_result(void) {
    return (result){.reply = PT_BUF_INIT(PT_TEST_BUF_BYTES)};
}

static bool same_result(const result *a, const result *b) {
    return a->code == b->code && strcmp(a->message, b->message) == 0 &&
           pt_slice_equal(pt_buf_slice(&a->reply), pt_buf_slice(&b->reply));
}

static void call_rpc(pt_rest_probe *r, const pt_binding *binding, const pt_rest *rest, uint32_t timeout_ms, result *ret) {
    pt_answer answer;
    *ret = empty_result();
    ret->code = pt_probe_call(&r->probe, r->probe.rpc->full_name, pt_buf_slice(&rest->wire), timeout_ms, &answer);
    if (ret->code == PT_OK)
        pt_rest_expected(r, binding, answer.reply, &ret->reply);
    else
        snprintf(ret->message, sizeof ret->message, "%s", answer.ctx.status.message);
    pt_context_done(&answer.ctx);
}

/* Any answer that REST can give: its status is that of its code, its body what the code asks for. */
static void call_rest(pt_rest_probe *r, const pt_binding *binding, const pt_rest *rest, result *ret) {
    char what[512];
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    *ret = empty_result();
    pt_rest_probe_send(r, binding, rest, &reply);
    if (reply.status == 200) {
        pt_rest_reply(r, binding, &reply, &ret->reply);
    } else {
        snprintf(what, sizeof what, "%s %.*s", binding->verb, (int)rest->url.len, (const char *)rest->url.ptr);
        ret->code = pt_rest_error(&reply, what, ret->message, sizeof ret->message);
        cr_assert_eq(reply.status, pt_code_http(ret->code), "%s: HTTP %d with code %s, which stands for %d: %s", what,
                     reply.status, pt_code_name(ret->code), pt_code_http(ret->code), ret->message);
    }
    pt_http_reply_done(&reply);
}

static void expect_same(const pt_rest_probe *r, const pt_binding *binding, const pt_rest *rest, const result *rpc,
                        const result *http) {
    cr_assert(same_result(rpc, http),
              "%s: RPC answered %s %s(%zu bytes), %s %.*s answered %s %s(%zu bytes)\nrequest (seed %" PRIu64 "): %s",
              r->probe.rpc->full_name, pt_code_name(rpc->code), rpc->message, rpc->reply.len, binding->verb, (int)rest->url.len,
              (const char *)rest->url.ptr, pt_code_name(http->code), http->message, http->reply.len, r->probe.seed,
              pt_probe_show(&r->probe, pt_buf_slice(&rest->wire)));
}

/* RPC, REST, RPC: where the two RPCs agree, nothing changed meanwhile, and REST must agree with both. Where they never do, the
 * answer depends on the moment, and REST need only be well-formed. An rpc whose calls are not repeatable is held to that, too.
 * False: the request makes the service wait, which tells nothing. */
static bool compare(pt_rest_probe *r, const pt_binding *binding, const pt_rest *rest) {
    bool repeatable = r->probe.rpc->idempotency != PT_IDEMPOTENCY_UNKNOWN;
    result before, http, after;
    call_rpc(r, binding, rest, SETTLE_MS, &before);
    bool waits = pt_code_means_wait(before.code), agreed = waits;
    for (unsigned round = 0; !agreed && round < ROUNDS; round++) {
        call_rest(r, binding, rest, &http);
        call_rpc(r, binding, rest, ANSWER_MS, &after);
        agreed = !repeatable || same_result(&before, &after);
        if (repeatable && agreed) expect_same(r, binding, rest, &after, &http);
        pt_buf_done(&http.reply);
        pt_buf_done(&before.reply);
        before = after;
    }
    pt_buf_done(&before.reply);
    return !waits;
}

/* Unwritten rpcs say so over REST as well, and are skipped then. */
static void skip_unwritten(pt_rest_probe *r, const pt_binding *binding) {
    pt_rest rest = PT_REST_INIT;
    result rpc, http;
    pt_rest_probe_build(r, binding, r->probe.cases.n, &rest);
    call_rpc(r, binding, &rest, SETTLE_MS, &rpc);
    if (rpc.code == PT_UNIMPLEMENTED) {
        call_rest(r, binding, &rest, &http);
        expect_same(r, binding, &rest, &rpc, &http);
        pt_buf_done(&http.reply);
    }
    pt_buf_done(&rpc.reply);
    pt_rest_done(&rest);
    if (rpc.code != PT_UNIMPLEMENTED) return;
    pt_http_free(r->http);
    pt_bindings_done(&r->bindings);
    pt_probe_skip_unwritten(&r->probe);
}

void pt_contract_rest_equals_rpc(const pt_service *service, const char *method) {
    pt_rest_probe r;
    pt_rest_probe_init(&r, service, method, "rest");
    skip_unwritten(&r, &r.bindings.items[0]);
    for (size_t b = 0; b < r.bindings.n; b++) {
        size_t compared = 0;
        for (size_t i = 0; i < r.probe.cases.n + REQUESTS; i++) {
            pt_rest rest = PT_REST_INIT;
            pt_rest_probe_build(&r, &r.bindings.items[b], i, &rest);
            compared += compare(&r, &r.bindings.items[b], &rest);
            pt_rest_done(&rest);
        }
        cr_assert(compared, "%s %s: none of the requests was answered in time to compare", r.bindings.items[b].verb,
                  r.bindings.items[b].path);
    }
    pt_probe_expect_alive(&r.probe);
    pt_rest_probe_done(&r);
}

void pt_contract_rest_refuses_wrong_verb(const pt_service *service, const char *method) {
    pt_rest_probe r;
    pt_rest_probe_init(&r, service, method, "wrong verb");
    const char *verb = pt_rest_unbound_verb(&r);
    for (size_t b = 0; b < r.bindings.n; b++) {
        const pt_binding *binding = &r.bindings.items[b];
        char allow[256] = "", message[PT_STATUS_MESSAGE_BYTES];
        pt_rest rest = PT_REST_INIT;
        pt_http_reply reply = PT_HTTP_REPLY_INIT;
        pt_rest_probe_build(&r, binding, 0, &rest);
        const char *url = pt_buf_cstr(&rest.url);
        cr_assert(pt_http_send(r.http, verb, url, NULL, NULL, 0, &reply), "%s %s: %s", verb, url, reply.problem);
        cr_assert_eq(reply.status, 405, "%s %s: HTTP %d in place of 405: %s", verb, url, reply.status, reply.body);
        cr_assert(pt_http_header(&reply, "Allow", allow, sizeof allow) && strstr(allow, binding->verb),
                  "%s %s: Allow is \"%s\" and lacks %s", verb, url, allow, binding->verb);
        (void)pt_rest_error(&reply, url, message, sizeof message);
        pt_http_reply_done(&reply);
        pt_rest_done(&rest);
    }
    pt_rest_probe_done(&r);
}
