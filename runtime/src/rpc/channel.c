/* A channel: its connection, the slots that calls are sent on, and the line before them. */
#include <stdio.h>
#include <stdlib.h>

#include "rpc/channel_impl.h"
#include "rpc/clock.h"
#include "rpc/envelope.h"
#include "rpc/options.h"

/* A first attempt that has told nothing for so long counts as failed. */
#define FIRST_ATTEMPT_NS (3000 * PT_NS_PER_MS)

/* ---- the line ---- */

static void line_append(pt_channel *channel, pt_call *call) {
    call->state = PT_CALL_WAITING;
    call->next = NULL;
    call->link = channel->line_end;
    *channel->line_end = call;
    channel->line_end = &call->next;
    channel->n_waiting++;
}

static void line_prepend(pt_channel *channel, pt_call *call) {
    call->state = PT_CALL_WAITING;
    call->next = channel->line;
    call->link = &channel->line;
    if (call->next)
        call->next->link = &call->next;
    else
        channel->line_end = &call->next;
    channel->line = call;
    channel->n_waiting++;
}

static void line_remove(pt_channel *channel, pt_call *call) {
    *call->link = call->next;
    if (call->next)
        call->next->link = call->link;
    else
        channel->line_end = call->link;
    channel->n_waiting--;
}

/* ---- slots ---- */

/* An idle slot, a new one while there are fewer than may be, or NULL. */
static pt_slot *take_slot(pt_channel *channel) {
    pt_slot *slot = channel->idle;
    if (slot) {
        channel->idle = slot->next;
        return slot;
    }
    if (channel->n_slots == channel->options.max_outstanding || !(slot = calloc(1, sizeof *slot))) return NULL;
    slot->channel = channel;
    slot->exchange = channel->transport->link_exchange(channel->link, slot);
    if (!slot->exchange) {
        free(slot);
        return NULL;
    }
    slot->next_made = channel->made;
    channel->made = slot;
    channel->n_slots++;
    return slot;
}

/* Puts a call with its request on a slot. What is returned is to be sent once the lock is released. */
static pt_departure assign(pt_channel *channel, pt_slot *slot, pt_call *call) {
    pt_departure d = {slot->exchange, call->msg};
    slot->call = call;
    slot->connection = channel->connections;
    call->slot = slot;
    call->state = PT_CALL_SENT;
    call->msg = (pt_msg){0};
    slot->ticket = channel->transport->exchange_claim(slot->exchange);
    channel->n_sending++;
    return d;
}

/* The first of the line, if it can be sent now. */
static pt_departure next_departure(pt_channel *channel) {
    pt_call *call = channel->line;
    pt_slot *slot = call && channel->state == PT_UP && !channel->closing ? take_slot(channel) : NULL;
    if (!slot) return (pt_departure){0};
    uint64_t now = pt_now_ns();
    line_remove(channel, call);
    pt_timeout_write(call->timeout, call->deadline_ns > now ? (call->deadline_ns - now) / PT_NS_PER_US : 0);
    return assign(channel, slot, call);
}

/* This thread no longer touches the exchange that it was counted for. */
static void leave_exchange(pt_channel *channel) {
    pthread_mutex_lock(&channel->lock);
    if (--channel->n_sending == 0 && channel->closing) pthread_cond_broadcast(&channel->quiet);
    pthread_mutex_unlock(&channel->lock);
}

static void depart(pt_channel *channel, pt_departure d) {
    if (!d.exchange) return;
    channel->transport->exchange_send(d.exchange, d.request);
    leave_exchange(channel);
}

/* ---- failing ---- */

void pt_channel_fail_later(pt_channel *channel, pt_call *call) {
    call->state = PT_CALL_FAILED;
    pt_timers_set(channel->timers, &call->timer, 0, pt_call_fire);
}

/* The same for a call with a deadline on the timers. If that is firing, it finds the call failed. */
static void fail_timed(pt_channel *channel, pt_call *call) {
    call->state = PT_CALL_FAILED;
    if (pt_timers_cancel(channel->timers, &call->timer)) pt_channel_fail_later(channel, call);
}

static void set_not_run(pt_channel *channel, pt_call *call) {
    call->ctx->not_run = true;
    if (channel->closing)
        pt_status_set(&call->ctx->status, PT_CANCELLED, "%s: the channel was closed", channel->target);
    else
        pt_status_set(&call->ctx->status, PT_UNAVAILABLE, "%s: %s", channel->target, channel->reason);
}

