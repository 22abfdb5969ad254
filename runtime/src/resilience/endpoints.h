/* The endpoints of a channel: keeps what is known of each while lists of addresses come and go, picks from them for each
 * attempt, and tells the policies how the attempts end.
 *
 *     pt_endpoints_update(es, list)                   when discovery has a new list
 *     pt_endpoint_set_ready(endpoint, true)           when the channel has connected
 *     pt_endpoints_pick(es, &request, &pick, ...)     for each attempt
 *     pt_endpoints_report(es, &pick, &end, now)       at its end, exactly once
 *     pt_endpoints_sweep(es, now, random)             every pt_endpoints_sweep_ns
 *
 * Thread: any. A pick holds a lock for as long as it takes to count a reference; updates wait for each other, never for calls.
 */
#ifndef PT_RESILIENCE_ENDPOINTS_H
#define PT_RESILIENCE_ENDPOINTS_H

#include "discovery/address.h"
#include "resilience/balancer.h"

#define PT_DEFAULT_MAX_OUTSTANDING 1024

/* All outlive the table. */
typedef struct pt_endpoints_options {
    const pt_balancing_policy *balancing;
    const pt_breaker_policy *breaker;
    const pt_outlier_policy *outlier;
    uint32_t max_outstanding; /* calls under way on one endpoint; at least 1 */

    /* Optional. An endpoint has come: the time to set its `user` and to connect. It has gone: new calls don't reach it; those
     * under way still end on it, and the last reference is whoever's. Called within pt_endpoints_update and pt_endpoints_free,
     * one at a time, with no lock that picks or reports need. */
    void (*added)(void *arg, pt_endpoint *endpoint);
    void (*gone)(void *arg, pt_endpoint *endpoint);
    void *arg;
} pt_endpoints_options;

typedef struct pt_endpoints pt_endpoints;

/* How an attempt ended, as far as its endpoint is concerned. */
typedef struct pt_endpoint_end {
    pt_code code;
    bool not_run; /* it certainly did not run */
} pt_endpoint_end;

/* For people and metrics. */
typedef struct pt_endpoint_snapshot {
    const char *url; /* valid during the visit */
    uint32_t weight;
    bool ready, ejected;
    uint32_t outstanding;
    uint64_t latency_ns; /* moving average; 0: not known */
    uint64_t n_calls, n_failures;
    pt_breaker_snapshot breaker;
} pt_endpoint_snapshot;

/* An empty table. RESOURCE_EXHAUSTED: no memory. */
pt_code pt_endpoints_new(const pt_endpoints_options *options, pt_endpoints **ret_endpoints, pt_status *st) PT_MUST_CHECK;

/* Every pick has been reported. Calls `gone` for each endpoint. NULL is allowed. */
void pt_endpoints_free(pt_endpoints *es);

/* Replaces the addresses: sorted by URL, each once, as a pt_address_list has them. Endpoints whose URL stays keep their state.
 * RESOURCE_EXHAUSTED: no memory; the former ones stay. */
pt_code pt_endpoints_update(pt_endpoints *es, const pt_address *addresses, size_t n, pt_status *st) PT_MUST_CHECK;

/* See pt_balancer_pick. */
pt_pick_result pt_endpoints_pick(pt_endpoints *es, const pt_pick_request *request, pt_pick *ret_pick, uint64_t *ret_retry_ns);

/* The attempt has ended: tells breaker, outlier detection and latency, and gives the place back. */
void pt_endpoints_report(pt_endpoints *es, pt_pick *pick, const pt_endpoint_end *end, uint64_t now_ns);

/* Looks for outliers, at intervals of pt_endpoints_sweep_ns. RESOURCE_EXHAUSTED: no memory, no look. */
pt_code pt_endpoints_sweep(pt_endpoints *es, uint64_t now_ns, uint64_t random) PT_MUST_CHECK;
uint64_t pt_endpoints_sweep_ns(const pt_endpoints *es);

/* Shows each endpoint, by URL. */
void pt_endpoints_look(pt_endpoints *es, uint64_t now_ns, void (*visit)(void *arg, const pt_endpoint_snapshot *e), void *arg);

/* Sets a status for a call that found no place, UNAVAILABLE or RESOURCE_EXHAUSTED, that says why. Returns its code. */
pt_code pt_pick_status(pt_pick_result result, const char *target, pt_status *st);

#endif
