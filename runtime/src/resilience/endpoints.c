#include "resilience/endpoints.h"

#include <stdlib.h>

struct pt_endpoints {
    pt_endpoints_options options;
    pt_balancer balancer;
    pt_outlier_detector detector;
    pthread_mutex_t update_lock; /* one update at a time */
    pthread_mutex_t lock;        /* of the pointer below */
    pt_endpoint_set *set;
};

static pt_endpoint_set *current(pt_endpoints *es) {
    pthread_mutex_lock(&es->lock);
    pt_endpoint_set *set = pt_endpoint_set_ref(es->set);
    pthread_mutex_unlock(&es->lock);
    return set;
}

/* ---- life ---- */

pt_code pt_endpoints_new(const pt_endpoints_options *options, pt_endpoints **ret_endpoints, pt_status *st) {
    pt_endpoints *es = calloc(1, sizeof *es);
    if (es) es->set = pt_endpoint_set_new(NULL, NULL, 0, options->balancing);
    if (!es || !es->set) {
        free(es);
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "endpoints: out of memory");
    }
    es->options = *options;
    pt_balancer_init(&es->balancer, options->balancing, options->max_outstanding);
    pt_outlier_init(&es->detector, options->outlier);
    pthread_mutex_init(&es->update_lock, NULL);
    pthread_mutex_init(&es->lock, NULL);
    *ret_endpoints = es;
    return PT_OK;
}

void pt_endpoints_free(pt_endpoints *es) {
    if (!es) return;
    for (uint32_t i = 0; es->options.gone && i < es->set->n; i++)
        es->options.gone(es->options.arg, es->set->endpoints[i]);
    pt_endpoint_set_unref(es->set);
    pt_outlier_done(&es->detector);
    pthread_mutex_destroy(&es->lock);
    pthread_mutex_destroy(&es->update_lock);
    free(es);
}

/* ---- updates; under the update lock ---- */

/* What the endpoints of an update are collected in. */
typedef struct plan {
    pt_endpoint **endpoints; /* a reference each */
    uint32_t *weights;
    bool *is_new;
    uint32_t n;
} plan;

static void plan_done(plan *p) {
    for (uint32_t i = 0; i < p->n; i++)
        pt_endpoint_unref(p->endpoints[i]);
    free(p->endpoints);
    free(p->weights);
    free(p->is_new);
}

/* The endpoint of the set with that URL, from place *i on, which moves; both are sorted. */
static pt_endpoint *find_kept(const pt_endpoint_set *set, uint32_t *i, const char *url) {
    while (*i < set->n && strcmp(set->endpoints[*i]->url, url) < 0)
        ++*i;
    return *i < set->n && strcmp(set->endpoints[*i]->url, url) == 0 ? set->endpoints[*i] : NULL;
}

static bool make_plan(const pt_endpoints *es, const pt_address *addresses, size_t n, plan *p) {
    *p = (plan){.endpoints = calloc(n + 1, sizeof(pt_endpoint *)),
                .weights = calloc(n + 1, sizeof *p->weights),
                .is_new = calloc(n + 1, sizeof *p->is_new)};
    if (!p->endpoints || !p->weights || !p->is_new) return false;
    uint32_t at = 0;
    for (; p->n < n; p->n++) {
        pt_endpoint *e = find_kept(es->set, &at, addresses[p->n].url);
        p->is_new[p->n] = !e;
        p->weights[p->n] = addresses[p->n].weight;
        p->endpoints[p->n] = e ? pt_endpoint_ref(e) : pt_endpoint_new(addresses[p->n].url, es->options.breaker);
        if (!p->endpoints[p->n]) return false;
    }
    return true;
}

/* The records of a set's endpoints. NULL: no memory. */
static pt_outlier_record **records_of(const pt_endpoint_set *set) {
    pt_outlier_record **records = calloc(set->n + 1, sizeof(pt_outlier_record *));
    for (uint32_t i = 0; records && i < set->n; i++)
        records[i] = &set->endpoints[i]->outlier;
    return records;
}

static void tell_gone(const pt_endpoints *es, const pt_endpoint_set *before, const pt_endpoint_set *after) {
    uint32_t at = 0;
    for (uint32_t i = 0; es->options.gone && i < before->n; i++)
        if (!find_kept(after, &at, before->endpoints[i]->url)) es->options.gone(es->options.arg, before->endpoints[i]);
}

