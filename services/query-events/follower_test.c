/* The follower against an owner that plays every part: restarts, another log, a log that went back. */
#include "follower.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "ingest_events/v1/ingest_events.rpc.h"
#include "memory_store.h"
#include "partie/kit/timestamp.h"

#define OWNER_URL "inproc://owner"
#define PAGE 100 /* the owner gives no more at once, whatever is asked for */

/* The owner's side: a log of events that are numbered and otherwise alike. */
typedef struct owner {
    IngestEvents__V1__IngestEventsService handlers;
    pt_server *server;
    _Atomic uint64_t last;  /* of the log */
    _Atomic uint64_t skip;  /* a sequence that the log has lost; 0: none */
    _Atomic int generation; /* part of every event's content */
    char log_id[32];
} owner;

static owner the_owner;
static memory_store memory;
static query_store port;
static query_follower *follower;
static atomic_bool fit;
static pt_status st;

static Events__V1__StoredEvent *stored_event(pt_arena *arena, uint64_t sequence, int generation) {
    Events__V1__StoredEvent *stored = pt_arena_alloc(arena, sizeof *stored);
    Events__V1__Event *event = pt_arena_alloc(arena, sizeof *event);
    events__v1__stored_event__init(stored);
    events__v1__event__init(event);
    event->id = pt_arena_printf(arena, "%llu", (unsigned long long)sequence);
    event->source = "/tests";
    event->type = "made";
    event->spec_version = "1.0";
    event->subject = pt_arena_printf(arena, "%d", generation);
    stored->sequence = sequence;
    stored->recorded = pt_timestamp_new(1700000000000000 + (int64_t)sequence, arena);
    stored->event = event;
    return stored;
}

static pt_code read_log(void *self, pt_server_call *call, const IngestEvents__V1__ReadLogRequest *request,
                        IngestEvents__V1__ReadLogResponse *reply) {
    owner *o = self;
    pt_arena *arena = pt_server_call_arena(call);
    uint64_t last = o->last;
    if (request->wait && request->wait->seconds && request->after_sequence >= last) usleep(2000); /* a very short long poll */
    reply->events = pt_arena_calloc(arena, PAGE, sizeof *reply->events);
    for (uint64_t s = request->after_sequence + 1; s <= last && reply->n_events < PAGE; s++) {
        if (reply->n_events == request->max_events) break;
        if (s != o->skip) reply->events[reply->n_events++] = stored_event(arena, s, o->generation);
    }
    reply->last_sequence = last;
    reply->log_id = o->log_id;
    return PT_OK;
}

static void start_owner(const char *log_id) {
    owner *o = &the_owner;
    o->handlers = (IngestEvents__V1__IngestEventsService)INGEST_EVENTS__V1__INGEST_EVENTS_SERVICE__INIT;
    o->handlers.self = o;
    o->handlers.read_log = read_log;
    snprintf(o->log_id, sizeof o->log_id, "%s", log_id);
    cr_assert_eq(pt_server_new(NULL, &o->server, &st), PT_OK, "%s", st.message);
    cr_assert_eq(ingest_events__v1__ingest_events_service__register(o->server, &o->handlers, &st), PT_OK);
    cr_assert_eq(pt_server_listen(o->server, OWNER_URL, &st), PT_OK, "%s", st.message);
}

static void stop_owner(void) {
    pt_server_close(the_owner.server);
    the_owner.server = NULL;
}

static void on_fit(void *arg, bool is_fit) {
    (void)arg;
    atomic_store(&fit, is_fit);
}

static void start_follower(void) {
    const query_follower_options options = {.owner = OWNER_URL, .store = &port, .on_fit = on_fit};
    cr_assert_eq(query_follower_new(&options, &follower, &st), PT_OK, "%s", st.message);
    cr_assert_eq(query_follower_start(follower, &st), PT_OK, "%s", st.message);
}

static void stop_follower(void) {
    query_follower_free(follower);
    follower = NULL;
}

static void setup(void) {
    st = (pt_status)PT_STATUS_INIT;
    port = memory_port(&memory);
}

static void teardown(void) {
    stop_follower();
    stop_owner();
    memory_done(&memory);
}

TestSuite(follower, .init = setup, .fini = teardown, .timeout = 30);

/* Waits until the follower stands so; the suite's time limit ends a wait in vain. */
static query_follow_status await(query_follow_state state, uint64_t applied) {
    query_follow_status status;
    do {
        query_follower_get_status(follower, &status);
        usleep(500);
    } while (status.state != state || status.copy.applied != applied);
    return status;
}

