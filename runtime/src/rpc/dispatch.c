/* From a request message to its handler. Everything that comes from outside is checked here before anything believes it. */
#include "rpc/dispatch.h"

#include <inttypes.h>
#include <stdlib.h>

#include "partie/channel.h"
#include "rpc/batch.h"
#include "rpc/callback.h"
#include "rpc/clock.h"
#include "rpc/options.h"
#include "rpc/server_stream.h"
#include "rpc/session.h"

/* ---- reading ---- */

pt_code pt_frame_check(const pt_frame *frame, pt_status *st) {
    if (frame->has_result) return pt_status_set(st, PT_INVALID_ARGUMENT, "envelope: a result comes from the server only");
    if (frame->encoding)
        return pt_status_set(st, PT_UNIMPLEMENTED, "envelope: this server decodes no encoding, here %" PRIu32, frame->encoding);
    return PT_OK;
}

/* What a direct request says. */
typedef struct direct {
    uint64_t stream;
    pt_call_part call;
    bool has_call, has_payload;
    pt_slice payload;
} direct;

static pt_code take_frame(direct *in, const pt_frame *frame, pt_status *st) {
    pt_code code = pt_frame_check(frame, st);
    if (code) return code;
    if (frame->cancel || frame->credit)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "envelope: cancel and credit have no place in a direct call");
    if (in->has_call ? frame->has_call || frame->stream != in->stream : !frame->has_call)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "envelope: a direct request holds the frames of one call");
    if (in->has_payload && frame->has_payload)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "envelope: more than one message for a unary call");
    in->stream = frame->stream;
    if (frame->has_call) in->call = frame->call;
    in->has_call = true;
    if (frame->has_payload) in->payload = frame->payload;
    in->has_payload |= frame->has_payload;
    return PT_OK;
}

static pt_code read_direct(const pt_envelope *envelope, direct *ret_in, pt_status *st) {
    pt_frame frame;
    pt_reader r = pt_reader_of(envelope->bytes);
    pt_code code = PT_OK;
    while (!code && pt_envelope_next(&r, &frame))
        code = take_frame(ret_in, &frame, st);
    if (!code && !ret_in->has_call) code = pt_status_set(st, PT_INVALID_ARGUMENT, "envelope: no call in it");
    return code;
}

static const pt_method_entry *find_method(const pt_server *server, const pt_call_part *call, bool direct_mode, pt_status *st) {
    const pt_method_entry *entry = call->method.len ? pt_methods_by_name(&server->methods, call->method)
                                                    : pt_methods_by_hash(&server->methods, call->method_hash);
    int len = (int)call->method.len;
    if (!entry && len)
        pt_status_set(st, PT_UNIMPLEMENTED, "%.*s: this server has no such method", len, (const char *)call->method.ptr);
    else if (!entry)
        pt_status_set(st, PT_UNIMPLEMENTED, "this server has no method of hash 0x%016" PRIx64, call->method_hash);
    else if (!entry->handler->run)
        pt_status_set(st, PT_UNIMPLEMENTED, "%s: not served", entry->method->name);
    else if (entry->method->kind != PT_UNARY && direct_mode)
        pt_status_set(st, PT_UNIMPLEMENTED, "%s: streaming takes channel mode", entry->method->name);
    else
        return entry;
    return NULL;
}

static bool client_streams(const pt_method *method) {
    return method->kind == PT_CLIENT_STREAMING || method->kind == PT_BIDI_STREAMING;
}

static bool server_streams(const pt_method *method) {
    return method->kind == PT_SERVER_STREAMING || method->kind == PT_BIDI_STREAMING;
}

