#include "rpc/stream_impl.h"

#include <stdlib.h>

#include "rpc/callback.h"
#include "rpc/flow.h"

struct pt_stream {
    pt_channel *channel;
    pt_context *ctx;
    const pt_method *method;
    bool has_events;
    pt_stream_events events;
    atomic_uint holders;
    pt_outbox pending; /* under the channel's lock */
    pt_flow flow;
    pt_arena arena; /* the message that was received last */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t quiet; /* ended and not pumping */
    bool half_closed;
    bool paused;
    bool blocked;         /* was told PT_WOULD_BLOCK */
    bool pumping, news;   /* a thread runs callbacks; it has to look again */
    bool ended, reported; /* the call has ended; on_end has run */
};

static pt_call *call_of(pt_stream *s) {
    return (pt_call *)s->ctx->call;
}

static bool client_streams(const pt_method *method) {
    return method->kind == PT_CLIENT_STREAMING || method->kind == PT_BIDI_STREAMING;
}

void pt_stream_hold(pt_stream *s) {
    atomic_fetch_add(&s->holders, 1);
}

void pt_stream_let_go(pt_stream *s) {
    if (atomic_fetch_sub(&s->holders, 1) != 1) return;
    pt_outbox_done(&s->pending);
    pt_flow_done(&s->flow);
    pt_arena_done(&s->arena);
    pthread_cond_destroy(&s->quiet);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

pt_outbox *pt_stream_pending(pt_stream *s) {
    return &s->pending;
}

/* ---- callbacks ---- */

/* The note as a message in `arena`; NULL: the peer sent what is none, and the call is cancelled. */
static ProtobufCMessage *unpack(pt_stream *s, const pt_note *note, pt_arena *arena, pt_status *st) {
    pt_code code = pt_message_check(s->method->output, pt_slice_of(note->bytes, note->len), &s->channel->options.limits, st);
    ProtobufCMessage *message = NULL;
    if (!code) message = protobuf_c_message_unpack(s->method->output, pt_arena_protobuf(arena), note->len, note->bytes);
    if (code == PT_INVALID_ARGUMENT && st) st->code = PT_INTERNAL; /* the peer's fault */
    if (!message && !code)
        pt_status_set(st, PT_RESOURCE_EXHAUSTED, "message of %s: needs more memory than a call has", s->method->name);
    if (!message) pt_stream_cancel(s);
    return message;
}

static bool has_ended(pt_stream *s) {
    pthread_mutex_lock(&s->lock);
    bool ended = s->ended;
    pthread_mutex_unlock(&s->lock);
    return ended;
}

static void grant(pt_stream *s, uint64_t bytes) {
    pt_frame frame = {.stream = call_of(s)->stream, .credit = bytes};
    if (bytes && !has_ended(s)) pt_channel_send(s->channel, call_of(s), pt_out_frame_new(&frame, NULL, (pt_slice){0}));
}

typedef enum event { EVENT_NONE, EVENT_MESSAGE, EVENT_WRITABLE, EVENT_END } event;

/* What is to be told next. With the lock. */
static event next_event(pt_stream *s, pt_note **ret_note, uint64_t *ret_grant) {
    if (!s->paused && pt_flow_take(&s->flow, false, ret_note, ret_grant) == PT_OK && *ret_note) return EVENT_MESSAGE;
    if (s->ended && !s->reported && (!s->paused || s->ctx->status.code)) return EVENT_END;
    if (s->blocked && !s->ended && pt_flow_has_credit(&s->flow)) return EVENT_WRITABLE;
    return EVENT_NONE;
}

static void run_event(pt_stream *s, event e, pt_note *note, uint64_t granted) {
    const ProtobufCMessage *message;
    pt_callback_enter();
    if (e == EVENT_MESSAGE) {
        pt_arena_reset(&s->arena);
        message = unpack(s, note, &s->arena, NULL);
        if (message) s->events.on_message(s, message, s->events.arg);
    } else if (e == EVENT_WRITABLE) {
        s->events.on_writable(s, s->events.arg);
    } else {
        s->events.on_end(s, s->ctx, s->events.arg);
    }
    pt_callback_leave();
    free(note);
    grant(s, granted);
}

/* Runs callbacks as long as there is something to tell, on one thread at a time. */
static void pump(pt_stream *s) {
    pthread_mutex_lock(&s->lock);
    s->news = true;
    bool mine = s->has_events && !s->pumping;
    while (mine && s->news) {
        pt_note *note = NULL;
        uint64_t granted = 0;
        s->news = false;
        event e = next_event(s, &note, &granted);
        if (e == EVENT_NONE) continue;
        s->news = s->pumping = true;
        if (e == EVENT_WRITABLE) s->blocked = false;
        if (e == EVENT_END) s->reported = true;
        pthread_mutex_unlock(&s->lock);
        run_event(s, e, note, granted);
        pthread_mutex_lock(&s->lock);
        s->pumping = false;
    }
    pthread_cond_broadcast(&s->quiet);
    pthread_mutex_unlock(&s->lock);
}

/* ---- from the channel ---- */

void pt_stream_frame(pt_stream *s, const pt_frame *frame) {
    pt_status why = PT_STATUS_INIT;
    if (pt_pairs_read(&frame->metadata, &s->ctx->headers, &why)) pt_stream_cancel(s);
    if (frame->credit) pt_flow_grant(&s->flow, frame->credit);
    if (frame->has_payload && pt_flow_arrive(&s->flow, frame->payload)) pt_stream_cancel(s); /* it ignores the credit */
    pump(s);
}

void pt_stream_ended(pt_stream *s, const pt_frame *reply) {
    pt_status why = PT_STATUS_INIT;
    if (reply) {
        pt_result_read(s->ctx, &reply->result);
        if (pt_pairs_read(&reply->metadata, &s->ctx->headers, &why) ||
            pt_pairs_read(&reply->result.metadata, &s->ctx->trailers, &why))
            pt_status_set(&s->ctx->status, PT_INTERNAL, "%s: the answer breaks the protocol: %s", s->channel->target,
                          why.message);
        if (reply->has_payload && pt_flow_arrive(&s->flow, reply->payload))
            pt_status_set(&s->ctx->status, PT_INTERNAL, "%s: a message beyond the stream's credit", s->channel->target);
    }
    pt_flow_close(&s->flow);
    pt_flow_end(&s->flow);
    pthread_mutex_lock(&s->lock);
    s->ended = true;
    pthread_mutex_unlock(&s->lock);
    pump(s);
    pt_stream_let_go(s);
}

/* ---- opening ---- */

pt_code pt_stream_open(pt_channel *channel, pt_context *ctx, const pt_method *method, const ProtobufCMessage *request,
                       const pt_stream_events *events, pt_stream **ret_stream) {
    if (method->kind == PT_UNARY || client_streams(method) == (request != NULL))
        return pt_status_set(&ctx->status, PT_INVALID_ARGUMENT, "%s: not a method that streams so", method->name);
    pt_stream *s = calloc(1, sizeof *s);
    if (!s) return pt_status_set(&ctx->status, PT_RESOURCE_EXHAUSTED, "%s: out of memory", method->name);
    *s = (pt_stream){.channel = channel, .ctx = ctx, .method = method, .half_closed = request != NULL};
    if (events) s->events = *events;
    s->has_events = events != NULL;
    atomic_init(&s->holders, 2); /* the user and the call */
    pt_outbox_init(&s->pending);
    pt_flow_init(&s->flow);
    pt_arena_init(&s->arena, channel->options.limits.arena_bytes);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->quiet, NULL);
    *ret_stream = s; /* callbacks may use it before this returns */
    pt_code code = pt_call_start_stream(channel, ctx, method, request, s);
    if (code) {
        *ret_stream = NULL;
        pt_stream_let_go(s);
        pt_stream_let_go(s);
    }
    return code;
}

