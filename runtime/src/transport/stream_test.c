/* Streams, both sides, over a real connection. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "partie/stream.h"
#include "support/clock.h"
#include "transport/testdata/rig.h"

/* ---- handlers ---- */

static const pt_method *method_of(size_t i) {
    return &partie__echo__v1__echo_service__service.methods[i];
}

/* Sends as many messages as the request says, of 1000 bytes each. */
static pt_code watch(void *self, pt_server_call *call, const echo_request *request) {
    static uint8_t data[1000];
    rig *r = self;
    echo_response message = PARTIE__ECHO__V1__ECHO_RESPONSE__INIT;
    message.data = (ProtobufCBinaryData){sizeof data, data};
    pt_code code = PT_OK;
    if (pt_metadata_add_str(pt_server_call_headers(call), "x-first", "1")) return PT_RESOURCE_EXHAUSTED;
    for (message.number = 0; !code && message.number < request->reply_bytes; message.number++) {
        code = pt_server_call_send(call, &message.base);
        if (!code) atomic_fetch_add(&r->runs, 1);
    }
    if (code) atomic_fetch_add(&r->cancelled, 1);
    if (pt_metadata_add_str(pt_server_call_trailers(call), "x-last", "1")) return PT_RESOURCE_EXHAUSTED;
    return code;
}

static pt_code collect(void *self, pt_server_call *call, echo_response *reply) {
    const ProtobufCMessage *message;
    pt_code code;
    (void)self;
    while ((code = pt_server_call_receive(call, &message)) == PT_OK && message)
        reply->number++;
    return code;
}

static pt_code chat(void *self, pt_server_call *call) {
    rig *r = self;
    const ProtobufCMessage *message;
    pt_code code;
    while ((code = pt_server_call_receive(call, &message)) == PT_OK && message) {
        echo_response reply = PARTIE__ECHO__V1__ECHO_RESPONSE__INIT;
        reply.text = ((const echo_request *)message)->text;
        code = pt_server_call_send(call, &reply.base);
        if (code) break;
    }
    if (code) atomic_fetch_add(&r->cancelled, 1);
    return code;
}

/* ---- the same without waiting ---- */

static void chat_on(pt_server_call *call, void *arg) {
    const ProtobufCMessage *message;
    pt_code code;
    atomic_fetch_add(&((rig *)arg)->runs, 1);
    while ((code = pt_server_call_try_receive(call, &message)) == PT_OK && message) {
        echo_response reply = PARTIE__ECHO__V1__ECHO_RESPONSE__INIT;
        reply.text = ((const echo_request *)message)->text;
        if ((code = pt_server_call_try_send(call, &reply.base))) break;
    }
    if (code == PT_WOULD_BLOCK) return;
    if (code) atomic_fetch_add(&((rig *)arg)->cancelled, 1);
    pt_server_call_finish(call, code);
}

static pt_code chat_later(void *self, pt_server_call *call) {
    pt_server_call_on_ready(call, chat_on, self);
    chat_on(call, self);
    return PT_DEFERRED;
}

static void start(rig *r) {
    rig_init(r);
    r->impl.watch = watch;
    r->impl.collect = collect;
    r->impl.chat = chat;
    rig_start(r, NULL, NULL, NULL);
}

static pt_stream *open_stream(rig *r, pt_context *ctx, size_t method, const echo_request *request,
                              const pt_stream_events *events) {
    pt_stream *stream = NULL;
    cr_assert_eq(pt_stream_open(r->channel, ctx, method_of(method), request ? &request->base : NULL, events, &stream), PT_OK,
                 "%s", ctx->status.message);
    return stream;
}

static pt_stream *open_watch(rig *r, pt_context *ctx, uint32_t messages, const pt_stream_events *events) {
    echo_request request = PARTIE__ECHO__V1__ECHO_REQUEST__INIT;
    request.reply_bytes = messages;
    return open_stream(r, ctx, 2, &request, events);
}

static pt_code say(pt_stream *stream, const char *text) {
    echo_request request = PARTIE__ECHO__V1__ECHO_REQUEST__INIT;
    request.text = (char *)text;
    return pt_stream_send(stream, &request.base);
}

static const char *hear(pt_stream *stream) {
    ProtobufCMessage *message = NULL;
    pt_code code = pt_stream_receive(stream, &message);
    cr_assert_eq(code, PT_OK, "%s", pt_code_name(code));
    return message ? ((echo_response *)message)->text : NULL;
}

/* ---- blocking ---- */

