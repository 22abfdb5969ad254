/* The clock for deadlines and durations: CLOCK_MONOTONIC, which nobody sets. */
#ifndef PT_PROGRAM_CLOCK_H
#define PT_PROGRAM_CLOCK_H

#include <stdint.h>
#include <time.h>

#define PT_NS_PER_MS UINT64_C(1000000)
#define PT_NS_PER_US UINT64_C(1000)

static inline uint64_t pt_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

#endif
