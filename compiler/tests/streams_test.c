/* Generated stubs of streaming rpcs over a runtime that this file and stand_in.c stand in for. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "services.rpc.h"
#include "stand_in.h"

typedef Services__V1__Request request_type;
typedef Services__V1__Reply reply_type;

/* ---- the stand-in's streams: what they were asked, in order, and what they answer ---- */

struct pt_stream {
    bool has_events;
    pt_stream_events events;
};

static struct pt_stream the_stream;
static char asked[128];                     /* the functions that were called, a word each */
static const ProtobufCMessage *handed;      /* the message that the last one was given */
static const void *on;                      /* the stream or the call that it was given */
static pt_code answer;                      /* what it answers, */
static ProtobufCMessage *delivered, *given; /* with this message; and what a receiver in a handler gets */

static pt_code ask(const char *what, const void *object, const ProtobufCMessage *message) {
    size_t len = strlen(asked);
    snprintf(asked + len, sizeof asked - len, len ? " %s" : "%s", what);
    on = object;
    handed = message;
    return answer;
}

pt_code pt_stream_open(pt_channel *channel, pt_context *ctx, const pt_method *method, const ProtobufCMessage *request,
                       const pt_stream_events *events, pt_stream **ret_stream) {
    seen.ctx = ctx;
    seen.method = method;
    the_stream.has_events = events;
    if (events) the_stream.events = *events;
    pt_code code = ask("open", channel, request);
    if (code == PT_OK) *ret_stream = &the_stream;
    return code;
}

pt_code pt_stream_send(pt_stream *stream, const ProtobufCMessage *message) {
    return ask("send", stream, message);
}

pt_code pt_stream_try_send(pt_stream *stream, const ProtobufCMessage *message) {
    return ask("try_send", stream, message);
}

static pt_code deliver(pt_code code, ProtobufCMessage **ret_message) {
    if (code == PT_OK) *ret_message = delivered;
    return code;
}

pt_code pt_stream_receive(pt_stream *stream, ProtobufCMessage **ret_message) {
    return deliver(ask("receive", stream, NULL), ret_message);
}

pt_code pt_stream_finish(pt_stream *stream, ProtobufCMessage **ret_reply) {
    return deliver(ask("finish", stream, NULL), ret_reply);
}

pt_code pt_server_call_send(pt_server_call *call, const ProtobufCMessage *message) {
    return ask("call_send", call, message);
}

pt_code pt_server_call_try_send(pt_server_call *call, const ProtobufCMessage *message) {
    return ask("call_try_send", call, message);
}

static pt_code give(pt_code code, const ProtobufCMessage **ret_message) {
    if (code == PT_OK) *ret_message = given;
    return code;
}

pt_code pt_server_call_receive(pt_server_call *call, const ProtobufCMessage **ret_message) {
    return give(ask("call_receive", call, NULL), ret_message);
}

pt_code pt_server_call_try_receive(pt_server_call *call, const ProtobufCMessage **ret_message) {
    return give(ask("call_try_receive", call, NULL), ret_message);
}

static request_type request = SERVICES__V1__REQUEST__INIT;
static reply_type reply = SERVICES__V1__REPLY__INIT;
static pt_context ctx;

/* ---- client, blocking ---- */

Test(client, a_server_stream_leaves_with_its_request) {
    services__v1__greeter__listen__stream stream = {NULL};
    cr_assert_eq(services__v1__greeter__listen__open(CHANNEL, &ctx, &request, NULL, &stream), PT_OK);
    cr_expect_eq(stream.stream, &the_stream);
    cr_expect_eq(on, CHANNEL);
    cr_expect_eq(seen.ctx, &ctx);
    cr_expect_eq(seen.method, &services__v1__greeter__service.methods[2]);
    cr_expect_eq(handed, &request.base);
    cr_expect_not(the_stream.has_events);
    cr_expect_str_eq(asked, "open");
}

Test(client, a_stream_that_does_not_open_leaves_the_handle_alone) {
    services__v1__greeter__chat__stream stream = {(pt_stream *)&some_channel};
    answer = PT_RESOURCE_EXHAUSTED;
    cr_assert_eq(services__v1__greeter__chat__open(CHANNEL, &ctx, NULL, &stream), PT_RESOURCE_EXHAUSTED);
    cr_expect_eq(stream.stream, (pt_stream *)&some_channel);
}

Test(client, receives_typed_messages_until_the_end) {
    services__v1__greeter__listen__stream stream = {&the_stream};
    reply_type *message = NULL;
    delivered = &reply.base;
    cr_expect_eq(services__v1__greeter__listen__receive(stream, &message), PT_OK);
    cr_expect_eq(message, &reply);
    cr_expect_eq(on, &the_stream);
    delivered = NULL;
    cr_expect_eq(services__v1__greeter__listen__receive(stream, &message), PT_OK);
    cr_expect_null(message);
}