Test(stream, a_server_sends_all_in_order_and_then_its_end) {
    enum { N = 2000 }; /* several times the credit */
    rig r;
    pt_context ctx;
    ProtobufCMessage *message = NULL;
    start(&r);
    pt_context_init(&ctx);
    pt_stream *stream = open_watch(&r, &ctx, N, NULL);
    for (uint32_t i = 0; i < N; i++) {
        cr_assert_eq(pt_stream_receive(stream, &message), PT_OK, "%s", ctx.status.message);
        cr_assert_not_null(message);
        cr_assert_eq(((echo_response *)message)->number, i);
    }
    cr_expect_eq(pt_stream_receive(stream, &message), PT_OK);
    cr_expect_null(message);
    cr_expect_not_null(pt_metadata_get(&ctx.headers, "x-first"));
    cr_expect_not_null(pt_metadata_get(&ctx.trailers, "x-last"));
    pt_stream_close(stream);
    pt_context_done(&ctx);
    rig_stop(&r);
}

Test(stream, a_client_sends_and_gets_one_reply) {
    enum { N = 20000 };
    rig r;
    pt_context ctx;
    ProtobufCMessage *reply = NULL;
    start(&r);
    pt_context_init(&ctx);
    pt_stream *stream = open_stream(&r, &ctx, 3, NULL, NULL);
    for (int i = 0; i < N; i++)
        cr_assert_eq(say(stream, "x"), PT_OK);
    cr_expect_eq(pt_stream_finish(stream, &reply), PT_OK, "%s", ctx.status.message);
    cr_expect_eq(say(stream, "late"), PT_FAILED_PRECONDITION);
    pt_stream_close(stream);
    cr_expect_eq(((echo_response *)reply)->number, N);
    pt_context_done(&ctx);
    rig_stop(&r);
}

static void chat_a_while(rig *r) {
    pt_context ctx;
    pt_context_init(&ctx);
    pt_stream *stream = open_stream(r, &ctx, 4, NULL, NULL);
    char text[16];
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "%d", i);
        cr_assert_eq(say(stream, text), PT_OK);
        cr_assert_str_eq(hear(stream), text);
    }
    pt_stream_half_close(stream);
    cr_expect_null(hear(stream));
    cr_expect_eq(ctx.status.code, PT_OK);
    pt_stream_close(stream);
    pt_context_done(&ctx);
}

Test(stream, both_sides_talk) {
    rig r;
    start(&r);
    chat_a_while(&r);
    rig_stop(&r);
}

Test(stream, a_deferred_handler_talks_as_well) {
    rig r;
    rig_init(&r);
    r.impl.chat = chat_later;
    rig_start(&r, NULL, NULL, NULL);
    chat_a_while(&r);
    rig_stop(&r);
}

Test(stream, a_deferred_handler_is_not_called_for_nothing) {
    rig r;
    pt_context ctx;
    rig_init(&r);
    r.impl.chat = chat_later;
    rig_start(&r, NULL, NULL, NULL);
    pt_context_init(&ctx);
    pt_stream *stream = open_stream(&r, &ctx, 4, NULL, NULL);
    cr_assert_eq(say(stream, "x"), PT_OK);
    cr_assert_str_eq(hear(stream), "x");
    pt_sleep_ms(30); /* whatever that has caused */
    unsigned runs = atomic_load(&r.runs);
    pt_sleep_ms(50);
    cr_expect_eq(atomic_load(&r.runs), runs);
    pt_stream_close(stream);
    pt_context_done(&ctx);
    rig_stop(&r);
}

/* ---- credit ---- */

/* So many of watch's messages fit the credit: the last one may exceed it. */
static unsigned messages_in_credit(void) {
    static uint8_t data[1000];
    echo_response message = PARTIE__ECHO__V1__ECHO_RESPONSE__INIT;
    message.data = (ProtobufCBinaryData){sizeof data, data};
    for (int64_t credit = PT_STREAM_CREDIT; credit > 0; message.number++)
        credit -= (int64_t)protobuf_c_message_get_packed_size(&message.base) + 32;
    return message.number;
}

static bool has_sent_its_credit(void *arg) {
    return atomic_load(&((rig *)arg)->runs) >= messages_in_credit();
}

Test(stream, a_reader_that_sleeps_holds_the_writer) {
    enum { N = 2000 };
    rig r;
    pt_context ctx;
    ProtobufCMessage *message = NULL;
    start(&r);
    pt_context_init(&ctx);
    pt_stream *stream = open_watch(&r, &ctx, N, NULL);
    cr_assert(pt_wait_until(has_sent_its_credit, &r, 20000));
    pt_sleep_ms(50); /* more would come now */
    cr_expect_eq(atomic_load(&r.runs), messages_in_credit());
    for (int i = 0; i < N; i++)
        cr_assert_eq(pt_stream_receive(stream, &message), PT_OK);
    cr_expect_eq(atomic_load(&r.runs), N);
    pt_stream_close(stream);
    pt_context_done(&ctx);
    rig_stop(&r);
}

