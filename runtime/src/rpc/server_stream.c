#include "rpc/server_stream.h"

#include <stdlib.h>

#include "rpc/callback.h"
#include "rpc/clock.h"
#include "rpc/flow.h"
#include "rpc/session.h"

struct pt_server_stream {
    pt_server_call *call;
    pt_flow flow;
    pt_arena arena; /* the message that was received last */
    bool begun;     /* leading metadata have left; the handler's */

    pthread_mutex_t lock; /* of what follows */
    void (*on_ready)(pt_server_call *call, void *arg);
    void *arg;
    bool blocked;   /* the handler was told PT_WOULD_BLOCK, */
    bool news;      /* and something has changed since */
    bool cancelled; /* on_ready is to learn that, once */
    bool calling;   /* the handler, or on_ready, runs */
    bool finished;  /* it must not run any more */
    pt_timer soon;  /* runs it on another thread than the handler's; holds the call */
};

pt_code pt_server_stream_new(pt_server_call *call) {
    pt_server_stream *s = calloc(1, sizeof *s);
    if (!s) return PT_RESOURCE_EXHAUSTED;
    pt_flow_init(&s->flow);
    pt_arena_init(&s->arena, call->server->options.limits.arena_bytes);
    pthread_mutex_init(&s->lock, NULL);
    s->call = call;
    s->calling = true;
    call->streaming = s;
    return PT_OK;
}