static pt_code check_call(const pt_server *server, const pt_incoming *in, const pt_method_entry *entry, pt_status *st) {
    if (!in->has_payload && !client_streams(entry->method))
        return pt_status_set(st, PT_INVALID_ARGUMENT, "envelope: no payload; an empty message is 0 bytes");
    if (in->call->hops > PT_MAX_HOPS)
        return pt_status_set(st, PT_FAILED_PRECONDITION, "%s: %" PRIu32 " calls above this one, at most %d: a loop?",
                             entry->method->name, in->call->hops, PT_MAX_HOPS);
    if (in->payload.len > server->options.limits.message_bytes)
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: the request has %zu bytes, over the limit of %zu",
                             entry->method->name, in->payload.len, server->options.limits.message_bytes);
    return PT_OK;
}

/* ---- running ---- */

static pt_code unpack_request(pt_server_call *call) {
    const pt_method *method = call->entry->method;
    pt_code code = pt_message_check(method->input, call->payload, &call->server->options.limits, &call->status);
    if (code) {
        pt_status_prefix(&call->status, "request of %s", method->name);
        return code;
    }
    call->request =
        protobuf_c_message_unpack(method->input, pt_arena_protobuf(&call->arena), call->payload.len, call->payload.ptr);
    return call->request ? PT_OK : PT_RESOURCE_EXHAUSTED;
}

/* Request and reply, as far as the method has them, as structs in the call's arena. */
static pt_code unpack(pt_server_call *call) {
    const pt_method *method = call->entry->method;
    pt_code code = client_streams(method) ? PT_OK : unpack_request(call);
    if (!code && !server_streams(method)) {
        call->reply = pt_arena_alloc(&call->arena, method->output->sizeof_message);
        if (call->reply)
            protobuf_c_message_init(method->output, call->reply);
        else
            code = PT_RESOURCE_EXHAUSTED;
    }
    if (code && !call->status.code)
        pt_status_set(&call->status, code, "request of %s: needs more than the %zu bytes of memory that a call has",
                      method->name, call->arena.budget);
    pt_parcel_let_go(call->parcel);
    call->parcel = NULL;
    return code;
}

/* Why a call that got its turn is not worth running. */
static pt_code check_wanted(pt_server_call *call) {
    const char *name = call->entry->method->name;
    if (pt_now_ns() >= call->deadline_ns)
        return pt_status_set(&call->status, PT_DEADLINE_EXCEEDED, "%s: the deadline passed before the call could run", name);
    if (atomic_load(&call->server->cancelling))
        return pt_status_set(&call->status, PT_UNAVAILABLE, "%s: the server is closing", name);
    if (pt_server_call_cancelled(call)) return pt_status_set(&call->status, PT_CANCELLED, "%s: the client has left", name);
    return PT_OK;
}

bool pt_call_begin(pt_server_call *call) {
    int queued = PT_CALL_QUEUED;
    if (check_wanted(call) || unpack(call) ||
        !atomic_compare_exchange_strong(&call->state, &queued, PT_CALL_RUNNING)) { /* the deadline was faster */
        pt_call_refuse(call);
        return false;
    }
    atomic_fetch_add(&call->holders, 1); /* a deferred call may be finished before its handler has returned */
    return true;
}

void pt_call_run(pt_server_call *call) {
    const pt_method_entry *entry = call->entry;
    pt_code code = entry->handler->run(entry->impl, call, call->request, call->reply);
    if (code == PT_DEFERRED)
        pt_server_stream_deferred(call);
    else
        pt_server_call_finish(call, code);
    pt_call_let_go(call);
}

static void run(pt_task *task) {
    pt_server_call *call = (pt_server_call *)task;
    if (pt_call_begin(call)) pt_call_run(call);
}

/* ---- a call comes ---- */

static void on_deadline(pt_timer *timer) {
    pt_answer_late((pt_server_call *)((char *)timer - offsetof(pt_server_call, timer)));
}

static pt_server_call *new_call(pt_server *server) {
    pt_server_call *call = calloc(1, sizeof *call);
    if (!call) return NULL;
    call->server = server;
    call->task.run = run;
    atomic_init(&call->state, PT_CALL_ANSWERED);
    pt_arena_init(&call->arena, server->options.limits.arena_bytes);
    return call;
}

