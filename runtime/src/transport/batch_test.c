/* Batch handlers: calls that wait together run together. */
#include <criterion/criterion.h>

#include "support/clock.h"
#include "transport/testdata/rig.h"

typedef struct tally {
    signal_count entered, gate;
    atomic_uint batches, calls, largest;
} tally;

static void store_all(void *self, pt_server_call *const *calls, size_t n) {
    tally *t = self;
    atomic_fetch_add(&t->batches, 1);
    atomic_fetch_add(&t->calls, (unsigned)n);
    if (n > atomic_load(&t->largest)) atomic_store(&t->largest, (unsigned)n);
    signal_raise(&t->entered);
    signal_wait(&t->gate, 1);
    for (size_t i = 0; i < n; i++) {
        const echo_request *request = (const echo_request *)pt_server_call_request(calls[i]);
        echo_response *reply = (echo_response *)pt_server_call_reply(calls[i]);
        reply->text = pt_arena_strdup(pt_server_call_arena(calls[i]), request->text);
        pt_server_call_finish(calls[i], PT_OK);
    }
}

Test(batch, what_comes_while_one_runs_makes_the_next) {
    enum { N = 100 };
    rig r;
    tally t = {.entered = SIGNAL_COUNT_INIT, .gate = SIGNAL_COUNT_INIT};
    static async_call calls[N + 1];
    signal_count done = SIGNAL_COUNT_INIT;
    pt_context ctx;
    rig_init(&r);
    r.impl.self = &t;
    r.impl.store__batch = store_all;
    rig_start(&r, NULL, NULL, NULL);
    async_store(&r, &calls[N], &done, "first", 20000);
    signal_wait(&t.entered, 1);
    for (int i = 0; i < N; i++)
        async_store(&r, &calls[i], &done, "more", 20000);
    pt_context_init(&ctx); /* what comes after them on the connection */
    cr_expect_eq(pt_call_wait(r.channel, &ctx, "grpc.health.v1.Health/Check", (pt_slice){0}, &(pt_slice){0}), PT_OK);
    pt_context_done(&ctx);
    signal_raise(&t.gate);
    signal_wait(&done, N + 1);
    for (int i = 0; i <= N; i++) {
        cr_expect_eq(calls[i].ctx.status.code, PT_OK, "%s", calls[i].ctx.status.message);
        cr_expect_str_eq(calls[i].text, i < N ? "more" : "first");
        async_done(&calls[i]);
    }
    cr_expect_eq(atomic_load(&t.calls), N + 1);
    cr_expect_eq(atomic_load(&t.largest), N);
    cr_expect_eq(atomic_load(&t.batches), 2);
    rig_stop(&r);
}
