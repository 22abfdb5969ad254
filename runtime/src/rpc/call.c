/* One call of a client, from its start to its callback. */
#include <inttypes.h>

#include "rpc/callback.h"
#include "rpc/channel_impl.h"
#include "rpc/clock.h"
#include "rpc/stream_impl.h"

/* ---- ending ---- */

/* The reply as a message struct in the context's arena; NULL: the status says why. */
static ProtobufCMessage *unpack_reply(const pt_channel *channel, pt_context *ctx, const pt_method *method, pt_slice payload) {
    pt_code code = pt_message_check(method->output, payload, &channel->options.limits, &ctx->status);
    if (code) {
        if (code == PT_INVALID_ARGUMENT) ctx->status.code = PT_INTERNAL; /* the peer's fault, not the caller's */
        pt_status_prefix(&ctx->status, "reply of %s", method->name);
        return NULL;
    }
    ProtobufCMessage *reply =
        protobuf_c_message_unpack(method->output, pt_arena_protobuf(&ctx->arena), payload.len, payload.ptr);
    if (!reply)
        pt_status_set(&ctx->status, PT_RESOURCE_EXHAUSTED,
                      "reply of %s: needs more than the %zu bytes of memory that a call has", method->name, ctx->arena.budget);
    return reply;
}

/* The reply's bytes in the context's arena. */
static pt_slice copy_reply(pt_context *ctx, pt_slice payload) {
    void *copy = pt_arena_copy(&ctx->arena, payload.ptr, payload.len);
    if (copy) return pt_slice_of(copy, payload.len);
    pt_status_set(&ctx->status, PT_RESOURCE_EXHAUSTED, "reply of %zu bytes: needs more memory than a call has", payload.len);
    return (pt_slice){0};
}

void pt_call_end(pt_call *call, const pt_frame *reply) {
    pt_call c = *call; /* its memory is the context's, which the callback may use for another call */
    if (c.streaming) {
        pt_stream_ended(c.streaming, reply);
        return;
    }
    const ProtobufCMessage *message = NULL;
    pt_slice payload = {0};
    if (reply && pt_reply_read(c.channel, c.ctx, reply, &payload) == PT_OK) {
        if (c.method)
            message = unpack_reply(c.channel, c.ctx, c.method, payload);
        else
            payload = copy_reply(c.ctx, payload);
    }
    if (c.ctx->status.code) payload = (pt_slice){0};
    pt_callback_enter();
    if (c.method)
        c.typed(c.ctx, message, c.arg);
    else
        c.untyped(c.ctx, payload, c.arg);
    pt_callback_leave();
}

/* ---- starting ---- */

/* What a call sends: a message to be packed, or bytes. */
typedef struct content {
    const char *method;
    uint32_t contract;
    const ProtobufCMessage *message; /* NULL: `bytes` */
    pt_slice bytes;
    bool open; /* the client streams: no message yet, and more to come */
} content;

/* Refuses what must not leave. */
static pt_code check_content(const pt_channel *channel, pt_context *ctx, const content *c, size_t len) {
    size_t most = channel->options.limits.message_bytes;
    if (ctx->hops > PT_MAX_HOPS)
        return pt_status_set(&ctx->status, PT_FAILED_PRECONDITION, "%s: %" PRIu32 " calls above this one, at most %d: a loop?",
                             c->method, ctx->hops, PT_MAX_HOPS);
    if (strlen(c->method) > PT_METHOD_NAME_MAX || !*c->method)
        return pt_status_set(&ctx->status, PT_INVALID_ARGUMENT, "method name: expected 1 to %d bytes", PT_METHOD_NAME_MAX);
    if (len > most)
        return pt_status_set(&ctx->status, PT_RESOURCE_EXHAUSTED, "%s: the request has %zu bytes, over the limit of %zu",
                             c->method, len, most);
    return PT_OK;
}

/* Writes the request into a frame. On failure the context's status says why. */
static pt_code write_request(pt_call *call, const content *c, uint64_t timeout_us) {
    pt_context *ctx = call->ctx;
    size_t len = c->message ? protobuf_c_message_get_packed_size(c->message) : c->bytes.len;
    pt_code code = check_content(call->channel, ctx, c, len);
    if (code) return code;
    call->stream = atomic_fetch_add_explicit(&call->channel->next_stream, 1, memory_order_relaxed);
    pt_frame frame = {
        .stream = call->stream,
        .has_call = true,
        .call = {.method = pt_slice_str(c->method),
                 .contract = c->contract,
                 .timeout_us = timeout_us,
                 .metadata = {.set = &ctx->metadata},
                 .hops = ctx->hops},
        .half_close = !c->open,
        .has_payload = !c->open,
    };
    call->frame = pt_out_frame_new(&frame, c->message, c->bytes);
    if (!call->frame) return pt_status_set(&ctx->status, PT_RESOURCE_EXHAUSTED, "%s: out of memory", c->method);
    call->frame->owner = call;
    call->timeout_at = (size_t)(call->frame->timeout - call->frame->bytes);
    return PT_OK;
}

