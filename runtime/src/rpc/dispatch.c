/* From a request message to its handler. Everything that comes from outside is checked here before anything believes it. */
#include <inttypes.h>
#include <stdlib.h>

#include "partie/channel.h"
#include "rpc/callback.h"
#include "rpc/clock.h"
#include "rpc/options.h"
#include "rpc/server_impl.h"

/* What a request message says. */
typedef struct incoming {
    uint64_t stream;
    pt_call_part call;
    bool has_call, has_payload;
    pt_slice payload;
} incoming;

/* ---- reading ---- */

static pt_code take_frame(incoming *in, const pt_frame *frame, pt_status *st) {
    if (frame->has_result || frame->cancel || frame->credit)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "envelope: result, cancel and credit have no place in a direct call");
    if (frame->encoding)
        return pt_status_set(st, PT_UNIMPLEMENTED, "envelope: this server decodes no encoding, here %" PRIu32, frame->encoding);
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

static pt_code read_request(pt_slice bytes, incoming *ret_in, pt_status *st) {
    pt_envelope envelope;
    pt_frame frame;
    pt_reader r = pt_reader_of(bytes);
    pt_code code = pt_envelope_read(bytes, &envelope, st);
    if (code) return code;
    if (envelope.session || envelope.has_hello)
        return pt_status_set(st, PT_UNIMPLEMENTED,
                             "envelope: this server speaks direct mode only; leave session and hello unset");
    while (!code && pt_envelope_next(&r, &frame))
        code = take_frame(ret_in, &frame, st);
    if (code) return code;
    if (!ret_in->has_call) return pt_status_set(st, PT_INVALID_ARGUMENT, "envelope: no call in it");
    if (!ret_in->has_payload)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "envelope: no payload; an empty message is 0 bytes");
    return PT_OK;
}

static const pt_method_entry *find_method(const pt_server *server, const pt_call_part *call, pt_status *st) {
    const pt_method_entry *entry = call->method.len ? pt_methods_by_name(&server->methods, call->method)
                                                    : pt_methods_by_hash(&server->methods, call->method_hash);
    int len = (int)call->method.len;
    if (!entry && len)
        pt_status_set(st, PT_UNIMPLEMENTED, "%.*s: this server has no such method", len, (const char *)call->method.ptr);
    else if (!entry)
        pt_status_set(st, PT_UNIMPLEMENTED, "this server has no method of hash 0x%016" PRIx64, call->method_hash);
    else if (entry->method->kind != PT_UNARY || !entry->handler->run)
        pt_status_set(st, PT_UNIMPLEMENTED, "%s: streaming is not served", entry->method->name);
    else
        return entry;
    return NULL;
}

static pt_code check_call(const pt_server *server, const incoming *in, const pt_method_entry *entry, pt_status *st) {
    if (in->call.hops > PT_MAX_HOPS)
        return pt_status_set(st, PT_FAILED_PRECONDITION, "%s: %" PRIu32 " calls above this one, at most %d: a loop?",
                             entry->method->name, in->call.hops, PT_MAX_HOPS);
    if (in->payload.len > server->options.limits.message_bytes)
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: the request has %zu bytes, over the limit of %zu",
                             entry->method->name, in->payload.len, server->options.limits.message_bytes);
    return PT_OK;
}

/* ---- running ---- */

