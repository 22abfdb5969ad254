#include "follower.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "event_proto.h"
#include "ingest_events/v1/ingest_events.rpc.h"
#include "partie/kit/log.h"

#define WAIT_SECONDS 20    /* long poll: the owner answers at once when there is something */
#define CALL_SPARE_MS 5000 /* and this long after that we take it for lost */
#define PAGE_EVENTS 1000
#define PAUSE_MIN_MS 50 /* after a failure, doubling */
#define PAUSE_MAX_MS 2000
#define MAX_WAITING 1024 /* calls that wait for progress */
#define WAIT_THREADS 2

typedef IngestEvents__V1__ReadLogResponse log_page;

struct query_follower {
    query_follower_options options;
    pt_channel *channel;
    pt_waitlist *progress;
    pthread_t thread;
    bool started;

    /* of the thread */
    pt_context ctx;
    query_copy copy;
    bool verified;        /* the copy's end was compared since the last break */
    bool has_target, fit; /* on_fit's: a first contact gave `target`; what was told last */
    uint64_t target;
    uint32_t pause_ms;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;  /* the call under way is over, or stopping */
    bool stopping;
    bool call_over;
    const log_page *page; /* of the call that is over; NULL: it failed. In ctx */
    query_follow_status status;
};

/* ---- what others see ---- */

static void tell_fit(query_follower *f, bool fit) {
    if (f->fit == fit) return;
    f->fit = fit;
    f->options.on_fit(f->options.arg, fit);
}

static void publish(query_follower *f, query_follow_state state, uint64_t owner_sequence) {
    pthread_mutex_lock(&f->lock);
    bool news = f->status.state == QUERY_CONNECTING || f->status.problem[0];
    f->status.state = state;
    f->status.copy = f->copy;
    f->status.owner_sequence = owner_sequence;
    f->status.problem[0] = '\0';
    pthread_mutex_unlock(&f->lock);
    pt_waitlist_advance(f->progress, f->copy.applied);
    if (!news) return;
    pt_log(PT_LOG_INFO,
           (pt_log_field[]){PT_LOG_TEXT("owner", f->options.owner), PT_LOG_NUMBER("applied", f->copy.applied),
                            PT_LOG_NUMBER("owner_sequence", owner_sequence), PT_LOG_END},
           "following the log");
}

/* Records why it does not follow. The first of a row of equal failures is logged. */
static void publish_problem(query_follower *f, query_follow_state state, const pt_status *st) {
    pthread_mutex_lock(&f->lock);
    if (state == QUERY_UNREACHABLE && f->status.state == QUERY_CONNECTING) state = QUERY_CONNECTING;
    bool news = f->status.state != state || !f->status.problem[0];
    f->status.state = state;
    snprintf(f->status.problem, sizeof f->status.problem, "%s", st->message);
    pthread_mutex_unlock(&f->lock);
    if (!news) return;
    pt_log(state == QUERY_DIVERGED ? PT_LOG_ERROR : PT_LOG_WARN,
           (pt_log_field[]){PT_LOG_TEXT("owner", f->options.owner), PT_LOG_TEXT("code", pt_code_name(st->code)),
                            PT_LOG_NUMBER("applied", f->copy.applied), PT_LOG_END},
           "following stopped: %s", st->message);
}

void query_follower_get_status(query_follower *f, query_follow_status *ret_status) {
    pthread_mutex_lock(&f->lock);
    *ret_status = f->status;
    pthread_mutex_unlock(&f->lock);
}

pt_waitlist *query_follower_progress(query_follower *f) {
    return f->progress;
}

/* ---- one call to the owner ---- */

static void reading_done(pt_context *ctx, const log_page *page, void *arg) {
    query_follower *f = arg;
    (void)ctx;
    pthread_mutex_lock(&f->lock);
    f->page = page;
    f->call_over = true;
    pthread_cond_signal(&f->wake);
    pthread_mutex_unlock(&f->lock);
}

/* Reads a page of the owner's log; it is valid until the next call. NULL: `st` says why. Started under the lock, so that none
 * is started once `stopping` is set and the channel may close. */
