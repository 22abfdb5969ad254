/* Generated stubs over a runtime that stand_in.c stands in for: they must hand it the right things, and hand back what it
 * gives. It has no streams, so that this program links only if stubs that nobody calls ask for nothing. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "collisions.rpc.h"
#include "services.rpc.h"
#include "stand_in.h"

/* ---- client ---- */

Test(client, a_waiting_stub_passes_the_request_and_returns_the_reply) {
    Services__V1__Request request = SERVICES__V1__REQUEST__INIT;
    Services__V1__Reply answer = SERVICES__V1__REPLY__INIT, *reply = NULL;
    pt_context ctx = {.timeout_ms = 5};
    seen.reply = &answer.base;
    cr_expect_eq(services__v1__greeter__say_hello(CHANNEL, &ctx, &request, &reply), PT_OK);
    cr_expect_eq(reply, &answer);
    cr_expect_eq(seen.channel, CHANNEL);
    cr_expect_eq(seen.ctx, &ctx);
    cr_expect_eq(seen.request, &request.base);
    cr_expect_eq(seen.method, &services__v1__greeter__service.methods[0]);
}

Test(client, a_failed_call_leaves_the_reply_alone) {
    Services__V1__Request request = SERVICES__V1__REQUEST__INIT;
    Services__V1__Reply before = SERVICES__V1__REPLY__INIT, *reply = &before;
    pt_context ctx = {0};
    cr_expect_eq(services__v1__greeter__set_name(CHANNEL, &ctx, &request, &reply), PT_UNAVAILABLE);
    cr_expect_eq(reply, &before);
    cr_expect_str_eq(seen.method->name, "services.v1.Greeter/SetName");
}

static const Services__V1__Reply *done_reply;
static void *done_arg;
static int times_done;

static void on_hello(pt_context *ctx, const Services__V1__Reply *reply, void *arg) {
    cr_expect_eq(ctx, seen.ctx);
    done_reply = reply;
    done_arg = arg;
    times_done++;
}

Test(client, a_started_stub_calls_back_with_its_own_types) {
    Services__V1__Request request = SERVICES__V1__REQUEST__INIT;
    Services__V1__Reply answer = SERVICES__V1__REPLY__INIT;
    pt_context ctx = {0};
    int arg;
    services__v1__greeter__say_hello_start(CHANNEL, &ctx, &request, on_hello, &arg);
    cr_expect_eq(times_done, 0);
    cr_expect_eq(seen.request, &request.base);
    seen.on_done(seen.ctx, &answer.base, seen.arg);
    cr_expect_eq(done_reply, &answer);
    cr_expect_eq(done_arg, &arg);
    seen.on_done(seen.ctx, NULL, seen.arg);
    cr_expect_null(done_reply);
    cr_expect_eq(times_done, 2);
}

/* ---- server ---- */

static pt_server_call some_call;
#define CALL (&some_call)

static pt_code say_hello(void *self, pt_server_call *call, const Services__V1__Request *request, Services__V1__Reply *reply) {
    cr_expect_eq(call, CALL);
    cr_expect_str_eq(request->name, "name");
    reply->n_lines = 3;
    *(int *)self += 1;
    return PT_NOT_FOUND;
}

Test(server, registers_its_service_and_reaches_the_handler) {
    int calls = 0;
    Services__V1__Greeter impl = SERVICES__V1__GREETER__INIT;
    impl.self = &calls;
    impl.say_hello = say_hello;
    cr_expect_eq(services__v1__greeter__register(SERVER, &impl, NULL), PT_ALREADY_EXISTS);
    cr_expect_eq(seen.server, SERVER);
    cr_expect_eq(seen.service, &services__v1__greeter__service);
    cr_expect_eq(seen.impl, &impl);
    Services__V1__Request request = SERVICES__V1__REQUEST__INIT;
    request.name = "name";
    Services__V1__Reply reply = SERVICES__V1__REPLY__INIT;
    cr_expect_eq(seen.handlers[0].run(seen.impl, CALL, &request.base, &reply.base), PT_NOT_FOUND);
    cr_expect_eq(calls, 1);
    cr_expect_eq(reply.n_lines, 3);
}

Test(server, an_rpc_without_a_handler_is_unimplemented_by_name) {
    Services__V1__Greeter impl = SERVICES__V1__GREETER__INIT;
    cr_expect_eq(services__v1__greeter__register(SERVER, &impl, NULL), PT_ALREADY_EXISTS);
    Services__V1__Request request = SERVICES__V1__REQUEST__INIT;
    Services__V1__Reply reply = SERVICES__V1__REPLY__INIT;
    cr_expect_eq(seen.handlers[1].run(seen.impl, CALL, &request.base, &reply.base), PT_UNIMPLEMENTED);
    cr_expect_str_eq(seen.message, "services.v1.Greeter/SetName is not implemented");
}

