/* Server side of channel mode: the session of a connection. Its calls' results wait in an outbox until there is a request to
 * answer and the connection has written what it had, so under load an envelope carries many. */
#ifndef PT_RPC_SESSION_H
#define PT_RPC_SESSION_H

#include "rpc/outbox.h"
#include "rpc/server_impl.h"

/* Requests of a session that stay unanswered until there is something to say; a further one releases the oldest. */
#define PT_SESSION_HELD 2

/* Takes an envelope of channel mode, with its message and its place in the port. */
void pt_session_request(pt_server *server, pt_peer *peer, const pt_route *route, const pt_envelope *envelope, pt_msg msg);

/* The port's events for the session of a peer, if it has one. */
void pt_session_written(pt_server *server, pt_peer *peer);
void pt_session_left(pt_server *server, pt_peer *peer);

/* Sends a frame of a call's stream. `last`: the call leaves the session with it. NULL: no frame, which is how a cancelled call
 * leaves. Takes the frame over. */
void pt_session_send(pt_server_call *call, pt_out_frame *frame, bool last);

/* Tells all clients that new calls belong elsewhere. */
void pt_sessions_go_away(pt_server *server);

/* Whether all frames of all sessions have been handed to their connections. */
bool pt_sessions_are_empty(pt_server *server);

void pt_session_hold(pt_session *session);
void pt_session_let_go(pt_session *session);

#endif