/* ---- sending ---- */

static bool is_half_closed(pt_stream *s) {
    pthread_mutex_lock(&s->lock);
    bool closed = s->half_closed;
    pthread_mutex_unlock(&s->lock);
    return closed;
}

/* How the call has ended. */
static pt_code end_code(pt_stream *s) {
    pthread_mutex_lock(&s->lock);
    pt_code code = s->ended ? s->ctx->status.code : PT_OK;
    pthread_mutex_unlock(&s->lock);
    return code ? code : PT_CANCELLED;
}

static pt_code send_message(pt_stream *s, const ProtobufCMessage *message, bool wait) {
    size_t len = protobuf_c_message_get_packed_size(message);
    if (is_half_closed(s)) return PT_FAILED_PRECONDITION;
    if (len > s->channel->options.limits.message_bytes) return PT_RESOURCE_EXHAUSTED;
    pt_code code = pt_flow_spend(&s->flow, len, wait);
    if (code == PT_CANCELLED) return end_code(s);
    if (code) return code;
    pt_frame frame = {.stream = call_of(s)->stream, .has_payload = true};
    pt_out_frame *f = pt_out_frame_new(&frame, message, (pt_slice){0});
    if (!f) return PT_RESOURCE_EXHAUSTED;
    pt_channel_send(s->channel, call_of(s), f);
    return PT_OK;
}

