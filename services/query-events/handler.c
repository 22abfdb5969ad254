#include "handler.h"

#include "event_proto.h"
#include "partie/kit/log.h"
#include "partie/kit/wait_call.h"

#define FAILURE_LOG_MS 1000 /* one line in so long about a store that fails */

typedef QueryEvents__V1__ListEventsRequest list_request;
typedef QueryEvents__V1__ListEventsResponse list_reply;
typedef QueryEvents__V1__GetEventRequest get_request;
typedef QueryEvents__V1__GetEventResponse get_reply;
typedef QueryEvents__V1__CountEventsRequest count_request;
typedef QueryEvents__V1__CountEventsResponse count_reply;
typedef QueryEvents__V1__CountEventsResponse__Bucket count_bucket;

static pt_code out_of_memory(pt_server_call *call) {
    return pt_server_call_fail(call, PT_RESOURCE_EXHAUSTED, "the answer needs more memory than a call may have");
}

/* The caller is told of every failure; the operator of those that are none of the caller's making. */
static pt_code store_failed(pt_server_call *call, pt_code code) {
    static pt_log_gate gate;
    bool own = code == PT_DEADLINE_EXCEEDED || code == PT_RESOURCE_EXHAUSTED;
    if (!own && pt_log_gate_pass(&gate, FAILURE_LOG_MS)) {
        pt_log_call(PT_LOG_ERROR, call, "%s: %s", pt_code_name(code), pt_server_call_status(call)->message);
    }
    return code;
}

/* ---- read your own writes ---- */

/* Answers a call from what the copy has now. */
typedef pt_code answer_fn(query_service *service, pt_server_call *call);

/* A call that waits for a position, in the arena of the call. */
typedef struct pending {
    query_service *service;
    uint64_t min_sequence;
    answer_fn *answer;
} pending;

static void answer_after_wait(void *self, pt_server_call *call, pt_code why) {
    const pending *p = self;
    pt_code code;
    if (why == PT_OK) {
        code = p->answer(p->service, call);
    } else {
        unsigned long long applied = pt_waitlist_value(query_follower_progress(p->service->follower));
        code = pt_server_call_fail(call, PT_UNAVAILABLE, "the copy is at sequence %llu, %llu was asked for: try again later",
                                   applied, (unsigned long long)p->min_sequence);
    }
    pt_server_call_finish(call, code);
}

/* Answers at once when the copy has the position, otherwise as soon as it has. */
static pt_code answer_at(query_service *service, pt_server_call *call, uint64_t min_sequence, answer_fn *answer) {
    pt_waitlist *progress = query_follower_progress(service->follower);
    if (pt_waitlist_value(progress) >= min_sequence) return answer(service, call);
    pending *p = pt_arena_alloc(pt_server_call_arena(call), sizeof *p);
    if (!p) return out_of_memory(call);
    *p = (pending){.service = service, .min_sequence = min_sequence, .answer = answer};
    return pt_wait_call(progress, call, min_sequence, QUERY_MAX_WAIT_MS, answer_after_wait, p);
}

/* ---- ListEvents ---- */

static void take_time(const Google__Protobuf__Timestamp *message, bool *ret_has, query_time *ret_time) {
    *ret_has = message != NULL;
    if (message) *ret_time = (query_time){.seconds = message->seconds, .nanos = message->nanos};
}

static query_filter list_filter(const list_request *request) {
    query_filter filter = {.type = request->type, .source = request->source, .subject = request->subject};
    take_time(request->start_time, &filter.has_start, &filter.start);
    take_time(request->end_time, &filter.has_end, &filter.end);
    return filter;
}

static pt_code add_to_list(void *arg, uint64_t sequence, int64_t recorded_us, pt_slice content, pt_status *st) {
    pt_server_call *call = arg;
    list_reply *reply = (list_reply *)pt_server_call_reply(call);
    pt_code code =
        query_event_to_proto(sequence, recorded_us, content, pt_server_call_arena(call), &reply->events[reply->n_events], st);
    if (!code) reply->n_events++;
    return code;
}