static void set_lost(pt_channel *channel, pt_call *call) {
    if (channel->closing)
        pt_status_set(&call->ctx->status, PT_CANCELLED, "%s: the channel was closed while the call was under way",
                      channel->target);
    else
        pt_status_set(&call->ctx->status, PT_UNAVAILABLE, "%s: the connection was lost while the call was under way",
                      channel->target);
}

/* Fails the calls of the line that don't wait for a connection, or all when closing. */
static void fail_line(pt_channel *channel) {
    for (pt_call *call = channel->line, *next; call; call = next) {
        next = call->next;
        if (call->ctx->wait_for_ready && !channel->closing) continue;
        line_remove(channel, call);
        channel->transport->msg_free(call->msg);
        call->msg = (pt_msg){0};
        set_not_run(channel, call);
        fail_timed(channel, call);
    }
}

/* ---- events of the link ---- */

static void on_up(void *arg) {
    pt_channel *channel = arg;
    pthread_mutex_lock(&channel->lock);
    channel->state = PT_UP;
    channel->connections++;
    pthread_mutex_unlock(&channel->lock);
    pt_departure d;
    do {
        pthread_mutex_lock(&channel->lock);
        d = next_departure(channel);
        pthread_mutex_unlock(&channel->lock);
        depart(channel, d);
    } while (d.exchange);
}

static void set_down(pt_channel *channel, const char *reason) {
    channel->state = PT_DOWN;
    snprintf(channel->reason, sizeof channel->reason, "%s", reason);
    fail_line(channel);
}

static void on_down(void *arg, const char *reason) {
    pt_channel *channel = arg;
    pthread_mutex_lock(&channel->lock);
    set_down(channel, reason);
    pthread_mutex_unlock(&channel->lock);
}

static void on_first_attempt(pt_timer *timer) {
    pt_channel *channel = (pt_channel *)((char *)timer - offsetof(pt_channel, first_attempt));
    pthread_mutex_lock(&channel->lock);
    if (channel->state == PT_CONNECTING) set_down(channel, "no connection yet");
    pthread_mutex_unlock(&channel->lock);
}

/* An exchange ended without a reply. */
static void end_unanswered(pt_channel *channel, pt_slot *slot, pt_call *call, pt_outcome outcome, pt_msg request) {
    if (call && outcome == PT_NOT_SENT && channel->state == PT_UP && slot->connection == channel->connections)
        set_down(channel, "the connection was lost"); /* the event that says so is still to come */
    if (call && outcome == PT_NOT_SENT && call->ctx->wait_for_ready && !channel->closing) {
        call->msg = request;
        line_prepend(channel, call);
        return;
    }
    channel->transport->msg_free(request);
    if (!call) return;
    if (outcome == PT_LOST)
        set_lost(channel, call);
    else
        set_not_run(channel, call);
    if (outcome == PT_NO_MEMORY) pt_status_set(&call->ctx->status, PT_RESOURCE_EXHAUSTED, "%s: out of memory", channel->target);
    fail_timed(channel, call);
}

static void on_ended(void *arg, void *user, pt_outcome outcome, pt_msg msg) {
    pt_channel *channel = arg;
    pt_slot *slot = user;
    pthread_mutex_lock(&channel->lock);
    pt_call *call = slot->call;
    slot->call = NULL;
    slot->next = channel->idle;
    channel->idle = slot;
    bool answered = outcome == PT_ANSWERED;
    bool ends_here = answered && call && pt_timers_cancel(channel->timers, &call->timer);
    if (!answered) {
        end_unanswered(channel, slot, call, outcome, msg);
    } else if (!call) {
        channel->transport->msg_free(msg);
    } else if (!ends_here) {
        call->msg = msg;
        call->state = PT_CALL_ANSWERED_LATE;
    }
    pt_departure d = next_departure(channel);
    pthread_mutex_unlock(&channel->lock);
    depart(channel, d);
    if (ends_here) pt_call_end(call, msg);
}

/* ---- calls ---- */

void pt_channel_call_began(pt_channel *channel) {
    pthread_mutex_lock(&channel->lock);
    channel->n_calls++;
    pthread_mutex_unlock(&channel->lock);
}

void pt_channel_call_over(pt_channel *channel) {
    pthread_mutex_lock(&channel->lock);
    if (--channel->n_calls == 0 && channel->closing) pthread_cond_broadcast(&channel->quiet);
    pthread_mutex_unlock(&channel->lock);
}

