/* Random numbers for policies. They take them as parameters, so that a test decides; a channel takes them from a pt_randoms.
 * Not for secrets. */
#ifndef PT_RESILIENCE_RANDOM_H
#define PT_RESILIENCE_RANDOM_H

#include <stdatomic.h>
#include <stdint.h>

/* A stream of 64-bit numbers (SplitMix64) that any number of threads may draw from. */
typedef struct pt_randoms {
    atomic_uint_fast64_t state;
} pt_randoms;

/* Scatters a number over all 64 bits: equal numbers give equal results. Also makes several independent numbers of one:
 * pt_scatter(random + 1), pt_scatter(random + 2) and so on. */
static inline uint64_t pt_scatter(uint64_t z) {
    z += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline void pt_randoms_init(pt_randoms *r, uint64_t seed) {
    atomic_init(&r->state, seed);
}

static inline uint64_t pt_randoms_next(pt_randoms *r) {
    return pt_scatter(atomic_fetch_add_explicit(&r->state, UINT64_C(0x9e3779b97f4a7c15), memory_order_relaxed));
}

/* From 0 up to, and without, 1. */
static inline double pt_random_unit(uint64_t random) {
    return (double)(random >> 11) * 0x1p-53;
}

/* From 0 to below-1; `below` is at least 1. */
static inline uint32_t pt_random_pick(uint64_t random, uint32_t below) {
    return (uint32_t)(((random >> 32) * below) >> 32);
}

#endif