Test(server, a_handler_that_is_null_is_unimplemented_too) {
    const Services__V1__Greeter impl = {.say_hello = say_hello};
    cr_expect_eq(services__v1__greeter__register(SERVER, &impl, NULL), PT_ALREADY_EXISTS);
    for (size_t i = 1; i < seen.service->n_methods; i++) {
        char message[128];
        snprintf(message, sizeof message, "%s is not implemented", seen.service->methods[i].name);
        cr_expect_eq(seen.handlers[i].run(seen.impl, CALL, NULL, NULL), PT_UNIMPLEMENTED);
        cr_expect_str_eq(seen.message, message);
    }
}

static size_t batch_size;

static void say_hello_batch(void *self, pt_server_call *const *calls, size_t n_calls) {
    batch_size = n_calls;
    for (size_t i = 0; i < n_calls; i++) {
        const Services__V1__Request *request = services__v1__greeter__say_hello__request(calls[i]);
        Services__V1__Reply *reply = services__v1__greeter__say_hello__reply(calls[i]);
        reply->n_lines = (size_t)request->number;
        *(int *)self += request->number;
    }
}

Test(server, hands_a_batch_to_its_handler) {
    int sum = 0;
    Services__V1__Greeter impl = SERVICES__V1__GREETER__INIT;
    impl.self = &sum;
    impl.say_hello__batch = say_hello_batch;
    cr_expect_eq(services__v1__greeter__register(SERVER, &impl, NULL), PT_ALREADY_EXISTS);
    Services__V1__Request requests[2] = {SERVICES__V1__REQUEST__INIT, SERVICES__V1__REQUEST__INIT};
    Services__V1__Reply replies[2] = {SERVICES__V1__REPLY__INIT, SERVICES__V1__REPLY__INIT};
    requests[0].number = 3;
    requests[1].number = 4;
    pt_server_call first = {&requests[0].base, &replies[0].base}, second = {&requests[1].base, &replies[1].base};
    pt_server_call *const calls[] = {&first, &second};
    cr_expect(seen.handlers[0].batch(seen.impl, calls, 2));
    cr_expect_eq(batch_size, 2);
    cr_expect_eq(sum, 7);
    cr_expect_eq(replies[0].n_lines, 3);
    cr_expect_eq(replies[1].n_lines, 4);
}

Test(server, says_that_there_is_no_handler_for_a_batch) {
    Services__V1__Greeter impl = SERVICES__V1__GREETER__INIT;
    impl.say_hello__batch = say_hello_batch;
    cr_expect_eq(services__v1__greeter__register(SERVER, &impl, NULL), PT_ALREADY_EXISTS);
    pt_server_call *const calls[] = {CALL};
    cr_expect_not(seen.handlers[1].batch(seen.impl, calls, 1));
    cr_expect_eq(batch_size, 0);
}

Test(server, a_service_may_have_no_rpcs) {
    Services__V1__Empty impl = SERVICES__V1__EMPTY__INIT;
    cr_expect_eq(services__v1__empty__register(SERVER, &impl, NULL), PT_ALREADY_EXISTS);
    cr_expect_eq(seen.service->n_methods, 0);
    cr_expect_null(seen.handlers);
}

/* ---- tables ---- */

Test(tables, know_kind_and_idempotency_of_every_method) {
    static const struct {
        const char *name;
        pt_method_kind kind;
        pt_idempotency idempotency;
    } expected[] = {
        {"services.v1.Greeter/SayHello", PT_UNARY, PT_NO_SIDE_EFFECTS},
        {"services.v1.Greeter/SetName", PT_UNARY, PT_IDEMPOTENT},
        {"services.v1.Greeter/Listen", PT_SERVER_STREAMING, PT_IDEMPOTENCY_UNKNOWN},
        {"services.v1.Greeter/Tell", PT_CLIENT_STREAMING, PT_IDEMPOTENCY_UNKNOWN},
        {"services.v1.Greeter/Chat", PT_BIDI_STREAMING, PT_IDEMPOTENCY_UNKNOWN},
    };
    const pt_service *service = &services__v1__greeter__service;
    Services__V1__Greeter impl = SERVICES__V1__GREETER__INIT;
    cr_expect_eq(services__v1__greeter__register(SERVER, &impl, NULL), PT_ALREADY_EXISTS);
    cr_assert_eq(service->n_methods, sizeof expected / sizeof *expected);
    cr_expect_str_eq(service->name, "services.v1.Greeter");
    cr_expect_eq(service->file, &services__file);
    for (size_t i = 0; i < service->n_methods; i++) {
        cr_expect_str_eq(service->methods[i].name, expected[i].name);
        cr_expect_eq(service->methods[i].kind, expected[i].kind);
        cr_expect_eq(service->methods[i].idempotency, expected[i].idempotency);
        cr_expect_eq(service->methods[i].input, &services__v1__request__descriptor);
        cr_expect_eq(seen.handlers[i].method, &service->methods[i]);
        cr_expect_not_null(seen.handlers[i].run);
        cr_expect_eq(seen.handlers[i].batch != NULL, expected[i].kind == PT_UNARY);
    }
}

