/* Streaming calls, both sides. Generated stubs are a thin typed layer over this header; unary calls are in channel.h and
 * server.h.
 *
 * A stream carries messages in each direction in order, each direction under its own credit in bytes: who sends faster than the
 * other side reads is held back, and memory stays bounded (PT_STREAM_CREDIT a direction and stream). Each side can be used in
 * two ways: blocking, or by callbacks. Blocking functions must not be called from a callback or a handler on PT_INLINE (they
 * answer FAILED_PRECONDITION there). */
#ifndef PARTIE_STREAM_H
#define PARTIE_STREAM_H

#include "partie/channel.h"
#include "partie/server.h"

/* Bytes that one side may have sent on a stream without the other having read them; a single message may exceed it as long as
 * the limits allow it. */
#define PT_STREAM_CREDIT (256u << 10)

/* What the functions that never block return when they would have to. Not a status code; never on the wire. */
#define PT_WOULD_BLOCK ((pt_code)-2)

/* ---- client ---- */

/* The client's end of one streaming call. Freed by pt_stream_close. Sending and receiving may happen on two threads at once,
 * but each only on one at a time; pt_stream_cancel from any. */
typedef struct pt_stream pt_stream;

/* Callbacks of a stream that is not used in the blocking way: on a thread of the runtime, with no lock held, one at a time for
 * a stream. They must not block; they may call any function here that does not, except pt_stream_close. */
typedef struct pt_stream_events {
    /* A message came. It lives during the callback. While the stream is paused none is delivered, and the peer is held back. */
    void (*on_message)(pt_stream *stream, const ProtobufCMessage *message, void *arg);
    /* After PT_WOULD_BLOCK: there is room again. May be NULL when nothing is sent. */
    void (*on_writable)(pt_stream *stream, void *arg);
    /* The call has ended: ctx->status, ctx->trailers. Exactly once, and the last callback. */
    void (*on_end)(pt_stream *stream, pt_context *ctx, void *arg);
    void *arg;
} pt_stream_events;

/* Opens a streaming call. ctx as in pt_unary_start: its deadline spans the whole stream; it must stay until pt_stream_close.
 * `request` is the one message of a method whose client does not stream: it is serialized before this returns and leaves with
 * the call, and the client's half is closed; NULL where the client streams. `events` (copied) may be NULL: then the stream is
 * used in the blocking way; otherwise callbacks may come before this returns. The call counts as started; how it fares is
 * learnt from pt_stream_receive or on_end. RESOURCE_EXHAUSTED: no memory, too many streams, or a request over the limit of a
 * message; INVALID_ARGUMENT: a unary method, or a request where there must be none or none where there must be one. On failure
 * there is no stream and no callback. */
pt_code pt_stream_open(pt_channel *channel, pt_context *ctx, const pt_method *method, const ProtobufCMessage *request,
                       const pt_stream_events *events, pt_stream **ret_stream) PT_MUST_CHECK;

/* Sends a message; it is serialized before this returns. pt_stream_send waits for credit, pt_stream_try_send returns
 * PT_WOULD_BLOCK and calls on_writable once there is room. RESOURCE_EXHAUSTED: over the limit of a message (the stream lives
 * on); FAILED_PRECONDITION: after half-close; any other code: the call has ended so; pt_stream_receive or on_end tells all. */
pt_code pt_stream_send(pt_stream *stream, const ProtobufCMessage *message) PT_MUST_CHECK;
pt_code pt_stream_try_send(pt_stream *stream, const ProtobufCMessage *message) PT_MUST_CHECK;

/* Says that no more messages are sent. Twice is once. */
void pt_stream_half_close(pt_stream *stream);

/* Waits for the next message. PT_OK and *ret_message NULL: the call has ended well. Otherwise the call has ended with that
 * code, see ctx->status. The message lives until the next receive on this stream. Not with events. */
pt_code pt_stream_receive(pt_stream *stream, ProtobufCMessage **ret_message) PT_MUST_CHECK;

/* For a method whose client streams and whose server does not: says that no more is sent, waits for the end of the call, and
 * gives its reply, which lives in the context's arena and so outlives the stream. Returns ctx->status.code; INTERNAL: the call
 * ended well with no reply or with several. Not with events: there the reply is the one message, and counts if on_end finds
 * PT_OK. */
pt_code pt_stream_finish(pt_stream *stream, ProtobufCMessage **ret_reply) PT_MUST_CHECK;

/* With events: stops and continues the delivery of messages. */
void pt_stream_pause(pt_stream *stream);
void pt_stream_resume(pt_stream *stream);

/* Ends the call with CANCELLED; the handler sees it. Without effect when it has ended. */
void pt_stream_cancel(pt_stream *stream);

/* Cancels a call that has not ended, waits for its last callback, and frees. NULL is allowed. Not from a callback. */
void pt_stream_close(pt_stream *stream);

/* ---- server, within a streaming handler ---- */

/* The handler of a stream runs on its executor as any other and may block there in send and receive; or it returns PT_DEFERRED,
 * works from pt_server_call_on_ready, and ends with pt_server_call_finish. */

/* Sends a message to the client. As pt_stream_send and pt_stream_try_send; CANCELLED or DEADLINE_EXCEEDED: nobody waits any
 * more, and the handler should return. */
pt_code pt_server_call_send(pt_server_call *call, const ProtobufCMessage *message) PT_MUST_CHECK;
pt_code pt_server_call_try_send(pt_server_call *call, const ProtobufCMessage *message) PT_MUST_CHECK;

/* Waits for the client's next message; *ret_message NULL: the client has closed its half. pt_server_call_try_receive returns
 * PT_WOULD_BLOCK in place of waiting. The message lives until the next receive of this call. CANCELLED, DEADLINE_EXCEEDED: as
 * above; INVALID_ARGUMENT: the client sent what is no message of the type; the status is set. */
pt_code pt_server_call_receive(pt_server_call *call, const ProtobufCMessage **ret_message) PT_MUST_CHECK;
pt_code pt_server_call_try_receive(pt_server_call *call, const ProtobufCMessage **ret_message) PT_MUST_CHECK;

/* For a deferred handler: `on_ready` is called, one call at a time and not before the handler has returned, after
 * PT_WOULD_BLOCK once there is something to read or room to write again, and once when the call is cancelled. Never after
 * pt_server_call_finish. */
void pt_server_call_on_ready(pt_server_call *call, void (*on_ready)(pt_server_call *call, void *arg), void *arg);

#endif
