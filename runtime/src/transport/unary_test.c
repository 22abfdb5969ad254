/* Calls that go well, over each kind of address. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/tempdir.h"
#include "transport/testdata/rig.h"

/* ---- addresses ---- */

static void call_over(const char *url) {
    rig r;
    pt_context ctx;
    rig_init(&r);
    rig_start(&r, url, NULL, NULL);
    pt_context_init(&ctx);
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(rig_call(&r, &ctx, "hello"), PT_OK, "%s", ctx.status.message);
        pt_context_reset(&ctx);
    }
    pt_context_done(&ctx);
    cr_assert_eq(atomic_load(&r.runs), 20);
    rig_stop(&r);
}

Test(unary, over_tcp) {
    call_over("tcp://127.0.0.1:0");
}

Test(unary, over_inproc) {
    call_over("inproc://unary");
}

Test(unary, over_ipc) {
    pt_tempdir dir;
    char path[100], url[128];
    pt_tempdir_init(&dir);
    snprintf(url, sizeof url, "ipc://%s", pt_tempdir_file(&dir, "s", path, sizeof path));
    call_over(url);
    pt_tempdir_done(&dir);
}

Test(unary, over_several_addresses_of_one_server) {
    rig r;
    pt_context ctx;
    pt_status st = PT_STATUS_INIT;
    rig_init(&r);
    rig_serve(&r, "tcp://127.0.0.1:0", NULL);
    cr_assert_eq(pt_server_listen(r.server, "inproc://second", &st), PT_OK, "%s", st.message);
    cr_assert_eq(pt_server_listen(r.server, "tcp://127.0.0.1:0", &st), PT_OK, "%s", st.message);
    cr_assert_str_eq(pt_server_url(r.server, 1), "inproc://second");
    cr_assert_str_neq(pt_server_url(r.server, 0), pt_server_url(r.server, 2));
    cr_assert_null(pt_server_url(r.server, 3));
    pt_context_init(&ctx);
    for (size_t i = 0; i < 3; i++) {
        rig_open(&r, pt_server_url(r.server, i), NULL);
        cr_assert_eq(rig_call(&r, &ctx, "x"), PT_OK, "%s", ctx.status.message);
        pt_context_reset(&ctx);
        pt_channel_close(r.channel);
    }
    pt_context_done(&ctx);
    pt_server_close(r.server);
}

/* ---- many at once ---- */

Test(unary, many_outstanding_each_get_their_own_answer) {
    enum { N = 2000 };
    rig r;
    signal_count done = SIGNAL_COUNT_INIT;
    async_call *calls = calloc(N, sizeof *calls);
    char text[32];
    rig_init(&r);
    pt_channel_options few = PT_CHANNEL_OPTIONS_INIT;
    few.max_outstanding = 32;
    rig_start(&r, NULL, NULL, &few);
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, "call %d", i);
        async_start(&r, &calls[i], &done, text, 30000);
    }
    signal_wait(&done, N);
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, "call %d", i);
        cr_assert_eq(calls[i].ctx.status.code, PT_OK, "%s", calls[i].ctx.status.message);
        cr_assert_str_eq(calls[i].text, text);
        cr_assert_eq(atomic_load(&calls[i].callbacks), 1);
        async_done(&calls[i]);
    }
    cr_assert_eq(atomic_load(&r.runs), N);
    rig_stop(&r);
    free(calls);
}

typedef struct client {
    pthread_t thread;
    rig *rig;
    unsigned ok;
} client;

static void *call_often(void *arg) {
    client *me = arg;
    pt_context ctx;
    pt_context_init(&ctx);
    for (int i = 0; i < 200; i++) {
        me->ok += rig_call(me->rig, &ctx, "from a thread") == PT_OK;
        pt_context_reset(&ctx);
    }
    pt_context_done(&ctx);
    return NULL;
}

Test(unary, threads_share_a_channel) {
    enum { N = 8 };
    client clients[N];
    rig r;
    rig_init(&r);
    rig_start(&r, NULL, NULL, NULL);
    for (int i = 0; i < N; i++) {
        clients[i] = (client){.rig = &r};
        pthread_create(&clients[i].thread, NULL, call_often, &clients[i]);
    }
    for (int i = 0; i < N; i++) {
        pthread_join(clients[i].thread, NULL);
        cr_expect_eq(clients[i].ok, 200);
    }
    rig_stop(&r);
}

Test(unary, a_callback_may_start_the_next_call) {
    rig r;
    signal_count done = SIGNAL_COUNT_INIT;
    async_call c;
    rig_init(&r);
    rig_start(&r, NULL, NULL, NULL);
    for (unsigned i = 1; i <= 50; i++) {
        async_start(&r, &c, &done, "again", 0);
        signal_wait(&done, i);
        cr_assert_eq(c.ctx.status.code, PT_OK, "%s", c.ctx.status.message);
        async_done(&c);
    }
    rig_stop(&r);
}

/* ---- beside the message ---- */

