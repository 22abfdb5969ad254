#include "resilience/endpoint_set.h"

#include <stdlib.h>

#include "resilience/random.h"

/* Most turns, unless there are more endpoints. */
#define TURNS_MAX 8192

static uint32_t greatest_common_divisor(uint32_t a, uint32_t b) {
    while (b) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* A weight in its simplest form, and scaled down where all of them make more than `most`. */
static uint32_t share(const pt_endpoint_set *set, uint32_t i, uint32_t divisor, uint64_t most) {
    uint64_t weight = set->weights[i] / divisor, all = set->weight / divisor;
    if (all > most) weight = weight * most / all;
    return weight ? (uint32_t)weight : 1;
}

static uint32_t weights_divisor(const pt_endpoint_set *set) {
    uint32_t divisor = 0;
    for (uint32_t i = 0; i < set->n; i++)
        divisor = greatest_common_divisor(set->weights[i], divisor);
    return divisor ? divisor : 1;
}

/* ---- turns ---- */

/* Turn k of a weight w comes at (k + 1/2) / w of the round. */
typedef struct turn {
    double at;
    uint32_t index;
} turn;

static int by_time(const void *a, const void *b) {
    const turn *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static bool make_turns(pt_endpoint_set *set, uint32_t divisor) {
    if (set->weight == (uint64_t)set->n * divisor) return true;
    uint32_t n = 0;
    for (uint32_t i = 0; i < set->n; i++)
        n += share(set, i, divisor, TURNS_MAX);
    turn *turns = calloc(n, sizeof *turns);
    set->turns = calloc(n, sizeof *set->turns);
    if (!turns || !set->turns) {
        free(turns);
        return false;
    }
    for (uint32_t i = 0; i < set->n; i++) {
        uint32_t weight = share(set, i, divisor, TURNS_MAX);
        for (uint32_t k = 0; k < weight; k++)
            turns[set->n_turns++] = (turn){(k + 0.5) / weight, i};
    }
    qsort(turns, n, sizeof *turns, by_time);
    for (uint32_t k = 0; k < n; k++)
        set->turns[k] = turns[k].index;
    free(turns);
    return true;
}

/* ---- the ring ---- */

static int by_hash(const void *a, const void *b) {
    const pt_ring_point *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Points for a weight of 1: a power of two, so that it stays the same while the endpoints become a few more or less, and none
 * of their points moves. */
static uint32_t points_per_weight(const pt_endpoint_set *set, uint32_t divisor, uint32_t most) {
    uint64_t all = 0, points = 1;
    for (uint32_t i = 0; i < set->n; i++)
        all += share(set, i, divisor, most);
    while (all * points * 2 <= most)
        points *= 2;
    return (uint32_t)points;
}

static bool make_ring(pt_endpoint_set *set, uint32_t divisor, uint32_t most) {
    uint32_t each = points_per_weight(set, divisor, most);
    size_t n = 0;
    for (uint32_t i = 0; i < set->n; i++)
        n += (size_t)each * share(set, i, divisor, most);
    set->points = calloc(n, sizeof *set->points);
    if (!set->points) return false;
    for (uint32_t i = 0; i < set->n; i++) {
        uint32_t points = each * share(set, i, divisor, most);
        for (uint32_t k = 0; k < points; k++)
            set->points[set->n_points++] = (pt_ring_point){pt_scatter(set->endpoints[i]->hash ^ pt_scatter(k)), i};
    }
    qsort(set->points, n, sizeof *set->points, by_hash);
    return true;
}

uint32_t pt_ring_find(const pt_endpoint_set *set, uint64_t hash) {
    uint32_t low = 0, high = set->n_points;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (set->points[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low == set->n_points ? 0 : low;
}

/* ---- life ---- */

pt_endpoint_set *pt_endpoint_set_new(pt_endpoint *const *endpoints, const uint32_t *weights, uint32_t n,
                                     const pt_balancing_policy *policy) {
    pt_endpoint_set *set = calloc(1, sizeof *set);
    if (!set) return NULL;
    atomic_init(&set->refs, 1);
    if (n == 0) return set;
    set->endpoints = calloc(n, sizeof(pt_endpoint *));
    set->weights = calloc(n, sizeof *set->weights);
    if (!set->endpoints || !set->weights) goto fail;
    set->n = n;
    for (uint32_t i = 0; i < n; i++) {
        set->endpoints[i] = pt_endpoint_ref(endpoints[i]);
        set->weights[i] = weights[i];
        set->weight += weights[i];
    }
    uint32_t divisor = weights_divisor(set);
    if (!make_turns(set, divisor)) goto fail;
    if (policy->kind == PT_RING_HASH && !make_ring(set, divisor, policy->ring_points)) goto fail;
    return set;
fail:
    pt_endpoint_set_unref(set);
    return NULL;
}

pt_endpoint_set *pt_endpoint_set_ref(pt_endpoint_set *set) {
    atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
    return set;
}

void pt_endpoint_set_unref(pt_endpoint_set *set) {
    if (!set || atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) > 1) return;
    for (uint32_t i = 0; i < set->n; i++)
        pt_endpoint_unref(set->endpoints[i]);
    free(set->endpoints);
    free(set->weights);
    free(set->turns);
    free(set->points);
    free(set);
}
