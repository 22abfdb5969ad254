/* The calls of ingest-events through real stubs, over a store in memory that does as it is told. */
#include "handler.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EVENTS 16

/* Keeps contents as they come; no uniqueness, which is the SQLite store's to prove. */
typedef struct memory_store {
    pthread_mutex_t lock;
    pt_slice contents[MAX_EVENTS];
    size_t n;
    pt_code refuse_with; /* append fails at once with this */
    pt_code finish_with; /* append finishes with this */
} memory_store;

static memory_store memory = {.lock = PTHREAD_MUTEX_INITIALIZER};
static ingest_store port;
static ingest_service service;
static pt_server *server;
static pt_channel *channel;
static pt_context ctx;

static void finish(ingest_append *append) {
    if (memory.finish_with) {
        pt_status_set(&append->status, memory.finish_with, "as told");
        append->failed = 1;
    }
    pthread_mutex_lock(&memory.lock);
    for (size_t i = 0; !memory.finish_with && i < append->n_events; i++) {
        pt_slice content = append->events[i].content;
        void *copy = malloc(content.len);
        memcpy(copy, content.ptr, content.len);
        memory.contents[memory.n++] = pt_slice_of(copy, content.len);
        append->results[i] = (ingest_result){.sequence = memory.n, .duplicate = i > 0};
    }
    pthread_mutex_unlock(&memory.lock);
    append->done(append);
}

static pt_code memory_append(void *self, ingest_append *append, pt_status *st) {
    (void)self;
    if (memory.refuse_with) return pt_status_set(st, memory.refuse_with, "as told");
    finish(append);
    return PT_OK;
}

static pt_code memory_read(void *self, const ingest_range *range, ingest_visit_fn *visit, void *arg, ingest_log *ret_log,
                           pt_status *st) {
    pt_code code = PT_OK;
    (void)self;
    pthread_mutex_lock(&memory.lock);
    for (uint64_t i = range->after; !code && visit && i < memory.n && i < range->after + range->max_events; i++) {
        code = visit(arg, i + 1, 1700000000123456, memory.contents[i], st);
    }
    if (!code) *ret_log = (ingest_log){.id = "the-log", .last_sequence = memory.n, .n_events = memory.n};
    pthread_mutex_unlock(&memory.lock);
    return code;
}

static void must(pt_code code, const pt_status *st) {
    cr_assert_eq(code, PT_OK, "%s", st->message);
}

static void setup(void) {
    pt_status st = PT_STATUS_INIT;
    port = (ingest_store){.self = &memory, .append = memory_append, .read = memory_read};
    must(ingest_service_init(&service, &port, &st), &st);
    must(pt_server_new(NULL, &server, &st), &st);
    must(ingest_service_register(&service, server, &st), &st);
    must(pt_server_listen(server, "inproc://ingest", &st), &st);
    must(pt_channel_open("inproc://ingest", NULL, &channel, &st), &st);
    pt_context_init(&ctx);
    ctx.wait_for_ready = true;
}

static void teardown(void) {
    pt_context_done(&ctx);
    pt_channel_close(channel);
    ingest_service_drain(&service);
    cr_expect_eq(pt_server_drain(server, 5000), PT_OK);
    ingest_service_done(&service);
    pt_server_close(server);
    for (size_t i = 0; i < memory.n; i++)
        free((void *)memory.contents[i].ptr);
}

TestSuite(ingest_handler, .init = setup, .fini = teardown, .timeout = 30);

static void next_call(void) {
    pt_context_reset(&ctx);
    ctx.wait_for_ready = true;
}

static Events__V1__Event valid_event(void) {
    Events__V1__Event event = EVENTS__V1__EVENT__INIT;
    event.id = "1";
    event.source = "/tests";
    event.spec_version = "1.0";
    event.type = "made";
    return event;
}

static pt_code append_one(Events__V1__Event *event, IngestEvents__V1__AppendEventResponse **ret_reply) {
    IngestEvents__V1__AppendEventRequest request = INGEST_EVENTS__V1__APPEND_EVENT_REQUEST__INIT;
    request.event = event;
    return ingest_events__v1__ingest_events_service__append_event(channel, &ctx, &request, ret_reply);
}

