/* The endpoints of a channel at one time, with what the balancers need to pick from them quickly. Never changed; a new list of
 * addresses makes a new set. Thread: any. */
#ifndef PT_RESILIENCE_ENDPOINT_SET_H
#define PT_RESILIENCE_ENDPOINT_SET_H

#include "resilience/balancing.h"
#include "resilience/endpoint.h"

typedef struct pt_ring_point {
    uint64_t hash;
    uint32_t index; /* of the endpoint */
} pt_ring_point;

typedef struct pt_endpoint_set {
    atomic_size_t refs;
    uint32_t n;
    pt_endpoint **endpoints; /* n, by URL; a reference each */
    uint32_t *weights;       /* n */
    uint64_t weight;         /* of all */
    uint32_t n_turns;        /* 0: all weights are equal, so that the turns are the endpoints in order */
    uint32_t *turns;         /* indices, each as often as its weight says, evenly spread */
    uint32_t n_points;       /* 0: no ring */
    pt_ring_point *points;   /* by hash */
} pt_endpoint_set;

/* A set of `n` endpoints with weights of at least 1, with one reference; takes a reference to each endpoint. A ring is made
 * only for PT_RING_HASH. NULL: no memory. */
pt_endpoint_set *pt_endpoint_set_new(pt_endpoint *const *endpoints, const uint32_t *weights, uint32_t n,
                                     const pt_balancing_policy *policy);

pt_endpoint_set *pt_endpoint_set_ref(pt_endpoint_set *set);
void pt_endpoint_set_unref(pt_endpoint_set *set);

/* The place on the ring where the search for `hash` begins; n_points is not 0. */
uint32_t pt_ring_find(const pt_endpoint_set *set, uint64_t hash);

#endif
