/* A channel: its connection, the places where calls wait, and its life. */
#include <stdio.h>
#include <stdlib.h>

#include "rpc/channel_impl.h"
#include "rpc/clock.h"
#include "rpc/envelope.h"
#include "rpc/options.h"
#include "rpc/stream_impl.h"

/* A first attempt that has told nothing for so long counts as failed. */
#define FIRST_ATTEMPT_NS (3000 * PT_NS_PER_MS)

/* ---- places ---- */

static void remove_sent(pt_channel *channel, pt_call *call) {
    pt_call **at = &channel->table[call->stream & channel->table_mask];
    while (*at != call)
        at = &(*at)->next_open;
    *at = call->next_open;
    channel->n_sent--;
    if (call->streaming) channel->n_streaming--;
}

void pt_channel_remove(pt_channel *channel, pt_call *call) {
    if (call->state == PT_CALL_SENT)
        remove_sent(channel, call);
    else
        pt_outbox_remove(call->state == PT_CALL_IN_LINE ? &channel->line : &channel->out, call->frame);
    if (call->state != PT_CALL_IN_LINE) channel->n_open--;
    free(call->frame);
    call->frame = NULL;
    call->state = PT_CALL_OVER;
}

void pt_channel_advance(pt_channel *channel) {
    while (channel->line.first && channel->state == PT_UP && channel->n_open < channel->options.max_outstanding) {
        pt_out_frame *frame = channel->line.first;
        pt_call *call = frame->owner;
        pt_outbox_remove(&channel->line, frame);
        pt_outbox_add(&channel->out, frame);
        if (call->streaming) pt_outbox_move(pt_stream_pending(call->streaming), &channel->out);
        call->state = PT_CALL_IN_OUTBOX;
        channel->n_open++;
    }
}

/* ---- failing ---- */

static void fail_later(pt_channel *channel, pt_call *call) {
    call->state = PT_CALL_FAILED;
    pt_timers_set(channel->timers, &call->timer, 0, pt_call_fire);
}

/* If the call's timer is firing, it finds the call failed. */
void pt_channel_fail(pt_channel *channel, pt_call *call) {
    pt_channel_remove(channel, call);
    call->state = PT_CALL_FAILED;
    if (pt_timers_cancel(channel->timers, &call->timer)) fail_later(channel, call);
}

void pt_channel_set_not_run(pt_channel *channel, pt_call *call) {
    call->ctx->not_run = true;
    if (channel->closing)
        pt_status_set(&call->ctx->status, PT_CANCELLED, "%s: the channel was closed", channel->target);
    else
        pt_status_set(&call->ctx->status, PT_UNAVAILABLE, "%s: %s", channel->target, channel->reason);
}

void pt_channel_set_lost(pt_channel *channel, pt_call *call) {
    if (channel->closing)
        pt_status_set(&call->ctx->status, PT_CANCELLED, "%s: the channel was closed while the call was under way",
                      channel->target);
    else
        pt_status_set(&call->ctx->status, PT_UNAVAILABLE, "%s: the connection was lost while the call was under way",
                      channel->target);
}

static void fail_foreign(pt_channel *channel, pt_call *call) {
    pt_status_set(&call->ctx->status, PT_INTERNAL, "%s: %s", channel->target, channel->reason);
    pt_channel_fail(channel, call);
}

/* Fails the calls of the line that don't wait for a connection, or all when closing. */
static void fail_line(pt_channel *channel) {
    for (pt_out_frame *f = channel->line.first, *next; f; f = next) {
        next = f->next;
        pt_call *call = f->owner;
        if (call->ctx->wait_for_ready && !channel->closing) continue;
        pt_channel_set_not_run(channel, call);
        pt_channel_fail(channel, call);
    }
}

/* Empties the outbox: calls go back into the line, before those that came later; what belonged to the session is over. */
static void retreat(pt_channel *channel) {
    pt_outbox line;
    pt_outbox_init(&line);
    for (pt_out_frame *f; (f = channel->out.first ? channel->out.first : channel->line.first);) {
        pt_call *call = f->owner;
        if (call && call->streaming && call->state == PT_CALL_IN_OUTBOX) {
            pt_channel_set_not_run(channel, call); /* what it has sent since is gone */
            pt_channel_fail(channel, call);
            continue;
        }
        pt_outbox_remove(channel->out.first ? &channel->out : &channel->line, f);
        if (!call) {
            free(f);
            continue;
        }
        if (call->state == PT_CALL_IN_OUTBOX) channel->n_open--;
        call->state = PT_CALL_IN_LINE;
        pt_outbox_add(&line, f);
    }
    pt_outbox_move(&line, &channel->line);
}