static pt_code append_many(Events__V1__Event **events, size_t n, IngestEvents__V1__AppendEventsResponse **ret_reply) {
    IngestEvents__V1__AppendEventsRequest request = INGEST_EVENTS__V1__APPEND_EVENTS_REQUEST__INIT;
    request.events = events;
    request.n_events = n;
    return ingest_events__v1__ingest_events_service__append_events(channel, &ctx, &request, ret_reply);
}

static pt_code read_log(uint64_t after, uint32_t max, Google__Protobuf__Duration *wait,
                        IngestEvents__V1__ReadLogResponse **ret_reply) {
    IngestEvents__V1__ReadLogRequest request = INGEST_EVENTS__V1__READ_LOG_REQUEST__INIT;
    request.after_sequence = after;
    request.max_events = max;
    request.wait = wait;
    return ingest_events__v1__ingest_events_service__read_log(channel, &ctx, &request, ret_reply);
}

Test(ingest_handler, an_event_comes_back_from_the_log_as_it_went_in) {
    Events__V1__Event__ExtensionsEntry entry = EVENTS__V1__EVENT__EXTENSIONS_ENTRY__INIT;
    Events__V1__Event__ExtensionsEntry *entries[] = {&entry};
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Events__V1__Event event = valid_event();
    entry.key = "trace";
    entry.value = "\"x\"";
    time.seconds = 1600000000;
    time.nanos = 5;
    event.extensions = entries;
    event.n_extensions = 1;
    event.time = &time;
    event.payload_case = EVENTS__V1__EVENT__PAYLOAD_DATA;
    event.data = "{\"mag\":1.50}";
    IngestEvents__V1__AppendEventResponse *appended;
    cr_assert_eq(append_one(&event, &appended), PT_OK, "%s", ctx.status.message);
    cr_expect_eq(appended->sequence, 1);
    cr_expect_not(appended->duplicate);

    next_call();
    IngestEvents__V1__ReadLogResponse *log;
    cr_assert_eq(read_log(0, 0, NULL, &log), PT_OK, "%s", ctx.status.message);
    cr_assert_eq(log->n_events, 1);
    cr_expect_eq(log->last_sequence, 1);
    cr_expect_str_eq(log->log_id, "the-log");
    const Events__V1__StoredEvent *stored = log->events[0];
    cr_expect_eq(stored->sequence, 1);
    cr_expect_eq(stored->recorded->seconds, 1700000000);
    cr_expect_eq(stored->recorded->nanos, 123456000);
    cr_expect_eq(stored->event->time->nanos, 5);
    cr_expect_str_eq(stored->event->data, "{\"mag\":1.50}");
    cr_expect_str_eq(stored->event->extensions[0]->key, "trace");
}

Test(ingest_handler, the_order_of_extensions_makes_no_other_content) {
    Events__V1__Event__ExtensionsEntry a = EVENTS__V1__EVENT__EXTENSIONS_ENTRY__INIT, b = a;
    a.key = "a";
    a.value = "1";
    b.key = "b";
    b.value = "2";
    Events__V1__Event__ExtensionsEntry *forward[] = {&a, &b}, *backward[] = {&b, &a};
    Events__V1__Event first = valid_event(), second = first;
    first.extensions = forward;
    second.extensions = backward;
    first.n_extensions = second.n_extensions = 2;
    Events__V1__Event *events[] = {&first, &second};
    IngestEvents__V1__AppendEventsResponse *reply;
    cr_assert_eq(append_many(events, 2, &reply), PT_OK, "%s", ctx.status.message);
    cr_expect(pt_slice_equal(memory.contents[0], memory.contents[1]));
}

