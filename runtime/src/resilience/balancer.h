/* Picks an endpoint for an attempt of a call: by the balancing policy, among those that are connected, not ejected, whose
 * circuit breaker lets the call through and that have fewer calls under way than may be. A pick takes about constant time while
 * most endpoints are well (a ring adds a binary search), and looks at all of them where hardly any is.
 *
 * Where no other is left, endpoints that the call was at before are taken, then ejected ones.
 * Thread: any, without a lock. */
#ifndef PT_RESILIENCE_BALANCER_H
#define PT_RESILIENCE_BALANCER_H

#include "partie/buf.h"
#include "resilience/endpoint_set.h"

/* Of one channel. Fields are private. */
typedef struct pt_balancer {
    const pt_balancing_policy *policy;
    uint32_t max_outstanding;
    atomic_uint_fast32_t turn;
    atomic_uint_fast64_t outstanding; /* on all endpoints */
} pt_balancer;

typedef struct pt_pick_request {
    uint64_t now_ns;
    uint64_t random;
    bool has_key;              /* for a ring; calls without a key are spread by two choices */
    uint64_t key;              /* pt_balancer_hash of it */
    pt_endpoint *const *avoid; /* where the call has been; optional */
    size_t n_avoid;
} pt_pick_request;

/* A place on an endpoint, taken for one attempt. */
typedef struct pt_pick {
    pt_endpoint *endpoint; /* with a reference */
    pt_breaker_ticket ticket;
    uint64_t begun_ns;
} pt_pick;

/* Why there is none. */
typedef enum pt_pick_result {
    PT_PICKED,
    PT_PICK_EMPTY,     /* the list is empty */
    PT_PICK_NOT_READY, /* no endpoint is connected */
    PT_PICK_OPEN,      /* those that are have open circuit breakers */
    PT_PICK_FULL,      /* those that could have as many calls under way as may be */
} pt_pick_result;

/* `policy` outlives it. */
void pt_balancer_init(pt_balancer *b, const pt_balancing_policy *policy, uint32_t max_outstanding);

/* Takes a place, which pt_balancer_release gives back. On OPEN, *ret_retry_ns is when the first breaker may let a call through
 * (PT_NEVER: when a probe has ended). */
pt_pick_result pt_balancer_pick(pt_balancer *b, const pt_endpoint_set *set, const pt_pick_request *request, pt_pick *ret_pick,
                                uint64_t *ret_retry_ns);

/* Gives the place back and drops the reference. The breaker has been told. */
void pt_balancer_release(pt_balancer *b, pt_pick *pick);

/* What stands for a key on the ring. */
uint64_t pt_balancer_hash(pt_slice key);

#endif