static const log_page *read_owner(query_follower *f, uint64_t after, uint32_t max_events, int64_t wait_seconds, pt_status *st) {
    Google__Protobuf__Duration wait = GOOGLE__PROTOBUF__DURATION__INIT;
    IngestEvents__V1__ReadLogRequest request = INGEST_EVENTS__V1__READ_LOG_REQUEST__INIT;
    wait.seconds = wait_seconds;
    request.after_sequence = after;
    request.max_events = max_events;
    request.wait = &wait;
    pt_context_reset(&f->ctx);
    f->ctx.timeout_ms = (uint32_t)wait_seconds * 1000 + CALL_SPARE_MS;
    pthread_mutex_lock(&f->lock);
    f->call_over = false;
    f->page = NULL;
    if (f->stopping) {
        pt_status_set(&f->ctx.status, PT_CANCELLED, "stopping");
    } else {
        ingest_events__v1__ingest_events_service__read_log_start(f->channel, &f->ctx, &request, reading_done, f);
        while (!f->call_over)
            pthread_cond_wait(&f->wake, &f->lock);
    }
    pthread_mutex_unlock(&f->lock);
    if (!f->page) pt_status_copy(st, &f->ctx.status);
    return f->page;
}

/* ---- following ---- */

/* The event that the copy ends with, as the owner has it and as the copy has it. */
typedef struct comparison {
    const query_event *owners;
    bool equal;
} comparison;

static pt_code compare_event(void *arg, uint64_t sequence, int64_t recorded_us, pt_slice content, pt_status *st) {
    comparison *c = arg;
    (void)st;
    c->equal =
        c->owners->sequence == sequence && c->owners->recorded_us == recorded_us && pt_slice_equal(c->owners->content, content);
    return PT_OK;
}

static pt_code compare_last(query_follower *f, const log_page *page, pt_status *st) {
    static const query_filter all = {.type = "", .source = "", .subject = ""};
    const query_page last = {.filter = &all, .after = f->copy.applied - 1, .max_events = 1, .max_bytes = SIZE_MAX};
    const query_store *store = f->options.store;
    query_event owners = {.sequence = 0};
    comparison c = {.owners = &owners};
    bool more;
    pt_code code = page->n_events ? query_event_from_proto(page->events[0], &f->ctx.arena, &owners, st) : PT_OK;
    if (!code) code = store->list(store->self, &last, compare_event, &c, &more, st);
    if (code || c.equal) return code;
    return pt_status_set(st, PT_DATA_LOSS, "the owner's event %llu is not the one that was copied",
                         (unsigned long long)f->copy.applied);
}

/* Compares the end of the copy with the owner's log. */
static pt_code verify(query_follower *f, pt_status *st) {
    if (f->copy.applied == 0) return PT_OK;
    const log_page *page = read_owner(f, f->copy.applied - 1, 1, 0, st);
    if (!page) return st->code;
    pt_code code = query_check_log(&f->copy, page->log_id, page->last_sequence, st);
    return code ? code : compare_last(f, page, st);
}

/* Applies a page. *ret_failed_store tells a store that fails from a page that is wrong. */
static pt_code apply_page(query_follower *f, const log_page *page, bool *ret_failed_store, pt_status *st) {
    size_t n = page->n_events;
    pt_code code = query_check_log(&f->copy, page->log_id, page->last_sequence, st);
    if (code || n == 0) return code;
    query_event *events = pt_arena_calloc(&f->ctx.arena, n, sizeof *events);
    if (!events) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    for (size_t i = 0; i < n; i++) {
        code = query_event_from_proto(page->events[i], &f->ctx.arena, &events[i], st);
        if (code) return code;
    }
    code = query_check_next(&f->copy, events, n, st);
    if (code) return code;
    query_copy next = f->copy;
    snprintf(next.log_id, sizeof next.log_id, "%s", page->log_id);
    code = f->options.store->apply(f->options.store->self, &next, events, n, st);
    *ret_failed_store = code != PT_OK;
    if (code) return code;
    next.applied += n;
    next.n_events += n;
    f->copy = next;
    return PT_OK;
}

static void note_contact(query_follower *f, const log_page *page) {
    bool current = f->copy.applied >= page->last_sequence;
    if (!f->has_target) {
        f->has_target = true;
        f->target = page->last_sequence;
    }
    if (f->copy.applied >= f->target) tell_fit(f, true);
    publish(f, current ? QUERY_CURRENT : QUERY_CATCHING_UP, page->last_sequence);
    f->pause_ms = PAUSE_MIN_MS;
}