/* ---- ends ---- */

static bool is_cancelled(void *arg) {
    return atomic_load(&((rig *)arg)->cancelled) == 1;
}

static void cancel_a_chat(pt_code (*handler)(void *, pt_server_call *)) {
    rig r;
    pt_context ctx;
    ProtobufCMessage *message;
    rig_init(&r);
    r.impl.chat = handler;
    rig_start(&r, NULL, NULL, NULL);
    pt_context_init(&ctx);
    pt_stream *stream = open_stream(&r, &ctx, 4, NULL, NULL);
    cr_assert_eq(say(stream, "x"), PT_OK);
    cr_assert_str_eq(hear(stream), "x");
    pt_stream_cancel(stream);
    cr_expect_eq(pt_stream_receive(stream, &message), PT_CANCELLED);
    cr_expect_eq(say(stream, "y"), PT_CANCELLED);
    cr_expect(pt_wait_until(is_cancelled, &r, 20000));
    pt_stream_close(stream);
    pt_context_done(&ctx);
    rig_stop(&r);
}

Test(stream, a_client_cancels) {
    cancel_a_chat(chat);
}

Test(stream, a_deferred_handler_learns_of_it) {
    cancel_a_chat(chat_later);
}

Test(stream, a_deadline_passes_within) {
    rig r;
    pt_context ctx;
    ProtobufCMessage *message;
    start(&r);
    pt_context_init(&ctx);
    ctx.timeout_ms = 200;
    pt_stream *stream = open_stream(&r, &ctx, 4, NULL, NULL);
    cr_assert_eq(say(stream, "x"), PT_OK);
    cr_assert_str_eq(hear(stream), "x");
    cr_expect_eq(pt_stream_receive(stream, &message), PT_DEADLINE_EXCEEDED);
    cr_expect(pt_wait_until(is_cancelled, &r, 20000));
    pt_stream_close(stream);
    pt_context_done(&ctx);
    rig_stop(&r);
}

Test(stream, a_server_that_closes_ends_its_streams) {
    rig r;
    pt_context ctx;
    ProtobufCMessage *message;
    start(&r);
    pt_context_init(&ctx);
    pt_stream *stream = open_stream(&r, &ctx, 4, NULL, NULL);
    cr_assert_eq(say(stream, "x"), PT_OK);
    cr_assert_str_eq(hear(stream), "x");
    cr_expect_eq(pt_server_drain(r.server, 0), PT_DEADLINE_EXCEEDED);
    cr_expect_neq(pt_stream_receive(stream, &message), PT_OK);
    pt_server_close(r.server);
    r.server = NULL;
    pt_stream_close(stream);
    pt_context_done(&ctx);
    rig_stop(&r);
}

/* ---- callbacks ---- */

typedef struct listener {
    signal_count ended;
    atomic_uint n;
    unsigned pause_at;
    signal_count paused;
} listener;

static void on_message(pt_stream *stream, const ProtobufCMessage *message, void *arg) {
    listener *l = arg;
    cr_expect_eq(((const echo_response *)message)->number, atomic_load(&l->n));
    if (atomic_fetch_add(&l->n, 1) + 1 != l->pause_at) return;
    pt_stream_pause(stream);
    signal_raise(&l->paused);
}

static void on_end(pt_stream *stream, pt_context *ctx, void *arg) {
    (void)stream, (void)ctx;
    signal_raise(&((listener *)arg)->ended);
}

Test(stream, callbacks_come_in_order_and_can_be_paused) {
    rig r;
    pt_context ctx;
    listener l = {.ended = SIGNAL_COUNT_INIT, .paused = SIGNAL_COUNT_INIT, .pause_at = 10};
    pt_stream_events events = {.on_message = on_message, .on_end = on_end, .arg = &l};
    start(&r);
    pt_context_init(&ctx);
    pt_stream *stream = open_watch(&r, &ctx, 1000, &events);
    signal_wait(&l.paused, 1);
    pt_sleep_ms(30); /* more would come now */
    cr_expect_eq(atomic_load(&l.n), 10);
    pt_stream_resume(stream);
    signal_wait(&l.ended, 1);
    cr_expect_eq(atomic_load(&l.n), 1000);
    cr_expect_eq(ctx.status.code, PT_OK);
    pt_stream_close(stream);
    cr_expect_eq(l.ended.n, 1);
    pt_context_done(&ctx);
    rig_stop(&r);
}
