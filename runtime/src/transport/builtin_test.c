/* The services that every server has, over a real connection. */
#include <criterion/criterion.h>

#include "grpc/health/v1/health.rpc.h"
#include "partie/reflection/v1/reflection.rpc.h"
#include "transport/testdata/rig.h"

typedef Grpc__Health__V1__HealthCheckResponse health_response;
typedef Partie__Reflection__V1__GetDescriptorsResponse descriptors_response;

#define SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
#define NOT_SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING

/* What health says of a service; -1: it answered with *ret_code. */
static int health_of(rig *r, const char *service, pt_code *ret_code) {
    pt_context ctx;
    Grpc__Health__V1__HealthCheckRequest request = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    health_response *reply = NULL;
    request.service = (char *)service;
    pt_context_init(&ctx);
    *ret_code = grpc__health__v1__health__check(r->channel, &ctx, &request, &reply);
    int status = *ret_code == PT_OK ? (int)reply->status : -1;
    pt_context_done(&ctx);
    return status;
}

Test(builtin, health_tells_services_apart) {
    rig r;
    pt_code code;
    rig_init(&r);
    rig_start(&r, NULL, NULL, NULL);
    cr_expect_eq(health_of(&r, "", &code), SERVING);
    cr_expect_eq(health_of(&r, "partie.echo.v1.EchoService", &code), SERVING);
    cr_expect_eq(health_of(&r, "grpc.health.v1.Health", &code), SERVING);
    cr_expect_eq(health_of(&r, "no.such.Service", &code), -1);
    cr_expect_eq(code, PT_NOT_FOUND);
    pt_server_set_serving(r.server, "partie.echo.v1.EchoService", false);
    cr_expect_eq(health_of(&r, "partie.echo.v1.EchoService", &code), NOT_SERVING);
    cr_expect_eq(health_of(&r, "", &code), SERVING);
    pt_server_set_serving(r.server, NULL, false);
    cr_expect_eq(health_of(&r, "", &code), NOT_SERVING);
    cr_expect_eq(health_of(&r, "grpc.health.v1.Health", &code), NOT_SERVING, "a server that doesn't serve has none that does");
    rig_stop(&r);
}

/* Calls to health keep working when the other executors are taken. */
Test(builtin, health_answers_while_the_rest_is_busy) {
    rig r;
    pt_code code;
    async_call held[2];
    signal_count done = SIGNAL_COUNT_INIT;
    rig_init(&r);
    rig_start(&r, NULL, NULL, NULL);
    for (int i = 0; i < 2; i++)
        async_store(&r, &held[i], &done, "x", 20000);
    signal_wait(&r.entered, 2);
    cr_expect_eq(health_of(&r, "", &code), SERVING);
    signal_raise(&r.gate);
    signal_wait(&done, 2);
    for (int i = 0; i < 2; i++)
        async_done(&held[i]);
    rig_stop(&r);
}

static descriptors_response *describe(rig *r, pt_context *ctx, uint64_t known) {
    Partie__Reflection__V1__GetDescriptorsRequest request = PARTIE__REFLECTION__V1__GET_DESCRIPTORS_REQUEST__INIT;
    descriptors_response *reply = NULL;
    request.known_fingerprint = known;
    cr_assert_eq(partie__reflection__v1__reflection_service__get_descriptors(r->channel, ctx, &request, &reply), PT_OK, "%s",
                 ctx->status.message);
    return reply;
}

/* Index of the file of that name; its name is the first field of its descriptor. */
static size_t place_of(const descriptors_response *reply, const char *name) {
    size_t len = strlen(name), found = reply->n_files, times = 0;
    for (size_t i = 0; i < reply->n_files; i++)
        if (reply->files[i].len > 2 + len && reply->files[i].data[1] == len &&
            memcmp(reply->files[i].data + 2, name, len) == 0) {
            found = i;
            times++;
        }
    cr_assert_eq(times, 1, "%s stands %zu times", name, times);
    return found;
}

Test(builtin, reflection_describes_all_services) {
    rig r;
    pt_context ctx, again;
    rig_init(&r);
    rig_start(&r, NULL, NULL, NULL);
    pt_context_init(&ctx);
    pt_context_init(&again);
    descriptors_response *reply = describe(&r, &ctx, 0);
    cr_assert_eq(reply->n_services, 3);
    cr_expect_str_eq(reply->services[0], "grpc.health.v1.Health");
    cr_expect_str_eq(reply->services[1], "partie.echo.v1.EchoService");
    cr_expect_str_eq(reply->services[2], "partie.reflection.v1.ReflectionService");
    cr_expect_lt(place_of(reply, "google/protobuf/timestamp.proto"), place_of(reply, "echo.proto"), "imports come first");
    place_of(reply, "grpc/health/v1/health.proto");
    place_of(reply, "partie/reflection/v1/reflection.proto");
    cr_expect_neq(reply->fingerprint, 0);

    descriptors_response *unchanged = describe(&r, &again, reply->fingerprint);
    cr_expect_eq(unchanged->n_files, 0, "nothing changed");
    cr_expect_eq(unchanged->n_services, 3);
    cr_expect_eq(unchanged->fingerprint, reply->fingerprint);
    pt_context_done(&ctx);
    pt_context_done(&again);
    rig_stop(&r);
}

