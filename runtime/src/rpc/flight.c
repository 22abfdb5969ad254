/* Envelopes of a channel: out with what waits, back with what the server has ready. */
#include <stdio.h>
#include <stdlib.h>

#include "partie/wire/v1/wire.pb.h"
#include "rpc/channel_impl.h"
#include "rpc/clock.h"
#include "rpc/stream_impl.h"

/* Answers that are looked up together. */
#define ANSWERS 32

/* ---- out ---- */

typedef struct departure {
    pt_exchange *exchange; /* NULL: nothing to send */
    pt_msg envelope;
} departure;

static pt_flight *find_flight(pt_channel *channel) {
    for (size_t i = 0; i < PT_CHANNEL_FLIGHTS; i++)
        if (!channel->flights[i].out && channel->flights[i].exchange) return &channel->flights[i];
    return NULL;
}

typedef struct leaving {
    pt_channel *channel;
    uint64_t now;
} leaving;

/* A frame leaves: if it opens a call, that is sent from here on. */
static void on_leaving(pt_out_frame *frame, void *arg) {
    const leaving *l = arg;
    pt_channel *channel = l->channel;
    pt_call *call = frame->owner;
    if (!call) return;
    if (frame->timeout)
        pt_timeout_write(frame->timeout, call->deadline_ns > l->now ? (call->deadline_ns - l->now) / PT_NS_PER_US : 0);
    pt_call **bucket = &channel->table[call->stream & channel->table_mask];
    call->state = PT_CALL_SENT;
    call->frame = NULL;
    call->envelope = channel->n_envelopes;
    call->next_open = *bucket;
    *bucket = call;
    channel->n_sent++;
    if (call->streaming) channel->n_streaming++;
}

static bool pack_hello(const pt_channel *channel, pt_msg *ret_msg) {
    Partie__Wire__V1__Hello hello = PARTIE__WIRE__V1__HELLO__INIT;
    Partie__Wire__V1__Envelope envelope = PARTIE__WIRE__V1__ENVELOPE__INIT;
    hello.version = 1;
    hello.max_message_bytes = channel->options.limits.message_bytes;
    envelope.session = channel->session;
    envelope.hello = &hello;
    if (!channel->transport->msg_new(protobuf_c_message_get_packed_size(&envelope.base), ret_msg)) return false;
    protobuf_c_message_pack(&envelope.base, ret_msg->bytes);
    return true;
}

/* The next envelope, if one is due: frames, or nothing but room for the server's answers. With the lock. */
static departure next_departure(pt_channel *channel) {
    departure d = {0};
    unsigned room = channel->n_streaming ? 2 : channel->n_sent ? 1 : 0; /* requests that the server should have */
    bool wanted = channel->hello_due || channel->out.first || channel->n_flying < room;
    bool may = channel->state == PT_UP && !channel->closing && !channel->corks;
    pt_flight *flight = wanted && may ? find_flight(channel) : NULL;
    if (!flight) return d;
    channel->n_envelopes++;
    leaving l = {channel, channel->out.first ? pt_now_ns() : 0};
    bool packed = channel->hello_due
                      ? pack_hello(channel, &d.envelope)
                      : pt_outbox_pack(&channel->out, channel->transport, channel->session, on_leaving, &l, &d.envelope);
    if (!packed) return d; /* no memory: the next event tries again */
    flight->hello = channel->hello_due;
    channel->hello_due = false;
    flight->out = true;
    flight->envelope = channel->n_envelopes;
    flight->connection = channel->connections;
    channel->n_flying++;
    channel->transport->exchange_claim(flight->exchange);
    d.exchange = flight->exchange;
    return d;
}

void pt_channel_unlock_and_send(pt_channel *channel) {
    departure d = {0};
    if (!channel->sending) d = next_departure(channel);
    while (d.exchange) {
        channel->sending = true;
        pthread_mutex_unlock(&channel->lock);
        channel->transport->exchange_send(d.exchange, d.envelope);
        pthread_mutex_lock(&channel->lock);
        channel->sending = false;
        if (channel->closing) pthread_cond_broadcast(&channel->quiet);
        d = next_departure(channel);
    }
    pthread_mutex_unlock(&channel->lock);
}

