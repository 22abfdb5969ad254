/* Client side of streams: what a channel hands to them. */
#ifndef PT_RPC_STREAM_IMPL_H
#define PT_RPC_STREAM_IMPL_H

#include "partie/stream.h"
#include "rpc/channel_impl.h"

/* A holder keeps the stream from being freed. */
void pt_stream_hold(pt_stream *stream);
void pt_stream_let_go(pt_stream *stream);

/* Takes a frame that does not end the call. */
void pt_stream_frame(pt_stream *stream, const pt_frame *frame);

/* Takes the end of the call; `reply` is its last frame, or NULL: the context's status says how it ended. */
void pt_stream_ended(pt_stream *stream, const pt_frame *reply);

/* Frames that wait for the one that opens the call. Under the channel's lock. */
pt_outbox *pt_stream_pending(pt_stream *stream);

#endif