Test(client, a_failed_receive_leaves_the_message_alone) {
    reply_type *message = &reply;
    answer = PT_CANCELLED;
    services__v1__greeter__listen__stream listen = {&the_stream};
    cr_expect_eq(services__v1__greeter__listen__receive(listen, &message), PT_CANCELLED);
    cr_expect_eq(message, &reply);
    services__v1__greeter__tell__stream tell = {&the_stream};
    cr_expect_eq(services__v1__greeter__tell__finish(tell, &message), PT_CANCELLED);
    cr_expect_eq(message, &reply);
}

Test(client, a_client_stream_sends_and_finishes) {
    services__v1__greeter__tell__stream stream;
    reply_type *final = NULL;
    cr_assert_eq(services__v1__greeter__tell__open(CHANNEL, &ctx, NULL, &stream), PT_OK);
    cr_expect_null(handed);
    cr_expect_eq(seen.method, &services__v1__greeter__service.methods[3]);
    cr_expect_eq(services__v1__greeter__tell__send(stream, &request), PT_OK);
    cr_expect_eq(handed, &request.base);
    answer = PT_WOULD_BLOCK;
    cr_expect_eq(services__v1__greeter__tell__try_send(stream, &request), PT_WOULD_BLOCK);
    answer = PT_OK;
    delivered = &reply.base;
    cr_expect_eq(services__v1__greeter__tell__finish(stream, &final), PT_OK);
    cr_expect_eq(final, &reply);
    cr_expect_eq(on, &the_stream);
    cr_expect_str_eq(asked, "open send try_send finish");
}

Test(client, a_bidi_stream_sends_and_receives) {
    services__v1__greeter__chat__stream stream;
    reply_type *message = NULL;
    cr_assert_eq(services__v1__greeter__chat__open(CHANNEL, &ctx, NULL, &stream), PT_OK);
    cr_expect_eq(seen.method, &services__v1__greeter__service.methods[4]);
    cr_expect_eq(services__v1__greeter__chat__send(stream, &request), PT_OK);
    delivered = &reply.base;
    cr_expect_eq(services__v1__greeter__chat__receive(stream, &message), PT_OK);
    cr_expect_eq(message, &reply);
    cr_expect_eq(services__v1__greeter__chat__try_send(stream, &request), PT_OK);
    cr_expect_eq(handed, &request.base);
    cr_expect_str_eq(asked, "open send receive try_send");
}

/* ---- client, by callbacks ---- */

static char told[64];

static void tell(char what, pt_stream *stream, void *arg) {
    size_t len = strlen(told);
    cr_assert_lt(len + 1, sizeof told);
    told[len] = what;
    cr_expect_eq(stream, &the_stream);
    cr_expect_eq(arg, &told);
}

static void on_message(services__v1__greeter__chat__stream stream, const reply_type *message, void *arg) {
    cr_expect_eq(message, &reply);
    tell('m', stream.stream, arg);
}

static void on_writable(services__v1__greeter__chat__stream stream, void *arg) {
    tell('w', stream.stream, arg);
}

static void on_end(services__v1__greeter__chat__stream stream, pt_context *ended, void *arg) {
    cr_expect_eq(ended, &ctx);
    tell('e', stream.stream, arg);
}

static const pt_stream_events *open_chat(const services__v1__greeter__chat__events *events) {
    services__v1__greeter__chat__stream stream;
    cr_assert_eq(services__v1__greeter__chat__open(CHANNEL, &ctx, events, &stream), PT_OK);
    cr_assert(the_stream.has_events);
    return &the_stream.events;
}

Test(client, calls_back_with_its_own_types) {
    const services__v1__greeter__chat__events events = {on_message, on_writable, on_end, &told};
    const pt_stream_events *untyped = open_chat(&events);
    untyped->on_message(&the_stream, &reply.base, untyped->arg);
    untyped->on_writable(&the_stream, untyped->arg);
    untyped->on_message(&the_stream, &reply.base, untyped->arg);
    untyped->on_end(&the_stream, &ctx, untyped->arg);
    cr_expect_str_eq(told, "mwme");
}

Test(client, on_writable_may_be_null) {
    const services__v1__greeter__chat__events events = {on_message, NULL, on_end, &told};
    const pt_stream_events *untyped = open_chat(&events);
    untyped->on_writable(&the_stream, untyped->arg);
    untyped->on_end(&the_stream, &ctx, untyped->arg);
    cr_expect_str_eq(told, "e");
}

static void on_heard(services__v1__greeter__listen__stream stream, const reply_type *message, void *arg) {
    cr_expect_eq(message, &reply);
    tell('m', stream.stream, arg);
}

static void on_silence(services__v1__greeter__listen__stream stream, pt_context *ended, void *arg) {
    cr_expect_eq(ended, &ctx);
    tell('e', stream.stream, arg);
}

Test(client, a_server_stream_has_nothing_to_write) {
    const services__v1__greeter__listen__events events = {on_heard, on_silence, &told};
    services__v1__greeter__listen__stream stream;
    cr_assert_eq(services__v1__greeter__listen__open(CHANNEL, &ctx, &request, &events, &stream), PT_OK);
    cr_expect_null(the_stream.events.on_writable);
    the_stream.events.on_message(&the_stream, &reply.base, the_stream.events.arg);
    the_stream.events.on_end(&the_stream, &ctx, the_stream.events.arg);
    cr_expect_str_eq(told, "me");
}