/* A call from the pool, counted in, unless the server takes none. */
static pt_code admit(pt_server *server, const pt_method_entry *entry, pt_server_call **ret_call, pt_status *st) {
    pthread_mutex_lock(&server->lock);
    bool takes = !atomic_load(&server->cancelling) && (!server->draining || entry->builtin);
    pt_server_call *call = takes ? server->free : NULL;
    if (call) {
        server->free = call->next_free;
    } else if (takes && (call = new_call(server))) {
        call->next_made = server->made;
        server->made = call;
    }
    if (call) server->n_calls++;
    pthread_mutex_unlock(&server->lock);
    if (!takes) return pt_status_set(st, PT_UNAVAILABLE, "%s: the server is shutting down", entry->method->name);
    if (!call) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", entry->method->name);
    *ret_call = call;
    return PT_OK;
}

static void fill(pt_server_call *call, const pt_incoming *in, const pt_method_entry *entry) {
    uint64_t timeout_us = in->call->timeout_us, most_us = PT_TIMEOUT_MS_MAX * UINT64_C(1000);
    if (!timeout_us) timeout_us = call->server->options.default_timeout_ms * UINT64_C(1000);
    call->entry = entry;
    call->stream = in->stream;
    call->hops = in->call->hops;
    call->deadline_ns = pt_now_ns() + (timeout_us < most_us ? timeout_us : most_us) * PT_NS_PER_US;
    call->payload = in->payload;
    call->parcel = in->parcel;
    call->peer = in->peer;
    call->session = in->session;
    if (in->route) call->route = *in->route;
    pt_parcel_hold(call->parcel);
    call->server->transport->peer_hold(call->peer);
    if (call->session) pt_session_hold(call->session);
    call->request = call->reply = NULL;
    call->has_turn = false;
    atomic_store(&call->abandoned, false);
    pt_metadata_init(&call->metadata, &call->arena);
    pt_metadata_init(&call->headers, &call->arena);
    pt_metadata_init(&call->trailers, &call->arena);
}

/* A stream's first frame may hold a first message. */
static pt_code open_stream(pt_server_call *call, const pt_incoming *in, pt_status *st) {
    pt_code code = pt_server_stream_new(call);
    if (!code && client_streams(call->entry->method)) code = pt_server_stream_frame(call, in->frame);
    return code ? pt_status_set(st, code, "%s: out of memory", call->entry->method->name) : PT_OK;
}

pt_code pt_call_make(pt_server *server, const pt_incoming *in, pt_server_call **ret_call, pt_status *st) {
    const pt_method_entry *entry = find_method(server, in->call, !in->session, st);
    pt_server_call *call = NULL;
    pt_code code = entry ? check_call(server, in, entry, st) : PT_UNIMPLEMENTED;
    if (!code) code = admit(server, entry, &call, st);
    if (code) return code;
    fill(call, in, entry);
    code = pt_pairs_read(&in->call->metadata, &call->metadata, st);
    if (!code && entry->method->kind != PT_UNARY) code = open_stream(call, in, st);
    if (code)
        pt_call_unmake(call);
    else
        *ret_call = call;
    return code;
}

void pt_dispatch_add(pt_dispatch *d, pt_server_call *call) {
    atomic_store(&call->state, PT_CALL_QUEUED);
    atomic_store(&call->holders, 2); /* execution and deadline */
    pt_timers_set(d->server->timers, &call->timer, call->deadline_ns, on_deadline);
    call->task.next = NULL;
    if (d->last)
        d->last->next = &call->task;
    else
        d->first = &call->task;
    d->last = &call->task;
}

/* Runs a list of calls here. */
static void run_inline(pt_task *list) {
    pt_callback_enter();
    for (pt_task *task = list, *next; task; task = next) {
        next = task->next;
        task->run(task);
    }
    pt_callback_leave();
}

