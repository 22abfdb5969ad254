#include "handler.h"

#include <stdio.h>

#include "event_proto.h"
#include "partie/kit/log.h"
#include "partie/kit/wait_call.h"

#define MAX_WAITING 1024    /* calls that wait for the log to grow */
#define WAIT_THREADS 2      /* that answer them */
#define MAX_BAD_EVENTS 20   /* after so many the rest of a request is not looked at */
#define FAILURE_LOG_MS 1000 /* one line in so long about a store that fails */

typedef IngestEvents__V1__AppendEventResponse append_event_reply;
typedef IngestEvents__V1__AppendEventsResponse append_events_reply;
typedef IngestEvents__V1__ReadLogRequest read_log_request;
typedef IngestEvents__V1__ReadLogResponse read_log_reply;

/* ---- AppendEvent and AppendEvents ---- */

/* An append under way, in the arena of its call. */
typedef struct append_call {
    ingest_append append;
    ingest_service *service;
    pt_server_call *call;
    pt_code (*answer)(struct append_call *own); /* fills the reply */
} append_call;

static pt_code out_of_memory(pt_server_call *call) {
    return pt_server_call_fail(call, PT_RESOURCE_EXHAUSTED, "the request needs more memory than a call may have");
}

/* The caller is told of every failure; the operator of those that are none of the caller's making. */
static void log_failure(const pt_server_call *call, const pt_status *st) {
    static pt_log_gate gate;
    bool callers_own = st->code == PT_ALREADY_EXISTS || st->code == PT_DEADLINE_EXCEEDED || st->code == PT_CANCELLED;
    if (callers_own || !pt_log_gate_pass(&gate, FAILURE_LOG_MS)) return;
    pt_log_call(PT_LOG_ERROR, call, "%s: %s", pt_code_name(st->code), st->message);
}

/* On the store's thread, after the commit. */
static void append_done(ingest_append *append) {
    append_call *own = (append_call *)append;
    pt_server_call *call = own->call;
    pt_code code = append->status.code;
    if (code) {
        pt_status_copy(pt_server_call_status(call), &append->status);
        if (code == PT_ALREADY_EXISTS && append->n_events > 1) {
            pt_status_prefix(pt_server_call_status(call), "events[%zu]", append->failed);
        }
        log_failure(call, &append->status);
    } else {
        code = own->answer(own);
    }
    pt_status_done(&append->status);
    pt_server_call_finish(call, code);
}

static uint64_t last_sequence(const ingest_append *append) {
    uint64_t last = 0;
    for (size_t i = 0; i < append->n_events; i++) {
        if (append->results[i].sequence > last) last = append->results[i].sequence;
    }
    return last;
}

/* Checks one event of the request and puts it into `ret_event`. Breaches are added to the call's status. */
static pt_code take_event(pt_server_call *call, const Events__V1__Event *message, const char *path, ingest_event *ret_event) {
    if (ingest_event_from_proto(message, pt_server_call_arena(call), ret_event)) return out_of_memory(call);
    return ingest_check_event(ret_event, path, pt_server_call_status(call));
}

/* Takes all events and hands them to the store. `path_of` is "event", or "events" for a list. */
static pt_code start_append(ingest_service *service, pt_server_call *call, Events__V1__Event *const *messages, size_t n,
                            const char *path, pt_code (*answer)(append_call *)) {
    pt_arena *arena = pt_server_call_arena(call);
    append_call *own = pt_arena_calloc(arena, 1, sizeof *own);
    ingest_event *events = pt_arena_calloc(arena, n, sizeof *events);
    ingest_result *results = pt_arena_calloc(arena, n, sizeof *results);
    if (!own || !events || !results) return out_of_memory(call);
    pt_code code = PT_OK;
    for (size_t i = 0, n_bad = 0; i < n && n_bad < MAX_BAD_EVENTS; i++) {
        char element[32];
        snprintf(element, sizeof element, "%s[%zu]", path, i);
        pt_code bad = take_event(call, messages[i], strcmp(path, "event") == 0 ? path : element, &events[i]);
        if (bad == PT_RESOURCE_EXHAUSTED) return bad;
        n_bad += bad != PT_OK;
        if (bad) code = bad;
    }
    if (code) return code;
    *own = (append_call){.append = {.events = events, .n_events = n, .results = results, .done = append_done},
                         .service = service,
                         .call = call,
                         .answer = answer};
    code = service->store->append(service->store->self, &own->append, pt_server_call_status(call));
    if (!code) return PT_DEFERRED;
    log_failure(call, pt_server_call_status(call));
    return code;
}

