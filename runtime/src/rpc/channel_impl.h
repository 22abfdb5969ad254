/* Inside of a channel: what channel.c (its connection and life), flight.c (envelopes out and in), call.c (one call) and reply.c
 * (its answer) share.
 *
 * Frames wait in the outbox while a thread sends, while an envelope's answers are worked through, or while all flights are out;
 * then they leave together. Calls for which there is no connection or no room wait in the line before it.
 *
 * A call lives in its pt_context. It is always in exactly one place: waiting (in the line or the outbox), sent (in the table),
 * or with the timer thread. Its deadline is a timer; whoever ends the call first takes it off the timers, and if that comes too
 * late because the timer is firing, leaves the end to the timer thread. So nothing touches a call after its callback. */
#ifndef PT_RPC_CHANNEL_IMPL_H
#define PT_RPC_CHANNEL_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "partie/channel.h"
#include "rpc/outbox.h"
#include "rpc/timer.h"
#include "rpc/transport.h"

/* Envelopes that are out at once. The server holds two of them while it has nothing to say, so more keep moving. */
#define PT_CHANNEL_FLIGHTS 4

/* A call under way. All but the first group changes under the channel's lock. */
typedef struct pt_call {
    pt_timer timer; /* first: its address is the call's */
    pt_channel *channel;
    pt_context *ctx;
    const pt_method *method;  /* of a typed call; otherwise NULL */
    pt_unary_done_fn *typed;  /* its callback, */
    pt_call_done_fn *untyped; /* or that of an untyped one */
    void *arg;
    struct pt_stream *streaming; /* of a method that streams; otherwise NULL */
    uint64_t stream;
    uint64_t deadline_ns;

    enum { PT_CALL_OVER, PT_CALL_IN_LINE, PT_CALL_IN_OUTBOX, PT_CALL_SENT, PT_CALL_FAILED, PT_CALL_LATE } state;
    pt_out_frame *frame;       /* in line or outbox */
    size_t timeout_at;         /* place of the timeout in it */
    uint64_t envelope;         /* sent: the number of the one that took it */
    struct pt_call *next_open; /* sent: in the table */
} pt_call;

_Static_assert(sizeof(pt_call) <= PT_CONTEXT_CALL_BYTES, "pt_context.call is too small");

/* An exchange of the transport and the envelope that is out on it. */
typedef struct pt_flight {
    pt_channel *channel;
    pt_exchange *exchange;
    bool out;
    bool hello;          /* it opens the session */
    uint64_t envelope;   /* its number */
    uint64_t connection; /* the channel's count of connections when it was packed */
} pt_flight;

struct pt_channel {
    const pt_transport *transport;
    pt_channel_options options;
    char *target;
    pt_timers *timers;
    pt_link *link;
    atomic_ullong next_stream;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t quiet; /* n_calls became 0, or nobody is sending, while closing */
    enum { PT_CONNECTING, PT_UP, PT_DOWN } state;
    bool leaving;         /* the server has said go_away */
    bool foreign;         /* what answered hello is no server of ours; `reason` says more */
    bool hello_due;       /* before anything else on this connection */
    uint64_t session;     /* of this connection */
    uint64_t connections; /* that there were so far */
    char reason[128];     /* why there is none */
    pt_timer first_attempt;
    pt_outbox line, out;
    pt_flight flights[PT_CHANNEL_FLIGHTS];
    unsigned n_flying;
    uint64_t n_envelopes; /* that were packed so far */
    pt_call **table;      /* sent calls by stream */
    size_t table_mask;
    uint32_t n_open; /* calls in the outbox or sent */
    uint32_t n_sent;
    uint32_t n_streaming; /* of these */
    unsigned corks;       /* threads that work through answers; what they cause leaves together */
    bool sending;         /* a thread hands envelopes to the transport; it takes what others add */
    size_t n_calls;       /* from start until the callback has returned */
    bool closing;
};

/* ---- channel.c ---- */

/* Finds a place for a call whose request is written: the outbox, the line, or the timer thread if it fails at once. From then
 * on the call can end at any time. */
void pt_channel_admit(pt_channel *channel, pt_call *call);

/* Lets a call that never got a place end with the status that its context has, on the timer thread. */
void pt_channel_refuse(pt_channel *channel, pt_call *call);

/* Sends a further frame of a call, or drops it when the call has ended. Takes the frame over; NULL: there is none. */
void pt_channel_send(pt_channel *channel, pt_call *call, pt_out_frame *frame);

/* Counts calls out, after their callbacks. */
void pt_channel_calls_over(pt_channel *channel, size_t n);

/* Ends what waits or was sent, with a status that is set already, on the timer thread. With the lock. */
void pt_channel_fail(pt_channel *channel, pt_call *call);

/* Sets the status of a call that failed with its connection. With the lock. */
void pt_channel_set_not_run(pt_channel *channel, pt_call *call);
void pt_channel_set_lost(pt_channel *channel, pt_call *call);

/* There is no connection any more. With the lock. */
void pt_channel_set_down(pt_channel *channel, const char *reason);

/* The peer does not speak the protocol: fails all calls. With the lock. */
void pt_channel_set_foreign(pt_channel *channel, const char *reason);

/* Takes a call out of line, outbox or table. With the lock. */
void pt_channel_remove(pt_channel *channel, pt_call *call);

/* Moves calls from the line to the outbox as far as they may be under way. With the lock. */
void pt_channel_advance(pt_channel *channel);

/* For tests: pt_channel_open over another transport. */
pt_code pt_channel_open_over(const pt_transport *transport, const char *target, const pt_channel_options *options,
                             pt_channel **ret_channel, pt_status *st) PT_MUST_CHECK;

/* ---- flight.c ---- */

/* Sends what is due. With the lock, which it releases. */
void pt_channel_unlock_and_send(pt_channel *channel);

/* The link's event. */
void pt_channel_ended(void *arg, void *user, pt_outcome outcome, pt_msg msg);

/* ---- call.c ---- */

/* Ends a call: reads its reply, if there is one, into the context, and calls back. The call is nowhere else and its timer is
 * over. Without the channel's lock. The caller counts it out. */
void pt_call_end(pt_call *call, const pt_frame *reply);

/* Starts the call of a stream. On failure it has not begun. */
pt_code pt_call_start_stream(pt_channel *channel, pt_context *ctx, const pt_method *method, const ProtobufCMessage *request,
                             struct pt_stream *stream) PT_MUST_CHECK;

/* What a timer of a call does. */
void pt_call_fire(pt_timer *timer);

/* ---- reply.c ---- */

/* Reads an answer into the context. Returns the payload of an OK answer in *ret_payload; otherwise the status says what is
 * wrong. */
pt_code pt_reply_read(const pt_channel *channel, pt_context *ctx, const pt_frame *frame, pt_slice *ret_payload);

/* Takes over how a call ended. Returns its code. */
pt_code pt_result_read(pt_context *ctx, const pt_result_part *result);

#endif
