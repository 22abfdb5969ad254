#include "resilience/endpoint.h"

#include <stdlib.h>

#include "core/hash.h"
#include "resilience/random.h"

/* A new latency counts for an eighth. */
#define LATENCY_SHIFT 3

pt_endpoint *pt_endpoint_new(const char *url, const pt_breaker_policy *policy) {
    pt_endpoint *e = calloc(1, sizeof *e);
    char *copy = strdup(url);
    if (!e || !copy) {
        free(e);
        free(copy);
        return NULL;
    }
    e->url = copy;
    e->hash = pt_scatter(pt_fnv1a(pt_slice_str(url)));
    atomic_init(&e->refs, 1);
    pt_breaker_init(&e->breaker, policy);
    return e;
}

pt_endpoint *pt_endpoint_ref(pt_endpoint *e) {
    atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
    return e;
}

void pt_endpoint_unref(pt_endpoint *e) {
    if (!e || atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel) > 1) return;
    pt_breaker_done(&e->breaker);
    free(e->url);
    free(e);
}

bool pt_endpoint_take(pt_endpoint *e, uint32_t max_outstanding, uint64_t now_ns, pt_breaker_ticket *ret_ticket) {
    uint_fast32_t n = atomic_load_explicit(&e->outstanding, memory_order_relaxed);
    do {
        if (n >= max_outstanding) return false;
    } while (!atomic_compare_exchange_weak(&e->outstanding, &n, n + 1));
    if (pt_breaker_admit(&e->breaker, now_ns, ret_ticket)) return true;
    pt_endpoint_release(e);
    return false;
}

void pt_endpoint_release(pt_endpoint *e) {
    atomic_fetch_sub(&e->outstanding, 1);
}

void pt_endpoint_feed_latency(pt_endpoint *e, uint64_t latency_ns, uint64_t now_ns) {
    uint_fast64_t had = atomic_load_explicit(&e->latency_ns, memory_order_relaxed), next;
    do {
        next = had ? had - (had >> LATENCY_SHIFT) + (latency_ns >> LATENCY_SHIFT) : latency_ns;
        if (!next) next = 1;
    } while (!atomic_compare_exchange_weak_explicit(&e->latency_ns, &had, next, memory_order_relaxed, memory_order_relaxed));
    atomic_store_explicit(&e->latency_at_ns, now_ns, memory_order_relaxed);
}

uint64_t pt_endpoint_latency(const pt_endpoint *e, uint64_t now_ns) {
    uint64_t latency_ns = atomic_load_explicit(&e->latency_ns, memory_order_relaxed);
    uint64_t at_ns = atomic_load_explicit(&e->latency_at_ns, memory_order_relaxed);
    uint64_t seconds = now_ns > at_ns ? (now_ns - at_ns) / PT_SECONDS(1) : 0;
    if (!latency_ns) return 0;
    latency_ns = seconds < 63 ? latency_ns >> seconds : 0;
    return latency_ns ? latency_ns : 1;
}
