/* One end of a stream, on either side: what came and isn't read yet, and what may be sent. Each direction has a credit in
 * bytes: a sender may send while it has some, a message costs its length and PT_FLOW_MESSAGE_COST, and the reader grants anew
 * what it has read. So memory is bounded by the credit and one message. */
#ifndef PT_RPC_FLOW_H
#define PT_RPC_FLOW_H

#include <pthread.h>

#include "partie/stream.h"

#define PT_FLOW_MESSAGE_COST 32

/* A message that came. */
typedef struct pt_note {
    struct pt_note *next;
    size_t len;
    uint8_t bytes[];
} pt_note;

typedef struct pt_flow {
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    pt_note *first, **end;
    int64_t may_send, may_receive;
    uint64_t eaten; /* read, but not granted anew yet */
    bool closed;    /* the peer sends no more messages */
    bool over;      /* the call has ended, or is cancelled */
} pt_flow;

void pt_flow_init(pt_flow *flow);
void pt_flow_done(pt_flow *flow);

/* A message came; it is copied. RESOURCE_EXHAUSTED: beyond the credit, or no memory. */
pt_code pt_flow_arrive(pt_flow *flow, pt_slice message) PT_MUST_CHECK;
/* The peer has closed its half. */
void pt_flow_close(pt_flow *flow);
/* The call has ended: nobody waits any more. What came before can still be read. */
void pt_flow_end(pt_flow *flow);
/* The peer grants credit. */
void pt_flow_grant(pt_flow *flow, uint64_t bytes);

/* Takes credit for a message of `len` bytes, once there is some. PT_WOULD_BLOCK: not now, and not `wait`; CANCELLED: over. */
pt_code pt_flow_spend(pt_flow *flow, size_t len, bool wait) PT_MUST_CHECK;

bool pt_flow_has_credit(pt_flow *flow);

/* Whether pt_flow_take (`reading`) or pt_flow_spend would have to wait. */
bool pt_flow_must_wait(pt_flow *flow, bool reading);

/* The next message, the caller's to free; NULL: there are no more. *ret_grant is what the peer is to be granted, or 0.
 * PT_WOULD_BLOCK: none is there yet, and not `wait`; CANCELLED: over, with none left. */
pt_code pt_flow_take(pt_flow *flow, bool wait, pt_note **ret_note, uint64_t *ret_grant) PT_MUST_CHECK;

#endif