static bool is_flying(const pt_channel *channel, const pt_call *call) {
    for (size_t i = 0; i < PT_CHANNEL_FLIGHTS; i++)
        if (channel->flights[i].out && channel->flights[i].envelope == call->envelope) return true;
    return false;
}

/* Fails the calls that were sent, but for those of envelopes that are out: how these end says whether they were. */
static void fail_sent(pt_channel *channel) {
    for (size_t i = 0; i <= channel->table_mask; i++)
        for (pt_call *call = channel->table[i], *next; call; call = next) {
            next = call->next_open;
            if (is_flying(channel, call)) continue;
            pt_channel_set_lost(channel, call);
            pt_channel_fail(channel, call);
        }
}

/* ---- events of the link ---- */

/* Never 0, and not the same as another connection's, be it of another channel. */
static uint64_t new_session(const pt_channel *channel) {
    uint64_t x = pt_now_ns() ^ (uint64_t)(uintptr_t)channel << 20 ^ channel->connections << 56;
    x = (x ^ x >> 31) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return (x ^ x >> 32) | 1;
}

static void on_up(void *arg) {
    pt_channel *channel = arg;
    pthread_mutex_lock(&channel->lock);
    channel->state = PT_UP;
    channel->leaving = channel->foreign = false;
    channel->connections++;
    channel->session = new_session(channel);
    channel->hello_due = true;
    pt_channel_advance(channel);
    pt_channel_unlock_and_send(channel);
}

void pt_channel_set_down(pt_channel *channel, const char *reason) {
    channel->state = PT_DOWN;
    snprintf(channel->reason, sizeof channel->reason, "%s", reason);
    channel->hello_due = false;
    fail_sent(channel);
    retreat(channel);
    fail_line(channel);
}

void pt_channel_set_foreign(pt_channel *channel, const char *reason) {
    channel->foreign = true;
    snprintf(channel->reason, sizeof channel->reason, "the answer is no partie envelope: %s", reason);
    for (size_t i = 0; i <= channel->table_mask; i++)
        while (channel->table[i])
            fail_foreign(channel, channel->table[i]);
    retreat(channel);
    while (channel->line.first)
        fail_foreign(channel, channel->line.first->owner);
}

static void on_down(void *arg, const char *reason) {
    pt_channel *channel = arg;
    pthread_mutex_lock(&channel->lock);
    pt_channel_set_down(channel, reason);
    pthread_mutex_unlock(&channel->lock);
}

static void on_first_attempt(pt_timer *timer) {
    pt_channel *channel = (pt_channel *)((char *)timer - offsetof(pt_channel, first_attempt));
    pthread_mutex_lock(&channel->lock);
    if (channel->state == PT_CONNECTING) pt_channel_set_down(channel, "no connection yet");
    pthread_mutex_unlock(&channel->lock);
}

/* ---- calls ---- */

void pt_channel_calls_over(pt_channel *channel, size_t n) {
    pthread_mutex_lock(&channel->lock);
    if ((channel->n_calls -= n) == 0 && channel->closing) pthread_cond_broadcast(&channel->quiet);
    pthread_mutex_unlock(&channel->lock);
}

void pt_channel_send(pt_channel *channel, pt_call *call, pt_out_frame *frame) {
    pthread_mutex_lock(&channel->lock);
    if (frame && call->state == PT_CALL_IN_LINE)
        pt_outbox_add(pt_stream_pending(call->streaming), frame);
    else if (frame && (call->state == PT_CALL_IN_OUTBOX || call->state == PT_CALL_SENT))
        pt_outbox_add(&channel->out, frame);
    else
        free(frame);
    pt_channel_unlock_and_send(channel);
}

void pt_channel_refuse(pt_channel *channel, pt_call *call) {
    pthread_mutex_lock(&channel->lock);
    channel->n_calls++;
    call->ctx->not_run = true;
    fail_later(channel, call);
    pthread_mutex_unlock(&channel->lock);
}