static pt_code answer_append_event(append_call *own) {
    append_event_reply *reply = (append_event_reply *)pt_server_call_reply(own->call);
    reply->sequence = own->append.results[0].sequence;
    reply->duplicate = own->append.results[0].duplicate;
    pt_waitlist_advance(own->service->growth, reply->sequence);
    return PT_OK;
}

static pt_code append_event(void *self, pt_server_call *call, const IngestEvents__V1__AppendEventRequest *request,
                            append_event_reply *reply) {
    (void)reply;
    if (!request->event) {
        pt_server_call_fail(call, PT_INVALID_ARGUMENT, "event: must be set");
        pt_status_add_violation(pt_server_call_status(call), "event", "REQUIRED", "must be set");
        return PT_INVALID_ARGUMENT;
    }
    return start_append(self, call, &request->event, 1, "event", answer_append_event);
}

static pt_code answer_append_events(append_call *own) {
    append_events_reply *reply = (append_events_reply *)pt_server_call_reply(own->call);
    pt_arena *arena = pt_server_call_arena(own->call);
    const ingest_append *append = &own->append;
    uint64_t last = last_sequence(append);
    pt_waitlist_advance(own->service->growth, last);
    append_event_reply *results = pt_arena_calloc(arena, append->n_events, sizeof *results);
    append_event_reply **pointers = pt_arena_calloc(arena, append->n_events, sizeof *pointers);
    if (!results || !pointers) return out_of_memory(own->call);
    for (size_t i = 0; i < append->n_events; i++) {
        ingest_events__v1__append_event_response__init(&results[i]);
        results[i].sequence = append->results[i].sequence;
        results[i].duplicate = append->results[i].duplicate;
        reply->duplicates += append->results[i].duplicate;
        pointers[i] = &results[i];
    }
    reply->results = pointers;
    reply->n_results = append->n_events;
    reply->last_sequence = last;
    reply->stored = (uint32_t)append->n_events - reply->duplicates;
    return PT_OK;
}

static pt_code append_events(void *self, pt_server_call *call, const IngestEvents__V1__AppendEventsRequest *request,
                             append_events_reply *reply) {
    (void)reply;
    if (request->n_events == 0 || request->n_events > INGEST_MAX_BATCH) {
        pt_server_call_fail(call, PT_INVALID_ARGUMENT, "events: %zu events; there must be 1 to %d", request->n_events,
                            INGEST_MAX_BATCH);
        pt_status_add_violation(pt_server_call_status(call), "events", "COUNT", "there must be 1 to 1000");
        return PT_INVALID_ARGUMENT;
    }
    return start_append(self, call, request->events, request->n_events, "events", answer_append_events);
}

/* ---- ReadLog and GetLogStatus ---- */

/* Adds one event to the reply of the call. */
static pt_code add_to_reply(void *arg, uint64_t sequence, int64_t recorded_us, pt_slice content, pt_status *st) {
    pt_server_call *call = arg;
    read_log_reply *reply = (read_log_reply *)pt_server_call_reply(call);
    pt_code code =
        ingest_event_to_proto(sequence, recorded_us, content, pt_server_call_arena(call), &reply->events[reply->n_events], st);
    if (!code) reply->n_events++;
    return code;
}

/* Fills the reply with what the log has at this moment. */
static pt_code read_page(ingest_service *service, pt_server_call *call) {
    const read_log_request *request = (const read_log_request *)pt_server_call_request(call);
    read_log_reply *reply = (read_log_reply *)pt_server_call_reply(call);
    ingest_range range = {.after = request->after_sequence,
                          .max_events = ingest_page_size(request->max_events),
                          .max_bytes = INGEST_MAX_PAGE_BYTES,
                          .timeout_ms = pt_server_call_remaining_ms(call)};
    ingest_log log;
    reply->n_events = 0;
    reply->events = pt_arena_calloc(pt_server_call_arena(call), range.max_events, sizeof(Events__V1__StoredEvent *));
    if (!reply->events) return out_of_memory(call);
    pt_code code = service->store->read(service->store->self, &range, add_to_reply, call, &log, pt_server_call_status(call));
    if (code) {
        log_failure(call, pt_server_call_status(call));
        return code;
    }
    reply->last_sequence = log.last_sequence;
    reply->log_id = pt_arena_strdup(pt_server_call_arena(call), log.id);
    return reply->log_id ? PT_OK : out_of_memory(call);
}

