/* Calls that go wrong: no server, a server that dies, limits, deadlines, full queues. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "rpc/clock.h"
#include "support/clock.h"
#include "transport/testdata/rig.h"

/* ---- no server ---- */

/* An address where nobody listens: a server had it, and is gone. */
static void free_address(char *url, size_t size) {
    rig r;
    rig_init(&r);
    rig_serve(&r, NULL, NULL);
    snprintf(url, size, "%s", pt_server_url(r.server, 0));
    pt_server_close(r.server);
}

Test(failure, without_a_server_a_call_fails_soon_and_did_not_run) {
    rig r;
    pt_context ctx;
    char url[64];
    free_address(url, sizeof url);
    rig_init(&r);
    rig_open(&r, url, NULL);
    pt_context_init(&ctx);
    ctx.timeout_ms = 60000;
    int64_t from = pt_clock_ms();
    cr_expect_eq(rig_call(&r, &ctx, "x"), PT_UNAVAILABLE);
    cr_expect_lt(pt_clock_ms() - from, 3000, "it must not wait for its deadline");
    cr_expect(ctx.not_run);
    cr_expect(strstr(ctx.status.message, url) && strstr(ctx.status.message, "refused"), "%s", ctx.status.message);
    cr_expect_not(pt_channel_connected(r.channel));
    pt_context_done(&ctx);
    pt_channel_close(r.channel);
}

Test(failure, waits_for_a_server_until_the_deadline) {
    rig r;
    pt_context ctx;
    char url[64];
    free_address(url, sizeof url);
    rig_init(&r);
    rig_open(&r, url, NULL);
    pt_context_init(&ctx);
    ctx.timeout_ms = 100;
    ctx.wait_for_ready = true;
    cr_expect_eq(rig_call(&r, &ctx, "x"), PT_DEADLINE_EXCEEDED);
    cr_expect(ctx.not_run);
    cr_expect(strstr(ctx.status.message, "refused"), "the message says why: %s", ctx.status.message);
    pt_context_done(&ctx);
    pt_channel_close(r.channel);
}

Test(failure, a_call_that_waits_runs_when_the_server_comes) {
    rig r;
    async_call c;
    signal_count done = SIGNAL_COUNT_INIT;
    char url[64];
    free_address(url, sizeof url);
    rig_init(&r);
    rig_open(&r, url, NULL);
    async_start(&r, &c, &done, "x", 50);
    signal_wait(&done, 1); /* the first attempt has failed by now */
    async_done(&c);
    pt_context_init(&c.ctx);
    pt_context ctx;
    pt_context_init(&ctx);
    rig_serve(&r, url, NULL);
    ctx.wait_for_ready = true;
    ctx.timeout_ms = 20000;
    cr_expect_eq(rig_call(&r, &ctx, "here"), PT_OK, "%s", ctx.status.message);
    pt_context_done(&ctx);
    rig_stop(&r);
}

/* ---- a server that goes while a call is under way ---- */

Test(failure, a_lost_connection_fails_the_call_and_runs_it_once) {
    rig r;
    async_call c;
    signal_count done = SIGNAL_COUNT_INIT;
    char url[64];
    rig_init(&r);
    rig_start(&r, NULL, NULL, NULL);
    snprintf(url, sizeof url, "%s", pt_server_url(r.server, 0));
    async_store(&r, &c, &done, "once", 20000);
    signal_wait(&r.entered, 1);

    pt_server *old = r.server; /* a second server at another address of the same process keeps counting in r.runs */
    cr_expect_eq(pt_server_drain(old, 0), PT_DEADLINE_EXCEEDED);
    signal_wait(&done, 1);
    cr_expect_eq(c.ctx.status.code, PT_DEADLINE_EXCEEDED, "drain answers what still runs: %s", c.ctx.status.message);
    cr_expect_not(c.ctx.not_run);
    signal_raise(&r.gate);
    pt_server_close(old);
    async_done(&c);

    rig_serve(&r, url, NULL); /* whatever had been kept for sending again would come here */
    pt_context ctx;
    pt_context_init(&ctx);
    ctx.wait_for_ready = true;
    cr_expect_eq(rig_call(&r, &ctx, "after"), PT_OK, "%s", ctx.status.message);
    cr_expect_eq(atomic_load(&r.runs), 2, "one store, one echo");
    pt_context_done(&ctx);
    rig_stop(&r);
}

/* ---- deadlines ---- */

static bool is_cancelled(void *arg) {
    return pt_server_call_cancelled(arg);
}

static pt_code wait_for_cancel(void *self, pt_server_call *call, const echo_request *request, echo_response *reply) {
    rig *r = self;
    (void)request;
    (void)reply;
    signal_raise(&r->entered);
    if (pt_wait_until(is_cancelled, call, 10000)) atomic_fetch_add(&r->cancelled, 1);
    signal_raise(&r->entered);
    return PT_OK;
}