void pt_server_stream_free(pt_server_stream *s) {
    if (!s) return;
    pt_flow_done(&s->flow);
    pt_arena_done(&s->arena);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

bool pt_server_stream_has_begun(const pt_server_call *call) {
    return call->streaming && call->streaming->begun;
}

/* ---- readiness ---- */

/* Calls on_ready if the handler has been told to wait and something has changed. With the lock, which it releases. */
static void unlock_and_tell(pt_server_call *call) {
    pt_server_stream *s = call->streaming;
    while (s->on_ready && !s->calling && !s->finished && (s->cancelled || (s->blocked && s->news))) {
        s->blocked = s->news = s->cancelled = false;
        s->calling = true;
        pthread_mutex_unlock(&s->lock);
        pt_callback_enter();
        s->on_ready(call, s->arg);
        pt_callback_leave();
        pthread_mutex_lock(&s->lock);
        s->calling = false;
    }
    pthread_mutex_unlock(&s->lock);
}

static void tell(pt_server_call *call) {
    pthread_mutex_lock(&call->streaming->lock);
    call->streaming->news = true;
    unlock_and_tell(call);
}

void pt_server_stream_deferred(pt_server_call *call) {
    pt_server_stream *s = call->streaming;
    if (!s) return;
    pthread_mutex_lock(&s->lock);
    s->calling = false;
    unlock_and_tell(call);
}

static void on_soon(pt_timer *timer) {
    pt_server_stream *s = (pt_server_stream *)((char *)timer - offsetof(pt_server_stream, soon));
    pt_server_call *call = s->call;
    tell(call);
    pt_call_let_go(call);
}

/* The handler is told to wait. What has changed before this was noted is told by a timer, so that on_ready doesn't run within
 * the handler. */
static pt_code block(pt_server_call *call, bool reading) {
    pt_server_stream *s = call->streaming;
    pthread_mutex_lock(&s->lock);
    s->blocked = true;
    pthread_mutex_unlock(&s->lock);
    if (pt_flow_must_wait(&s->flow, reading) || !pt_call_hold(call)) return PT_WOULD_BLOCK;
    if (!pt_timers_set(call->server->timers, &s->soon, 0, on_soon)) pt_call_let_go(call);
    return PT_WOULD_BLOCK;
}

void pt_server_call_on_ready(pt_server_call *call, void (*on_ready)(pt_server_call *call, void *arg), void *arg) {
    pt_server_stream *s = call->streaming;
    pthread_mutex_lock(&s->lock);
    s->on_ready = on_ready;
    s->arg = arg;
    pthread_mutex_unlock(&s->lock);
}

void pt_server_stream_end(pt_server_call *call, bool finished) {
    pt_server_stream *s = call->streaming;
    if (!s) return;
    pt_flow_end(&s->flow);
    pthread_mutex_lock(&s->lock);
    s->finished |= finished;
    s->cancelled = !finished;
    unlock_and_tell(call);
}

/* ---- frames ---- */

pt_code pt_server_stream_frame(pt_server_call *call, const pt_frame *frame) {
    pt_server_stream *s = call->streaming;
    pt_code code = PT_OK;
    if (!s) return PT_OK;
    if (frame->has_payload && frame->payload.len > call->server->options.limits.message_bytes) return PT_RESOURCE_EXHAUSTED;
    if (frame->has_payload) code = pt_flow_arrive(&s->flow, frame->payload);
    if (frame->half_close) pt_flow_close(&s->flow);
    if (frame->credit) pt_flow_grant(&s->flow, frame->credit);
    tell(call);
    return code;
}

/* ---- what a handler does ---- */

/* Why nobody waits for the call any more. */
static pt_code ended(pt_server_call *call) {
    return pt_now_ns() >= call->deadline_ns ? PT_DEADLINE_EXCEEDED : PT_CANCELLED;
}

static pt_code check_may_wait(pt_server_call *call) {
    if (!pt_in_callback()) return PT_OK;
    return pt_server_call_fail(call, PT_FAILED_PRECONDITION, "%s: an inline handler or a callback must not wait",
                               call->entry->method->name);
}

static pt_code send_message(pt_server_call *call, const ProtobufCMessage *message, bool wait) {
    pt_server_stream *s = call->streaming;
    size_t len = protobuf_c_message_get_packed_size(message), most = call->server->options.limits.message_bytes;
    if (len > most)
        return pt_server_call_fail(call, PT_RESOURCE_EXHAUSTED, "%s: the message has %zu bytes, over the limit of %zu",
                                   call->entry->method->name, len, most);
    pt_code code = pt_flow_spend(&s->flow, len, wait);
    if (code == PT_WOULD_BLOCK) return block(call, false);
    if (code) return ended(call);
    pt_frame frame = {.stream = call->stream, .has_payload = true, .metadata = {.set = s->begun ? NULL : &call->headers}};
    pt_out_frame *f = pt_out_frame_new(&frame, message, (pt_slice){0});
    if (!f) return pt_server_call_fail(call, PT_RESOURCE_EXHAUSTED, "%s: out of memory", call->entry->method->name);
    s->begun = true;
    pt_session_send(call, f, false);
    return PT_OK;
}

pt_code pt_server_call_send(pt_server_call *call, const ProtobufCMessage *message) {
    pt_code code = check_may_wait(call);
    return code ? code : send_message(call, message, true);
}

pt_code pt_server_call_try_send(pt_server_call *call, const ProtobufCMessage *message) {
    return send_message(call, message, false);
}

/* The note as a message in the stream's arena. */
static pt_code unpack(pt_server_call *call, const pt_note *note, const ProtobufCMessage **ret_message) {
    pt_server_stream *s = call->streaming;
    const pt_method *method = call->entry->method;
    pt_code code =
        pt_message_check(method->input, pt_slice_of(note->bytes, note->len), &call->server->options.limits, &call->status);
    if (code) {
        pt_status_prefix(&call->status, "message of %s", method->name);
        return code;
    }
    pt_arena_reset(&s->arena);
    *ret_message = protobuf_c_message_unpack(method->input, pt_arena_protobuf(&s->arena), note->len, note->bytes);
    return *ret_message ? PT_OK
                        : pt_server_call_fail(call, PT_RESOURCE_EXHAUSTED, "message of %s: needs more memory than a call has",
                                              method->name);
}

static pt_code receive(pt_server_call *call, const ProtobufCMessage **ret_message, bool wait) {
    pt_note *note;
    uint64_t grant;
    const ProtobufCMessage *message = NULL;
    if (pt_server_call_cancelled(call)) return ended(call);
    pt_code code = pt_flow_take(&call->streaming->flow, wait, &note, &grant);
    if (code == PT_WOULD_BLOCK) return block(call, true);
    if (code) return ended(call);
    pt_frame frame = {.stream = call->stream, .credit = grant};
    pt_out_frame *f = grant ? pt_out_frame_new(&frame, NULL, (pt_slice){0}) : NULL;
    if (f) pt_session_send(call, f, false);
    if (note) code = unpack(call, note, &message);
    free(note);
    if (!code) *ret_message = message;
    return code;
}

pt_code pt_server_call_receive(pt_server_call *call, const ProtobufCMessage **ret_message) {
    pt_code code = check_may_wait(call);
    return code ? code : receive(call, ret_message, true);
}

pt_code pt_server_call_try_receive(pt_server_call *call, const ProtobufCMessage **ret_message) {
    return receive(call, ret_message, false);
}
