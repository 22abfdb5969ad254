/* What sessions promise: calls share envelopes, and no call waits for another. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "rpc/clock.h"
#include "support/clock.h"
#include "transport/testdata/rig.h"

#define ECHO_SERVICE "partie.echo.v1.EchoService"

/* ---- a slow call beside many fast ones ---- */

typedef struct stampede {
    rig *rig;
    signal_count done;
    atomic_uint left, failed;
} stampede;

typedef struct runner {
    stampede *stampede;
    pt_context ctx;
} runner;

static void run_on(runner *run);

static void on_echo(pt_context *ctx, const echo_response *reply, void *arg) {
    runner *run = arg;
    (void)reply;
    if (ctx->status.code) atomic_fetch_add(&run->stampede->failed, 1);
    run_on(run);
}

static void run_on(runner *run) {
    stampede *s = run->stampede;
    unsigned left = atomic_load(&s->left);
    while (left && !atomic_compare_exchange_weak(&s->left, &left, left - 1))
        ;
    if (!left) {
        signal_raise(&s->done);
        return;
    }
    echo_request request = PARTIE__ECHO__V1__ECHO_REQUEST__INIT;
    request.text = (char *)"fast";
    pt_context_reset(&run->ctx);
    partie__echo__v1__echo_service__echo_start(s->rig->channel, &run->ctx, &request, on_echo, run);
}

/* One call is held, on the executor of the others and on their connection, until 10,000 of them are answered. */
static void run_beside_a_slow_call(const char *executor) {
    enum { RUNNERS = 64, CALLS = 10000 };
    rig r;
    async_call slow;
    signal_count slow_done = SIGNAL_COUNT_INIT;
    stampede s = {.rig = &r, .done = SIGNAL_COUNT_INIT};
    runner *runners = calloc(RUNNERS, sizeof *runners);
    pt_executor_options wide = {.name = "read", .threads = 4, .queue = 1024};
    pt_server_options options = PT_SERVER_OPTIONS_INIT;
    options.executors = &wide;
    options.n_executors = 1;
    rig_init(&r);
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_server_new(&options, &r.server, &st), PT_OK, "%s", st.message);
    cr_assert_eq(partie__echo__v1__echo_service__register(r.server, &r.impl, &st), PT_OK, "%s", st.message);
    cr_assert_eq(pt_server_set_executor(r.server, ECHO_SERVICE "/Store", "read", &st), PT_OK, "%s", st.message);
    cr_assert_eq(pt_server_set_executor(r.server, ECHO_SERVICE "/Echo", executor, &st), PT_OK, "%s", st.message);
    cr_assert_eq(pt_server_listen(r.server, "tcp://127.0.0.1:0", &st), PT_OK, "%s", st.message);
    rig_open(&r, pt_server_url(r.server, 0), NULL);
    async_store(&r, &slow, &slow_done, "slow", 60000);
    signal_wait(&r.entered, 1);
    atomic_store(&s.left, CALLS);
    for (int i = 0; i < RUNNERS; i++) {
        runners[i].stampede = &s;
        pt_context_init(&runners[i].ctx);
        run_on(&runners[i]);
    }
    signal_wait(&s.done, RUNNERS);
    cr_expect_eq(atomic_load(&s.failed), 0);
    cr_expect_eq(atomic_load(&slow.callbacks), 0, "the slow call is still held");
    signal_raise(&r.gate);
    signal_wait(&slow_done, 1);
    cr_expect_eq(slow.ctx.status.code, PT_OK, "%s", slow.ctx.status.message);
    rig_stop(&r);
    for (int i = 0; i < RUNNERS; i++)
        pt_context_done(&runners[i].ctx);
    async_done(&slow);
    free(runners);
}

Test(session, a_slow_call_delays_no_other_of_its_executor, .timeout = 60) {
    run_beside_a_slow_call("read");
}

Test(session, a_slow_call_delays_no_inline_one, .timeout = 60) {
    run_beside_a_slow_call(PT_INLINE);
}

Test(session, more_slow_calls_than_envelopes_that_may_be_out_delay_no_fast_one, .timeout = 60) {
    enum { N = 24 };
    rig r;
    async_call slow[N];
    signal_count done = SIGNAL_COUNT_INIT;
    pt_context ctx;
    pt_executor_options wide = {.name = "write", .threads = N, .queue = 0};
    pt_server_options options = PT_SERVER_OPTIONS_INIT;
    options.executors = &wide;
    options.n_executors = 1;
    rig_init(&r);
    rig_start(&r, NULL, &options, NULL);
    for (unsigned i = 0; i < N; i++) {
        async_store(&r, &slow[i], &done, "slow", 60000);
        signal_wait(&r.entered, i + 1); /* so each has an envelope of its own */
    }
    pt_context_init(&ctx);
    cr_expect_eq(rig_call(&r, &ctx, "fast"), PT_OK, "%s", ctx.status.message);
    pt_context_done(&ctx);
    signal_raise(&r.gate);
    signal_wait(&done, N);
    rig_stop(&r);
    for (unsigned i = 0; i < N; i++)
        async_done(&slow[i]);
}