Test(failure, the_server_answers_at_the_deadline_while_the_handler_runs) {
    rig r;
    async_call c;
    signal_count done = SIGNAL_COUNT_INIT;
    rig_init(&r);
    r.impl.store = wait_for_cancel;
    rig_start(&r, NULL, NULL, NULL);
    async_store(&r, &c, &done, "x", 100);
    signal_wait(&done, 1);
    cr_expect_eq(c.ctx.status.code, PT_DEADLINE_EXCEEDED, "%s", c.ctx.status.message);
    cr_expect_eq(atomic_load(&c.callbacks), 1);
    signal_wait(&r.entered, 2);
    async_done(&c);
    rig_stop(&r); /* waits for the handler */
    cr_expect_eq(atomic_load(&r.cancelled), 1, "the handler could see it");
    cr_expect_eq(atomic_load(&c.callbacks), 1, "the late result was dropped");
}

Test(failure, after_a_deadline_the_channel_serves_on) {
    rig r;
    async_call late[8];
    signal_count done = SIGNAL_COUNT_INIT;
    pt_channel_options one = PT_CHANNEL_OPTIONS_INIT;
    pt_context ctx;
    rig_init(&r);
    one.max_outstanding = 2;
    rig_start(&r, NULL, NULL, &one);
    for (unsigned round = 0; round < 4; round++) {
        for (unsigned i = 0; i < 2; i++)
            async_store(&r, &late[2 * round + i], &done, "x", 30);
        signal_wait(&done, 2 * round + 2);
        cr_expect_eq(late[2 * round].ctx.status.code, PT_DEADLINE_EXCEEDED);
    }
    pt_context_init(&ctx);
    cr_expect_eq(rig_call(&r, &ctx, "after"), PT_OK, "%s", ctx.status.message);
    pt_context_done(&ctx);
    signal_raise(&r.gate);
    for (int i = 0; i < 8; i++)
        async_done(&late[i]);
    rig_stop(&r);
}

Test(failure, a_call_in_line_ends_at_its_deadline_unsent) {
    rig r;
    async_call first, second;
    signal_count done = SIGNAL_COUNT_INIT, first_done = SIGNAL_COUNT_INIT;
    pt_channel_options one = PT_CHANNEL_OPTIONS_INIT;
    rig_init(&r);
    one.max_outstanding = 1;
    rig_start(&r, NULL, NULL, &one);
    async_store(&r, &first, &first_done, "x", 20000);
    signal_wait(&r.entered, 1);
    async_start(&r, &second, &done, "never", 50);
    signal_wait(&done, 1);
    cr_expect_eq(second.ctx.status.code, PT_DEADLINE_EXCEEDED);
    cr_expect(second.ctx.not_run);
    signal_raise(&r.gate);
    signal_wait(&first_done, 1);
    cr_expect_eq(first.ctx.status.code, PT_OK, "%s", first.ctx.status.message);
    async_done(&first);
    async_done(&second);
    rig_stop(&r);
    cr_expect_eq(atomic_load(&r.runs), 1);
}

Test(failure, a_call_whose_deadline_passes_in_the_queue_does_not_run) {
    rig r;
    async_call first, second;
    signal_count done = SIGNAL_COUNT_INIT;
    pt_executor_options one = {.name = "write", .threads = 1, .queue = 10};
    pt_server_options options = PT_SERVER_OPTIONS_INIT;
    options.executors = &one;
    options.n_executors = 1;
    rig_init(&r);
    rig_start(&r, NULL, &options, NULL);
    async_store(&r, &first, &done, "x", 20000);
    signal_wait(&r.entered, 1);
    async_store(&r, &second, &done, "never", 50);
    signal_wait(&done, 1);
    cr_expect_eq(second.ctx.status.code, PT_DEADLINE_EXCEEDED);
    pt_sleep_ms(60); /* the server's clock for it began when it came, after the client's */
    signal_raise(&r.gate);
    signal_wait(&done, 2);
    rig_stop(&r);
    cr_expect_eq(atomic_load(&r.runs), 1);
    async_done(&first);
    async_done(&second);
}

/* ---- limits ---- */