/* ---- registering ---- */

Test(builtin, registering_checks_names_and_time) {
    rig r;
    pt_status st = PT_STATUS_INIT;
    rig_init(&r);
    cr_assert_eq(pt_server_new(NULL, &r.server, &st), PT_OK);
    cr_expect_eq(partie__echo__v1__echo_service__register(r.server, &r.impl, &st), PT_OK);
    cr_expect_eq(partie__echo__v1__echo_service__register(r.server, &r.impl, &st), PT_ALREADY_EXISTS, "%s", st.message);
    cr_expect_eq(pt_server_set_executor(r.server, "partie.echo.v1.EchoService", "none", &st), PT_NOT_FOUND);
    cr_expect(strstr(st.message, "executor none"), "%s", st.message);
    cr_expect_eq(pt_server_set_executor(r.server, "no.Such/Method", "read", &st), PT_NOT_FOUND);
    cr_expect_eq(pt_server_set_executor(r.server, "partie.echo.v1.EchoService/Echo", PT_INLINE, &st), PT_OK);
    cr_assert_eq(pt_server_listen(r.server, "inproc://registering", &st), PT_OK, "%s", st.message);
    Grpc__Health__V1__Health health = GRPC__HEALTH__V1__HEALTH__INIT;
    cr_expect_eq(grpc__health__v1__health__register(r.server, &health, &st), PT_FAILED_PRECONDITION, "%s", st.message);
    pt_server_close(r.server);
}

Test(builtin, executors_of_options_are_checked) {
    static const pt_executor_options bad[][2] = {{{.name = "inline", .threads = 1}},
                                                 {{.name = "x", .threads = 0}},
                                                 {{.name = "x", .threads = 1}, {.name = "x", .threads = 1}}};
    static const size_t counts[] = {1, 1, 2};
    for (size_t i = 0; i < 3; i++) {
        pt_server_options o = PT_SERVER_OPTIONS_INIT;
        pt_server *server = NULL;
        pt_status st = PT_STATUS_INIT;
        o.executors = bad[i];
        o.n_executors = counts[i];
        cr_expect_eq(pt_server_new(&o, &server, &st), PT_INVALID_ARGUMENT, "%zu: %s", i, st.message);
        cr_expect_null(server);
    }
}

/* ---- watching ---- */

static void expect_seen(grpc__health__v1__health__watch__stream stream,
                        Grpc__Health__V1__HealthCheckResponse__ServingStatus status) {
    Grpc__Health__V1__HealthCheckResponse *message = NULL;
    cr_assert_eq(grpc__health__v1__health__watch__receive(stream, &message), PT_OK);
    cr_assert_not_null(message);
    cr_expect_eq(message->status, status);
}

Test(builtin, a_watcher_sees_each_change_and_the_end) {
    rig r;
    pt_context ctx;
    Grpc__Health__V1__HealthCheckRequest request = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    Grpc__Health__V1__HealthCheckResponse *message = NULL;
    grpc__health__v1__health__watch__stream stream;
    rig_init(&r);
    rig_start(&r, NULL, NULL, NULL);
    request.service = (char *)"partie.echo.v1.EchoService";
    pt_context_init(&ctx);
    cr_assert_eq(grpc__health__v1__health__watch__open(r.channel, &ctx, &request, NULL, &stream), PT_OK);
    expect_seen(stream, GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING);
    pt_server_set_serving(r.server, request.service, false);
    expect_seen(stream, GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING);
    pt_server_set_serving(r.server, request.service, true);
    expect_seen(stream, GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING);
    cr_expect_eq(pt_server_drain(r.server, 20000), PT_OK, "a watcher does not hold up the drain");
    expect_seen(stream, GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING);
    cr_expect_eq(grpc__health__v1__health__watch__receive(stream, &message), PT_UNAVAILABLE);
    pt_stream_close(stream.stream);
    pt_context_done(&ctx);
    rig_stop(&r);
}

Test(builtin, a_watcher_can_leave) {
    rig r;
    pt_context ctx;
    Grpc__Health__V1__HealthCheckRequest request = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    grpc__health__v1__health__watch__stream stream;
    rig_init(&r);
    rig_start(&r, NULL, NULL, NULL);
    request.service = (char *)"no.such.Service";
    pt_context_init(&ctx);
    cr_assert_eq(grpc__health__v1__health__watch__open(r.channel, &ctx, &request, NULL, &stream), PT_OK);
    expect_seen(stream, GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN);
    pt_stream_close(stream.stream);
    pt_context_reset(&ctx);
    cr_expect_eq(rig_call(&r, &ctx, "after"), PT_OK); /* the cancel has arrived */
    pt_server_set_serving(r.server, NULL, false);
    cr_expect_eq(pt_server_drain(r.server, 20000), PT_OK);
    pt_context_done(&ctx);
    rig_stop(&r);
}