/* Why a call gets no place; PT_OK: it gets one. With the lock. */
static pt_code check_room(pt_channel *channel, pt_call *call) {
    bool waits = channel->state == PT_CONNECTING || call->ctx->wait_for_ready;
    if (channel->closing || (channel->state != PT_UP && !waits)) {
        pt_channel_set_not_run(channel, call);
    } else if (channel->foreign) {
        call->ctx->not_run = true;
        pt_status_set(&call->ctx->status, PT_INTERNAL, "%s: %s", channel->target, channel->reason);
    } else if (channel->line.n > 0 && channel->line.n >= channel->options.max_waiting) {
        call->ctx->not_run = true;
        pt_status_set(&call->ctx->status, PT_RESOURCE_EXHAUSTED, "%s: %zu calls are waiting already", channel->target,
                      channel->line.n);
    }
    return call->ctx->status.code;
}

void pt_channel_admit(pt_channel *channel, pt_call *call) {
    pthread_mutex_lock(&channel->lock);
    channel->n_calls++;
    if (check_room(channel, call)) {
        free(call->frame);
        call->frame = NULL;
        fail_later(channel, call);
    } else {
        pt_timers_set(channel->timers, &call->timer, call->deadline_ns, pt_call_fire);
        call->state = PT_CALL_IN_LINE;
        pt_outbox_add(&channel->line, call->frame);
        pt_channel_advance(channel);
    }
    pt_channel_unlock_and_send(channel);
}

/* Tells the server that nobody waits for a call any more. Without memory for that the server learns it from the deadline. */
static void send_cancel(pt_channel *channel, const pt_call *call) {
    pt_frame frame = {.stream = call->stream, .cancel = true};
    pt_out_frame *f = channel->state == PT_UP ? pt_out_frame_new(&frame, NULL, (pt_slice){0}) : NULL;
    if (f) pt_outbox_add(&channel->out, f);
}

/* Takes a call whose deadline has passed from where it is. */
static void take_late(pt_channel *channel, pt_call *call) {
    pt_status *st = &call->ctx->status;
    bool sent = call->state == PT_CALL_SENT;
    if (call->state == PT_CALL_FAILED) return;
    if (call->state != PT_CALL_LATE) {
        pt_channel_remove(channel, call);
        if (sent) send_cancel(channel, call);
        pt_channel_advance(channel);
        call->ctx->not_run = !sent;
    }
    if (sent || call->state == PT_CALL_LATE)
        pt_status_set(st, PT_DEADLINE_EXCEEDED, "%s: no answer before the deadline", channel->target);
    else
        pt_status_set(st, PT_DEADLINE_EXCEEDED, "%s: the deadline passed before the call could be sent%s%s", channel->target,
                      channel->state == PT_UP ? "" : ": ", channel->state == PT_UP ? "" : channel->reason);
}

void pt_call_fire(pt_timer *timer) {
    pt_call *call = (pt_call *)timer;
    pt_channel *channel = call->channel;
    pthread_mutex_lock(&channel->lock);
    take_late(channel, call);
    pt_channel_unlock_and_send(channel);
    pt_call_end(call, NULL);
    pt_channel_calls_over(channel, 1);
}

void pt_context_cancel(pt_context *ctx) {
    pt_call *call = (pt_call *)ctx->call;
    pt_channel *channel = call->channel;
    if (!channel) return;
    pthread_mutex_lock(&channel->lock);
    bool sent = call->state == PT_CALL_SENT;
    if (sent || call->state == PT_CALL_IN_LINE || call->state == PT_CALL_IN_OUTBOX) {
        ctx->not_run = !sent;
        pt_status_set(&ctx->status, PT_CANCELLED, "%s: the call was cancelled", channel->target);
        if (sent) send_cancel(channel, call);
        pt_channel_fail(channel, call);
        pt_channel_advance(channel);
    }
    pt_channel_unlock_and_send(channel);
}

/* ---- life ---- */

static pt_code validate(const pt_channel_options *o, pt_status *st) {
    pt_code code = pt_limits_validate(&o->limits, st);
    if (!code) code = pt_option_validate("default_timeout_ms", o->default_timeout_ms, 1, PT_TIMEOUT_MS_MAX, st);
    if (!code) code = pt_option_validate("max_outstanding", o->max_outstanding, 1, 65536, st);
    if (!code) code = pt_option_validate("reconnect_min_ms", o->reconnect_min_ms, 1, PT_TIMEOUT_MS_MAX, st);
    if (!code) code = pt_option_validate("reconnect_max_ms", o->reconnect_max_ms, o->reconnect_min_ms, PT_TIMEOUT_MS_MAX, st);
    return code;
}

