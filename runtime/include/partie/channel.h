/* Client side: a channel to a service and the calls on it. Generated stubs are a thin typed layer over this header.
 *
 *     pt_channel *channel;
 *     pt_status st = PT_STATUS_INIT;
 *     if (pt_channel_open("tcp://127.0.0.1:9001", NULL, &channel, &st)) ...
 *     pt_context ctx;
 *     pt_context_init(&ctx);
 *     ctx.timeout_ms = 500;
 *     Events__V1__GetEventResponse *reply;
 *     if (events__v1__event_service__get_event(channel, &ctx, &request, &reply)) puts(ctx.status.message);
 *     ... `reply` is valid until pt_context_done ...
 *     pt_context_done(&ctx);
 *
 * nng, which carries the messages, is not fork-safe: a process that has opened a channel or a server must exec after fork. */
#ifndef PARTIE_CHANNEL_H
#define PARTIE_CHANNEL_H

#include "partie/arena.h"
#include "partie/contract.h"
#include "partie/limits.h"
#include "partie/metadata.h"

typedef struct pt_channel pt_channel;

#define PT_DEFAULT_TIMEOUT_MS 10000

typedef struct pt_channel_options {
    pt_limits limits;            /* of what is sent and of what is taken */
    uint32_t default_timeout_ms; /* for calls that say 0; 1 to 86,400,000 */
    uint32_t max_outstanding;    /* calls under way at once, 1 to 65,536; further ones wait in line */
    uint32_t max_waiting;        /* calls in that line; one more fails at once with RESOURCE_EXHAUSTED */
    uint32_t reconnect_min_ms;   /* first pause after a failed connection, */
    uint32_t reconnect_max_ms;   /* and what it grows to, doubling */
} pt_channel_options;

#define PT_CHANNEL_OPTIONS_INIT                                                                                                \
    {                                                                                                                          \
        .limits = PT_LIMITS_INIT, .default_timeout_ms = PT_DEFAULT_TIMEOUT_MS, .max_outstanding = 256, .max_waiting = 65536,   \
        .reconnect_min_ms = 20, .reconnect_max_ms = 1000                                                                       \
    }

/* Room for what the runtime keeps of a call under way. */
#define PT_CONTEXT_CALL_BYTES 256

/* Most calls above a call: FAILED_PRECONDITION beyond. */
#define PT_MAX_HOPS 32

/* One call from the caller's side: what it asks for, and what came back. In the caller's storage; must not move between
 * init and done, nor be touched while a call with it is under way. For one call at a time; reuse after pt_context_reset. */
typedef struct pt_context {
    uint32_t timeout_ms;     /* in: milliseconds until DEADLINE_EXCEEDED; 0: the channel's default */
    bool wait_for_ready;     /* in: wait for a connection until the deadline; false: UNAVAILABLE at once when there is none
                                and the first attempt to connect has failed */
    uint32_t hops;           /* in: calls above this one; pt_context_init_from sets it, so that a loop of services ends */
    pt_metadata metadata;    /* in: sent with the call */
    pt_status status;        /* out: how it ended */
    pt_metadata headers;     /* out: leading metadata of the answer */
    pt_metadata trailers;    /* out: trailing metadata */
    bool not_run;            /* out: the call failed and certainly did not run, so that it may be repeated whatever it does */
    pt_arena arena;          /* holds reply and metadata */
    void (*stub_done)(void); /* private to generated stubs: the typed callback of a call under way */
    _Alignas(max_align_t) unsigned char call[PT_CONTEXT_CALL_BYTES]; /* private to the runtime: the call under way, so that
                                                                        starting one never fails for lack of memory */
} pt_context;

/* Budget of the arena: PT_DEFAULT_ARENA_BYTES. Allocates nothing. */
void pt_context_init(pt_context *ctx);

/* The same for a handler that calls on: the deadline becomes what the caller's call has left, and the ids of the request
 * (`traceparent`, `tracestate`, `x-request-id`) are passed on; one hop more. `call` is a pt_server_call of server.h. */
struct pt_server_call;
void pt_context_init_from(pt_context *ctx, const struct pt_server_call *call);

/* Frees reply, metadata and status and keeps nothing of the settings. */
void pt_context_reset(pt_context *ctx);
void pt_context_done(pt_context *ctx);

/* Ends the call that is under way with this context with CANCELLED: its callback follows soon, on another thread, unless it is
 * under way already; a handler that runs learns of it. Without effect when there is no call. The channel must be open. Thread:
 * any, but not while the context is being initialised, reset or given to another call. */
void pt_context_cancel(pt_context *ctx);

/* Opens a channel. `target` is tcp://host:port, ipc:///path or inproc://name. It connects in the background and connects
 * again when the connection is lost, so success does not mean that the service is there. `options` may be NULL.
 * INVALID_ARGUMENT: not a target, or an option out of range. RESOURCE_EXHAUSTED: no memory or no descriptors.
 * Thread: any, as for all functions here. */
pt_code pt_channel_open(const char *target, const pt_channel_options *options, pt_channel **ret_channel,
                        pt_status *st) PT_MUST_CHECK;

/* Fails what is still under way with CANCELLED, waits until every callback has returned, and frees. NULL is allowed.
 * Not from a callback. */
void pt_channel_close(pt_channel *channel);

/* The target it was opened with. Borrowed. */
const char *pt_channel_target(const pt_channel *channel);

/* True while there is a connection whose server has not said that it is shutting down. */
bool pt_channel_connected(const pt_channel *channel);

/* Called once for each call that was started, on a thread of the runtime with no lock held; ctx->status is set. `reply` is
 * the serialized reply, valid during the callback and, as its memory is the context's, until reset; empty on failure.
 * It must not block; it may start further calls. */
typedef void pt_call_done_fn(pt_context *ctx, pt_slice reply, void *arg);

/* Starts a unary call with a serialized request. The request is copied. Completion comes only through `on_done`, for
 * immediate failures too, and never from within this function.
 * `method` is a full name ("events.v1.EventService/GetEvent"), copied.
 *
 * Codes that arise here rather than in the service: UNAVAILABLE (no connection, or it was lost while the call was under way:
 * see not_run), DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED (a message over a limit, too many waiting), CANCELLED (channel closed),
 * INTERNAL (the peer does not speak the protocol), FAILED_PRECONDITION (more than PT_MAX_HOPS). A call is never sent twice. */
void pt_call_start(pt_channel *channel, pt_context *ctx, const char *method, pt_slice request, pt_call_done_fn *on_done,
                   void *arg);

/* The same, and waits. The reply lives in the context's arena. Returns ctx->status.code.
 * FAILED_PRECONDITION from a callback or a handler on PT_INLINE: the thread that would bring the reply can't wait for it. */
pt_code pt_call_wait(pt_channel *channel, pt_context *ctx, const char *method, pt_slice request, pt_slice *ret_reply);

/* For generated stubs: typed requests and replies. The request is serialized before this returns; the reply was checked
 * against the limits and lives in the context's arena. on_done's `reply` is NULL on failure. */
typedef void pt_unary_done_fn(pt_context *ctx, const ProtobufCMessage *reply, void *arg);
void pt_unary_start(pt_channel *channel, pt_context *ctx, const pt_method *method, const ProtobufCMessage *request,
                    pt_unary_done_fn *on_done, void *arg);
pt_code pt_unary_wait(pt_channel *channel, pt_context *ctx, const pt_method *method, const ProtobufCMessage *request,
                      ProtobufCMessage **ret_reply);

#endif
