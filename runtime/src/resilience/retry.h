/* Whether and when a failed call is tried again: gRFC A6, and what is needed so that nothing runs twice that must not, and that
 * layers of services don't multiply each other's retries.
 *
 * At most once: an attempt that may have run is repeated only when the method's idempotency level allows it. One that certainly
 * did not run may be repeated whatever it does, and its first repetition comes at once and counts for nothing, since the usual
 * reason is a server that drains.
 *
 * The budget: a call comes with a number of repetitions that it may cause on this channel and in all layers below together.
 * Each attempt passes part of it down, and what was passed down with an attempt that may have run counts as spent. So the calls
 * at the bottom of a chain of any depth are at most 1 + budget, where three layers of three attempts would make 27.
 *
 * One pt_retry per call, in the call's storage; not thread-safe, as a call has one attempt at a time. */
#ifndef PT_RESILIENCE_RETRY_H
#define PT_RESILIENCE_RETRY_H

#include "partie/contract.h"
#include "resilience/code_set.h"
#include "resilience/throttle.h"
#include "resilience/time.h"

typedef struct pt_retry_policy {
    uint32_t max_attempts;       /* with the first; 1: the policy repeats nothing */
    uint64_t initial_backoff_ns; /* before the first retry, give or take a fifth */
    uint64_t max_backoff_ns;     /* that it grows to */
    double backoff_multiplier;   /* from one retry to the next */
    pt_code_set codes;           /* that are retried */
    uint64_t attempt_timeout_ns; /* of each attempt; 0: the call's deadline alone */
} pt_retry_policy;

#define PT_RETRY_POLICY_INIT                                                                                                   \
    {                                                                                                                          \
        .max_attempts = 3, .initial_backoff_ns = PT_MILLISECONDS(20), .max_backoff_ns = PT_SECONDS(1),                         \
        .backoff_multiplier = 2, .codes = PT_CODE_BIT(PT_UNAVAILABLE), .attempt_timeout_ns = 0                                 \
    }

/* Repetitions that a call may cause where nobody says. */
#define PT_DEFAULT_RETRY_BUDGET 4

/* What is known of a call before its first attempt. */
typedef struct pt_repeat_call {
    pt_throttle *throttle; /* the channel's; outlives the call */
    pt_idempotency idempotency;
    uint64_t deadline_ns;
    uint32_t budget; /* from the call above (pt_server_call), or the channel's own */
} pt_repeat_call;

/* What an attempt is sent with. */
typedef struct pt_attempt {
    uint32_t number;      /* from 0: Call.attempt of the wire */
    uint32_t budget;      /* repetitions that the layers below may cause: Call.retry_budget, which is one more */
    uint64_t deadline_ns; /* the attempt's own, never after the call's */
} pt_attempt;

/* How an attempt ended. */
typedef struct pt_attempt_end {
    pt_code code;
    bool not_run;           /* it certainly did not run (Result.not_run, or it never left) */
    bool delivered;         /* the application has seen something of the answer, so that another one can't follow */
    bool timed_out;         /* by pt_attempt.deadline_ns, before the call's deadline: retried whatever the policy's codes */
    int64_t retry_after_ms; /* the server's wish; -1: it said nothing */
} pt_attempt_end;

#define PT_ATTEMPT_END_INIT                                                                                                    \
    { .code = PT_OK, .retry_after_ms = -1 }

typedef enum pt_retry_verdict {
    PT_RETRY_AGAIN,        /* at pt_retry_decision.at_ns */
    PT_RETRY_DONE,         /* it succeeded */
    PT_RETRY_CODE,         /* not a code that is retried */
    PT_RETRY_DELIVERED,    /* the application has seen part of an answer */
    PT_RETRY_MAY_HAVE_RUN, /* and the method is not idempotent */
    PT_RETRY_ATTEMPTS,     /* all attempts are used up */
    PT_RETRY_BUDGET,       /* the budget is */
    PT_RETRY_THROTTLED,    /* too many calls of the channel fail */
    PT_RETRY_DEADLINE,     /* the next attempt would come too late */
} pt_retry_verdict;

typedef struct pt_retry_decision {
    pt_retry_verdict verdict; /* anything but AGAIN: the call ends as its last attempt did */
    uint64_t at_ns;           /* AGAIN: when; at most the present: at once */
} pt_retry_decision;

/* Fields are private. */
typedef struct pt_retry {
    const pt_retry_policy *policy;
    pt_repeat_call call;
    uint32_t n_attempts; /* begun, without those that count for nothing */
    uint32_t n_sent;     /* begun */
    uint32_t n_backoffs; /* since the start or the server's last wish */
    uint32_t granted;    /* passed down with the attempt under way */
    bool repeated_free;
} pt_retry;

/* Starts a call. `policy` outlives it. */
void pt_retry_init(pt_retry *r, const pt_retry_policy *policy, const pt_repeat_call *call);

/* Begins an attempt, the first or one that pt_retry_next has asked for. */
pt_attempt pt_retry_begin(pt_retry *r, uint64_t now_ns);

/* The attempt under way has ended: what now? To be asked after every attempt, as successes count too. */
pt_retry_decision pt_retry_next(pt_retry *r, const pt_attempt_end *end, uint64_t now_ns, uint64_t random);

/* "attempts are used up", for status messages and logs. Static storage. */
const char *pt_retry_verdict_text(pt_retry_verdict verdict);

/* What the retries and hedges of a call share of the budget. Takes from *left what the layers below may have, when this one may
 * still repeat `own` times; its own repetitions come first. */
static inline uint32_t pt_budget_grant(uint32_t *left, uint32_t own) {
    uint32_t grant = *left > own ? *left - own : 0;
    *left -= grant;
    return grant;
}

#endif