/* The log has grown, or the time is up: the page is what there is now, perhaps nothing. */
static void read_after_wait(void *self, pt_server_call *call, pt_code why) {
    (void)why;
    pt_server_call_finish(call, read_page(self, call));
}

static pt_code check_wait(pt_server_call *call, const Google__Protobuf__Duration *wait, uint32_t *ret_ms) {
    uint32_t ms = 0;
    if (wait) {
        bool valid =
            wait->seconds >= 0 && wait->nanos >= 0 && wait->nanos <= 999999999 && wait->seconds <= INGEST_MAX_WAIT_MS / 1000;
        uint64_t total = valid ? (uint64_t)wait->seconds * 1000 + (uint64_t)wait->nanos / 1000000 : 0;
        if (!valid || total > INGEST_MAX_WAIT_MS) {
            pt_server_call_fail(call, PT_INVALID_ARGUMENT, "wait: must be 0 to 30 s");
            pt_status_add_violation(pt_server_call_status(call), "wait", "OUT_OF_RANGE", "must be 0 to 30 s");
            return PT_INVALID_ARGUMENT;
        }
        ms = (uint32_t)total;
    }
    *ret_ms = ms;
    return PT_OK;
}

static pt_code read_log(void *self, pt_server_call *call, const read_log_request *request, read_log_reply *reply) {
    ingest_service *service = self;
    uint32_t wait_ms = 0;
    pt_code code = check_wait(call, request->wait, &wait_ms);
    if (!code) code = read_page(service, call);
    if (code || reply->n_events || wait_ms == 0 || request->after_sequence == UINT64_MAX) return code;
    return pt_wait_call(service->growth, call, request->after_sequence + 1, wait_ms, read_after_wait, service);
}

static pt_code get_log_status(void *self, pt_server_call *call, const IngestEvents__V1__GetLogStatusRequest *request,
                              IngestEvents__V1__GetLogStatusResponse *reply) {
    (void)request;
    const ingest_store *store = ((ingest_service *)self)->store;
    ingest_range none = {.timeout_ms = pt_server_call_remaining_ms(call)};
    ingest_log log;
    pt_code code = store->read(store->self, &none, NULL, NULL, &log, pt_server_call_status(call));
    if (code) {
        log_failure(call, pt_server_call_status(call));
        return code;
    }
    reply->last_sequence = log.last_sequence;
    reply->event_count = log.n_events;
    reply->log_id = pt_arena_strdup(pt_server_call_arena(call), log.id);
    return reply->log_id ? PT_OK : out_of_memory(call);
}

/* ---- life ---- */

pt_code ingest_service_init(ingest_service *service, const ingest_store *store, pt_status *st) {
    *service = (ingest_service){.handlers = INGEST_EVENTS__V1__INGEST_EVENTS_SERVICE__INIT, .store = store};
    service->handlers.self = service;
    service->handlers.append_event = append_event;
    service->handlers.append_events = append_events;
    service->handlers.read_log = read_log;
    service->handlers.get_log_status = get_log_status;
    ingest_range none = {.max_events = 0};
    ingest_log log;
    pt_code code = store->read(store->self, &none, NULL, NULL, &log, st);
    return code ? code : pt_waitlist_new(log.last_sequence, MAX_WAITING, WAIT_THREADS, &service->growth, st);
}

pt_code ingest_service_register(ingest_service *service, pt_server *server, pt_status *st) {
    return ingest_events__v1__ingest_events_service__register(server, &service->handlers, st);
}

void ingest_service_drain(ingest_service *service) {
    pt_waitlist_close(service->growth);
}

void ingest_service_done(ingest_service *service) {
    pt_waitlist_free(service->growth);
    service->growth = NULL;
}
