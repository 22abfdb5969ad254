/* The calls of query-events through real stubs, over a copy in memory. */
#include "handler.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "event_proto.h"
#include "memory_store.h"
#include "partie/kit/timestamp.h"

static memory_store memory;
static query_store port;
static query_follower *follower;
static query_service service;
static pt_server *server;
static pt_channel *channel;
static pt_context ctx;
static query_filter asked; /* what the store was asked for last */
static size_t n_found;     /* what find gives */

static pt_code list_noting(void *self, const query_page *page, query_visit_fn *visit, void *arg, bool *ret_more,
                           pt_status *st) {
    asked = *page->filter;
    cr_expect_str_eq(asked.type, "made");
    return memory_list(self, page, visit, arg, ret_more, st);
}

static pt_code find_some(void *self, const char *id, const char *source, uint32_t timeout_ms, query_visit_fn *visit, void *arg,
                         pt_status *st) {
    const memory_store *m = self;
    (void)id;
    (void)source;
    (void)timeout_ms;
    for (size_t i = 0; i < n_found; i++) {
        pt_code code = visit(arg, i + 1, m->events[i].recorded_us, m->events[i].content, st);
        if (code) return code;
    }
    return PT_OK;
}

static pt_code count_some(void *self, const query_filter *filter, uint32_t timeout_ms, query_visit_bucket_fn *visit, void *arg,
                          pt_status *st) {
    (void)self;
    (void)filter;
    (void)timeout_ms;
    for (uint64_t i = 0; i < 3; i++) {
        char type[8];
        snprintf(type, sizeof type, "t%d", (int)i);
        const query_bucket bucket = {.type = type, .hour = (int64_t)i * 3600, .count = i + 1};
        pt_code code = visit(arg, &bucket, st);
        if (code) return code;
    }
    return PT_OK;
}

/* Puts events into the copy as the follower would. */
static void add_events(uint64_t n) {
    query_copy copy;
    cr_assert_eq(memory_load(&memory, &copy, NULL), PT_OK);
    for (uint64_t i = 0; i < n; i++, copy.applied++, copy.n_events++) {
        char id[16];
        Events__V1__Event event = EVENTS__V1__EVENT__INIT;
        uint8_t bytes[256];
        snprintf(id, sizeof id, "e%llu", (unsigned long long)copy.applied + 1);
        event.id = id;
        event.source = "/tests";
        event.type = "made";
        event.spec_version = "1.0";
        size_t len = events__v1__event__pack(&event, bytes);
        query_event added = {.sequence = copy.applied + 1, .recorded_us = 1700000000123456, .content = pt_slice_of(bytes, len)};
        cr_assert_eq(memory_apply(&memory, &copy, &added, 1, NULL), PT_OK);
    }
    pt_waitlist_advance(query_follower_progress(follower), copy.applied);
}

static void must(pt_code code, const pt_status *st) {
    cr_assert_eq(code, PT_OK, "%s", st->message);
}

static void setup(void) {
    pt_status st = PT_STATUS_INIT;
    port = memory_port(&memory);
    port.list = list_noting;
    port.find = find_some;
    port.count = count_some;
    const query_follower_options options = {.owner = "inproc://nobody", .store = &port};
    must(query_follower_new(&options, &follower, &st), &st);
    query_service_init(&service, &port, follower);
    must(pt_server_new(NULL, &server, &st), &st);
    must(query_service_register(&service, server, &st), &st);
    must(pt_server_listen(server, "inproc://query", &st), &st);
    must(pt_channel_open("inproc://query", NULL, &channel, &st), &st);
    pt_context_init(&ctx);
    ctx.wait_for_ready = true;
}

static void teardown(void) {
    pt_context_done(&ctx);
    pt_channel_close(channel);
    query_follower_stop(follower);
    cr_expect_eq(pt_server_drain(server, 5000), PT_OK);
    query_follower_free(follower);
    pt_server_close(server);
    memory_done(&memory);
}

TestSuite(query_handler, .init = setup, .fini = teardown, .timeout = 30);