void pt_dispatch_refuse(pt_task *list, const pt_executor *executor) {
    for (pt_task *task = list, *next; task; task = next) {
        next = task->next;
        pt_server_call *call = (pt_server_call *)task;
        pt_status_set(&call->status, PT_RESOURCE_EXHAUSTED, "%s: the queue of executor %s is full", call->entry->method->name,
                      pt_executor_name(executor));
        pt_call_refuse(call);
    }
}

void pt_dispatch_start(pt_task *list) {
    const pt_method_entry *entry = ((pt_server_call *)list)->entry;
    if (pt_batch_has_handler(entry))
        pt_batch_start(list);
    else if (entry->executor)
        pt_dispatch_refuse(pt_executor_submit_list(entry->executor, list), entry->executor);
    else
        run_inline(list);
}

void pt_dispatch_one(pt_task *task) {
    if (task) pt_dispatch_start(task);
}

/* Whether two calls may be started as one list. */
static bool go_together(const pt_task *a, const pt_task *b) {
    const pt_method_entry *one = ((const pt_server_call *)a)->entry, *other = ((const pt_server_call *)b)->entry;
    if (one == other) return true;
    return one->executor == other->executor && !pt_batch_has_handler(one) && !pt_batch_has_handler(other);
}

/* Splits off those who have to wait until others have ended. */
static pt_task *take_turns(pt_server *server, pt_task *list) {
    pt_task *mine = NULL, **end = &mine;
    pthread_mutex_lock(&server->lock);
    for (pt_task *task = list, *next; task; task = next) {
        pt_server_call *call = (pt_server_call *)task;
        next = task->next;
        task->next = NULL;
        call->has_turn = server->n_turns < server->options.max_calls;
        if (call->has_turn) server->n_turns++;
        pt_task ***to = call->has_turn || call->entry->builtin ? &end : &server->backlog_end;
        **to = task;
        *to = &task->next;
    }
    pthread_mutex_unlock(&server->lock);
    return mine;
}

void pt_dispatch_done(pt_dispatch *d) {
    pt_task *list = d->first ? take_turns(d->server, d->first) : NULL;
    while (list) {
        pt_task *last = list;
        while (last->next && go_together(list, last->next))
            last = last->next;
        pt_task *rest = last->next;
        last->next = NULL;
        pt_dispatch_start(list);
        list = rest;
    }
    d->first = d->last = NULL;
}

/* ---- a request comes ---- */

static pt_code take_direct(pt_server *server, const pt_incoming *arrived, const pt_envelope *envelope, uint64_t *ret_stream,
                           pt_status *st) {
    direct request = {0};
    pt_incoming in = *arrived;
    pt_server_call *call;
    pt_dispatch d = {.server = server};
    pt_code code = read_direct(envelope, &request, st);
    *ret_stream = request.stream;
    in.stream = request.stream;
    in.call = &request.call;
    in.has_payload = request.has_payload;
    in.payload = request.payload;
    if (!code) code = pt_call_make(server, &in, &call, st);
    if (code) return code;
    pt_dispatch_add(&d, call);
    pt_dispatch_done(&d);
    return PT_OK;
}

void pt_server_request(void *arg, pt_peer *peer, const pt_route *route, pt_msg msg) {
    pt_server *server = arg;
    pt_envelope envelope = {0};
    pt_status st = PT_STATUS_INIT;
    uint64_t stream = 0;
    pt_code code = pt_envelope_read(pt_slice_of(msg.bytes, msg.len), &envelope, &st);
    if (!code && (envelope.session || envelope.has_hello)) {
        pt_session_request(server, peer, route, &envelope, msg);
        return;
    }
    pt_incoming in = {.parcel = pt_parcel_new(server->transport, msg), .peer = peer, .route = route};
    if (!in.parcel) code = pt_status_set(&st, PT_RESOURCE_EXHAUSTED, "out of memory");
    if (!code) code = take_direct(server, &in, &envelope, &stream, &st);
    pt_parcel_let_go(in.parcel);
    if (!code) return;
    pt_answer_status(server, peer, route, stream, &st);
    server->transport->port_release(server->port, 1);
}