pt_code pt_stream_send(pt_stream *s, const ProtobufCMessage *message) {
    return pt_in_callback() ? PT_FAILED_PRECONDITION : send_message(s, message, true);
}

pt_code pt_stream_try_send(pt_stream *s, const ProtobufCMessage *message) {
    pthread_mutex_lock(&s->lock);
    s->blocked = true; /* before it is tried, so that credit that comes meanwhile is told */
    pthread_mutex_unlock(&s->lock);
    pt_code code = send_message(s, message, false);
    pthread_mutex_lock(&s->lock);
    if (code != PT_WOULD_BLOCK) s->blocked = false;
    pthread_mutex_unlock(&s->lock);
    return code;
}

void pt_stream_half_close(pt_stream *s) {
    pthread_mutex_lock(&s->lock);
    bool first = !s->half_closed;
    s->half_closed = true;
    pthread_mutex_unlock(&s->lock);
    if (!first) return;
    pt_frame frame = {.stream = call_of(s)->stream, .half_close = true};
    pt_out_frame *f = pt_out_frame_new(&frame, NULL, (pt_slice){0});
    if (f)
        pt_channel_send(s->channel, call_of(s), f);
    else
        pt_stream_cancel(s);
}

/* ---- receiving ---- */

/* Waits until the call has ended. */
static pt_code wait_end(pt_stream *s) {
    pthread_mutex_lock(&s->lock);
    while (!s->ended)
        pthread_cond_wait(&s->quiet, &s->lock);
    pthread_mutex_unlock(&s->lock);
    return s->ctx->status.code;
}

/* The next message into `arena`; *ret_message NULL: there are no more. */
static pt_code receive(pt_stream *s, pt_arena *arena, ProtobufCMessage **ret_message) {
    pt_note *note;
    uint64_t granted;
    pt_status why = PT_STATUS_INIT;
    if (pt_in_callback() || s->has_events) return PT_FAILED_PRECONDITION;
    pt_code code = pt_flow_take(&s->flow, true, &note, &granted);
    if (code || !note) {
        *ret_message = NULL;
        return wait_end(s);
    }
    grant(s, granted);
    *ret_message = unpack(s, note, arena, &why);
    free(note);
    if (*ret_message) return PT_OK;
    wait_end(s);
    pt_status_copy(&s->ctx->status, &why);
    return why.code;
}

pt_code pt_stream_receive(pt_stream *s, ProtobufCMessage **ret_message) {
    ProtobufCMessage *message;
    pt_arena_reset(&s->arena);
    pt_code code = receive(s, &s->arena, &message);
    if (!code) *ret_message = message;
    return code;
}

pt_code pt_stream_finish(pt_stream *s, ProtobufCMessage **ret_reply) {
    ProtobufCMessage *reply = NULL, *more = NULL;
    pt_stream_half_close(s);
    pt_code code = receive(s, &s->ctx->arena, &reply);
    if (!code && reply) code = receive(s, &s->arena, &more);
    if (!code && (!reply || more)) {
        pt_stream_cancel(s);
        wait_end(s);
        code = pt_status_set(&s->ctx->status, PT_INTERNAL, "%s: ended well with %s", s->method->name,
                             reply ? "several replies" : "no reply");
    }
    if (!code) *ret_reply = reply;
    return code;
}

void pt_stream_pause(pt_stream *s) {
    pthread_mutex_lock(&s->lock);
    s->paused = true;
    pthread_mutex_unlock(&s->lock);
}

void pt_stream_resume(pt_stream *s) {
    pthread_mutex_lock(&s->lock);
    s->paused = false;
    pthread_mutex_unlock(&s->lock);
    pump(s);
}

/* ---- ending ---- */

void pt_stream_cancel(pt_stream *s) {
    if (!has_ended(s)) pt_context_cancel(s->ctx);
}

void pt_stream_close(pt_stream *s) {
    if (!s) return;
    pt_stream_cancel(s);
    pt_stream_resume(s);
    pthread_mutex_lock(&s->lock);
    while (!s->ended || s->pumping || (s->has_events && !s->reported))
        pthread_cond_wait(&s->quiet, &s->lock);
    pthread_mutex_unlock(&s->lock);
    pt_stream_let_go(s);
}
