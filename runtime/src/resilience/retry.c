#include "resilience/retry.h"

#include "resilience/random.h"

void pt_retry_init(pt_retry *r, const pt_retry_policy *policy, const pt_repeat_call *call) {
    *r = (pt_retry){.policy = policy, .call = *call};
}

/* Whether the method may run more than once. */
static bool repeatable(const pt_retry *r) {
    return r->call.idempotency == PT_NO_SIDE_EFFECTS || r->call.idempotency == PT_IDEMPOTENT;
}

pt_attempt pt_retry_begin(pt_retry *r, uint64_t now_ns) {
    uint64_t until = r->policy->attempt_timeout_ns ? pt_time_after(now_ns, r->policy->attempt_timeout_ns) : PT_NEVER;
    r->n_attempts++;
    uint32_t own = repeatable(r) && r->policy->max_attempts > r->n_attempts ? r->policy->max_attempts - r->n_attempts : 0;
    r->granted = pt_budget_grant(&r->call.budget, own);
    return (pt_attempt){
        .number = r->n_sent++,
        .budget = r->granted,
        .deadline_ns = until < r->call.deadline_ns ? until : r->call.deadline_ns,
    };
}

/* gRFC A6: initial * multiplier^(n-1), at most the maximum, give or take a fifth. */
static uint64_t backoff(const pt_retry *r, uint64_t random) {
    double most = (double)r->policy->max_backoff_ns, span = (double)r->policy->initial_backoff_ns;
    for (uint32_t i = 0; i < r->n_backoffs && span < most; i++)
        span *= r->policy->backoff_multiplier;
    if (span > most) span = most;
    return (uint64_t)(span * (0.8 + 0.4 * pt_random_unit(random)));
}

/* When the next attempt is due. */
static uint64_t due(pt_retry *r, const pt_attempt_end *end, uint64_t now_ns, uint64_t random) {
    if (end->retry_after_ms < 0) {
        uint64_t at_ns = pt_time_after(now_ns, backoff(r, random));
        r->n_backoffs++;
        return at_ns;
    }
    r->n_backoffs = 0;
    if ((uint64_t)end->retry_after_ms > PT_NEVER / PT_MILLISECONDS(1)) return PT_NEVER;
    return pt_time_after(now_ns, PT_MILLISECONDS((uint64_t)end->retry_after_ms));
}

/* What speaks against another attempt; PT_RETRY_AGAIN: nothing. */
static pt_retry_verdict objection(const pt_retry *r, const pt_attempt_end *end) {
    if (end->delivered) return PT_RETRY_DELIVERED;
    if (!end->timed_out && !pt_code_set_has(r->policy->codes, end->code)) return PT_RETRY_CODE;
    if (!end->not_run && !repeatable(r)) return PT_RETRY_MAY_HAVE_RUN;
    if (r->n_attempts >= r->policy->max_attempts) return PT_RETRY_ATTEMPTS;
    if (!end->not_run && r->call.budget == 0) return PT_RETRY_BUDGET;
    if (!pt_throttle_allows(r->call.throttle)) return PT_RETRY_THROTTLED;
    return PT_RETRY_AGAIN;
}

/* The first attempt that did not run is repeated at once and counts for nothing, unless the server wishes to be left alone. */
static bool repeats_free(const pt_retry *r, const pt_attempt_end *end, uint64_t now_ns) {
    return end->not_run && end->code == PT_UNAVAILABLE && !end->delivered && end->retry_after_ms < 0 && !r->repeated_free &&
           now_ns < r->call.deadline_ns;
}

pt_retry_decision pt_retry_next(pt_retry *r, const pt_attempt_end *end, uint64_t now_ns, uint64_t random) {
    if (end->not_run) r->call.budget += r->granted; /* nobody below can have spent it */
    r->granted = 0;
    if (end->code == PT_OK) {
        pt_throttle_succeeded(r->call.throttle);
        return (pt_retry_decision){.verdict = PT_RETRY_DONE};
    }
    if (repeats_free(r, end, now_ns)) {
        r->repeated_free = true;
        r->n_attempts--;
        return (pt_retry_decision){.verdict = PT_RETRY_AGAIN, .at_ns = now_ns};
    }
    if (end->timed_out || pt_code_set_has(r->policy->codes, end->code)) pt_throttle_failed(r->call.throttle);
    pt_retry_decision d = {.verdict = objection(r, end)};
    if (d.verdict != PT_RETRY_AGAIN) return d;
    d.at_ns = due(r, end, now_ns, random);
    if (d.at_ns >= r->call.deadline_ns) return (pt_retry_decision){.verdict = PT_RETRY_DEADLINE};
    if (!end->not_run) r->call.budget--;
    return d;
}

const char *pt_retry_verdict_text(pt_retry_verdict verdict) {
    switch (verdict) {
    case PT_RETRY_AGAIN: return "it is tried again";
    case PT_RETRY_DONE: return "it succeeded";
    case PT_RETRY_CODE: return "the code is not retried";
    case PT_RETRY_DELIVERED: return "part of an answer was delivered";
    case PT_RETRY_MAY_HAVE_RUN: return "it may have run and is not idempotent";
    case PT_RETRY_ATTEMPTS: return "all attempts are used up";
    case PT_RETRY_BUDGET: return "the retry budget is used up";
    case PT_RETRY_THROTTLED: return "retries are throttled";
    case PT_RETRY_DEADLINE: return "the deadline leaves no time for another attempt";
    }
    return "unknown";
}
