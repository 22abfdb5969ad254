/* A circuit breaker: after too many failures it keeps calls away from an endpoint for a while, then lets a single one through
 * as a probe, whose success closes it again.
 *
 *     closed --failures--> open --open_ns--> half-open, one probe --success--> closed
 *                            ^-------------------------- failure --'
 *
 * Thread: any. While it is closed and calls go well, and only failures in a row are counted, no lock is taken. */
#ifndef PT_RESILIENCE_BREAKER_H
#define PT_RESILIENCE_BREAKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "resilience/code_set.h"
#include "resilience/time.h"

typedef struct pt_breaker_policy {
    uint32_t consecutive_failures; /* that open it; 0: they are not counted */
    uint64_t open_ns;              /* until the probe */
    uint32_t failure_percentage;   /* within the window that opens it, 1 to 100; 0: not looked at */
    uint64_t window_ns;            /* the last tenth of it slides out at a time */
    uint32_t minimum_calls;        /* that the window must hold before its percentage counts */
    uint64_t slow_call_ns;         /* a call that takes longer counts as failed; 0: none does */
    pt_code_set codes;             /* that count as failed */
} pt_breaker_policy;

#define PT_BREAKER_POLICY_INIT                                                                                                 \
    {                                                                                                                          \
        .consecutive_failures = 5, .open_ns = PT_SECONDS(30), .failure_percentage = 0, .window_ns = PT_SECONDS(10),            \
        .minimum_calls = 20, .slow_call_ns = 0, .codes = PT_FAILURE_CODES                                                      \
    }

typedef enum pt_breaker_state { PT_BREAKER_CLOSED, PT_BREAKER_OPEN, PT_BREAKER_HALF_OPEN } pt_breaker_state;

typedef enum pt_breaker_outcome {
    PT_BREAKER_SUCCESS,
    PT_BREAKER_FAILURE,
    PT_BREAKER_NEITHER, /* it says nothing about the endpoint: the caller cancelled, or the call never left */
} pt_breaker_outcome;

/* An admitted call. Each ticket is given back once, by pt_breaker_report. */
typedef struct pt_breaker_ticket {
    uint64_t word; /* the breaker's when the call was admitted: results that come after a change of state don't count */
} pt_breaker_ticket;

#define PT_BREAKER_BUCKETS 10

/* In its owner's storage; fields are private. */
typedef struct pt_breaker {
    const pt_breaker_policy *policy;
    atomic_uint_fast64_t word;     /* state in the lowest 2 bits, number of changes of state above */
    atomic_uint_fast64_t probe_ns; /* open: when the probe may come */
    atomic_uint_fast32_t in_a_row; /* failures */
    atomic_uint_fast64_t n_refused;
    pthread_mutex_t lock; /* of all changes; what follows changes under it only */
    uint64_t n_opened;
    struct {
        uint64_t slice; /* number of the tenth of a window that it counts */
        uint32_t calls, failures;
    } buckets[PT_BREAKER_BUCKETS];
} pt_breaker;

/* For people and metrics. */
typedef struct pt_breaker_snapshot {
    pt_breaker_state state;
    uint32_t failures_in_a_row;
    uint32_t window_calls, window_failures; /* only with a failure_percentage */
    uint64_t probe_ns;                      /* open: when a probe may come */
    uint64_t n_opened;                      /* times that it opened */
    uint64_t n_refused;                     /* calls */
} pt_breaker_snapshot;

/* Closed. `policy` outlives it. */
void pt_breaker_init(pt_breaker *b, const pt_breaker_policy *policy);
void pt_breaker_done(pt_breaker *b);

/* Asks for leave to call the endpoint. True: *ret_ticket is to be given back by pt_breaker_report. False: it is open, or its
 * probe is under way. */
bool pt_breaker_admit(pt_breaker *b, uint64_t now_ns, pt_breaker_ticket *ret_ticket);

/* Whether pt_breaker_admit would say yes now; takes nothing and counts nothing. */
bool pt_breaker_admits(const pt_breaker *b, uint64_t now_ns);

/* The call that was admitted has ended. */
void pt_breaker_report(pt_breaker *b, pt_breaker_ticket ticket, pt_breaker_outcome outcome, uint64_t now_ns);

/* What the end of a call says, by the policy. */
pt_breaker_outcome pt_breaker_judge(const pt_breaker_policy *policy, pt_code code, bool not_run, uint64_t latency_ns);

/* When it may admit a call again; 0: now; PT_NEVER: when its probe has ended. */
uint64_t pt_breaker_admits_at(const pt_breaker *b, uint64_t now_ns);

pt_breaker_snapshot pt_breaker_look(pt_breaker *b, uint64_t now_ns);

/* "closed", "open", "half-open". Static storage. */
const char *pt_breaker_state_name(pt_breaker_state state);

#endif