/* Writes the request and sets the deadline. On failure the context's status says why. */
static pt_code prepare(pt_call *call, const content *c) {
    pt_context *ctx = call->ctx;
    uint32_t timeout_ms = ctx->timeout_ms ? ctx->timeout_ms : call->channel->options.default_timeout_ms;
    pt_status_done(&ctx->status);
    pt_metadata_init(&ctx->headers, &ctx->arena);
    pt_metadata_init(&ctx->trailers, &ctx->arena);
    ctx->not_run = false;
    call->deadline_ns = pt_now_ns() + timeout_ms * PT_NS_PER_MS;
    return write_request(call, c, timeout_ms * UINT64_C(1000));
}

static void start(pt_call *call, const content *c) {
    if (prepare(call, c) == PT_OK)
        pt_channel_admit(call->channel, call);
    else
        pt_channel_refuse(call->channel, call);
}

/* The call in its context's storage. */
static pt_call *new_call(pt_channel *channel, pt_context *ctx, void *arg) {
    pt_call *call = (pt_call *)ctx->call;
    *call = (pt_call){.channel = channel, .ctx = ctx, .arg = arg};
    return call;
}

void pt_call_start(pt_channel *channel, pt_context *ctx, const char *method, pt_slice request, pt_call_done_fn *on_done,
                   void *arg) {
    pt_call *call = new_call(channel, ctx, arg);
    call->untyped = on_done;
    start(call, &(content){.method = method, .bytes = request});
}

void pt_unary_start(pt_channel *channel, pt_context *ctx, const pt_method *method, const ProtobufCMessage *request,
                    pt_unary_done_fn *on_done, void *arg) {
    pt_call *call = new_call(channel, ctx, arg);
    call->method = method;
    call->typed = on_done;
    start(call, &(content){.method = method->name, .contract = method->contract, .message = request});
}

pt_code pt_call_start_stream(pt_channel *channel, pt_context *ctx, const pt_method *method, const ProtobufCMessage *request,
                             struct pt_stream *stream) {
    pt_call *call = new_call(channel, ctx, NULL);
    call->streaming = stream;
    pt_code code =
        prepare(call, &(content){.method = method->name, .contract = method->contract, .message = request, .open = !request});
    if (code)
        ctx->not_run = true;
    else
        pt_channel_admit(channel, call);
    return code;
}

/* ---- waiting ---- */

typedef struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
    pt_slice bytes;
    const ProtobufCMessage *message;
} waiter;

#define WAITER_INIT                                                                                                            \
    { .lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER }

static void wake(waiter *w) {
    pthread_mutex_lock(&w->lock);
    w->is_done = true;
    pthread_cond_signal(&w->done);
    pthread_mutex_unlock(&w->lock);
}

static void wait_for(waiter *w) {
    pthread_mutex_lock(&w->lock);
    while (!w->is_done)
        pthread_cond_wait(&w->done, &w->lock);
    pthread_mutex_unlock(&w->lock);
    pthread_cond_destroy(&w->done);
    pthread_mutex_destroy(&w->lock);
}

static void on_bytes(pt_context *ctx, pt_slice reply, void *arg) {
    (void)ctx;
    waiter *w = arg;
    w->bytes = reply;
    wake(w);
}

static void on_message(pt_context *ctx, const ProtobufCMessage *reply, void *arg) {
    (void)ctx;
    waiter *w = arg;
    w->message = reply;
    wake(w);
}

static pt_code refuse_to_wait(pt_context *ctx, const char *method) {
    ctx->not_run = true;
    return pt_status_set(&ctx->status, PT_FAILED_PRECONDITION,
                         "%s: a callback or an inline handler must not wait for a call; start it with a callback", method);
}

pt_code pt_call_wait(pt_channel *channel, pt_context *ctx, const char *method, pt_slice request, pt_slice *ret_reply) {
    if (pt_in_callback()) return refuse_to_wait(ctx, method);
    waiter w = WAITER_INIT;
    pt_call_start(channel, ctx, method, request, on_bytes, &w);
    wait_for(&w);
    if (ctx->status.code == PT_OK) *ret_reply = w.bytes;
    return ctx->status.code;
}

pt_code pt_unary_wait(pt_channel *channel, pt_context *ctx, const pt_method *method, const ProtobufCMessage *request,
                      ProtobufCMessage **ret_reply) {
    if (pt_in_callback()) return refuse_to_wait(ctx, method->name);
    waiter w = WAITER_INIT;
    pt_unary_start(channel, ctx, method, request, on_message, &w);
    wait_for(&w);
    if (ctx->status.code == PT_OK) *ret_reply = (ProtobufCMessage *)w.message;
    return ctx->status.code;
}
