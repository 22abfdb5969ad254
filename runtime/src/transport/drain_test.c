/* Draining: what is under way ends with its answer, what comes is refused unrun. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "grpc/health/v1/health.rpc.h"
#include "support/clock.h"
#include "transport/testdata/rig.h"

Test(drain, waits_for_what_runs_and_refuses_what_comes) {
    rig r;
    async_call held, refused;
    signal_count done = SIGNAL_COUNT_INIT, was_refused = SIGNAL_COUNT_INIT;
    rig_init(&r);
    rig_start(&r, NULL, NULL, NULL);
    async_store(&r, &held, &done, "kept", 20000);
    signal_wait(&r.entered, 1);
    cr_expect_eq(pt_server_drain(r.server, 0), PT_DEADLINE_EXCEEDED);
    signal_wait(&done, 1);
    cr_expect_eq(held.ctx.status.code, PT_DEADLINE_EXCEEDED, "%s", held.ctx.status.message);
    async_start(&r, &refused, &was_refused, "x", 20000);
    signal_wait(&was_refused, 1);
    cr_expect_eq(refused.ctx.status.code, PT_UNAVAILABLE, "%s", refused.ctx.status.message);
    cr_expect(refused.ctx.not_run);
    cr_expect(strstr(refused.ctx.status.message, "shutting down"), "%s", refused.ctx.status.message);
    signal_raise(&r.gate);
    async_done(&held);
    async_done(&refused);
    rig_stop(&r);
    cr_expect_eq(atomic_load(&r.runs), 1);
}

typedef struct drainer {
    pthread_t thread;
    pt_server *server;
    pt_code code;
} drainer;

static void *drain(void *arg) {
    drainer *d = arg;
    d->code = pt_server_drain(d->server, 20000);
    return NULL;
}

static bool health_is_not_serving(void *arg) {
    rig *r = arg;
    pt_context ctx;
    Grpc__Health__V1__HealthCheckRequest request = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    Grpc__Health__V1__HealthCheckResponse *reply = NULL;
    pt_context_init(&ctx);
    pt_code code = grpc__health__v1__health__check(r->channel, &ctx, &request, &reply);
    bool is = code == PT_OK && reply->status == GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING;
    pt_context_done(&ctx);
    return is;
}

Test(drain, answers_what_was_running_and_health_says_so) {
    rig r;
    drainer d;
    async_call held;
    signal_count done = SIGNAL_COUNT_INIT;
    rig_init(&r);
    rig_start(&r, NULL, NULL, NULL);
    async_store(&r, &held, &done, "kept", 20000);
    signal_wait(&r.entered, 1);
    d.server = r.server;
    pthread_create(&d.thread, NULL, drain, &d);
    cr_expect(pt_wait_until(health_is_not_serving, &r, 10000));
    signal_raise(&r.gate);
    signal_wait(&done, 1);
    cr_expect_eq(held.ctx.status.code, PT_OK, "%s", held.ctx.status.message);
    pthread_join(d.thread, NULL);
    cr_expect_eq(d.code, PT_OK);
    async_done(&held);
    rig_stop(&r);
}

/* A place in the server is all that calls that hold it and refusals share. */
Test(drain, refuses_even_when_all_places_are_taken) {
    rig r;
    drainer d;
    async_call held, refused;
    signal_count done = SIGNAL_COUNT_INIT, was_refused = SIGNAL_COUNT_INIT;
    pt_server_options options = PT_SERVER_OPTIONS_INIT;
    options.max_calls = 1;
    rig_init(&r);
    rig_start(&r, NULL, &options, NULL);
    async_store(&r, &held, &done, "kept", 20000);
    signal_wait(&r.entered, 1);
    d.server = r.server;
    pthread_create(&d.thread, NULL, drain, &d);
    cr_expect(pt_wait_until(health_is_not_serving, &r, 10000));
    async_start(&r, &refused, &was_refused, "x", 20000);
    signal_wait(&was_refused, 1);
    cr_expect_eq(refused.ctx.status.code, PT_UNAVAILABLE, "%s", refused.ctx.status.message);
    signal_raise(&r.gate);
    pthread_join(d.thread, NULL);
    cr_expect_eq(d.code, PT_OK);
    signal_wait(&done, 1);
    cr_expect_eq(held.ctx.status.code, PT_OK);
    async_done(&held);
    async_done(&refused);
    rig_stop(&r);
}

/* ---- under load ---- */

