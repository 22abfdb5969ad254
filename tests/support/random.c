#include "support/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void pt_random_init(pt_random *random) {
    const char *given = getenv("PARTIE_TEST_SEED");
    uint64_t seed = 1;
    if (given && *given)
        seed = strtoull(given, NULL, 10);
    else if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = 1;
    fprintf(stderr, "seed %" PRIu64 " (PARTIE_TEST_SEED=%" PRIu64 " runs it again)\n", seed, seed);
    pt_random_seed(random, seed);
}

void pt_random_seed(pt_random *random, uint64_t seed) {
    random->state = seed;
}

uint64_t pt_random_next(pt_random *random) {
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t pt_random_below(pt_random *random, uint64_t below) {
    return pt_random_next(random) % below;
}

void pt_random_bytes(pt_random *random, void *ret_bytes, size_t len) {
    uint8_t *bytes = ret_bytes;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)pt_random_next(random);
}
