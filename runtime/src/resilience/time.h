/* Spans of time. The policies never look at a clock: each call is told the time, in nanoseconds of any clock that doesn't go
 * back. */
#ifndef PT_RESILIENCE_TIME_H
#define PT_RESILIENCE_TIME_H

#include <stdint.h>

#define PT_MILLISECONDS(n) (UINT64_C(1000000) * (n))
#define PT_SECONDS(n) (UINT64_C(1000000000) * (n))

/* A point that never comes. */
#define PT_NEVER UINT64_MAX

/* A point `span` after another; never later than PT_NEVER. */
static inline uint64_t pt_time_after(uint64_t point, uint64_t span) {
    return span > PT_NEVER - point ? PT_NEVER : point + span;
}

#endif