/* ---- cancelling ---- */

static bool has_cancelled(void *arg) {
    return atomic_load(&((rig *)arg)->cancelled) == 1;
}

Test(session, a_cancelled_call_ends_at_once_and_its_handler_learns_of_it) {
    rig r;
    async_call c;
    signal_count done = SIGNAL_COUNT_INIT;
    rig_init(&r);
    rig_start(&r, NULL, NULL, NULL);
    async_store(&r, &c, &done, "held", 20000);
    signal_wait(&r.entered, 1);
    pt_context_cancel(&c.ctx);
    signal_wait(&done, 1);
    cr_expect_eq(c.ctx.status.code, PT_CANCELLED, "%s", c.ctx.status.message);
    cr_expect_not(c.ctx.not_run);
    pt_context ctx;
    pt_context_init(&ctx); /* its answer says that the frame before it has arrived */
    cr_expect_eq(rig_call(&r, &ctx, "after"), PT_OK, "%s", ctx.status.message);
    pt_context_done(&ctx);
    signal_raise(&r.gate);
    cr_expect(pt_wait_until(has_cancelled, &r, 20000));
    pt_context_cancel(&c.ctx); /* it is over: nothing happens */
    rig_stop(&r);
    cr_expect_eq(atomic_load(&c.callbacks), 1);
    async_done(&c);
}

Test(session, a_call_that_waits_for_a_connection_can_be_cancelled) {
    rig r;
    async_call c;
    signal_count done = SIGNAL_COUNT_INIT;
    rig_init(&r);
    rig_open(&r, "ipc:///tmp/partie-nobody-listens-here", NULL);
    pt_context_init(&c.ctx);
    c = (async_call){.done = &done};
    async_start(&r, &c, &done, "never", 20000);
    pt_context_cancel(&c.ctx);
    signal_wait(&done, 1);
    cr_expect(c.ctx.status.code == PT_CANCELLED || c.ctx.status.code == PT_UNAVAILABLE, "%s", c.ctx.status.message);
    cr_expect(c.ctx.not_run);
    pt_channel_close(r.channel);
    async_done(&c);
}

Test(session, a_deadline_of_the_client_reaches_the_handler) {
    rig r;
    async_call c;
    signal_count done = SIGNAL_COUNT_INIT;
    rig_init(&r);
    rig_start(&r, NULL, NULL, NULL);
    async_store(&r, &c, &done, "held", 300);
    signal_wait(&r.entered, 1);
    signal_wait(&done, 1);
    cr_expect_eq(c.ctx.status.code, PT_DEADLINE_EXCEEDED, "%s", c.ctx.status.message);
    signal_raise(&r.gate);
    cr_expect(pt_wait_until(has_cancelled, &r, 20000));
    rig_stop(&r);
    async_done(&c);
}

/* ---- going away ---- */

typedef struct drainer {
    pt_server *server;
    pt_code code;
} drainer;

static void *drain(void *arg) {
    drainer *d = arg;
    d->code = pt_server_drain(d->server, 20000);
    return NULL;
}

static bool is_told(void *arg) {
    return !pt_channel_connected(((rig *)arg)->channel);
}

Test(session, a_server_that_drains_tells_its_clients_and_finishes_what_it_has) {
    rig r;
    async_call held;
    signal_count done = SIGNAL_COUNT_INIT;
    pt_context ctx;
    pthread_t thread;
    rig_init(&r);
    rig_start(&r, NULL, NULL, NULL);
    async_store(&r, &held, &done, "held", 20000);
    signal_wait(&r.entered, 1);
    cr_expect(pt_channel_connected(r.channel));
    drainer d = {.server = r.server};
    pthread_create(&thread, NULL, drain, &d);
    cr_assert(pt_wait_until(is_told, &r, 20000), "go_away did not come");
    pt_context_init(&ctx);
    cr_expect_eq(rig_call(&r, &ctx, "new"), PT_UNAVAILABLE, "%s", ctx.status.message);
    cr_expect(ctx.not_run);
    pt_context_done(&ctx);
    signal_raise(&r.gate);
    signal_wait(&done, 1);
    cr_expect_eq(held.ctx.status.code, PT_OK, "%s", held.ctx.status.message);
    pthread_join(thread, NULL);
    cr_expect_eq(d.code, PT_OK);
    rig_stop(&r);
    async_done(&held);
}
