/* Checks of one rpc over RPC: answers, round trips, malformed and oversize requests. */
#include "contract.h"
#include "fault.h"
#include "probe.h"
#include "wire.h"

#include <inttypes.h>
#include <partie/json.h>
#include <stdio.h>

#define ANSWER_MS 10000
/* A drawn request may ask to wait for what never comes. */
#define ROUND_TRIP_MS 300
#define ROUND_TRIPS 40
#define ANSWERS 4
#define PREFIXES 64

static void expect_ok(const pt_probe *p, const pt_answer *answer, pt_slice request) {
    cr_assert_eq(answer->ctx.status.code, PT_OK, "%s: a hand-written request was answered %s: %s\n%s", p->rpc->full_name,
                 pt_code_name(answer->ctx.status.code), answer->ctx.status.message, pt_probe_show(p, request));
}

/* The hand-written requests must succeed; the request that says nothing, which is the last, must be answered at once. */
void pt_contract_answers(const pt_service *service, const char *method) {
    pt_probe p;
    pt_probe_init(&p, service, method, "answers");
    pt_probe_skip_unwritten(&p);
    for (size_t i = 0; i <= p.cases.n + ANSWERS; i++) {
        pt_buf request = PT_BUF_INIT(PT_TEST_BUF_BYTES);
        pt_answer answer;
        bool written = i < p.cases.n, drawn = !written && i < p.cases.n + ANSWERS;
        if (written || drawn) pt_probe_request(&p, i, PT_DRAW_FULL, &request);
        pt_probe_call(&p, p.rpc->full_name, pt_buf_slice(&request), drawn ? ROUND_TRIP_MS : ANSWER_MS, &answer);
        pt_probe_expect_honest(&p, &answer, pt_buf_slice(&request), drawn);
        if (written) expect_ok(&p, &answer, pt_buf_slice(&request));
        pt_context_done(&answer.ctx);
        pt_buf_done(&request);
    }
    pt_probe_expect_alive(&p);
    pt_probe_done(&p);
}

/* Wire to JSON to wire gives the same bytes, in the strict mapping and in that of REST. */
static void expect_json_round_trip(const pt_probe *p, pt_slice wire, bool annotations) {
    const pt_json_write_options write = {.schema = p->schema, .depth = 100, .annotations = annotations};
    const pt_json_read_options read = {.schema = p->schema, .depth = 100, .annotations = annotations};
    pt_buf json = PT_BUF_INIT(PT_TEST_BUF_BYTES), again = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_status st = PT_STATUS_INIT;
    pt_code code = pt_json_write(p->rpc->input, wire, &write, &json, &st);
    cr_assert_eq(code, PT_OK, "%s to JSON: %s (seed %" PRIu64 ")", p->rpc->input->name, st.message, p->seed);
    code = pt_json_read(p->rpc->input, pt_buf_slice(&json), &read, &again, &st);
    cr_assert_eq(code, PT_OK, "%s from JSON: %s (seed %" PRIu64 ")\n%.*s", p->rpc->input->name, st.message, p->seed,
                 (int)json.len, (const char *)json.ptr);
    cr_assert(pt_slice_equal(wire, pt_buf_slice(&again)), "%s: other bytes after JSON (seed %" PRIu64 ")\n%.*s",
              p->rpc->input->name, p->seed, (int)json.len, (const char *)json.ptr);
    pt_buf_done(&json);
    pt_buf_done(&again);
}

/* What a newer client might send: a field that this contract lacks. */
static void put_unknown_field(const pt_type *type, pt_buf *request) {
    uint32_t number = 536870911;
    while (pt_type_field(type, number))
        number--;
    pt_put_len(request, number, pt_slice_str("from a newer contract"));
}

void pt_contract_round_trips(const pt_service *service, const char *method) {
    pt_probe p;
    size_t settled = 0;
    pt_probe_init(&p, service, method, "round trips");
    for (size_t i = 0; i < ROUND_TRIPS; i++) {
        pt_buf request = PT_BUF_INIT(PT_TEST_BUF_BYTES);
        pt_draw_message(&p.draw, p.rpc->input, PT_DRAW_MIXED, &request);
        expect_json_round_trip(&p, pt_buf_slice(&request), false);
        expect_json_round_trip(&p, pt_buf_slice(&request), true);
        pt_buf_done(&request);
    }
    pt_probe_skip_unwritten(&p);
    for (size_t i = 0; i < p.cases.n + ROUND_TRIPS; i++) {
        pt_buf request = PT_BUF_INIT(PT_TEST_BUF_BYTES);
        pt_answer answer;
        pt_probe_request(&p, i, PT_DRAW_MIXED, &request);
        if (i % 4 == 3) put_unknown_field(p.rpc->input, &request);
        settled += !pt_code_means_wait(pt_probe_call(&p, p.rpc->full_name, pt_buf_slice(&request), ROUND_TRIP_MS, &answer));
        pt_probe_expect_honest(&p, &answer, pt_buf_slice(&request), true);
        pt_context_done(&answer.ctx);
        pt_buf_done(&request);
    }
    cr_assert(settled, "%s: none of %d requests was answered within %d ms", p.rpc->full_name, ROUND_TRIPS, ROUND_TRIP_MS);
    pt_probe_expect_alive(&p);
    pt_probe_done(&p);
}