Test(failure, a_full_executor_refuses_at_once) {
    rig r;
    async_call held[2], more;
    signal_count done = SIGNAL_COUNT_INIT, refused = SIGNAL_COUNT_INIT;
    pt_executor_options tiny = {.name = "write", .threads = 1, .queue = 1};
    pt_server_options options = PT_SERVER_OPTIONS_INIT;
    pt_context ctx;
    options.executors = &tiny;
    options.n_executors = 1;
    rig_init(&r);
    rig_start(&r, NULL, &options, NULL);
    async_store(&r, &held[0], &done, "x", 20000);
    signal_wait(&r.entered, 1);
    async_store(&r, &held[1], &done, "x", 20000);
    pt_context_init(&ctx); /* its answer comes after the queued call was received: one connection, one order */
    cr_expect_eq(rig_call(&r, &ctx, "another executor serves on"), PT_OK, "%s", ctx.status.message);
    pt_context_done(&ctx);
    async_store(&r, &more, &refused, "x", 20000);
    signal_wait(&refused, 1);
    cr_expect_eq(more.ctx.status.code, PT_RESOURCE_EXHAUSTED);
    cr_expect(more.ctx.not_run);
    cr_expect(strstr(more.ctx.status.message, "executor write"), "%s", more.ctx.status.message);
    signal_raise(&r.gate);
    signal_wait(&done, 2);
    for (int i = 0; i < 2; i++)
        async_done(&held[i]);
    async_done(&more);
    rig_stop(&r);
}

Test(failure, too_many_in_line_fail_at_once) {
    rig r;
    async_call held, waiting, more;
    signal_count done = SIGNAL_COUNT_INIT, refused = SIGNAL_COUNT_INIT;
    pt_channel_options tiny = PT_CHANNEL_OPTIONS_INIT;
    tiny.max_outstanding = 1;
    tiny.max_waiting = 1;
    rig_init(&r);
    rig_start(&r, NULL, NULL, &tiny);
    async_store(&r, &held, &done, "x", 20000);
    signal_wait(&r.entered, 1);
    async_start(&r, &waiting, &done, "x", 20000);
    async_start(&r, &more, &refused, "x", 20000);
    signal_wait(&refused, 1);
    cr_expect_eq(more.ctx.status.code, PT_RESOURCE_EXHAUSTED);
    cr_expect(more.ctx.not_run);
    signal_raise(&r.gate);
    signal_wait(&done, 2);
    cr_expect_eq(waiting.ctx.status.code, PT_OK);
    async_done(&held);
    async_done(&waiting);
    async_done(&more);
    rig_stop(&r);
}

Test(failure, requests_beyond_max_calls_wait_and_then_run) {
    enum { N = 12 };
    rig r;
    async_call calls[N];
    signal_count done = SIGNAL_COUNT_INIT;
    pt_executor_options wide = {.name = "write", .threads = 16, .queue = 100};
    pt_server_options options = PT_SERVER_OPTIONS_INIT;
    options.executors = &wide;
    options.n_executors = 1;
    options.max_calls = 3;
    rig_init(&r);
    rig_start(&r, NULL, &options, NULL);
    for (int i = 0; i < N; i++)
        async_store(&r, &calls[i], &done, "x", 20000);
    signal_wait(&r.entered, 3);
    pt_sleep_ms(50); /* a fourth would come in now */
    cr_expect_eq(atomic_load(&r.runs), 3);
    signal_raise(&r.gate);
    signal_wait(&done, N);
    for (int i = 0; i < N; i++) {
        cr_expect_eq(calls[i].ctx.status.code, PT_OK, "%s", calls[i].ctx.status.message);
        async_done(&calls[i]);
    }
    rig_stop(&r);
}

static pt_code call_with(rig *r, pt_context *ctx, size_t bytes, uint32_t reply_bytes, size_t *ret_len) {
    echo_request request = PARTIE__ECHO__V1__ECHO_REQUEST__INIT;
    echo_response *reply = NULL;
    request.data = (ProtobufCBinaryData){bytes, calloc(bytes, 1)};
    request.reply_bytes = reply_bytes;
    pt_code code = partie__echo__v1__echo_service__echo(r->channel, ctx, &request, &reply);
    if (code == PT_OK) *ret_len = reply->data.len;
    free(request.data.data);
    return code;
}