Test(ingest_handler, many_are_answered_one_by_one_and_in_sum) {
    Events__V1__Event event = valid_event();
    Events__V1__Event *events[] = {&event, &event, &event};
    IngestEvents__V1__AppendEventsResponse *reply;
    cr_assert_eq(append_many(events, 3, &reply), PT_OK, "%s", ctx.status.message);
    cr_assert_eq(reply->n_results, 3);
    cr_expect_eq(reply->results[2]->sequence, 3);
    cr_expect(reply->results[2]->duplicate);
    cr_expect_eq(reply->last_sequence, 3);
    cr_expect_eq(reply->stored, 1);
    cr_expect_eq(reply->duplicates, 2);
}

static bool details_name(const char *field) {
    return ctx.status.details && memmem(ctx.status.details, ctx.status.details_len, field, strlen(field)) != NULL;
}

Test(ingest_handler, refusals_name_the_field) {
    IngestEvents__V1__AppendEventResponse *one;
    cr_expect_eq(append_one(NULL, &one), PT_INVALID_ARGUMENT);
    cr_expect_str_eq(ctx.status.message, "event: must be set");
    cr_expect(details_name("event"));

    next_call();
    Events__V1__Event good = valid_event(), bad = good;
    bad.type = "";
    cr_expect_eq(append_one(&bad, &one), PT_INVALID_ARGUMENT);
    cr_expect_str_eq(ctx.status.message, "event.type: must not be empty");
    cr_expect(details_name("event.type"));

    next_call();
    bad.spec_version = "0.3";
    Events__V1__Event *events[] = {&good, &bad, &good, &bad};
    IngestEvents__V1__AppendEventsResponse *many;
    cr_expect_eq(append_many(events, 4, &many), PT_INVALID_ARGUMENT);
    cr_expect_str_eq(ctx.status.message, "events[1].specversion: must be \"1.0\"");
    cr_expect(details_name("events[1].type") && details_name("events[3].type"));
    cr_expect_eq(memory.n, 0, "nothing is stored when one is refused");
}

Test(ingest_handler, a_batch_has_one_to_a_thousand) {
    IngestEvents__V1__AppendEventsResponse *reply;
    cr_expect_eq(append_many(NULL, 0, &reply), PT_INVALID_ARGUMENT);
    cr_expect_str_eq(ctx.status.message, "events: 0 events; there must be 1 to 1000");
    next_call();
    Events__V1__Event event = valid_event();
    static Events__V1__Event *events[1001];
    for (size_t i = 0; i < 1001; i++)
        events[i] = &event;
    cr_expect_eq(append_many(events, 1001, &reply), PT_INVALID_ARGUMENT);
    cr_expect_str_eq(ctx.status.message, "events: 1001 events; there must be 1 to 1000");
}

Test(ingest_handler, the_stores_refusals_go_to_the_caller) {
    Events__V1__Event event = valid_event();
    IngestEvents__V1__AppendEventResponse *one;
    memory.refuse_with = PT_RESOURCE_EXHAUSTED;
    cr_expect_eq(append_one(&event, &one), PT_RESOURCE_EXHAUSTED);
    cr_expect_str_eq(ctx.status.message, "as told");
    memory.refuse_with = PT_OK;
    memory.finish_with = PT_ALREADY_EXISTS;
    next_call();
    Events__V1__Event *events[] = {&event, &event};
    IngestEvents__V1__AppendEventsResponse *many;
    cr_expect_eq(append_many(events, 2, &many), PT_ALREADY_EXISTS);
    cr_expect_str_eq(ctx.status.message, "events[1]: as told");
}

Test(ingest_handler, a_page_has_as_many_as_asked_for) {
    Events__V1__Event event = valid_event();
    Events__V1__Event *events[] = {&event, &event, &event};
    IngestEvents__V1__AppendEventsResponse *appended;
    IngestEvents__V1__ReadLogResponse *log;
    cr_assert_eq(append_many(events, 3, &appended), PT_OK);
    next_call();
    cr_assert_eq(read_log(1, 1, NULL, &log), PT_OK);
    cr_assert_eq(log->n_events, 1);
    cr_expect_eq(log->events[0]->sequence, 2);
    cr_expect_eq(log->last_sequence, 3);
    next_call();
    cr_assert_eq(read_log(3, 0, NULL, &log), PT_OK);
    cr_expect_eq(log->n_events, 0);
}