/* ---- back ---- */

static pt_call *find(pt_channel *channel, uint64_t stream) {
    pt_call *call = channel->table[stream & channel->table_mask];
    while (call && call->stream != stream)
        call = call->next_open;
    return call;
}

/* A frame and whom it concerns: a call that it ends, which is then nowhere else, or a stream, held. */
typedef struct answer {
    pt_frame frame;
    pt_call *call;
    pt_stream *stream;
} answer;

/* Finds whom a frame concerns. With the lock. */
static void claim(pt_channel *channel, answer *a) {
    pt_call *call = find(channel, a->frame.stream);
    a->call = NULL;
    a->stream = NULL;
    if (!call) return;
    if (!a->frame.has_result) {
        a->stream = call->streaming;
        if (a->stream) pt_stream_hold(a->stream);
        return;
    }
    pt_channel_remove(channel, call);
    if (pt_timers_cancel(channel->timers, &call->timer))
        a->call = call;
    else
        call->state = PT_CALL_LATE; /* the deadline was faster */
}

/* Hands answers over; returns how many calls have ended. */
static size_t deliver(const answer *answers, size_t n) {
    size_t n_ended = 0;
    for (const answer *a = answers; a < answers + n; a++) {
        if (a->call) {
            pt_call_end(a->call, &a->frame);
            n_ended++;
        } else if (a->stream) {
            pt_stream_frame(a->stream, &a->frame);
            pt_stream_let_go(a->stream);
        }
    }
    return n_ended;
}

static void take_frames(pt_channel *channel, pt_slice bytes) {
    answer answers[ANSWERS];
    pt_reader r = pt_reader_of(bytes);
    size_t n;
    do {
        for (n = 0; n < ANSWERS && pt_envelope_next(&r, &answers[n].frame);)
            n++;
        pthread_mutex_lock(&channel->lock);
        for (size_t i = 0; i < n; i++)
            claim(channel, &answers[i]);
        pt_channel_advance(channel);
        pthread_mutex_unlock(&channel->lock);
        size_t n_ended = deliver(answers, n);
        if (n_ended) pt_channel_calls_over(channel, n_ended);
    } while (n == ANSWERS);
}

/* Fails the calls of an envelope by what `set` says. With the lock. */
static void fail_envelope(pt_channel *channel, uint64_t envelope, void (*set)(pt_channel *, pt_call *, const void *),
                          const void *arg) {
    for (size_t i = 0; i <= channel->table_mask; i++)
        for (pt_call *call = channel->table[i], *next; call; call = next) {
            next = call->next_open;
            if (call->envelope != envelope) continue;
            set(channel, call, arg);
            pt_channel_fail(channel, call);
        }
}

static void set_refused(pt_channel *channel, pt_call *call, const void *arg) {
    (void)channel;
    pt_result_read(call->ctx, arg);
}

static void set_garbled(pt_channel *channel, pt_call *call, const void *arg) {
    pt_status_set(&call->ctx->status, PT_INTERNAL, "%s: the answer is no partie envelope: %s", channel->target,
                  (const char *)arg);
}

/* An answer outside of the session: the server did not take the envelope, or isn't one. */
static void take_refusal(pt_channel *channel, uint64_t number, pt_slice bytes) {
    pt_frame frame;
    pt_reader r = pt_reader_of(bytes);
    bool refused = pt_envelope_next(&r, &frame) && frame.has_result && frame.result.code;
    pthread_mutex_lock(&channel->lock);
    if (refused)
        fail_envelope(channel, number, set_refused, &frame.result);
    else
        fail_envelope(channel, number, set_garbled, "it belongs to no session");
    pthread_mutex_unlock(&channel->lock);
}

/* What the server says to hello. */
static void take_hello(pt_channel *channel, pt_code code, const pt_envelope *envelope, const pt_status *why) {
    bool good = !code && envelope->session == channel->session && envelope->has_hello;
    pthread_mutex_lock(&channel->lock);
    if (!good) pt_channel_set_foreign(channel, code ? why->message : "it does not say hello");
    pthread_mutex_unlock(&channel->lock);
}

