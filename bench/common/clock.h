/* The clock of every measurement: the same for all processes of a machine. */
#ifndef PT_BENCH_CLOCK_H
#define PT_BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds since some moment before the machine's start. */
static inline uint64_t pt_clock_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Sleeps that long at least. */
static inline void pt_clock_sleep(double seconds) {
    struct timespec left;
    left.tv_sec = (time_t)seconds;
    left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
    while (nanosleep(&left, &left)) {
    }
}

#endif