static pt_code add_token(pt_server_call *call, const query_filter *filter, list_reply *reply) {
    char *token = pt_arena_alloc(pt_server_call_arena(call), QUERY_TOKEN_BYTES);
    if (!token) return out_of_memory(call);
    query_write_token(filter, reply->events[reply->n_events - 1]->sequence, token);
    reply->next_page_token = token;
    return PT_OK;
}

static pt_code answer_list(query_service *service, pt_server_call *call) {
    const list_request *request = (const list_request *)pt_server_call_request(call);
    list_reply *reply = (list_reply *)pt_server_call_reply(call);
    query_filter filter = list_filter(request);
    query_page page = {.filter = &filter,
                       .max_events = query_page_size(request->page_size),
                       .max_bytes = QUERY_MAX_PAGE_BYTES,
                       .timeout_ms = pt_server_call_remaining_ms(call)};
    pt_code code = query_read_token(request->page_token, &filter, &page.after, pt_server_call_status(call));
    if (code) return code;
    reply->events = pt_arena_calloc(pt_server_call_arena(call), page.max_events, sizeof(Events__V1__StoredEvent *));
    if (!reply->events) return out_of_memory(call);
    bool more = false;
    code = service->store->list(service->store->self, &page, add_to_list, call, &more, pt_server_call_status(call));
    if (code) return store_failed(call, code);
    return more ? add_token(call, &filter, reply) : PT_OK;
}

static pt_code list_events(void *self, pt_server_call *call, const list_request *request, list_reply *reply) {
    query_filter filter = list_filter(request);
    uint64_t after;
    (void)reply;
    pt_code code = query_check_filter(&filter, pt_server_call_status(call));
    if (!code) code = query_read_token(request->page_token, &filter, &after, pt_server_call_status(call));
    return code ? code : answer_at(self, call, request->min_sequence, answer_list);
}

/* ---- GetEvent ---- */

typedef struct found_events {
    pt_arena *arena;
    Events__V1__StoredEvent *event; /* the first; NULL: none */
    size_t n;
} found_events;

static pt_code take_found(void *arg, uint64_t sequence, int64_t recorded_us, pt_slice content, pt_status *st) {
    found_events *found = arg;
    if (found->n++ > 0) return PT_OK;
    return query_event_to_proto(sequence, recorded_us, content, found->arena, &found->event, st);
}

static pt_code answer_get(query_service *service, pt_server_call *call) {
    const get_request *request = (const get_request *)pt_server_call_request(call);
    found_events found = {.arena = pt_server_call_arena(call)};
    pt_code code = service->store->find(service->store->self, request->id, request->source, pt_server_call_remaining_ms(call),
                                        take_found, &found, pt_server_call_status(call));
    if (code) return store_failed(call, code);
    if (found.n == 0) return pt_server_call_fail(call, PT_NOT_FOUND, "id: there is no event '%.200s'", request->id);
    if (found.n > 1) {
        pt_server_call_fail(call, PT_INVALID_ARGUMENT, "source: several sources have an event '%.200s'; name one", request->id);
        pt_status_add_violation(pt_server_call_status(call), "source", "AMBIGUOUS", "several sources have this id");
        return PT_INVALID_ARGUMENT;
    }
    ((get_reply *)pt_server_call_reply(call))->event = found.event;
    return PT_OK;
}

static pt_code get_event(void *self, pt_server_call *call, const get_request *request, get_reply *reply) {
    (void)reply;
    if (!*request->id) {
        pt_server_call_fail(call, PT_INVALID_ARGUMENT, "id: must not be empty");
        pt_status_add_violation(pt_server_call_status(call), "id", "REQUIRED", "must not be empty");
        return PT_INVALID_ARGUMENT;
    }
    return answer_at(self, call, request->min_sequence, answer_get);
}

/* ---- CountEvents ---- */

static query_filter count_filter(const count_request *request) {
    query_filter filter = {.type = request->type, .source = request->source, .subject = request->subject};
    take_time(request->start_time, &filter.has_start, &filter.start);
    take_time(request->end_time, &filter.has_end, &filter.end);
    return filter;
}

