#include "resilience/hedge.h"

void pt_hedge_init(pt_hedge *h, const pt_hedge_policy *policy, const pt_repeat_call *call) {
    *h =
        (pt_hedge){.policy = policy, .call = *call, .most = call->idempotency == PT_NO_SIDE_EFFECTS ? policy->max_attempts : 1};
}

/* Whether there can be another attempt besides those under way. */
static bool may_begin(const pt_hedge *h) {
    if (h->over || h->n_begun >= h->most || h->next_ns == PT_NEVER) return false;
    return h->n_begun == 0 || (h->call.budget > 0 && pt_throttle_allows(h->call.throttle));
}

static pt_attempt begin(pt_hedge *h, uint64_t now_ns) {
    if (h->n_begun++) h->call.budget--;
    h->n_open++;
    h->next_ns = pt_time_after(now_ns, h->policy->delay_ns);
    return (pt_attempt){
        .number = h->n_sent++,
        .budget = pt_budget_grant(&h->call.budget, h->most - h->n_begun),
        .deadline_ns = h->call.deadline_ns,
    };
}

pt_hedge_step pt_hedge_tick(pt_hedge *h, uint64_t now_ns) {
    if (!may_begin(h)) return (pt_hedge_step){.what = PT_HEDGE_WAIT, .wake_ns = PT_NEVER};
    if (h->next_ns > now_ns) return (pt_hedge_step){.what = PT_HEDGE_WAIT, .wake_ns = h->next_ns};
    return (pt_hedge_step){.what = PT_HEDGE_START, .attempt = begin(h, now_ns)};
}

/* When the next attempt comes after one that failed: at once, or when the server wishes. */
static uint64_t next_after(const pt_hedge *h, const pt_attempt_end *end, uint64_t now_ns) {
    if (end->retry_after_ms < 0) return now_ns;
    if ((uint64_t)end->retry_after_ms > PT_NEVER / PT_MILLISECONDS(1)) return PT_NEVER;
    uint64_t at_ns = pt_time_after(now_ns, PT_MILLISECONDS((uint64_t)end->retry_after_ms));
    return at_ns < h->call.deadline_ns ? at_ns : PT_NEVER;
}

bool pt_hedge_ended(pt_hedge *h, const pt_attempt_end *end, uint64_t now_ns) {
    if (h->over) return false;
    h->n_open--;
    bool repeats_free = end->not_run && end->code == PT_UNAVAILABLE && end->retry_after_ms < 0 && !h->repeated_free;
    if (end->code == PT_OK) {
        pt_throttle_succeeded(h->call.throttle);
        h->over = true;
    } else if (end->delivered || now_ns >= h->call.deadline_ns) {
        h->over = true;
    } else if (repeats_free) {
        h->repeated_free = true;
        if (--h->n_begun) h->call.budget++;
        h->next_ns = now_ns;
    } else if (pt_code_set_has(h->policy->non_fatal, end->code)) {
        pt_throttle_failed(h->call.throttle);
        h->next_ns = next_after(h, end, now_ns);
        h->over = h->n_open == 0 && !may_begin(h);
    } else {
        h->over = true;
    }
    return h->over;
}
