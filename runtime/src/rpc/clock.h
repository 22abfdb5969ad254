/* The clock that deadlines are measured by: it never goes back. */
#ifndef PT_RPC_CLOCK_H
#define PT_RPC_CLOCK_H

#include <stdint.h>
#include <time.h>

#define PT_NS_PER_MS UINT64_C(1000000)
#define PT_NS_PER_US UINT64_C(1000)

/* Nanoseconds of CLOCK_MONOTONIC. */
static inline uint64_t pt_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/* The same moment for pthread_cond_clockwait. */
static inline struct timespec pt_timespec_of_ns(uint64_t ns) {
    return (struct timespec){.tv_sec = (time_t)(ns / UINT64_C(1000000000)), .tv_nsec = (long)(ns % UINT64_C(1000000000))};
}

#endif
