#include "rpc/flow.h"

#include <stdlib.h>

void pt_flow_init(pt_flow *flow) {
    *flow = (pt_flow){.end = &flow->first, .may_send = PT_STREAM_CREDIT, .may_receive = PT_STREAM_CREDIT};
    pthread_mutex_init(&flow->lock, NULL);
    pthread_cond_init(&flow->changed, NULL);
}

void pt_flow_done(pt_flow *flow) {
    for (pt_note *note = flow->first, *next; note; note = next) {
        next = note->next;
        free(note);
    }
    pthread_cond_destroy(&flow->changed);
    pthread_mutex_destroy(&flow->lock);
}

static int64_t cost(size_t len) {
    return (int64_t)len + PT_FLOW_MESSAGE_COST;
}

pt_code pt_flow_arrive(pt_flow *flow, pt_slice message) {
    pt_note *note = malloc(sizeof *note + message.len);
    if (!note) return PT_RESOURCE_EXHAUSTED;
    note->next = NULL;
    note->len = message.len;
    if (message.len) memcpy(note->bytes, message.ptr, message.len);
    pthread_mutex_lock(&flow->lock);
    bool fits = flow->may_receive > 0 && !flow->closed;
    if (fits) {
        flow->may_receive -= cost(message.len);
        *flow->end = note;
        flow->end = &note->next;
        pthread_cond_broadcast(&flow->changed);
    }
    pthread_mutex_unlock(&flow->lock);
    // cppcheck-suppress memleak ; it is in the list
    if (fits) return PT_OK;
    free(note);
    return PT_RESOURCE_EXHAUSTED;
}

static void raise_flag(pt_flow *flow, bool *flag) {
    pthread_mutex_lock(&flow->lock);
    *flag = true;
    pthread_cond_broadcast(&flow->changed);
    pthread_mutex_unlock(&flow->lock);
}

void pt_flow_close(pt_flow *flow) {
    raise_flag(flow, &flow->closed);
}

void pt_flow_end(pt_flow *flow) {
    raise_flag(flow, &flow->over);
}

void pt_flow_grant(pt_flow *flow, uint64_t bytes) {
    pthread_mutex_lock(&flow->lock);
    if (bytes <= INT32_MAX && flow->may_send <= INT32_MAX) flow->may_send += (int64_t)bytes;
    pthread_cond_broadcast(&flow->changed);
    pthread_mutex_unlock(&flow->lock);
}

pt_code pt_flow_spend(pt_flow *flow, size_t len, bool wait) {
    pt_code code = PT_OK;
    pthread_mutex_lock(&flow->lock);
    while (wait && flow->may_send <= 0 && !flow->over)
        pthread_cond_wait(&flow->changed, &flow->lock);
    if (flow->over)
        code = PT_CANCELLED;
    else if (flow->may_send <= 0)
        code = PT_WOULD_BLOCK;
    else
        flow->may_send -= cost(len);
    pthread_mutex_unlock(&flow->lock);
    return code;
}

bool pt_flow_has_credit(pt_flow *flow) {
    pthread_mutex_lock(&flow->lock);
    bool has = flow->may_send > 0;
    pthread_mutex_unlock(&flow->lock);
    return has;
}

bool pt_flow_must_wait(pt_flow *flow, bool reading) {
    pthread_mutex_lock(&flow->lock);
    bool waits = !flow->over && (reading ? !flow->first && !flow->closed : flow->may_send <= 0);
    pthread_mutex_unlock(&flow->lock);
    return waits;
}

/* Takes the first message and reckons what the peer gets back for it: not each byte at once. */
static pt_note *take_first(pt_flow *flow, uint64_t *ret_grant) {
    pt_note *note = flow->first;
    flow->first = note->next;
    if (!flow->first) flow->end = &flow->first;
    flow->eaten += (uint64_t)cost(note->len);
    *ret_grant = 0;
    if (flow->eaten < PT_STREAM_CREDIT / 2 || flow->closed) return note;
    *ret_grant = flow->eaten;
    flow->may_receive += (int64_t)flow->eaten;
    flow->eaten = 0;
    return note;
}

pt_code pt_flow_take(pt_flow *flow, bool wait, pt_note **ret_note, uint64_t *ret_grant) {
    pt_code code = PT_OK;
    *ret_grant = 0;
    pthread_mutex_lock(&flow->lock);
    while (wait && !flow->first && !flow->closed && !flow->over)
        pthread_cond_wait(&flow->changed, &flow->lock);
    if (flow->first)
        *ret_note = take_first(flow, ret_grant);
    else if (flow->closed)
        *ret_note = NULL;
    else
        code = flow->over ? PT_CANCELLED : PT_WOULD_BLOCK;
    pthread_mutex_unlock(&flow->lock);
    return code;
}