static pt_code update(pt_endpoints *es, const pt_address *addresses, size_t n) {
    plan p;
    pt_endpoint_set *set = NULL, *former;
    pt_outlier_record **records = NULL;
    pt_code code = PT_RESOURCE_EXHAUSTED;
    if (!make_plan(es, addresses, n, &p)) goto done;
    set = pt_endpoint_set_new(p.endpoints, p.weights, p.n, es->options.balancing);
    if (!set || !(records = records_of(set))) goto done;
    for (uint32_t i = 0; es->options.added && i < p.n; i++)
        if (p.is_new[i]) es->options.added(es->options.arg, p.endpoints[i]);
    pthread_mutex_lock(&es->lock);
    former = es->set;
    es->set = set;
    pthread_mutex_unlock(&es->lock);
    pt_outlier_members(&es->detector, records, set->n);
    tell_gone(es, former, set);
    set = former;
    code = PT_OK;
done:
    free(records);
    pt_endpoint_set_unref(set);
    plan_done(&p);
    return code;
}

pt_code pt_endpoints_update(pt_endpoints *es, const pt_address *addresses, size_t n, pt_status *st) {
    pthread_mutex_lock(&es->update_lock);
    pt_code code = n > UINT32_MAX ? PT_RESOURCE_EXHAUSTED : update(es, addresses, n);
    pthread_mutex_unlock(&es->update_lock);
    return code ? pt_status_set(st, code, "%zu endpoints: out of memory", n) : PT_OK;
}

/* ---- calls ---- */

pt_pick_result pt_endpoints_pick(pt_endpoints *es, const pt_pick_request *request, pt_pick *ret_pick, uint64_t *ret_retry_ns) {
    pt_endpoint_set *set = current(es);
    pt_pick_result result = pt_balancer_pick(&es->balancer, set, request, ret_pick, ret_retry_ns);
    pt_endpoint_set_unref(set);
    return result;
}

void pt_endpoints_report(pt_endpoints *es, pt_pick *pick, const pt_endpoint_end *end, uint64_t now_ns) {
    pt_endpoint *e = pick->endpoint;
    uint64_t latency_ns = now_ns > pick->begun_ns ? now_ns - pick->begun_ns : 0;
    pt_breaker_outcome outcome = pt_breaker_judge(es->options.breaker, end->code, end->not_run, latency_ns);
    pt_breaker_report(&e->breaker, pick->ticket, outcome, now_ns);
    atomic_fetch_add_explicit(&e->n_calls, 1, memory_order_relaxed);
    if (outcome == PT_BREAKER_FAILURE) atomic_fetch_add_explicit(&e->n_failures, 1, memory_order_relaxed);
    if (outcome != PT_BREAKER_NEITHER) pt_outlier_report(&es->detector, &e->outlier, outcome == PT_BREAKER_FAILURE, now_ns);
    if (outcome == PT_BREAKER_SUCCESS) pt_endpoint_feed_latency(e, latency_ns, now_ns); /* failures are often quick */
    pt_balancer_release(&es->balancer, pick);
}

pt_code pt_pick_status(pt_pick_result result, const char *target, pt_status *st) {
    switch (result) {
    case PT_PICKED: return PT_OK;
    case PT_PICK_EMPTY: return pt_status_set(st, PT_UNAVAILABLE, "%s: there are no endpoints", target);
    case PT_PICK_NOT_READY: return pt_status_set(st, PT_UNAVAILABLE, "%s: no endpoint is connected", target);
    case PT_PICK_OPEN:
        return pt_status_set(st, PT_UNAVAILABLE, "%s: too many calls failed; the circuit breakers of all endpoints are open",
                             target);
    case PT_PICK_FULL: break;
    }
    return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: all endpoints have as many calls under way as they may", target);
}

/* ---- looking ---- */

pt_code pt_endpoints_sweep(pt_endpoints *es, uint64_t now_ns, uint64_t random) {
    pt_endpoint_set *set = current(es);
    pt_outlier_record **records = records_of(set);
    if (records) pt_outlier_sweep(&es->detector, records, set->n, now_ns, random);
    free(records);
    pt_endpoint_set_unref(set);
    return records ? PT_OK : PT_RESOURCE_EXHAUSTED;
}

uint64_t pt_endpoints_sweep_ns(const pt_endpoints *es) {
    return es->options.outlier->interval_ns;
}

void pt_endpoints_look(pt_endpoints *es, uint64_t now_ns, void (*visit)(void *arg, const pt_endpoint_snapshot *e), void *arg) {
    pt_endpoint_set *set = current(es);
    for (uint32_t i = 0; i < set->n; i++) {
        pt_endpoint *e = set->endpoints[i];
        pt_endpoint_snapshot snapshot = {
            .url = e->url,
            .weight = set->weights[i],
            .ready = atomic_load(&e->ready),
            .ejected = pt_outlier_ejected(&e->outlier),
            .outstanding = (uint32_t)atomic_load(&e->outstanding),
            .latency_ns = pt_endpoint_latency(e, now_ns),
            .n_calls = atomic_load(&e->n_calls),
            .n_failures = atomic_load(&e->n_failures),
            .breaker = pt_breaker_look(&e->breaker, now_ns),
        };
        visit(arg, &snapshot);
    }
    pt_endpoint_set_unref(set);
}
