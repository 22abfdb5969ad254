#include "resilience/outlier.h"

#include <math.h>

#include "resilience/random.h"

void pt_outlier_init(pt_outlier_detector *d, const pt_outlier_policy *policy) {
    *d = (pt_outlier_detector){.policy = policy};
    pthread_mutex_init(&d->lock, NULL);
}

void pt_outlier_done(pt_outlier_detector *d) {
    pthread_mutex_destroy(&d->lock);
}

/* ---- ejecting; under the lock ---- */

/* One may always go while another stays; further ones within the percentage. */
static bool may_eject(const pt_outlier_detector *d) {
    if (d->n_ejected + 1 >= d->n_records) return false;
    return (uint64_t)d->n_ejected * 100 < (uint64_t)d->n_records * d->policy->max_ejection_percent;
}

static void eject(pt_outlier_detector *d, pt_outlier_record *r, uint64_t now_ns) {
    if (pt_outlier_ejected(r) || !may_eject(d)) return;
    r->n_ejections++;
    r->ejected_at_ns = now_ns;
    atomic_store(&r->ejected, true);
    d->n_ejected++;
}

static uint64_t ejection_ns(const pt_outlier_policy *p, uint32_t n_ejections) {
    uint64_t most = p->max_ejection_ns > p->base_ejection_ns ? p->max_ejection_ns : p->base_ejection_ns;
    return p->base_ejection_ns > most / n_ejections ? most : p->base_ejection_ns * n_ejections;
}

/* Those whose time is over come back; those that stayed in forget an ejection. */
static void restore(pt_outlier_detector *d, pt_outlier_record *r, uint64_t now_ns) {
    if (!pt_outlier_ejected(r)) {
        if (r->n_ejections) r->n_ejections--;
    } else if (now_ns >= pt_time_after(r->ejected_at_ns, ejection_ns(d->policy, r->n_ejections))) {
        atomic_store(&r->in_a_row, 0);
        atomic_store(&r->ejected, false);
        d->n_ejected--;
    }
}

static void count_members(pt_outlier_detector *d, pt_outlier_record *const *records, uint32_t n) {
    d->n_records = n;
    d->n_ejected = 0;
    for (uint32_t i = 0; i < n; i++)
        d->n_ejected += pt_outlier_ejected(records[i]);
}

void pt_outlier_members(pt_outlier_detector *d, pt_outlier_record *const *records, uint32_t n) {
    pthread_mutex_lock(&d->lock);
    count_members(d, records, n);
    pthread_mutex_unlock(&d->lock);
}

void pt_outlier_report(pt_outlier_detector *d, pt_outlier_record *r, bool failed, uint64_t now_ns) {
    atomic_fetch_add_explicit(failed ? &r->failures : &r->successes, 1, memory_order_relaxed);
    if (!failed) {
        if (atomic_load_explicit(&r->in_a_row, memory_order_relaxed)) atomic_store(&r->in_a_row, 0);
        return;
    }
    uint32_t in_a_row = (uint32_t)atomic_fetch_add(&r->in_a_row, 1) + 1;
    if (!d->policy->consecutive_errors || in_a_row < d->policy->consecutive_errors || pt_outlier_ejected(r)) return;
    pthread_mutex_lock(&d->lock);
    eject(d, r, now_ns);
    pthread_mutex_unlock(&d->lock);
}

/* ---- a look ---- */

static uint32_t calls_of(const pt_outlier_record *r) {
    return (uint32_t)(atomic_load(&r->successes) + atomic_load(&r->failures));
}

static double rate_of(const pt_outlier_record *r) {
    uint32_t successes = (uint32_t)atomic_load(&r->successes), calls = calls_of(r);
    return calls ? (double)successes / calls : 1;
}

static uint32_t hosts_with_volume(pt_outlier_record *const *records, uint32_t n, uint32_t volume) {
    uint32_t hosts = 0;
    for (uint32_t i = 0; i < n; i++)
        hosts += calls_of(records[i]) >= volume;
    return hosts;
}

/* The rate of success below which an endpoint is an outlier. */
static double success_threshold(const pt_outlier_rule *rule, pt_outlier_record *const *records, uint32_t n, uint32_t hosts) {
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < n; i++)
        if (calls_of(records[i]) >= rule->request_volume) sum += rate_of(records[i]);
    double mean = sum / hosts;
    for (uint32_t i = 0; i < n; i++)
        if (calls_of(records[i]) >= rule->request_volume)
            squares += (rate_of(records[i]) - mean) * (rate_of(records[i]) - mean);
    return mean - sqrt(squares / hosts) * rule->threshold / 1000;
}

static bool succeeds_too_rarely(const pt_outlier_record *r, double threshold) {
    return rate_of(r) < threshold;
}

static bool fails_too_often(const pt_outlier_record *r, double percentage) {
    return (double)atomic_load(&r->failures) * 100 >= (double)calls_of(r) * percentage;
}

typedef struct look {
    pt_outlier_record *const *records;
    uint32_t n;
    uint64_t now_ns, random;
} look;

static void apply(pt_outlier_detector *d, const pt_outlier_rule *rule, const look *l,
                  bool (*is_outlier)(const pt_outlier_record *, double), double threshold) {
    for (uint32_t i = 0; i < l->n; i++) {
        pt_outlier_record *r = l->records[i];
        if (calls_of(r) < rule->request_volume || !is_outlier(r, threshold)) continue;
        if (pt_random_pick(pt_scatter(l->random + i), 100) < rule->enforcement_percentage) eject(d, r, l->now_ns);
    }
}

static void judge(pt_outlier_detector *d, const look *l) {
    const pt_outlier_rule *rate = &d->policy->success_rate, *failures = &d->policy->failure_percentage;
    uint32_t hosts = rate->threshold ? hosts_with_volume(l->records, l->n, rate->request_volume) : 0;
    if (hosts && hosts >= rate->minimum_hosts)
        apply(d, rate, l, succeeds_too_rarely, success_threshold(rate, l->records, l->n, hosts));
    hosts = failures->threshold ? hosts_with_volume(l->records, l->n, failures->request_volume) : 0;
    if (hosts && hosts >= failures->minimum_hosts) apply(d, failures, l, fails_too_often, failures->threshold);
}

void pt_outlier_sweep(pt_outlier_detector *d, pt_outlier_record *const *records, uint32_t n, uint64_t now_ns, uint64_t random) {
    pthread_mutex_lock(&d->lock);
    count_members(d, records, n);
    judge(d, &(look){records, n, now_ns, random});
    for (uint32_t i = 0; i < n; i++) {
        restore(d, records[i], now_ns);
        atomic_store(&records[i]->successes, 0);
        atomic_store(&records[i]->failures, 0);
    }
    pthread_mutex_unlock(&d->lock);
}