/* Reads and applies one page. The first read after a break does not wait: it tells at once how the copy stands. */
static pt_code step(query_follower *f, bool *ret_failed_store, pt_status *st) {
    bool was_verified = f->verified;
    pt_code code = was_verified ? PT_OK : verify(f, st);
    if (code) return code;
    const log_page *page = read_owner(f, f->copy.applied, PAGE_EVENTS, was_verified ? WAIT_SECONDS : 0, st);
    if (!page) return st->code;
    code = apply_page(f, page, ret_failed_store, st);
    if (code) return code;
    f->verified = true;
    note_contact(f, page);
    return PT_OK;
}

static query_follow_state state_of_failure(pt_code code, bool failed_store) {
    if (failed_store) return QUERY_STORE_FAILED;
    return code == PT_DATA_LOSS ? QUERY_DIVERGED : QUERY_UNREACHABLE;
}

/* Waits before the next attempt, but not once it is stopping. */
static void pause_after_failure(query_follower *f) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + (uint64_t)f->pause_ms * 1000000;
    until.tv_sec += (time_t)(ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    f->pause_ms = f->pause_ms * 2 < PAUSE_MAX_MS ? f->pause_ms * 2 : PAUSE_MAX_MS;
    pthread_mutex_lock(&f->lock);
    while (!f->stopping && pthread_cond_timedwait(&f->wake, &f->lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&f->lock);
}

static bool is_stopping(query_follower *f) {
    pthread_mutex_lock(&f->lock);
    bool stopping = f->stopping;
    pthread_mutex_unlock(&f->lock);
    return stopping;
}

static void *follow(void *arg) {
    query_follower *f = arg;
    while (!is_stopping(f)) {
        pt_status st = PT_STATUS_INIT;
        bool failed_store = false;
        pt_code code = step(f, &failed_store, &st);
        if (code && !is_stopping(f)) {
            query_follow_state state = state_of_failure(code, failed_store);
            f->verified = false;
            if (state == QUERY_DIVERGED) tell_fit(f, false);
            publish_problem(f, state, &st);
            pause_after_failure(f);
        }
        pt_status_done(&st);
    }
    return NULL;
}

/* ---- life ---- */

pt_code query_follower_new(const query_follower_options *options, query_follower **ret_follower, pt_status *st) {
    query_follower *f = calloc(1, sizeof *f);
    if (!f) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    f->options = *options;
    f->pause_ms = PAUSE_MIN_MS;
    pt_context_init(&f->ctx);
    pthread_mutex_init(&f->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&f->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pt_code code = options->store->load(options->store->self, &f->copy, st);
    if (!code) code = pt_waitlist_new(f->copy.applied, MAX_WAITING, WAIT_THREADS, &f->progress, st);
    if (!code) code = pt_channel_open(options->owner, NULL, &f->channel, st);
    if (code) {
        query_follower_free(f);
        return code;
    }
    f->status = (query_follow_status){.state = QUERY_CONNECTING, .copy = f->copy};
    *ret_follower = f;
    return PT_OK;
}

pt_code query_follower_start(query_follower *f, pt_status *st) {
    if (pthread_create(&f->thread, NULL, follow, f) != 0) {
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "the follower's thread can't be started");
    }
    f->started = true;
    return PT_OK;
}

void query_follower_stop(query_follower *f) {
    pthread_mutex_lock(&f->lock);
    f->stopping = true;
    pthread_cond_signal(&f->wake);
    pthread_mutex_unlock(&f->lock);
    pt_channel_close(f->channel); /* ends the call that may be under way */
    f->channel = NULL;
    if (f->started) pthread_join(f->thread, NULL);
    f->started = false;
    if (f->progress) pt_waitlist_close(f->progress);
}

void query_follower_free(query_follower *f) {
    if (!f) return;
    query_follower_stop(f);
    pt_waitlist_free(f->progress);
    pt_context_done(&f->ctx);
    pthread_cond_destroy(&f->wake);
    pthread_mutex_destroy(&f->lock);
    free(f);
}
