/* From what a peer sent to a handler: direct mode and sessions share this. */
#ifndef PT_RPC_DISPATCH_H
#define PT_RPC_DISPATCH_H

#include "rpc/server_impl.h"

/* The opening of a call. */
typedef struct pt_incoming {
    uint64_t stream;
    const pt_call_part *call;
    const pt_frame *frame; /* channel mode */
    bool has_payload;
    pt_slice payload;
    pt_parcel *parcel; /* what the payload lies in */
    pt_peer *peer;
    const pt_route *route; /* direct mode */
    pt_session *session;   /* channel mode */
} pt_incoming;

/* Calls that were received together and begin together. Zeroed but for the server: empty. */
typedef struct pt_dispatch {
    pt_server *server;
    pt_task *first, *last;
} pt_dispatch;

/* Refuses parts that this server does not take. */
pt_code pt_frame_check(const pt_frame *frame, pt_status *st) PT_MUST_CHECK;

/* Makes a call of it, unless it must not run; it is not under way yet. Otherwise `st` says why. */
pt_code pt_call_make(pt_server *server, const pt_incoming *in, pt_server_call **ret_call, pt_status *st) PT_MUST_CHECK;
/* Takes that back. */
void pt_call_unmake(pt_server_call *call);

/* Puts a call under way: from here on it has its deadline, and can end. It runs after pt_dispatch_done. */
void pt_dispatch_add(pt_dispatch *d, pt_server_call *call);

/* Lets a call that waited for its turn run. NULL is allowed. */
void pt_dispatch_one(pt_task *task);

/* Hands the calls to their executors, or runs them, as far as it is their turn. */
void pt_dispatch_done(pt_dispatch *d);

/* Hands a list of calls to the executor of the first, or runs them. */
void pt_dispatch_start(pt_task *list);

/* Refuses calls that found the queue of their executor full. */
void pt_dispatch_refuse(pt_task *list, const pt_executor *executor);

/* Gets a call ready for its handler, held until pt_call_let_go. False: it isn't worth running, and has ended. */
bool pt_call_begin(pt_server_call *call);

/* Runs the handler of a call that has begun, and lets go of it. */
void pt_call_run(pt_server_call *call);

/* The port's event. */
void pt_server_request(void *arg, pt_peer *peer, const pt_route *route, pt_msg msg);

#endif
