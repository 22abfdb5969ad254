/* Stops retries and hedges of a channel while too many of its calls fail (gRFC A6, retryThrottling): a bucket of tokens from
 * which each failed attempt takes one and to which each success gives a little back. Repetitions need more than half of it.
 *
 * Thread: any, without a lock. */
#ifndef PT_RESILIENCE_THROTTLE_H
#define PT_RESILIENCE_THROTTLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct pt_throttle_policy {
    uint32_t max_tokens;             /* 0: no throttling */
    uint32_t thousandths_of_success; /* that a success gives back */
} pt_throttle_policy;

/* Deep enough that a killed endpoint's calls under way can all be repeated, and in the long run 1 repetition for 10 successes.
 */
#define PT_THROTTLE_POLICY_INIT                                                                                                \
    { .max_tokens = 1000, .thousandths_of_success = 100 }

/* In its owner's storage; fields are private. */
typedef struct pt_throttle {
    int64_t full, gain; /* in thousandths of a token */
    atomic_int_fast64_t has;
} pt_throttle;

/* A full bucket. */
void pt_throttle_init(pt_throttle *t, const pt_throttle_policy *policy);

/* An attempt failed in a way that is retryable; a call succeeded. */
void pt_throttle_failed(pt_throttle *t);
void pt_throttle_succeeded(pt_throttle *t);

/* Whether repetitions are allowed now. */
bool pt_throttle_allows(const pt_throttle *t);

#endif