/* Request and reply as structs in the call's arena. */
static pt_code unpack(pt_server_call *call) {
    const pt_method *method = call->entry->method;
    pt_code code = pt_message_check(method->input, call->payload, &call->server->options.limits, &call->status);
    if (code) {
        pt_status_prefix(&call->status, "request of %s", method->name);
        return code;
    }
    call->request =
        protobuf_c_message_unpack(method->input, pt_arena_protobuf(&call->arena), call->payload.len, call->payload.ptr);
    call->reply = pt_arena_alloc(&call->arena, method->output->sizeof_message);
    if (!call->request || !call->reply)
        return pt_status_set(&call->status, PT_RESOURCE_EXHAUSTED,
                             "request of %s: needs more than the %zu bytes of memory that a call has", method->name,
                             call->arena.budget);
    protobuf_c_message_init(method->output, call->reply);
    call->server->transport->msg_free(call->msg);
    call->msg = (pt_msg){0};
    return PT_OK;
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

static void run(pt_task *task) {
    pt_server_call *call = (pt_server_call *)task;
    if (check_wanted(call) || unpack(call)) {
        pt_call_refuse(call);
        return;
    }
    int queued = PT_CALL_QUEUED;
    if (!atomic_compare_exchange_strong(&call->state, &queued, PT_CALL_RUNNING)) { /* the deadline was faster */
        pt_call_refuse(call);
        return;
    }
    const pt_method_entry *entry = call->entry;
    atomic_fetch_add(&call->holders, 1); /* a deferred call may be finished before its handler has returned */
    pt_code code = entry->handler->run(entry->impl, call, call->request, call->reply);
    if (code != PT_DEFERRED) pt_server_call_finish(call, code);
    pt_call_let_go(call);
}

static void run_inline(pt_server_call *call) {
    pt_callback_enter();
    run(&call->task);
    pt_callback_leave();
}

/* ---- a request comes ---- */

static void on_deadline(pt_timer *timer) {
    pt_answer_late((pt_server_call *)((char *)timer - offsetof(pt_server_call, timer)));
}

/* The call of an arrival; made when the arrival brings its first request. */
static pt_server_call *call_of(pt_server *server, pt_arrival *arrival, void **user) {
    if (*user) return *user;
    pt_server_call *call = calloc(1, sizeof *call);
    if (!call) return NULL;
    call->server = server;
    call->arrival = arrival;
    call->task.run = run;
    atomic_init(&call->state, PT_CALL_ANSWERED);
    pt_arena_init(&call->arena, server->options.limits.arena_bytes);
    pthread_mutex_lock(&server->lock);
    call->next_made = server->made;
    server->made = call;
    pthread_mutex_unlock(&server->lock);
    *user = call;
    return call;
}

/* Counts a call in, unless the server takes none. */
static pt_code admit(pt_server *server, const pt_method_entry *entry, pt_status *st) {
    pthread_mutex_lock(&server->lock);
    bool takes = !atomic_load(&server->cancelling) && (!server->draining || entry->builtin);
    if (takes) server->n_calls++;
    pthread_mutex_unlock(&server->lock);
    return takes ? PT_OK : pt_status_set(st, PT_UNAVAILABLE, "%s: the server is shutting down", entry->method->name);
}

static void begin(pt_server_call *call, const incoming *in, const pt_method_entry *entry, pt_msg msg) {
    uint64_t timeout_us = in->call.timeout_us, most_us = PT_TIMEOUT_MS_MAX * UINT64_C(1000);
    if (!timeout_us) timeout_us = call->server->options.default_timeout_ms * UINT64_C(1000);
    call->entry = entry;
    call->stream = in->stream;
    call->hops = in->call.hops;
    call->deadline_ns = pt_now_ns() + (timeout_us < most_us ? timeout_us : most_us) * PT_NS_PER_US;
    call->msg = msg;
    call->payload = in->payload;
    call->request = call->reply = NULL;
    pt_metadata_init(&call->metadata, &call->arena);
    pt_metadata_init(&call->headers, &call->arena);
    pt_metadata_init(&call->trailers, &call->arena);
    atomic_store(&call->holders, 2); /* execution and deadline */
    atomic_store(&call->state, PT_CALL_QUEUED);
}

/* From here on the message is the call's, and the call ends by itself. */
static void dispatch(pt_server_call *call, const incoming *in) {
    const pt_method_entry *entry = call->entry;
    pt_code code = pt_pairs_read(&in->call.metadata, &call->metadata, &call->status);
    pt_timers_set(call->server->timers, &call->timer, call->deadline_ns, on_deadline);
    if (code) {
        pt_call_refuse(call);
    } else if (!entry->executor) {
        run_inline(call);
    } else if (!pt_executor_submit(entry->executor, &call->task)) {
        pt_status_set(&call->status, PT_RESOURCE_EXHAUSTED, "%s: the queue of executor %s is full", entry->method->name,
                      pt_executor_name(entry->executor));
        pt_call_refuse(call);
    }
}

void pt_server_request(void *arg, pt_arrival *arrival, void **user, pt_msg msg) {
    pt_server *server = arg;
    incoming in = {0};
    pt_status st = PT_STATUS_INIT;
    const pt_method_entry *entry = NULL;
    pt_server_call *call = NULL;
    pt_code code = read_request(pt_slice_of(msg.bytes, msg.len), &in, &st);
    if (!code && !(entry = find_method(server, &in.call, &st))) code = st.code;
    if (!code) code = check_call(server, &in, entry, &st);
    if (!code && !(call = call_of(server, arrival, user))) code = pt_status_set(&st, PT_RESOURCE_EXHAUSTED, "out of memory");
    if (!code) code = admit(server, entry, &st);
    if (code) {
        pt_answer_status(server, arrival, in.stream, &st, true);
        server->transport->msg_free(msg);
        server->transport->port_release(arrival);
        return;
    }
    begin(call, &in, entry, msg);
    dispatch(call, &in);
}
