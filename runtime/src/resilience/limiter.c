#include "resilience/limiter.h"

#include <math.h>

#include "resilience/random.h"

/* How much of the way to a new limit one window goes. */
#define SMOOTHING 0.2

/* By how much a dropped call lowers the limit. */
#define DROP_FACTOR 0.9

void pt_limiter_init(pt_limiter *l, const pt_limiter_policy *policy, uint64_t now_ns) {
    *l = (pt_limiter){.policy = policy, .exact = policy->initial};
    atomic_init(&l->limit, policy->initial);
    atomic_init(&l->window_end_ns, pt_time_after(now_ns, policy->window_ns));
    l->remeasure_at_ns = pt_time_after(now_ns, policy->remeasure_ns);
    pthread_mutex_init(&l->lock, NULL);
}

void pt_limiter_done(pt_limiter *l) {
    pthread_mutex_destroy(&l->lock);
}

bool pt_limiter_admit(pt_limiter *l) {
    uint_fast32_t running = atomic_load_explicit(&l->running, memory_order_relaxed);
    do {
        if (running >= atomic_load_explicit(&l->limit, memory_order_relaxed)) {
            atomic_fetch_add_explicit(&l->n_refused, 1, memory_order_relaxed);
            return false;
        }
    } while (!atomic_compare_exchange_weak(&l->running, &running, running + 1));
    uint_fast32_t peak = atomic_load_explicit(&l->peak, memory_order_relaxed);
    while (running + 1 > peak && !atomic_compare_exchange_weak(&l->peak, &peak, running + 1))
        ;
    return true;
}

/* ---- the end of a window; under the lock ---- */

static void set_limit(pt_limiter *l, double limit) {
    const pt_limiter_policy *p = l->policy;
    l->exact = fmin(fmax(limit, p->floor), p->ceiling);
    atomic_store(&l->limit, (uint32_t)l->exact);
}

/* Where the latency of a window says that the limit should be. */
static double target(const pt_limiter *l, uint64_t sampled_ns) {
    double gradient = l->policy->tolerance * (double)l->unloaded_ns / (double)sampled_ns;
    return l->exact * fmin(fmax(gradient, 0.5), 1) + sqrt(l->exact);
}

static void adapt(pt_limiter *l, uint64_t sampled_ns, uint32_t peak, bool dropped) {
    if (!l->unloaded_ns || sampled_ns < l->unloaded_ns) l->unloaded_ns = sampled_ns;
    if (dropped) {
        set_limit(l, l->exact * DROP_FACTOR);
        return;
    }
    double next = l->exact + SMOOTHING * (target(l, sampled_ns) - l->exact);
    if (next > l->exact && peak * 2 < l->exact) return; /* nobody needs more */
    set_limit(l, next);
}

/* Halves the limit, or gives back what was halved. The calls that run already need a window to get through. */
static void step(pt_limiter *l, uint64_t sampled_ns, uint32_t peak, bool dropped, uint64_t now_ns, uint64_t random) {
    uint64_t span = l->policy->remeasure_ns;
    switch (l->phase) {
    case PT_LIMITER_ADAPTING:
        adapt(l, sampled_ns, peak, dropped);
        if (now_ns < l->remeasure_at_ns) return;
        atomic_store(&l->limit, (uint32_t)fmax(l->exact / 2, l->policy->floor));
        l->phase = PT_LIMITER_SETTLING;
        return;
    case PT_LIMITER_SETTLING: l->phase = PT_LIMITER_MEASURING; return;
    case PT_LIMITER_MEASURING:
        l->unloaded_ns = sampled_ns;
        set_limit(l, l->exact);
        l->remeasure_at_ns =
            pt_time_after(now_ns, pt_time_after(span, (uint64_t)((double)span * 0.1 * pt_random_unit(random))));
        l->phase = PT_LIMITER_ADAPTING;
        return;
    }
}

static void end_window(pt_limiter *l, uint64_t now_ns, uint64_t random) {
    uint32_t samples = (uint32_t)atomic_load(&l->samples);
    if (now_ns < atomic_load(&l->window_end_ns) || samples < l->policy->window_samples) return; /* another thread was first */
    uint64_t sampled_ns = atomic_exchange(&l->sum_ns, 0) / samples;
    atomic_store(&l->samples, 0);
    uint32_t peak = (uint32_t)atomic_exchange(&l->peak, atomic_load(&l->running));
    bool dropped = atomic_exchange(&l->dropped, false);
    atomic_store(&l->window_end_ns, pt_time_after(now_ns, l->policy->window_ns));
    step(l, sampled_ns ? sampled_ns : 1, peak, dropped, now_ns, random);
}

void pt_limiter_report(pt_limiter *l, pt_limiter_outcome outcome, uint64_t latency_ns, uint64_t now_ns, uint64_t random) {
    atomic_fetch_sub(&l->running, 1);
    if (outcome == PT_LIMITER_IGNORE) return;
    if (outcome == PT_LIMITER_DROPPED) atomic_store(&l->dropped, true);
    atomic_fetch_add_explicit(&l->sum_ns, latency_ns, memory_order_relaxed);
    uint_fast32_t samples = atomic_fetch_add(&l->samples, 1) + 1;
    if (samples < l->policy->window_samples || now_ns < atomic_load_explicit(&l->window_end_ns, memory_order_relaxed)) return;
    if (pthread_mutex_trylock(&l->lock) != 0) return;
    end_window(l, now_ns, random);
    pthread_mutex_unlock(&l->lock);
}

pt_limiter_snapshot pt_limiter_look(pt_limiter *l) {
    pthread_mutex_lock(&l->lock);
    pt_limiter_snapshot s = {
        .limit = (uint32_t)atomic_load(&l->limit),
        .running = (uint32_t)atomic_load(&l->running),
        .unloaded_ns = l->unloaded_ns,
        .n_refused = atomic_load(&l->n_refused),
    };
    pthread_mutex_unlock(&l->lock);
    return s;
}