Test(follower, copies_page_by_page_and_then_keeps_up) {
    the_owner.last = 1234;
    start_owner("log-a");
    start_follower();
    query_follow_status status = await(QUERY_CURRENT, 1234);
    cr_expect_eq(status.copy.n_events, 1234);
    cr_expect_str_eq(status.copy.log_id, "log-a");
    cr_expect_eq(status.owner_sequence, 1234);
    cr_expect_str_eq(status.problem, "");
    cr_expect(atomic_load(&fit));
    the_owner.last = 1300;
    await(QUERY_CURRENT, 1300);
    cr_expect_eq(pt_waitlist_value(query_follower_progress(follower)), 1300);
}

Test(follower, goes_on_from_where_it_was) {
    the_owner.last = 250;
    start_owner("log-a");
    start_follower();
    await(QUERY_CURRENT, 250);
    stop_follower();
    the_owner.last = 333;
    start_follower();
    cr_expect_eq(await(QUERY_CURRENT, 333).copy.n_events, 333);
}

Test(follower, waits_for_an_owner_that_is_not_there_yet) {
    start_follower();
    query_follow_status status;
    do {
        query_follower_get_status(follower, &status);
    } while (!status.problem[0]);
    cr_expect_eq(status.state, QUERY_CONNECTING);
    cr_expect_not(atomic_load(&fit));
    the_owner.last = 10;
    start_owner("log-a");
    await(QUERY_CURRENT, 10);
    cr_expect(atomic_load(&fit));
}

Test(follower, survives_a_restart_of_the_owner) {
    the_owner.last = 50;
    start_owner("log-a");
    start_follower();
    await(QUERY_CURRENT, 50);
    stop_owner();
    cr_expect(await(QUERY_UNREACHABLE, 50).problem[0]);
    cr_expect(atomic_load(&fit), "it can still be asked");
    the_owner.last = 70;
    start_owner("log-a");
    cr_expect_str_eq(await(QUERY_CURRENT, 70).problem, "");
}

static void expect_divergence(const char *problem) {
    cr_expect_str_eq(await(QUERY_DIVERGED, 50).problem, problem);
    cr_expect_not(atomic_load(&fit));
}

static void copy_fifty_and_stop_the_owner(void) {
    the_owner.last = 50;
    start_owner("log-a");
    start_follower();
    await(QUERY_CURRENT, 50);
    stop_owner();
}

Test(follower, notices_another_log_even_a_longer_one) {
    copy_fifty_and_stop_the_owner();
    the_owner.last = 1000;
    start_owner("log-b");
    expect_divergence("the owner's log is 'log-b', the copy was made of 'log-a'");
}

Test(follower, notices_a_log_that_went_back_and_goes_on_when_it_is_whole_again) {
    copy_fifty_and_stop_the_owner();
    the_owner.last = 40;
    start_owner("log-a");
    expect_divergence("the owner's log ends at 40, the copy has 50");
    the_owner.last = 60;
    await(QUERY_CURRENT, 60);
    cr_expect(atomic_load(&fit));
}

Test(follower, notices_a_log_that_went_back_and_has_grown_since) {
    copy_fifty_and_stop_the_owner();
    the_owner.last = 60;
    the_owner.generation = 1;
    start_owner("log-a");
    expect_divergence("the owner's event 50 is not the one that was copied");
}

Test(follower, notices_a_gap) {
    the_owner.last = 50;
    start_owner("log-a");
    start_follower();
    await(QUERY_CURRENT, 50);
    the_owner.skip = 51;
    the_owner.last = 60;
    expect_divergence("the owner's log goes on with 52 where 51 was expected");
}

Test(follower, tries_again_when_the_copy_cannot_be_written) {
    memory.fail_with = PT_RESOURCE_EXHAUSTED;
    the_owner.last = 50;
    start_owner("log-a");
    start_follower();
    cr_expect_str_eq(await(QUERY_STORE_FAILED, 0).problem, "as told");
    pthread_mutex_lock(&memory.lock);
    memory.fail_with = PT_OK;
    pthread_mutex_unlock(&memory.lock);
    await(QUERY_CURRENT, 50);
}

Test(follower, an_empty_log_is_a_contact_too) {
    start_owner("log-a");
    start_follower();
    await(QUERY_CURRENT, 0);
    cr_expect(atomic_load(&fit));
}