typedef struct load {
    rig *rig;
    atomic_bool stop;
    atomic_uint ok, unsure, refused, other, under_way;
} load;

typedef struct load_call {
    load *load;
    pt_context ctx;
} load_call;

static void load_start(load_call *c);

static void load_done(pt_context *ctx, const echo_response *reply, void *arg) {
    load_call *c = arg;
    load *l = c->load;
    (void)reply;
    if (ctx->status.code == PT_OK)
        atomic_fetch_add(&l->ok, 1);
    else if (ctx->status.code != PT_UNAVAILABLE)
        atomic_fetch_add(&l->other, 1);
    else
        atomic_fetch_add(ctx->not_run ? &l->refused : &l->unsure, 1);
    if (ctx->status.code || atomic_load(&l->stop))
        atomic_fetch_sub(&l->under_way, 1);
    else
        load_start(c);
}

static void load_start(load_call *c) {
    echo_request request = PARTIE__ECHO__V1__ECHO_REQUEST__INIT;
    request.text = (char *)"load";
    request.reply_bytes = 2000;
    pt_context_reset(&c->ctx);
    partie__echo__v1__echo_service__echo_start(c->load->rig->channel, &c->ctx, &request, load_done, c);
}

static bool is_loaded(void *arg) {
    return atomic_load(&((load *)arg)->ok) > 500;
}

static bool is_over(void *arg) {
    return atomic_load(&((load *)arg)->under_way) == 0;
}

/* Drained and closed under 64 calls at a time: what was run has been answered, and the answer arrived. */
static void drain_under_load(const char *url) {
    enum { N = 64 };
    rig r;
    load l = {.rig = &r};
    load_call *calls = calloc(N, sizeof *calls);
    rig_init(&r);
    rig_start(&r, url, NULL, NULL);
    atomic_store(&l.under_way, N);
    for (int i = 0; i < N; i++) {
        calls[i].load = &l;
        pt_context_init(&calls[i].ctx);
        load_start(&calls[i]);
    }
    cr_assert(pt_wait_until(is_loaded, &l, 20000));
    cr_expect_eq(pt_server_drain(r.server, 20000), PT_OK);
    pt_server_close(r.server);
    cr_assert(pt_wait_until(is_over, &l, 20000));
    cr_expect_eq(atomic_load(&r.runs), atomic_load(&l.ok), "%u ran, %u answers arrived; %u refused, %u unsure",
                 atomic_load(&r.runs), atomic_load(&l.ok), atomic_load(&l.refused), atomic_load(&l.unsure));
    cr_expect_eq(atomic_load(&l.other), 0);
    pt_channel_close(r.channel);
    for (int i = 0; i < N; i++)
        pt_context_done(&calls[i].ctx);
    free(calls);
}

Test(drain, loses_no_call_under_load_over_tcp, .timeout = 100) {
    for (int i = 0; i < 10; i++)
        drain_under_load(NULL);
}

Test(drain, loses_no_call_under_load_over_inproc, .timeout = 100) {
    for (int i = 0; i < 10; i++)
        drain_under_load("inproc://drain");
}

/* An answer that does not fit the socket's buffers is written before the server closes. */
Test(drain, writes_a_long_answer_to_its_end) {
    rig r;
    pt_context ctx;
    drainer d;
    signal_count done = SIGNAL_COUNT_INIT;
    enum { N = 8 };
    async_call calls[N];
    pt_server_options server = PT_SERVER_OPTIONS_INIT;
    pt_channel_options channel = PT_CHANNEL_OPTIONS_INIT;
    server.limits.message_bytes = channel.limits.message_bytes = 40 << 20;
    rig_init(&r);
    rig_start(&r, NULL, &server, &channel);
    pt_context_init(&ctx);
    cr_assert_eq(rig_call(&r, &ctx, "up"), PT_OK);
    pt_context_done(&ctx);
    for (int i = 0; i < N; i++)
        async_long(&r, &calls[i], &done, 20 << 20);
    d.server = r.server;
    while (atomic_load(&r.runs) < 1 + N)
        pt_sleep_ms(1);
    drain(&d);
    pt_server_close(r.server);
    signal_wait(&done, N);
    for (int i = 0; i < N; i++) {
        cr_expect_eq(calls[i].ctx.status.code, PT_OK, "%s", calls[i].ctx.status.message);
        async_done(&calls[i]);
    }
    pt_channel_close(r.channel);
}
