/* Random numbers that can be had again: the seed is printed when a test takes it, and PARTIE_TEST_SEED sets it. */
#ifndef PARTIE_TESTS_SUPPORT_RANDOM_H
#define PARTIE_TESTS_SUPPORT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* SplitMix64 state; one per thread. */
typedef struct pt_random {
    uint64_t state;
} pt_random;

/* From PARTIE_TEST_SEED or, without it, from the system. Prints `seed N (PARTIE_TEST_SEED=N runs it again)` to stderr. */
void pt_random_init(pt_random *random);

/* From a given seed, and prints nothing: for a thread, seeded from another generator. */
void pt_random_seed(pt_random *random, uint64_t seed);

uint64_t pt_random_next(pt_random *random);

/* 0 to below-1; `below` must not be 0. */
uint64_t pt_random_below(pt_random *random, uint64_t below);

void pt_random_bytes(pt_random *random, void *ret_bytes, size_t len);

#endif