Test(failure, messages_over_a_limit_are_refused_by_either_side) {
    rig r;
    pt_context ctx;
    size_t len = 0;
    pt_server_options server = PT_SERVER_OPTIONS_INIT;
    pt_channel_options wide = PT_CHANNEL_OPTIONS_INIT, narrow = PT_CHANNEL_OPTIONS_INIT;
    server.limits.message_bytes = 100000;
    wide.limits.message_bytes = 10000000;
    narrow.limits.message_bytes = 50000;
    rig_init(&r);
    rig_start(&r, NULL, &server, &wide);
    pt_context_init(&ctx);
    cr_expect_eq(call_with(&r, &ctx, 90000, 0, &len), PT_OK, "%s", ctx.status.message);
    cr_expect_eq(len, 90000);
    pt_context_reset(&ctx);
    cr_expect_eq(call_with(&r, &ctx, 100001, 0, &len), PT_RESOURCE_EXHAUSTED);
    cr_expect(ctx.not_run);
    cr_expect(strstr(ctx.status.message, "over the limit of 100000"), "%s", ctx.status.message);
    pt_context_reset(&ctx);
    cr_expect_eq(call_with(&r, &ctx, 10, 200000, &len), PT_RESOURCE_EXHAUSTED);
    cr_expect(strstr(ctx.status.message, "the reply has"), "%s", ctx.status.message);
    cr_expect_not(ctx.not_run);
    pt_context_reset(&ctx);
    cr_expect_eq(call_with(&r, &ctx, 10, 0, &len), PT_OK, "the connection stands: %s", ctx.status.message);
    pt_channel_close(r.channel);

    rig_open(&r, pt_server_url(r.server, 0), &narrow);
    pt_context_reset(&ctx);
    cr_expect_eq(call_with(&r, &ctx, 60000, 0, &len), PT_RESOURCE_EXHAUSTED);
    cr_expect(ctx.not_run);
    cr_expect(strstr(ctx.status.message, "over the limit of 50000"), "%s", ctx.status.message);
    pt_context_reset(&ctx);
    cr_expect_eq(call_with(&r, &ctx, 10, 60000, &len), PT_RESOURCE_EXHAUSTED, "%s", ctx.status.message);
    cr_expect_not(ctx.not_run);
    pt_context_done(&ctx);
    rig_stop(&r);
}

/* ---- closing a channel ---- */

Test(failure, closing_a_channel_cancels_its_calls) {
    enum { N = 6 };
    rig r;
    async_call calls[N];
    signal_count done = SIGNAL_COUNT_INIT;
    pt_channel_options few = PT_CHANNEL_OPTIONS_INIT;
    few.max_outstanding = 3;
    rig_init(&r);
    rig_start(&r, NULL, NULL, &few);
    for (int i = 0; i < N; i++)
        async_store(&r, &calls[i], &done, "x", 20000);
    signal_wait(&r.entered, 2);
    pt_channel_close(r.channel);
    r.channel = NULL;
    for (int i = 0; i < N; i++) {
        cr_expect_eq(atomic_load(&calls[i].callbacks), 1, "every callback has returned");
        cr_expect_eq(calls[i].ctx.status.code, PT_CANCELLED, "%s", calls[i].ctx.status.message);
        cr_expect_eq(calls[i].ctx.not_run, i >= 3);
        async_done(&calls[i]);
    }
    signal_raise(&r.gate);
    rig_stop(&r);
}

Test(failure, a_handler_sees_that_its_client_left) {
    rig r;
    async_call c;
    signal_count done = SIGNAL_COUNT_INIT;
    rig_init(&r);
    r.impl.store = wait_for_cancel;
    rig_start(&r, NULL, NULL, NULL);
    async_store(&r, &c, &done, "x", 60000);
    signal_wait(&r.entered, 1);
    pt_channel_close(r.channel);
    r.channel = NULL;
    signal_wait(&r.entered, 2); /* long before the call's deadline */
    cr_expect_eq(atomic_load(&r.cancelled), 1);
    async_done(&c);
    rig_stop(&r);
}

Test(failure, channels_open_and_close_quickly) {
    rig r;
    char url[64];
    rig_init(&r);
    rig_serve(&r, NULL, NULL);
    free_address(url, sizeof url);
    for (int i = 0; i < 100; i++) {
        rig_open(&r, i % 2 ? url : pt_server_url(r.server, 0), NULL);
        pt_channel_close(r.channel);
    }
    pt_server_close(r.server);
}

/* ---- what can't be opened ---- */

Test(failure, refuses_what_is_no_target_or_option) {
    static const char *const bad[] = {"",        "localhost",     "http://x:1", "tcp://", "tcp://x",
                                      "tcp://:", "tcp://x:99999", "tcp://x:1a", "ipc://", "inproc://"};
    pt_channel *channel = NULL;
    pt_server *server = NULL;
    pt_status st = PT_STATUS_INIT;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(pt_channel_open(bad[i], NULL, &channel, &st), PT_INVALID_ARGUMENT, "%s", bad[i]);
        cr_expect_null(channel);
    }
    pt_channel_options o = PT_CHANNEL_OPTIONS_INIT;
    o.max_outstanding = 0;
    cr_expect_eq(pt_channel_open("tcp://127.0.0.1:1", &o, &channel, &st), PT_INVALID_ARGUMENT);
    cr_expect(strstr(st.message, "max_outstanding"), "%s", st.message);
    pt_server_options so = PT_SERVER_OPTIONS_INIT;
    so.limits.depth = 2000;
    cr_expect_eq(pt_server_new(&so, &server, &st), PT_INVALID_ARGUMENT);
    cr_expect(strstr(st.message, "limits.depth"), "%s", st.message);
}