static pt_code add_bucket(void *arg, const query_bucket *bucket, pt_status *st) {
    pt_server_call *call = arg;
    pt_arena *arena = pt_server_call_arena(call);
    count_reply *reply = (count_reply *)pt_server_call_reply(call);
    count_bucket *added = pt_arena_alloc(arena, sizeof *added);
    char *type = pt_arena_strdup(arena, bucket->type);
    Google__Protobuf__Timestamp *hour = pt_arena_alloc(arena, sizeof *hour);
    if (!added || !type || !hour) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    query_events__v1__count_events_response__bucket__init(added);
    google__protobuf__timestamp__init(hour);
    hour->seconds = bucket->hour;
    added->type = type;
    added->hour = hour;
    added->count = bucket->count;
    reply->buckets[reply->n_buckets++] = added;
    reply->total += bucket->count;
    return PT_OK;
}

static pt_code answer_count(query_service *service, pt_server_call *call) {
    query_filter filter = count_filter((const count_request *)pt_server_call_request(call));
    count_reply *reply = (count_reply *)pt_server_call_reply(call);
    reply->buckets = pt_arena_calloc(pt_server_call_arena(call), QUERY_MAX_BUCKETS, sizeof *reply->buckets);
    if (!reply->buckets) return out_of_memory(call);
    pt_code code = service->store->count(service->store->self, &filter, pt_server_call_remaining_ms(call), add_bucket, call,
                                         pt_server_call_status(call));
    return code ? store_failed(call, code) : PT_OK;
}

static pt_code count_events(void *self, pt_server_call *call, const count_request *request, count_reply *reply) {
    query_filter filter = count_filter(request);
    (void)reply;
    pt_code code = query_check_filter(&filter, pt_server_call_status(call));
    return code ? code : answer_at(self, call, request->min_sequence, answer_count);
}

/* ---- GetCopyStatus ---- */

static QueryEvents__V1__FollowState state_to_proto(query_follow_state state) {
    switch (state) {
    case QUERY_CONNECTING: return QUERY_EVENTS__V1__FOLLOW_STATE__FOLLOW_STATE_CONNECTING;
    case QUERY_CATCHING_UP: return QUERY_EVENTS__V1__FOLLOW_STATE__FOLLOW_STATE_CATCHING_UP;
    case QUERY_CURRENT: return QUERY_EVENTS__V1__FOLLOW_STATE__FOLLOW_STATE_CURRENT;
    case QUERY_UNREACHABLE: return QUERY_EVENTS__V1__FOLLOW_STATE__FOLLOW_STATE_UNREACHABLE;
    case QUERY_DIVERGED: return QUERY_EVENTS__V1__FOLLOW_STATE__FOLLOW_STATE_DIVERGED;
    case QUERY_STORE_FAILED: return QUERY_EVENTS__V1__FOLLOW_STATE__FOLLOW_STATE_STORE_FAILED;
    }
    return QUERY_EVENTS__V1__FOLLOW_STATE__FOLLOW_STATE_UNSPECIFIED;
}

static pt_code get_copy_status(void *self, pt_server_call *call, const QueryEvents__V1__GetCopyStatusRequest *request,
                               QueryEvents__V1__GetCopyStatusResponse *reply) {
    query_follow_status status;
    (void)request;
    query_follower_get_status(((query_service *)self)->follower, &status);
    reply->applied_sequence = status.copy.applied;
    reply->event_count = status.copy.n_events;
    reply->owner_sequence = status.owner_sequence;
    reply->state = state_to_proto(status.state);
    reply->problem = pt_arena_strdup(pt_server_call_arena(call), status.problem);
    return reply->problem ? PT_OK : out_of_memory(call);
}

/* ---- life ---- */

void query_service_init(query_service *service, const query_store *store, query_follower *follower) {
    *service = (query_service){.handlers = QUERY_EVENTS__V1__QUERY_EVENTS_SERVICE__INIT, .store = store, .follower = follower};
    service->handlers.self = service;
    service->handlers.list_events = list_events;
    service->handlers.get_event = get_event;
    service->handlers.count_events = count_events;
    service->handlers.get_copy_status = get_copy_status;
}

pt_code query_service_register(query_service *service, pt_server *server, pt_status *st) {
    return query_events__v1__query_events_service__register(server, &service->handlers, st);
}