static bool open_flight(pt_channel *channel, pt_flight *flight) {
    pt_exchange *exchange = channel->transport->link_exchange(channel->link, flight);
    pthread_mutex_lock(&channel->lock);
    flight->exchange = exchange;
    pt_channel_unlock_and_send(channel); /* the connection may be there already, and have waited for this */
    return exchange != NULL;
}

static pt_code open_link(pt_channel *channel, pt_status *st) {
    pt_link_config config = {
        .target = channel->target,
        .receive_bytes = pt_receive_bytes(&channel->options.limits),
        .reconnect_min_ms = channel->options.reconnect_min_ms,
        .reconnect_max_ms = channel->options.reconnect_max_ms,
        .events = {.up = on_up, .down = on_down, .ended = pt_channel_ended, .arg = channel},
    };
    pt_code code = channel->transport->link_open(&config, &channel->link, st);
    for (size_t i = 0; !code && i < PT_CHANNEL_FLIGHTS; i++)
        if (!open_flight(channel, &channel->flights[i]))
            code = pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", channel->target);
    return code;
}

/* One less than a power of two: so many buckets that chains are short. */
static size_t table_mask_for(uint32_t calls) {
    size_t mask = 63;
    while (mask < calls)
        mask = mask * 2 + 1;
    return mask;
}

static void destroy(pt_channel *channel) {
    pt_timers_free(channel->timers);
    free(channel->table);
    pthread_cond_destroy(&channel->quiet);
    pthread_mutex_destroy(&channel->lock);
    free(channel->target);
    free(channel);
}

pt_code pt_channel_open_over(const pt_transport *transport, const char *target, const pt_channel_options *options,
                             pt_channel **ret_channel, pt_status *st) {
    pt_channel_options defaults = PT_CHANNEL_OPTIONS_INIT;
    pt_code code = validate(options ? options : &defaults, st);
    if (code) return code;
    pt_channel *channel = calloc(1, sizeof *channel);
    if (!channel) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", target);
    channel->transport = transport;
    channel->options = options ? *options : defaults;
    pt_outbox_init(&channel->line);
    pt_outbox_init(&channel->out);
    atomic_init(&channel->next_stream, 1);
    channel->table_mask = table_mask_for(channel->options.max_outstanding);
    channel->table = calloc(channel->table_mask + 1, sizeof *channel->table);
    snprintf(channel->reason, sizeof channel->reason, "no connection yet");
    pthread_mutex_init(&channel->lock, NULL);
    pthread_cond_init(&channel->quiet, NULL);
    channel->target = strdup(target);
    if (!channel->target || !channel->table) {
        code = pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", target);
        goto fail;
    }
    if ((code = pt_timers_new(&channel->timers, st))) goto fail;
    if ((code = open_link(channel, st))) goto fail_open;
    pt_timers_set(channel->timers, &channel->first_attempt, pt_now_ns() + FIRST_ATTEMPT_NS, on_first_attempt);
    *ret_channel = channel;
    return PT_OK;
fail_open:
    if (channel->link) channel->transport->link_close(channel->link);
fail:
    destroy(channel);
    return code;
}

pt_code pt_channel_open(const char *target, const pt_channel_options *options, pt_channel **ret_channel, pt_status *st) {
    return pt_channel_open_over(&pt_transport_nng, target, options, ret_channel, st);
}

void pt_channel_close(pt_channel *channel) {
    if (!channel) return;
    pthread_mutex_lock(&channel->lock);
    channel->closing = true;
    retreat(channel);
    fail_line(channel);
    while (channel->sending)
        pthread_cond_wait(&channel->quiet, &channel->lock);
    pthread_mutex_unlock(&channel->lock);
    channel->transport->link_close(channel->link); /* ends the calls that were sent */
    pthread_mutex_lock(&channel->lock);
    while (channel->n_calls)
        pthread_cond_wait(&channel->quiet, &channel->lock);
    pthread_mutex_unlock(&channel->lock);
    destroy(channel);
}

const char *pt_channel_target(const pt_channel *channel) {
    return channel->target;
}

bool pt_channel_connected(const pt_channel *channel) {
    pt_channel *c = (pt_channel *)channel;
    pthread_mutex_lock(&c->lock);
    bool up = c->state == PT_UP && !c->leaving;
    pthread_mutex_unlock(&c->lock);
    return up;
}