void pt_channel_admit(pt_channel *channel, pt_call *call) {
    pt_departure d = {0};
    pt_slot *slot = NULL;
    pt_msg refused = {0};
    pthread_mutex_lock(&channel->lock);
    bool waits = channel->state == PT_CONNECTING || call->ctx->wait_for_ready;
    if (channel->state == PT_UP && !channel->line && !channel->closing) slot = take_slot(channel);
    if (channel->closing || (channel->state != PT_UP && !waits)) {
        refused = call->msg;
        set_not_run(channel, call);
    } else if (!slot && channel->n_waiting >= channel->options.max_waiting) {
        refused = call->msg;
        call->ctx->not_run = true;
        pt_status_set(&call->ctx->status, PT_RESOURCE_EXHAUSTED, "%s: %u calls are waiting already", channel->target,
                      channel->n_waiting);
    }
    if (refused.handle) {
        pt_channel_fail_later(channel, call);
    } else {
        pt_timers_set(channel->timers, &call->timer, call->deadline_ns, pt_call_fire);
        if (slot)
            d = assign(channel, slot, call);
        else
            line_append(channel, call);
    }
    pthread_mutex_unlock(&channel->lock);
    if (refused.handle) channel->transport->msg_free(refused);
    depart(channel, d);
}

/* Takes a call whose deadline has passed from where it is. */
static void take_late(pt_channel *channel, pt_call *call) {
    if (call->state == PT_CALL_WAITING) {
        line_remove(channel, call);
        channel->transport->msg_free(call->msg);
        call->msg = (pt_msg){0};
        call->ctx->not_run = true;
        pt_status_set(&call->ctx->status, PT_DEADLINE_EXCEEDED, "%s: the deadline passed before the call could be sent%s%s",
                      channel->target, channel->state == PT_UP ? "" : ": ", channel->state == PT_UP ? "" : channel->reason);
    } else if (call->state == PT_CALL_SENT) {
        call->slot->call = NULL;
        pt_status_set(&call->ctx->status, PT_DEADLINE_EXCEEDED, "%s: no answer before the deadline", channel->target);
    }
}

void pt_call_fire(pt_timer *timer) {
    pt_call *call = (pt_call *)timer;
    pt_channel *channel = call->channel;
    pthread_mutex_lock(&channel->lock);
    pt_exchange *abandoned = call->state == PT_CALL_SENT && !channel->closing ? call->slot->exchange : NULL;
    uint32_t ticket = abandoned ? call->slot->ticket : 0;
    if (abandoned) channel->n_sending++;
    take_late(channel, call);
    pt_msg reply = call->state == PT_CALL_ANSWERED_LATE ? call->msg : (pt_msg){0};
    pthread_mutex_unlock(&channel->lock);
    if (abandoned) {
        channel->transport->exchange_cancel(abandoned, ticket);
        leave_exchange(channel);
    }
    pt_call_end(call, reply);
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

static pt_code open_link(pt_channel *channel, pt_status *st) {
    pt_link_config config = {
        .target = channel->target,
        .receive_bytes = pt_receive_bytes(&channel->options.limits),
        .reconnect_min_ms = channel->options.reconnect_min_ms,
        .reconnect_max_ms = channel->options.reconnect_max_ms,
        .events = {.up = on_up, .down = on_down, .ended = on_ended, .arg = channel},
    };
    return channel->transport->link_open(&config, &channel->link, st);
}

static void destroy(pt_channel *channel) {
    pt_timers_free(channel->timers);
    for (pt_slot *slot = channel->made, *next; slot; slot = next) {
        next = slot->next_made;
        free(slot);
    }
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
    channel->line_end = &channel->line;
    snprintf(channel->reason, sizeof channel->reason, "no connection yet");
    pthread_mutex_init(&channel->lock, NULL);
    pthread_cond_init(&channel->quiet, NULL);
    channel->target = strdup(target);
    if (!channel->target) {
        code = pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", target);
        goto fail;
    }
    if ((code = pt_timers_new(&channel->timers, st))) goto fail;
    if ((code = open_link(channel, st))) goto fail;
    pt_timers_set(channel->timers, &channel->first_attempt, pt_now_ns() + FIRST_ATTEMPT_NS, on_first_attempt);
    *ret_channel = channel;
    return PT_OK;
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
    fail_line(channel);
    while (channel->n_sending)
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
    bool up = c->state == PT_UP;
    pthread_mutex_unlock(&c->lock);
    return up;
}