static void expect_refused(pt_probe *p, pt_slice request, const char *what, bool limit) {
    pt_answer answer;
    pt_code code = pt_probe_call(p, p->rpc->full_name, request, ANSWER_MS, &answer);
    cr_assert(code == PT_INVALID_ARGUMENT || (limit && code == PT_RESOURCE_EXHAUSTED),
              "%s: %s: answered %s (%s) in place of INVALID_ARGUMENT\nrequest: %s", p->rpc->full_name, what, pt_code_name(code),
              answer.ctx.status.message, pt_probe_show(p, request));
    cr_assert(*answer.ctx.status.message, "%s: %s: refused without a message", p->rpc->full_name, what);
    pt_context_done(&answer.ctx);
}

/* A cut between two fields leaves a valid message. */
static bool ends_between_fields(pt_slice message, size_t len) {
    const uint8_t *start = message.ptr;
    pt_part part;
    while (pt_part_next(&message, &part)) {
        if (message.ptr == start + len) return true;
    }
    return len == 0;
}

static void refuse_prefixes(pt_probe *p, pt_slice request) {
    size_t step = request.len / PREFIXES + 1;
    for (size_t len = 1; len < request.len; len += step) {
        char what[64];
        if (ends_between_fields(request, len)) continue;
        snprintf(what, sizeof what, "cut after %zu of %zu bytes", len, request.len);
        expect_refused(p, pt_slice_of(request.ptr, len), what, false);
    }
}

void pt_contract_refuses_truncated(const pt_service *service, const char *method) {
    pt_probe p;
    pt_probe_init(&p, service, method, "truncated");
    pt_probe_skip_unwritten(&p);
    for (size_t i = 0; i < p.cases.n + 2; i++) {
        pt_buf request = PT_BUF_INIT(PT_TEST_BUF_BYTES);
        pt_probe_request(&p, i, PT_DRAW_FULL, &request);
        put_unknown_field(p.rpc->input, &request);
        refuse_prefixes(&p, pt_buf_slice(&request));
        pt_buf_done(&request);
    }
    pt_probe_expect_alive(&p);
    pt_probe_done(&p);
}

static void try_fault(const pt_fault *fault, void *arg) {
    expect_refused(arg, fault->bytes, fault->what, fault->limit);
}

void pt_contract_refuses_ill_typed(const pt_service *service, const char *method) {
    pt_probe p;
    pt_probe_init(&p, service, method, "ill-typed");
    pt_probe_skip_unwritten(&p);
    pt_fault_each(p.rpc->input, try_fault, &p);
    pt_probe_expect_alive(&p);
    pt_probe_done(&p);
}

/* The client's own limit stands in the way, so this one is opened wider. */
static void open_wide(pt_probe *p) {
    pt_channel_options options = PT_CHANNEL_OPTIONS_INIT;
    pt_status st = PT_STATUS_INIT;
    options.limits.message_bytes = 4 * (size_t)PT_DEFAULT_MESSAGE_BYTES;
    pt_channel_close(p->channel);
    p->channel = NULL;
    pt_code code = pt_channel_open(p->target, &options, &p->channel, &st);
    cr_assert_eq(code, PT_OK, "%s: %s", p->target, st.message);
}

void pt_contract_refuses_oversize(const pt_service *service, const char *method) {
    static const size_t sizes[] = {PT_DEFAULT_MESSAGE_BYTES + 1, PT_DEFAULT_MESSAGE_BYTES + (1u << 20),
                                   2 * (size_t)PT_DEFAULT_MESSAGE_BYTES};
    pt_probe p;
    pt_probe_init(&p, service, method, "oversize");
    pt_probe_skip_unwritten(&p);
    open_wide(&p);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        pt_buf request = PT_BUF_INIT(PT_TEST_BUF_BYTES), filler = PT_BUF_INIT(PT_TEST_BUF_BYTES);
        pt_answer answer;
        cr_assert_eq(pt_buf_reserve(&filler, sizes[i]), PT_OK, "out of memory");
        memset(filler.ptr, 'x', sizes[i]);
        filler.len = sizes[i];
        pt_put_len(&request, 536870910, pt_buf_slice(&filler));
        pt_code code = pt_probe_call(&p, p.rpc->full_name, pt_buf_slice(&request), ANSWER_MS, &answer);
        cr_assert_eq(code, PT_RESOURCE_EXHAUSTED,
                     "%s: a request of %zu bytes was answered %s (%s) in place of RESOURCE_EXHAUSTED", p.rpc->full_name,
                     request.len, pt_code_name(code), answer.ctx.status.message);
        pt_context_done(&answer.ctx);
        pt_buf_done(&request);
        pt_buf_done(&filler);
    }
    pt_probe_expect_alive(&p);
    pt_probe_done(&p);
}

void pt_contract_streams(const pt_service *service, const char *method) {
    cr_skip_test("%s/%s: streaming rpcs are not tested yet", service->name, method);
}
