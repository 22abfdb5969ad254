#include "transport/testdata/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "rpc/clock.h"

void signal_raise(signal_count *s) {
    pthread_mutex_lock(&s->lock);
    s->n++;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

/* False: not within 20 s. */
static bool wait_quietly(signal_count *s, unsigned n) {
    struct timespec until = pt_timespec_of_ns(pt_now_ns() + 20000 * PT_NS_PER_MS);
    int timeout = 0;
    pthread_mutex_lock(&s->lock);
    while (s->n < n && !timeout)
        timeout = pthread_cond_clockwait(&s->changed, &s->lock, CLOCK_MONOTONIC, &until);
    bool reached = s->n >= n;
    pthread_mutex_unlock(&s->lock);
    return reached;
}

void signal_wait(signal_count *s, unsigned n) {
    cr_assert(wait_quietly(s, n), "the event came %u times, not %u, within 20 s", s->n, n);
}

pt_code rig_echo(void *self, pt_server_call *call, const echo_request *request, echo_response *reply) {
    rig *r = self;
    atomic_fetch_add(&r->runs, 1);
    reply->text = pt_arena_strdup(pt_server_call_arena(call), request->text);
    reply->data = request->data;
    if (request->reply_bytes) {
        reply->data.len = request->reply_bytes;
        reply->data.data = pt_arena_calloc(pt_server_call_arena(call), request->reply_bytes, 1);
    }
    return PT_OK;
}

pt_code rig_hold(void *self, pt_server_call *call, const echo_request *request, echo_response *reply) {
    rig *r = self;
    pt_code code = rig_echo(self, call, request, reply);
    signal_raise(&r->entered);
    wait_quietly(&r->gate, 1);
    if (pt_server_call_cancelled(call)) atomic_fetch_add(&r->cancelled, 1);
    return code;
}

void rig_init(rig *r) {
    *r = (rig){.impl = PARTIE__ECHO__V1__ECHO_SERVICE__INIT, .entered = SIGNAL_COUNT_INIT, .gate = SIGNAL_COUNT_INIT};
    r->impl.self = r;
    r->impl.echo = rig_echo;
    r->impl.store = rig_hold;
}

void rig_serve(rig *r, const char *url, const pt_server_options *options) {
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_server_new(options, &r->server, &st), PT_OK, "%s", st.message);
    cr_assert_eq(partie__echo__v1__echo_service__register(r->server, &r->impl, &st), PT_OK, "%s", st.message);
    cr_assert_eq(pt_server_listen(r->server, url ? url : "tcp://127.0.0.1:0", &st), PT_OK, "%s", st.message);
}

void rig_open(rig *r, const char *url, const pt_channel_options *options) {
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_channel_open(url, options, &r->channel, &st), PT_OK, "%s", st.message);
}

void rig_start(rig *r, const char *url, const pt_server_options *server, const pt_channel_options *channel) {
    rig_serve(r, url, server);
    rig_open(r, pt_server_url(r->server, 0), channel);
}

void rig_stop(rig *r) {
    pt_channel_close(r->channel);
    pt_server_close(r->server);
}

static echo_request request_of(const char *text) {
    echo_request request = PARTIE__ECHO__V1__ECHO_REQUEST__INIT;
    request.text = (char *)text;
    return request;
}

pt_code rig_call(rig *r, pt_context *ctx, const char *text) {
    echo_request request = request_of(text);
    echo_response *reply = NULL;
    pt_code code = partie__echo__v1__echo_service__echo(r->channel, ctx, &request, &reply);
    if (code == PT_OK) cr_assert_str_eq(reply->text, text);
    return code;
}

pt_code rig_store(rig *r, pt_context *ctx, const char *text) {
    echo_request request = request_of(text);
    echo_response *reply = NULL;
    return partie__echo__v1__echo_service__store(r->channel, ctx, &request, &reply);
}

static void on_done(pt_context *ctx, const echo_response *reply, void *arg) {
    async_call *c = arg;
    (void)ctx;
    if (reply) snprintf(c->text, sizeof c->text, "%s", reply->text);
    atomic_fetch_add(&c->callbacks, 1);
    signal_raise(c->done);
}

static void async_prepare(async_call *c, signal_count *done, uint32_t timeout_ms) {
    pt_context_init(&c->ctx);
    c->ctx.timeout_ms = timeout_ms;
    c->done = done;
    c->text[0] = '\0';
    atomic_store(&c->callbacks, 0);
}

void async_start(rig *r, async_call *c, signal_count *done, const char *text, uint32_t timeout_ms) {
    echo_request request = request_of(text);
    async_prepare(c, done, timeout_ms);
    partie__echo__v1__echo_service__echo_start(r->channel, &c->ctx, &request, on_done, c);
}

void async_store(rig *r, async_call *c, signal_count *done, const char *text, uint32_t timeout_ms) {
    echo_request request = request_of(text);
    async_prepare(c, done, timeout_ms);
    partie__echo__v1__echo_service__store_start(r->channel, &c->ctx, &request, on_done, c);
}

void async_long(rig *r, async_call *c, signal_count *done, uint32_t reply_bytes) {
    echo_request request = request_of("long");
    request.reply_bytes = reply_bytes;
    async_prepare(c, done, 0);
    partie__echo__v1__echo_service__echo_start(r->channel, &c->ctx, &request, on_done, c);
}

void async_done(async_call *c) {
    pt_context_done(&c->ctx);
}