typedef struct pending {
    pt_context ctx;
    pt_code code;
    size_t n_events;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool done;
} pending;

static void reading_done(pt_context *context, const IngestEvents__V1__ReadLogResponse *reply, void *arg) {
    pending *p = arg;
    pthread_mutex_lock(&p->lock);
    p->code = context->status.code;
    p->n_events = reply ? reply->n_events : 0;
    p->done = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

static void start_reading(pending *p, int64_t wait_seconds) {
    Google__Protobuf__Duration wait = GOOGLE__PROTOBUF__DURATION__INIT;
    IngestEvents__V1__ReadLogRequest request = INGEST_EVENTS__V1__READ_LOG_REQUEST__INIT;
    *p = (pending){.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};
    pt_context_init(&p->ctx);
    p->ctx.timeout_ms = 60000;
    p->ctx.wait_for_ready = true;
    wait.seconds = wait_seconds;
    request.wait = &wait;
    ingest_events__v1__ingest_events_service__read_log_start(channel, &p->ctx, &request, reading_done, p);
}

static void await(pending *p) {
    pthread_mutex_lock(&p->lock);
    while (!p->done)
        pthread_cond_wait(&p->wake, &p->lock);
    pthread_mutex_unlock(&p->lock);
    pt_context_done(&p->ctx);
}

Test(ingest_handler, who_waits_is_answered_by_the_next_event) {
    pending p;
    start_reading(&p, 30);
    Events__V1__Event event = valid_event();
    IngestEvents__V1__AppendEventResponse *appended;
    cr_assert_eq(append_one(&event, &appended), PT_OK, "%s", ctx.status.message);
    await(&p);
    cr_expect_eq(p.code, PT_OK);
    cr_expect_eq(p.n_events, 1);
}

Test(ingest_handler, who_waits_in_vain_gets_an_empty_page) {
    Google__Protobuf__Duration wait = GOOGLE__PROTOBUF__DURATION__INIT;
    IngestEvents__V1__ReadLogResponse *log;
    wait.nanos = 20000000;
    cr_assert_eq(read_log(0, 0, &wait, &log), PT_OK, "%s", ctx.status.message);
    cr_expect_eq(log->n_events, 0);
    next_call();
    wait.seconds = 30;
    wait.nanos = 0;
    ctx.timeout_ms = 500;
    cr_assert_eq(read_log(0, 0, &wait, &log), PT_OK, "the answer comes before the deadline: %s", ctx.status.message);
}

Test(ingest_handler, a_wait_is_bounded) {
    Google__Protobuf__Duration wait = GOOGLE__PROTOBUF__DURATION__INIT;
    IngestEvents__V1__ReadLogResponse *log;
    wait.seconds = 31;
    cr_expect_eq(read_log(0, 0, &wait, &log), PT_INVALID_ARGUMENT);
    cr_expect_str_eq(ctx.status.message, "wait: must be 0 to 30 s");
    next_call();
    wait.seconds = -1;
    cr_expect_eq(read_log(0, 0, &wait, &log), PT_INVALID_ARGUMENT);
}

Test(ingest_handler, draining_answers_who_waits) {
    pending p;
    start_reading(&p, 30);
    ingest_service_drain(&service);
    await(&p);
    cr_expect_eq(p.code, PT_OK);
    cr_expect_eq(p.n_events, 0);
}

Test(ingest_handler, the_status_of_the_log) {
    Events__V1__Event event = valid_event();
    IngestEvents__V1__AppendEventResponse *appended;
    IngestEvents__V1__GetLogStatusRequest request = INGEST_EVENTS__V1__GET_LOG_STATUS_REQUEST__INIT;
    IngestEvents__V1__GetLogStatusResponse *status;
    cr_assert_eq(append_one(&event, &appended), PT_OK);
    next_call();
    cr_assert_eq(ingest_events__v1__ingest_events_service__get_log_status(channel, &ctx, &request, &status), PT_OK);
    cr_expect_eq(status->last_sequence, 1);
    cr_expect_eq(status->event_count, 1);
    cr_expect_str_eq(status->log_id, "the-log");
}
