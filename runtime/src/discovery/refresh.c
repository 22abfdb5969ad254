#include "discovery/refresh.h"

/* From 0 up to 1. */
static double unit(uint64_t random) {
    return (double)(random >> 11) * 0x1p-53;
}

void pt_refresh_init(pt_refresh *r, const pt_refresh_policy *policy) {
    *r = (pt_refresh){.policy = policy};
}

static uint64_t pause_ns(const pt_refresh *r) {
    uint64_t pause = r->policy->retry_min_ns;
    for (uint32_t i = 1; i < r->n_failures && pause < r->policy->retry_max_ns; i++)
        pause *= 2;
    return pause < r->policy->retry_max_ns ? pause : r->policy->retry_max_ns;
}

void pt_refresh_looked(pt_refresh *r, bool well, uint64_t now_ns, uint64_t random) {
    r->looked = true;
    r->last_ns = now_ns;
    r->n_failures = well ? 0 : r->n_failures + 1;
    double span =
        well ? (double)r->policy->interval_ns * (0.9 + 0.2 * unit(random)) : (double)pause_ns(r) * (0.5 + 0.5 * unit(random));
    uint64_t rest = (uint64_t)span;
    r->next_ns = now_ns + (well && rest < r->policy->spacing_ns ? r->policy->spacing_ns : rest);
}

void pt_refresh_wish(pt_refresh *r, uint64_t now_ns) {
    uint64_t soonest = r->looked ? r->last_ns + r->policy->spacing_ns : 0;
    if (soonest < now_ns) soonest = now_ns;
    if (soonest < r->next_ns) r->next_ns = soonest;
}