static pt_code answer_all(void *self, pt_server_call *call, const echo_request *request, echo_response *reply) {
    (void)self;
    (void)request;
    const pt_metadata *md = pt_server_call_metadata(call);
    const pt_slice *bytes = pt_metadata_get(md, "ids-bin");
    reply->text =
        pt_arena_printf(pt_server_call_arena(call), "%s %zu %zu", pt_metadata_get_str(md, "x-user"), bytes->len, md->n_pairs);
    cr_assert_eq(pt_metadata_add_str(pt_server_call_headers(call), "x-first", "1"), PT_OK);
    cr_assert_eq(pt_metadata_add(pt_server_call_trailers(call), "x-last-bin", pt_slice_of("\0\xff", 2)), PT_OK);
    return PT_OK;
}

Test(unary, metadata_travels_both_ways) {
    rig r;
    pt_context ctx;
    echo_request request = PARTIE__ECHO__V1__ECHO_REQUEST__INIT;
    echo_response *reply = NULL;
    rig_init(&r);
    r.impl.echo = answer_all;
    rig_start(&r, NULL, NULL, NULL);
    pt_context_init(&ctx);
    cr_assert_eq(pt_metadata_add_str(&ctx.metadata, "X-User", "ann"), PT_OK);
    cr_assert_eq(pt_metadata_add(&ctx.metadata, "ids-bin", pt_slice_of("a\0b", 3)), PT_OK);
    cr_assert_eq(partie__echo__v1__echo_service__echo(r.channel, &ctx, &request, &reply), PT_OK, "%s", ctx.status.message);
    cr_expect_str_eq(reply->text, "ann 3 2");
    cr_expect_str_eq(pt_metadata_get_str(&ctx.headers, "x-first"), "1");
    const pt_slice *last = pt_metadata_get(&ctx.trailers, "x-last-bin");
    cr_assert_not_null(last);
    cr_expect(pt_slice_equal(*last, pt_slice_of("\0\xff", 2)));
    pt_context_done(&ctx);
    rig_stop(&r);
}

static pt_code refuse(void *self, pt_server_call *call, const echo_request *request, echo_response *reply) {
    (void)self;
    (void)reply;
    if (!*request->text) return PT_NOT_FOUND;
    cr_assert_eq(pt_metadata_add_str(pt_server_call_trailers(call), "x-why", "because"), PT_OK);
    pt_server_call_fail(call, PT_INVALID_ARGUMENT, "text: %s", request->text);
    pt_status_add_violation(pt_server_call_status(call), "text", "WORD", "must be another");
    return PT_INVALID_ARGUMENT;
}

Test(unary, an_error_brings_message_details_and_trailers) {
    rig r;
    pt_context ctx;
    rig_init(&r);
    r.impl.echo = refuse;
    rig_start(&r, NULL, NULL, NULL);
    pt_context_init(&ctx);
    cr_expect_eq(rig_call(&r, &ctx, "bad"), PT_INVALID_ARGUMENT);
    cr_expect_str_eq(ctx.status.message, "text: bad");
    cr_expect_gt(ctx.status.details_len, 10);
    cr_expect_str_eq(pt_metadata_get_str(&ctx.trailers, "x-why"), "because");
    cr_expect_not(ctx.not_run);
    pt_context_reset(&ctx);
    cr_expect_eq(rig_call(&r, &ctx, ""), PT_NOT_FOUND);
    cr_expect_str_eq(ctx.status.message, "NOT_FOUND", "a code without a message gets its name");
    cr_expect_null(ctx.status.details);
    pt_context_done(&ctx);
    rig_stop(&r);
}

/* ---- untyped calls ---- */

Test(unary, bytes_in_bytes_out) {
    rig r;
    pt_context ctx;
    pt_slice reply;
    echo_response *message;
    rig_init(&r);
    rig_start(&r, NULL, NULL, NULL);
    pt_context_init(&ctx);
    pt_code code = pt_call_wait(r.channel, &ctx, "partie.echo.v1.EchoService/Echo", pt_slice_of("\x0a\x02hi", 4), &reply);
    cr_assert_eq(code, PT_OK, "%s", ctx.status.message);
    message = partie__echo__v1__echo_response__unpack(NULL, reply.len, reply.ptr);
    cr_assert_not_null(message);
    cr_expect_str_eq(message->text, "hi");
    partie__echo__v1__echo_response__free_unpacked(message, NULL);
    pt_context_done(&ctx);
    rig_stop(&r);
}

/* ---- handlers that answer later, or call on ---- */

static pthread_t finisher;

static void *finish(void *arg) {
    pt_server_call *call = arg;
    echo_response *reply = (echo_response *)pt_server_call_reply(call);
    const echo_request *request = (const echo_request *)pt_server_call_request(call);
    reply->text = pt_arena_printf(pt_server_call_arena(call), "later %s", request->text);
    pt_server_call_finish(call, PT_OK);
    return NULL;
}

static pt_code defer(void *self, pt_server_call *call, const echo_request *request, echo_response *reply) {
    rig *r = self;
    (void)reply;
    if (strcmp(request->text, "early") == 0)
        finish(call); /* before the handler returns */
    else
        pthread_create(&finisher, NULL, finish, call);
    atomic_fetch_add(&r->runs, 1);
    return PT_DEFERRED;
}

