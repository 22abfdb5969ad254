/* One endpoint of a channel and what the policies know of it: whether it is connected, how many calls are under way there, how
 * long they take, its circuit breaker, its record as an outlier.
 *
 * Thread: any. Counted by references: the table of endpoints has one, each call under way has one. */
#ifndef PT_RESILIENCE_ENDPOINT_H
#define PT_RESILIENCE_ENDPOINT_H

#include "resilience/breaker.h"
#include "resilience/outlier.h"

typedef struct pt_endpoint {
    char *url;     /* constant, as the hash */
    uint64_t hash; /* of the URL: its place on a ring */
    void *user;    /* the channel's own, such as the connection; set while the endpoint is being added, constant afterwards */
    atomic_size_t refs;
    atomic_bool ready; /* there is a connection; the channel says */
    atomic_uint_fast32_t outstanding;
    atomic_uint_fast64_t latency_ns, latency_at_ns; /* moving average and when it was last fed; 0: not known */
    atomic_uint_fast64_t n_calls, n_failures;
    pt_breaker breaker;
    pt_outlier_record outlier;
} pt_endpoint;

/* Not ready, one reference. `policy` outlives it. NULL: no memory. */
pt_endpoint *pt_endpoint_new(const char *url, const pt_breaker_policy *policy);

pt_endpoint *pt_endpoint_ref(pt_endpoint *e);
void pt_endpoint_unref(pt_endpoint *e);

static inline void pt_endpoint_set_ready(pt_endpoint *e, bool ready) {
    atomic_store(&e->ready, ready);
}

/* Takes a place for a call, if fewer than `max_outstanding` are taken, and leave of the breaker. False: neither was taken. */
bool pt_endpoint_take(pt_endpoint *e, uint32_t max_outstanding, uint64_t now_ns, pt_breaker_ticket *ret_ticket);

/* Gives the place back; the breaker is told apart. */
void pt_endpoint_release(pt_endpoint *e);

/* Feeds the average latency. */
void pt_endpoint_feed_latency(pt_endpoint *e, uint64_t latency_ns, uint64_t now_ns);

/* The average latency, which halves for each second without a call, so that an endpoint that was slow once gets another chance.
 * 0: not known. */
uint64_t pt_endpoint_latency(const pt_endpoint *e, uint64_t now_ns);

#endif
