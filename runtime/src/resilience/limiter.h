/* An adaptive limit of the calls that a server runs at once: it grows while calls take about as long as they do on an idle
 * server and shrinks as they take longer, so that a server under too much load answers the calls that it can and refuses the
 * rest at once, in place of letting all of them wait past their deadlines.
 *
 * At the end of each window of samples
 *
 *     limit = limit * clamp(tolerance * unloaded / sampled, 1/2, 1) + sqrt(limit)
 *
 * smoothed, where `sampled` is the mean latency of the window and `unloaded` the lowest one that a window has had. What is
 * unloaded changes as the program does, so from time to time the limit is halved for two windows, and the mean of the second is
 * taken for it.
 *
 * Thread: any. Admission and reports are atomic; the end of a window takes a lock that nobody waits for. */
#ifndef PT_RESILIENCE_LIMITER_H
#define PT_RESILIENCE_LIMITER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "resilience/time.h"

typedef struct pt_limiter_policy {
    uint32_t initial, floor, ceiling; /* calls at once; floor at least 1 */
    double tolerance;                 /* times the unloaded latency that are still well; at least 1 */
    uint64_t window_ns;               /* of samples, at least; */
    uint32_t window_samples;          /* and so many, at least */
    uint64_t remeasure_ns;            /* between two measurements of the unloaded latency; a tenth is added at random */
} pt_limiter_policy;

#define PT_LIMITER_POLICY_INIT                                                                                                 \
    {                                                                                                                          \
        .initial = 64, .floor = 4, .ceiling = 4096, .tolerance = 1.5, .window_ns = PT_MILLISECONDS(100), .window_samples = 20, \
        .remeasure_ns = PT_SECONDS(30)                                                                                         \
    }

typedef enum pt_limiter_outcome {
    PT_LIMITER_RAN,     /* its latency counts */
    PT_LIMITER_DROPPED, /* it was given up for lack of time: the limit is too high whatever the latencies say */
    PT_LIMITER_IGNORE,  /* it says nothing, as when it failed at once */
} pt_limiter_outcome;

/* In its owner's storage; fields are private. */
typedef struct pt_limiter {
    const pt_limiter_policy *policy;
    atomic_uint_fast32_t limit, running, peak; /* peak: of running in this window */
    atomic_uint_fast64_t n_refused;
    atomic_uint_fast64_t window_end_ns, sum_ns;
    atomic_uint_fast32_t samples;
    atomic_bool dropped;
    pthread_mutex_t lock; /* of the end of a window, as what follows */
    double exact;         /* the limit, with its fraction */
    uint64_t unloaded_ns; /* 0: not known */
    uint64_t remeasure_at_ns;
    enum { PT_LIMITER_ADAPTING, PT_LIMITER_SETTLING, PT_LIMITER_MEASURING } phase;
} pt_limiter;

/* For people and metrics. */
typedef struct pt_limiter_snapshot {
    uint32_t limit, running;
    uint64_t unloaded_ns; /* 0: not known yet */
    uint64_t n_refused;
} pt_limiter_snapshot;

/* `policy` outlives it. */
void pt_limiter_init(pt_limiter *l, const pt_limiter_policy *policy, uint64_t now_ns);
void pt_limiter_done(pt_limiter *l);

/* Asks for leave to run a call. True: pt_limiter_report is to follow. False: RESOURCE_EXHAUSTED is the answer. */
bool pt_limiter_admit(pt_limiter *l);

/* A call that was admitted has ended after `latency_ns`. `random` spreads the measurements of several servers. */
void pt_limiter_report(pt_limiter *l, pt_limiter_outcome outcome, uint64_t latency_ns, uint64_t now_ns, uint64_t random);

pt_limiter_snapshot pt_limiter_look(pt_limiter *l);

#endif