static void next_call(void) {
    pt_context_reset(&ctx);
    ctx.wait_for_ready = true;
}

static pt_code list(const QueryEvents__V1__ListEventsRequest *request, QueryEvents__V1__ListEventsResponse **ret_reply) {
    return query_events__v1__query_events_service__list_events(channel, &ctx, request, ret_reply);
}

static QueryEvents__V1__ListEventsRequest list_request_of(const char *type) {
    QueryEvents__V1__ListEventsRequest request = QUERY_EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    request.type = (char *)type;
    return request;
}

Test(query_handler, pages_follow_each_other_to_the_end) {
    QueryEvents__V1__ListEventsRequest request = list_request_of("made");
    QueryEvents__V1__ListEventsResponse *reply;
    char token[QUERY_TOKEN_BYTES] = "";
    uint64_t expected = 1;
    add_events(25);
    request.page_size = 10;
    do {
        request.page_token = token;
        next_call();
        cr_assert_eq(list(&request, &reply), PT_OK, "%s", ctx.status.message);
        for (size_t i = 0; i < reply->n_events; i++)
            cr_expect_eq(reply->events[i]->sequence, expected++);
        snprintf(token, sizeof token, "%s", reply->next_page_token);
    } while (*token);
    cr_expect_eq(expected, 26);
    cr_expect_eq(reply->n_events, 5);
    cr_expect_str_eq(reply->events[0]->event->id, "e21");
    cr_expect_eq(reply->events[0]->recorded->nanos, 123456000);
}

Test(query_handler, conditions_reach_the_store) {
    Google__Protobuf__Timestamp start = GOOGLE__PROTOBUF__TIMESTAMP__INIT, end = start;
    QueryEvents__V1__ListEventsRequest request = list_request_of("made");
    QueryEvents__V1__ListEventsResponse *reply;
    start.seconds = 5;
    end.seconds = 6;
    end.nanos = 7;
    request.start_time = &start;
    request.end_time = &end;
    cr_assert_eq(list(&request, &reply), PT_OK, "%s", ctx.status.message);
    cr_expect(asked.has_start && asked.start.seconds == 5 && asked.has_end && asked.end.nanos == 7);
    next_call();
    end.seconds = 5;
    end.nanos = 0;
    cr_expect_eq(list(&request, &reply), PT_INVALID_ARGUMENT);
    cr_expect_str_eq(ctx.status.message, "end_time: must be after start_time");
}

Test(query_handler, a_token_belongs_to_its_conditions) {
    QueryEvents__V1__ListEventsRequest request = list_request_of("made");
    QueryEvents__V1__ListEventsResponse *reply;
    char token[QUERY_TOKEN_BYTES];
    add_events(2);
    request.page_size = 1;
    cr_assert_eq(list(&request, &reply), PT_OK);
    snprintf(token, sizeof token, "%s", reply->next_page_token);
    request.page_token = token;
    request.source = "/other";
    next_call();
    cr_expect_eq(list(&request, &reply), PT_INVALID_ARGUMENT);
    request.page_token = "garbage";
    next_call();
    cr_expect_eq(list(&request, &reply), PT_INVALID_ARGUMENT);
}

Test(query_handler, one_event_none_or_several) {
    QueryEvents__V1__GetEventRequest request = QUERY_EVENTS__V1__GET_EVENT_REQUEST__INIT;
    QueryEvents__V1__GetEventResponse *reply;
    add_events(2);
    cr_expect_eq(query_events__v1__query_events_service__get_event(channel, &ctx, &request, &reply), PT_INVALID_ARGUMENT);
    cr_expect_str_eq(ctx.status.message, "id: must not be empty");
    next_call();
    request.id = "e1";
    cr_expect_eq(query_events__v1__query_events_service__get_event(channel, &ctx, &request, &reply), PT_NOT_FOUND);
    cr_expect_str_eq(ctx.status.message, "id: there is no event 'e1'");
    next_call();
    n_found = 1;
    cr_assert_eq(query_events__v1__query_events_service__get_event(channel, &ctx, &request, &reply), PT_OK);
    cr_expect_str_eq(reply->event->event->id, "e1");
    next_call();
    n_found = 2;
    cr_expect_eq(query_events__v1__query_events_service__get_event(channel, &ctx, &request, &reply), PT_INVALID_ARGUMENT);
    cr_expect_str_eq(ctx.status.message, "source: several sources have an event 'e1'; name one");
}

