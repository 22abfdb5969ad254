/* Server side of streams: what a session hands to them. */
#ifndef PT_RPC_SERVER_STREAM_H
#define PT_RPC_SERVER_STREAM_H

#include "rpc/server_impl.h"

/* Gives a streaming call its state. RESOURCE_EXHAUSTED: no memory. */
pt_code pt_server_stream_new(pt_server_call *call) PT_MUST_CHECK;
/* NULL is allowed. */
void pt_server_stream_free(pt_server_stream *stream);

/* Takes a frame of the call that isn't its first. RESOURCE_EXHAUSTED: the client sends beyond its credit; the call must end. */
pt_code pt_server_stream_frame(pt_server_call *call, const pt_frame *frame) PT_MUST_CHECK;

/* Wakes who waits: nobody waits for the call any more, or (`finished`) its handler has ended it. Also for calls that don't
 * stream. */
void pt_server_stream_end(pt_server_call *call, bool finished);

/* The handler has returned PT_DEFERRED: from here on on_ready may run. Also for calls that don't stream. */
void pt_server_stream_deferred(pt_server_call *call);

/* Whether leading metadata have left with a message. */
bool pt_server_stream_has_begun(const pt_server_call *call);

#endif
