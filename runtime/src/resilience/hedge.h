/* Hedging (gRFC A6): further attempts of a call start before the earlier ones have ended, and the first good answer wins. Only
 * methods without side effects are hedged; for any other the policy is one attempt, and once more where it certainly did not
 * run.
 *
 *     pt_hedge_init(&h, policy, &call);
 *     loop:  while ((step = pt_hedge_tick(&h, now)).what == PT_HEDGE_START) send step.attempt;
 *            wait for step.wake_ns or for the end of an attempt;
 *            if an attempt ended and pt_hedge_ended(&h, &end, now) is true: it is the call's result, cancel the others, leave
 *
 * One pt_hedge per call, in the call's storage; the caller locks. */
#ifndef PT_RESILIENCE_HEDGE_H
#define PT_RESILIENCE_HEDGE_H

#include "resilience/retry.h"

typedef struct pt_hedge_policy {
    uint32_t max_attempts; /* with the first */
    uint64_t delay_ns;     /* between one attempt and the next; 0: all at once */
    pt_code_set non_fatal; /* codes that bring the next attempt at once; any other ends the call */
} pt_hedge_policy;

typedef enum pt_hedge_action { PT_HEDGE_START, PT_HEDGE_WAIT } pt_hedge_action;

typedef struct pt_hedge_step {
    pt_hedge_action what;
    pt_attempt attempt; /* START: to be sent now */
    uint64_t wake_ns;   /* WAIT: when to tick again; PT_NEVER: when an attempt ends */
} pt_hedge_step;

/* Fields are private. */
typedef struct pt_hedge {
    const pt_hedge_policy *policy;
    pt_repeat_call call;
    uint32_t most;    /* attempts */
    uint32_t n_begun; /* that count */
    uint32_t n_sent;
    uint32_t n_open; /* under way */
    uint64_t next_ns;
    bool repeated_free, over;
} pt_hedge;

/* Starts a call. `policy` outlives it. */
void pt_hedge_init(pt_hedge *h, const pt_hedge_policy *policy, const pt_repeat_call *call);

/* Whether an attempt starts now. */
pt_hedge_step pt_hedge_tick(pt_hedge *h, uint64_t now_ns);

/* An attempt ended. True: that is how the call ends. Ends that come after it are to be passed over. */
bool pt_hedge_ended(pt_hedge *h, const pt_attempt_end *end, uint64_t now_ns);

#endif