/* Written down from docs/generated-code.md, not from the generator. */
static uint64_t fnv1a(const char *text, uint64_t hash, uint64_t prime, uint64_t mask) {
    for (; *text; text++)
        hash = ((hash ^ (unsigned char)*text) * prime) & mask;
    return hash;
}

Test(tables, the_hash_is_fnv1a_of_the_name) {
    const pt_method *method = &services__v1__greeter__service.methods[0];
    cr_expect_eq(method->hash, fnv1a("services.v1.Greeter/SayHello", 0xcbf29ce484222325u, 0x100000001b3u, UINT64_MAX));
}

#define TYPES                                                                                                                  \
    "enum services.v1.Mood\n"                                                                                                  \
    "0 MOOD_UNSPECIFIED\n"                                                                                                     \
    "1 MOOD_GOOD\n"                                                                                                            \
    "message services.v1.Reply\n"                                                                                              \
    "1 lines repeated string\n"                                                                                                \
    "2 more repeated services.v1.Reply.MoreEntry\n"                                                                            \
    "message services.v1.Reply.MoreEntry\n"                                                                                    \
    "1 key implicit string\n"                                                                                                  \
    "2 value implicit services.v1.Reply\n"                                                                                     \
    "message services.v1.Request\n"                                                                                            \
    "1 name implicit string\n"                                                                                                 \
    "2 mood implicit services.v1.Mood\n"                                                                                       \
    "3 number oneof extra int32\n"

Test(tables, the_fingerprint_is_fnv1a_of_the_contract_as_documented) {
    const pt_method *methods = services__v1__greeter__service.methods;
    cr_expect_eq(methods[0].contract,
                 fnv1a("rpc services.v1.Request services.v1.Reply\n" TYPES, 0x811c9dc5u, 0x01000193u, UINT32_MAX));
    cr_expect_eq(methods[4].contract, fnv1a("rpc stream services.v1.Request stream services.v1.Reply\n" TYPES, 0x811c9dc5u,
                                            0x01000193u, UINT32_MAX));
    cr_expect_eq(methods[0].contract, methods[1].contract);
    cr_expect_neq(methods[0].contract, methods[2].contract);
}

Test(tables, colliding_rpcs_keep_apart) {
    Collisions__V1__Base request = COLLISIONS__V1__BASE__INIT, *reply;
    pt_context ctx = {0};
    cr_expect_eq(collisions__v1__stubs__get_event(CHANNEL, &ctx, &request, &reply), PT_UNAVAILABLE);
    cr_expect_str_eq(seen.method->name, "collisions.v1.Stubs/GetEvent");
    cr_expect_eq(collisions__v1__stubs__get_event_start_(CHANNEL, &ctx, &request, &reply), PT_UNAVAILABLE);
    cr_expect_str_eq(seen.method->name, "collisions.v1.Stubs/GetEventStart");
    cr_expect_eq(collisions__v1__stubs__register_(CHANNEL, &ctx, &request, &reply), PT_UNAVAILABLE);
    cr_expect_str_eq(seen.method->name, "collisions.v1.Stubs/Register");
    cr_expect_eq(collisions__v1__stubs__get_event__batch_(CHANNEL, &ctx, &request, &reply), PT_UNAVAILABLE);
    cr_expect_str_eq(seen.method->name, "collisions.v1.Stubs/GetEvent_Batch");
    cr_expect_eq(collisions__v1__stubs__watch__open_(CHANNEL, &ctx, &request, &reply), PT_UNAVAILABLE);
    cr_expect_str_eq(seen.method->name, "collisions.v1.Stubs/Watch_Open");
    Collisions__V1__Stubs impl = COLLISIONS__V1__STUBS__INIT;
    cr_expect_eq(impl.self_, collisions__v1__stubs__self__unimplemented);
    cr_expect_null(impl.get_event__batch);
    cr_expect_eq(impl.get_event__batch_, collisions__v1__stubs__get_event__batch___unimplemented);
}