static void on_answer(services__v1__greeter__tell__stream stream, const reply_type *message, void *arg) {
    cr_expect_eq(message, &reply);
    tell('m', stream.stream, arg);
}

static void on_told(services__v1__greeter__tell__stream stream, pt_context *ended, void *arg) {
    cr_expect_eq(ended, &ctx);
    tell('e', stream.stream, arg);
}

Test(client, a_client_stream_gets_its_reply_as_a_message) {
    const services__v1__greeter__tell__events events = {.on_message = on_answer, .on_end = on_told, .arg = &told};
    services__v1__greeter__tell__stream stream;
    cr_assert_eq(services__v1__greeter__tell__open(CHANNEL, &ctx, &events, &stream), PT_OK);
    the_stream.events.on_message(&the_stream, &reply.base, the_stream.events.arg);
    the_stream.events.on_end(&the_stream, &ctx, the_stream.events.arg);
    cr_expect_str_eq(told, "me");
}

/* ---- server ---- */

static pt_server_call call;

static pt_code listen(void *self, pt_server_call *of, const request_type *what) {
    cr_expect_eq(of, &call);
    cr_expect_eq(what, &request);
    *(int *)self += 1;
    if (services__v1__greeter__listen__send_reply(of, &reply)) return PT_CANCELLED;
    cr_expect_eq(handed, &reply.base);
    return services__v1__greeter__listen__try_send_reply(of, &reply);
}

static pt_code hear(void *self, pt_server_call *of, reply_type *final) {
    const request_type *message = NULL;
    cr_expect_eq(of, &call);
    cr_expect_eq(final, &reply);
    *(int *)self += 10;
    if (services__v1__greeter__tell__receive_request(of, &message)) return PT_CANCELLED;
    cr_expect_eq(message, &request);
    return services__v1__greeter__tell__try_receive_request(of, &message);
}

static pt_code chat(void *self, pt_server_call *of) {
    const request_type *message = NULL;
    *(int *)self += 100;
    cr_expect_eq(services__v1__greeter__chat__receive_request(of, &message), PT_OK);
    cr_expect_eq(message, &request);
    cr_expect_eq(services__v1__greeter__chat__send_reply(of, &reply), PT_OK);
    return services__v1__greeter__chat__try_send_reply(of, &reply);
}

static int calls;
static Services__V1__Greeter impl = SERVICES__V1__GREETER__INIT;

static void serve(void) {
    impl.self = &calls;
    impl.listen = listen;
    impl.tell = hear;
    impl.chat = chat;
    cr_assert_eq(services__v1__greeter__register(SERVER, &impl, NULL), PT_ALREADY_EXISTS);
    given = &request.base;
}

Test(server, streams_replies) {
    serve();
    cr_expect_eq(seen.handlers[2].run(seen.impl, &call, &request.base, NULL), PT_OK);
    cr_expect_eq(calls, 1);
    cr_expect_eq(on, &call);
    cr_expect_str_eq(asked, "call_send call_try_send");
}

Test(server, takes_a_stream_of_requests) {
    serve();
    cr_expect_eq(seen.handlers[3].run(seen.impl, &call, NULL, &reply.base), PT_OK);
    cr_expect_eq(calls, 10);
    cr_expect_eq(on, &call);
    cr_expect_str_eq(asked, "call_receive call_try_receive");
}

Test(server, streams_both_ways) {
    serve();
    cr_expect_eq(seen.handlers[4].run(seen.impl, &call, NULL, NULL), PT_OK);
    cr_expect_eq(calls, 100);
    cr_expect_eq(on, &call);
    cr_expect_str_eq(asked, "call_receive call_send call_try_send");
}

Test(server, a_failed_receive_leaves_the_request_alone) {
    const request_type *message = &request;
    answer = PT_WOULD_BLOCK;
    cr_expect_eq(services__v1__greeter__chat__try_receive_request(&call, &message), PT_WOULD_BLOCK);
    cr_expect_eq(message, &request);
    answer = PT_CANCELLED;
    cr_expect_eq(services__v1__greeter__chat__receive_request(&call, &message), PT_CANCELLED);
    cr_expect_eq(message, &request);
    cr_expect_str_eq(asked, "call_try_receive call_receive");
}

Test(server, a_stream_without_a_handler_is_unimplemented_by_name) {
    cr_expect_eq(impl.tell, services__v1__greeter__tell__unimplemented);
    cr_expect_eq(services__v1__greeter__register(SERVER, &impl, NULL), PT_ALREADY_EXISTS);
    cr_expect_eq(seen.handlers[2].run(seen.impl, &call, &request.base, NULL), PT_UNIMPLEMENTED);
    cr_expect_str_eq(seen.message, "services.v1.Greeter/Listen is not implemented");
    cr_expect_eq(seen.handlers[3].run(seen.impl, &call, NULL, &reply.base), PT_UNIMPLEMENTED);
    cr_expect_eq(seen.handlers[4].run(seen.impl, &call, NULL, NULL), PT_UNIMPLEMENTED);
    cr_expect_str_eq(seen.message, "services.v1.Greeter/Chat is not implemented");
}