Test(query_handler, counts_add_up) {
    QueryEvents__V1__CountEventsRequest request = QUERY_EVENTS__V1__COUNT_EVENTS_REQUEST__INIT;
    QueryEvents__V1__CountEventsResponse *reply;
    cr_assert_eq(query_events__v1__query_events_service__count_events(channel, &ctx, &request, &reply), PT_OK, "%s",
                 ctx.status.message);
    cr_assert_eq(reply->n_buckets, 3);
    cr_expect_str_eq(reply->buckets[2]->type, "t2");
    cr_expect_eq(reply->buckets[2]->hour->seconds, 7200);
    cr_expect_eq(reply->total, 6);
}

typedef struct pending_list {
    pt_context ctx;
    size_t n_events;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool done;
} pending_list;

static void list_done(pt_context *context, const QueryEvents__V1__ListEventsResponse *reply, void *arg) {
    pending_list *p = arg;
    (void)context;
    pthread_mutex_lock(&p->lock);
    p->n_events = reply ? reply->n_events : 0;
    p->done = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

static void start_list(pending_list *p, uint64_t min_sequence) {
    QueryEvents__V1__ListEventsRequest request = list_request_of("made");
    *p = (pending_list){.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};
    pt_context_init(&p->ctx);
    p->ctx.wait_for_ready = true;
    request.min_sequence = min_sequence;
    query_events__v1__query_events_service__list_events_start(channel, &p->ctx, &request, list_done, p);
}

static pt_code await(pending_list *p) {
    pthread_mutex_lock(&p->lock);
    while (!p->done)
        pthread_cond_wait(&p->wake, &p->lock);
    pthread_mutex_unlock(&p->lock);
    pt_code code = p->ctx.status.code;
    pt_context_done(&p->ctx);
    return code;
}

Test(query_handler, a_call_waits_for_its_own_writes) {
    pending_list p;
    add_events(1);
    start_list(&p, 3);
    add_events(1);
    add_events(1);
    cr_expect_eq(await(&p), PT_OK);
    cr_expect_eq(p.n_events, 3);
}

Test(query_handler, who_asks_for_too_much_hears_how_far_the_copy_is) {
    QueryEvents__V1__ListEventsRequest request = list_request_of("made");
    QueryEvents__V1__ListEventsResponse *reply;
    add_events(2);
    request.min_sequence = 5;
    ctx.timeout_ms = 300;
    cr_expect_eq(list(&request, &reply), PT_UNAVAILABLE, "the answer comes before the deadline");
    cr_expect_str_eq(ctx.status.message, "the copy is at sequence 2, 5 was asked for: try again later");
}

Test(query_handler, draining_answers_who_waits) {
    pending_list p;
    start_list(&p, 1);
    query_follower_stop(follower);
    cr_expect_eq(await(&p), PT_UNAVAILABLE);
}

Test(query_handler, the_status_of_the_copy) {
    QueryEvents__V1__GetCopyStatusRequest request = QUERY_EVENTS__V1__GET_COPY_STATUS_REQUEST__INIT;
    QueryEvents__V1__GetCopyStatusResponse *reply;
    cr_assert_eq(query_events__v1__query_events_service__get_copy_status(channel, &ctx, &request, &reply), PT_OK);
    cr_expect_eq(reply->applied_sequence, 0);
    cr_expect_eq(reply->state, QUERY_EVENTS__V1__FOLLOW_STATE__FOLLOW_STATE_CONNECTING);
    cr_expect_str_eq(reply->problem, "");
}
