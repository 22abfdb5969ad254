/* Inside of a channel: what channel.c (connection, line, slots), call.c (one call) and reply.c (its answer) share.
 *
 * A call lives in its pt_context. It is always in exactly one place: in the line (WAITING), with a slot (SENT), or with the
 * timer thread (FAILED, ANSWERED_LATE). Its deadline is a timer; whoever ends the call first takes it off the timers, and if
 * that comes too late because the timer is firing, leaves the end to the timer thread. So nothing touches a call after its
 * callback. */
#ifndef PT_RPC_CHANNEL_IMPL_H
#define PT_RPC_CHANNEL_IMPL_H

#include <pthread.h>

#include "partie/channel.h"
#include "rpc/timer.h"
#include "rpc/transport.h"

typedef struct pt_slot pt_slot;

/* A call under way. All but the first group changes under the channel's lock. */
typedef struct pt_call {
    pt_timer timer; /* first: its address is the call's */
    pt_channel *channel;
    pt_context *ctx;
    const pt_method *method;  /* of a typed call; otherwise NULL */
    pt_unary_done_fn *typed;  /* its callback, */
    pt_call_done_fn *untyped; /* or that of an untyped one */
    void *arg;

    uint64_t deadline_ns;
    enum { PT_CALL_WAITING, PT_CALL_SENT, PT_CALL_FAILED, PT_CALL_ANSWERED_LATE } state;
    pt_slot *slot;                /* SENT */
    struct pt_call *next, **link; /* WAITING */
    pt_msg msg;                   /* WAITING: the request; ANSWERED_LATE: the reply */
    uint8_t *timeout;             /* place in the request for pt_timeout_write */
} pt_call;

_Static_assert(sizeof(pt_call) <= PT_CONTEXT_CALL_BYTES, "pt_context.call is too small");

/* An exchange of the transport and the call that it carries. */
struct pt_slot {
    pt_channel *channel;
    pt_exchange *exchange;
    pt_call *call;       /* NULL: idle, or the call ended before its exchange */
    pt_slot *next;       /* in the list of idle ones */
    pt_slot *next_made;  /* in the list of all */
    uint32_t ticket;     /* of the exchange, */
    uint64_t connection; /* and the channel's count of connections, when the call was sent */
};

struct pt_channel {
    const pt_transport *transport;
    pt_channel_options options;
    char *target;
    pt_timers *timers;
    pt_link *link;

    pthread_mutex_t lock;
    pthread_cond_t quiet; /* n_calls or n_sending became 0 while closing */
    enum { PT_CONNECTING, PT_UP, PT_DOWN } state;
    uint64_t connections; /* that there were so far */
    char reason[128];     /* why there is none */
    pt_timer first_attempt;
    pt_call *line, **line_end;
    uint32_t n_waiting, n_slots;
    pt_slot *idle, *made;
    size_t n_calls;   /* from start until the callback has returned */
    size_t n_sending; /* threads that use an exchange, or are about to */
    bool closing;
};

/* A request that is on its way to an exchange. */
typedef struct pt_departure {
    pt_exchange *exchange; /* NULL: nothing to send */
    pt_msg request;
} pt_departure;

/* Finds a place for a call whose request is written: a slot, the line, or the timer thread if it fails at once. Sends.
 * From then on the call can end at any time. */
void pt_channel_admit(pt_channel *channel, pt_call *call);

/* Lets a call end with the status that its context has, on the timer thread. The call is nowhere else, and its timer isn't
 * set. */
void pt_channel_fail_later(pt_channel *channel, pt_call *call);

/* Counts a call in and out; the latter after its callback. */
void pt_channel_call_began(pt_channel *channel);
void pt_channel_call_over(pt_channel *channel);

/* Ends a call: reads its reply, if there is one, into the context, frees it, and calls back. The call is nowhere else and its
 * timer is over. Without the channel's lock. */
void pt_call_end(pt_call *call, pt_msg reply);

/* Reads an answer into the context. Returns the payload of an OK answer in *ret_payload, a view into the message; otherwise the
 * status says what is wrong. */
pt_code pt_reply_read(const pt_channel *channel, pt_context *ctx, pt_msg reply, pt_slice *ret_payload);

/* What a timer of a call does. */
void pt_call_fire(pt_timer *timer);

/* For tests: pt_channel_open over another transport. */
pt_code pt_channel_open_over(const pt_transport *transport, const char *target, const pt_channel_options *options,
                             pt_channel **ret_channel, pt_status *st) PT_MUST_CHECK;

#endif