Test(unary, a_deferred_call_is_finished_from_anywhere) {
    rig r;
    signal_count done = SIGNAL_COUNT_INIT;
    async_call c;
    rig_init(&r);
    r.impl.echo = defer;
    rig_start(&r, NULL, NULL, NULL);
    for (unsigned i = 1; i <= 100; i++) {
        async_start(&r, &c, &done, i % 2 ? "early" : "not", 0);
        signal_wait(&done, i);
        cr_assert_eq(c.ctx.status.code, PT_OK, "%s", c.ctx.status.message);
        cr_assert_str_eq(c.text, i % 2 ? "later early" : "later not");
        async_done(&c);
        if (i % 2 == 0) pthread_join(finisher, NULL);
    }
    rig_stop(&r);
}

/* Calls itself over the rig's channel until the text is empty. */
static pt_code call_on(void *self, pt_server_call *call, const echo_request *request, echo_response *reply) {
    rig *r = self;
    pt_context ctx;
    echo_request inner = PARTIE__ECHO__V1__ECHO_REQUEST__INIT;
    echo_response *answer = NULL;
    pt_context_init_from(&ctx, call);
    inner.text = request->text + 1;
    reply->number = ctx.timeout_ms;
    reply->text = pt_arena_strdup(pt_server_call_arena(call), pt_metadata_get_str(&ctx.metadata, "traceparent"));
    pt_code code = PT_OK;
    if (*request->text) {
        code = partie__echo__v1__echo_service__echo(r->channel, &ctx, &inner, &answer);
        if (code == PT_OK)
            reply->number = answer->number;
        else
            pt_server_call_fail(call, code, "%s", ctx.status.message);
    }
    pt_context_done(&ctx);
    return code;
}

Test(unary, a_nested_call_inherits_deadline_and_trace) {
    rig r;
    pt_context ctx;
    echo_request request = PARTIE__ECHO__V1__ECHO_REQUEST__INIT;
    echo_response *reply = NULL;
    rig_init(&r);
    r.impl.echo = call_on;
    rig_start(&r, NULL, NULL, NULL);
    pt_context_init(&ctx);
    ctx.timeout_ms = 5000;
    cr_assert_eq(pt_metadata_add_str(&ctx.metadata, "traceparent", "00-abc-def-01"), PT_OK);
    request.text = (char *)"12";
    cr_assert_eq(partie__echo__v1__echo_service__echo(r.channel, &ctx, &request, &reply), PT_OK, "%s", ctx.status.message);
    cr_expect_str_eq(reply->text, "00-abc-def-01");
    cr_expect(reply->number > 0 && reply->number < 5000, "%u ms left at the innermost call", reply->number);
    pt_context_done(&ctx);
    rig_stop(&r);
}

Test(unary, a_loop_of_calls_ends) {
    rig r;
    pt_context ctx;
    char text[64];
    pt_executor_options many = {.name = "read", .threads = 64, .queue = 10};
    pt_server_options options = PT_SERVER_OPTIONS_INIT;
    options.executors = &many;
    options.n_executors = 1;
    rig_init(&r);
    r.impl.echo = call_on;
    rig_start(&r, NULL, &options, NULL);
    pt_context_init(&ctx);
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    cr_assert_eq(pt_metadata_add_str(&ctx.metadata, "traceparent", "t"), PT_OK);
    cr_expect_eq(rig_call(&r, &ctx, text), PT_FAILED_PRECONDITION, "%s", ctx.status.message);
    cr_expect(strstr(ctx.status.message, "a loop?"), "%s", ctx.status.message);
    pt_context_done(&ctx);
    rig_stop(&r);
}

/* ---- inline handlers and callbacks must not wait ---- */

Test(unary, an_inline_handler_that_would_wait_is_told_so) {
    rig r;
    pt_context ctx;
    pt_status st = PT_STATUS_INIT;
    rig_init(&r);
    r.impl.echo = call_on;
    cr_assert_eq(pt_server_new(NULL, &r.server, &st), PT_OK);
    cr_assert_eq(partie__echo__v1__echo_service__register(r.server, &r.impl, &st), PT_OK);
    cr_assert_eq(pt_server_set_executor(r.server, "partie.echo.v1.EchoService/Echo", PT_INLINE, &st), PT_OK);
    cr_assert_eq(pt_server_listen(r.server, "tcp://127.0.0.1:0", &st), PT_OK);
    rig_open(&r, pt_server_url(r.server, 0), NULL);
    pt_context_init(&ctx);
    cr_assert_eq(pt_metadata_add_str(&ctx.metadata, "traceparent", "t"), PT_OK);
    cr_expect_eq(rig_call(&r, &ctx, "1"), PT_FAILED_PRECONDITION);
    cr_expect(strstr(ctx.status.message, "must not wait"), "%s", ctx.status.message);
    pt_context_done(&ctx);
    rig_stop(&r);
}