static void take_answer(pt_channel *channel, bool hello, uint64_t number, pt_msg msg) {
    pt_envelope envelope;
    pt_status why = PT_STATUS_INIT;
    pt_slice bytes = pt_slice_of(msg.bytes, msg.len);
    pt_code code = pt_envelope_read(bytes, &envelope, &why);
    if (hello) {
        take_hello(channel, code, &envelope, &why);
        return;
    }
    pthread_mutex_lock(&channel->lock);
    if (code) fail_envelope(channel, number, set_garbled, why.message);
    bool mine = !code && envelope.session == channel->session;
    if (mine && envelope.has_go_away) channel->leaving = true;
    pthread_mutex_unlock(&channel->lock);
    if (mine)
        take_frames(channel, bytes);
    else if (!code)
        take_refusal(channel, number, bytes);
}

/* ---- not sent, or lost ---- */

/* Puts the calls of an envelope that was not sent, and wait for a connection, into the line again. With the lock. */
static void requeue(pt_channel *channel, pt_msg msg) {
    const pt_envelope head = {.session = channel->session};
    pt_outbox again;
    pt_frame frame;
    pt_reader r = pt_reader_of(pt_slice_of(msg.bytes, msg.len));
    pt_outbox_init(&again);
    r.pos += pt_envelope_head_size(&head);
    for (const uint8_t *start = r.pos; pt_envelope_next(&r, &frame); start = r.pos) {
        pt_call *call = find(channel, frame.stream);
        size_t len = (size_t)(r.pos - start);
        pt_out_frame *f =
            call && frame.has_call && call->ctx->wait_for_ready && !call->streaming ? malloc(sizeof *f + len) : NULL;
        if (!f) continue;
        memcpy(f->bytes, start, len);
        f->len = len;
        f->timeout = f->bytes + call->timeout_at;
        f->owner = call;
        pt_channel_remove(channel, call);
        call->state = PT_CALL_IN_LINE;
        call->frame = f;
        pt_outbox_add(&again, f);
    }
    pt_outbox_move(&channel->line, &again);
    pt_outbox_move(&again, &channel->line);
}

static void set_not_run(pt_channel *channel, pt_call *call, const void *arg) {
    pt_outcome outcome = *(const pt_outcome *)arg;
    pt_channel_set_not_run(channel, call);
    if (outcome == PT_NO_MEMORY) pt_status_set(&call->ctx->status, PT_RESOURCE_EXHAUSTED, "%s: out of memory", channel->target);
}

static void set_lost(pt_channel *channel, pt_call *call, const void *arg) {
    (void)arg;
    pt_channel_set_lost(channel, call);
}

/* An envelope ended without an answer. With the lock. */
static void take_failure(pt_channel *channel, const pt_flight *flight, pt_outcome outcome, pt_msg msg) {
    /* The event that says that there is no connection may be still to come. */
    bool down = outcome == PT_NOT_SENT && channel->state == PT_UP && flight->connection == channel->connections;
    if (down) snprintf(channel->reason, sizeof channel->reason, "the connection was lost");
    if (outcome == PT_NOT_SENT && msg.handle && !channel->closing) requeue(channel, msg);
    fail_envelope(channel, flight->envelope, outcome == PT_LOST ? set_lost : set_not_run, &outcome);
    if (down) pt_channel_set_down(channel, "the connection was lost");
    channel->transport->msg_free(msg);
}

void pt_channel_ended(void *arg, void *user, pt_outcome outcome, pt_msg msg) {
    pt_channel *channel = arg;
    pt_flight *flight = user;
    uint64_t number = flight->envelope;
    bool hello = flight->hello;
    pthread_mutex_lock(&channel->lock);
    channel->n_flying--;
    flight->out = false;
    if (outcome != PT_ANSWERED) {
        take_failure(channel, flight, outcome, msg);
        pt_channel_unlock_and_send(channel);
        return;
    }
    channel->corks++;
    pthread_mutex_unlock(&channel->lock);
    take_answer(channel, hello, number, msg);
    channel->transport->msg_free(msg);
    pthread_mutex_lock(&channel->lock);
    channel->corks--;
    pt_channel_unlock_and_send(channel);
}
