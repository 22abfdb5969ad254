/* gRPC's service config: what a channel does with the calls of each method, read from JSON (proto/grpc/service_config). What it
 * leaves out has partie's defaults, which are finite and on. docs/resilience.md explains the members.
 *
 * Constant once made; any number of threads may read it. */
#ifndef PT_RESILIENCE_SERVICE_CONFIG_H
#define PT_RESILIENCE_SERVICE_CONFIG_H

#include "partie/buf.h"
#include "resilience/balancing.h"
#include "resilience/breaker.h"
#include "resilience/hedge.h"
#include "resilience/outlier.h"
#include "resilience/retry.h"
#include "resilience/throttle.h"

/* gRPC's ceiling of attempts: more count as so many. */
#define PT_MAX_ATTEMPTS 5

/* Longest text that is read. */
#define PT_SERVICE_CONFIG_BYTES (1u << 20)

typedef struct pt_method_config {
    enum { PT_UNSAID, PT_NO, PT_YES } wait_for_ready; /* where the call itself doesn't say */
    uint64_t timeout_ns;                              /* the nearer of this and the call's own counts; PT_NEVER: not said */
    uint32_t max_request_bytes, max_response_bytes;   /* the smaller of this and the channel's counts; UINT32_MAX: not said */
    bool hedged;                                      /* `hedge` holds, otherwise `retry` */
    pt_retry_policy retry;
    pt_hedge_policy hedge;
} pt_method_config;

/* What holds for all methods. */
typedef struct pt_channel_policies {
    pt_balancing_policy balancing;
    pt_breaker_policy breaker;
    pt_outlier_policy outlier;
    pt_throttle_policy throttle;
    uint32_t retry_budget;    /* of calls that come with none */
    uint32_t max_outstanding; /* calls under way on one endpoint */
    const char *health_check; /* service to ask for before an endpoint is used, empty: the server; NULL: don't ask. Borrowed */
} pt_channel_policies;

typedef struct pt_service_config pt_service_config;

/* Reads a config; an empty text is `{}`. INVALID_ARGUMENT names the member:
 * "service config: methodConfig[2].retryPolicy.maxAttempts: ...". RESOURCE_EXHAUSTED: too long, or no memory. */
pt_code pt_service_config_parse(pt_slice json, pt_service_config **ret_config, pt_status *st) PT_MUST_CHECK;
void pt_service_config_free(pt_service_config *config);

/* What holds for a method ("events.v1.EventService/GetEvent"): the entry that names it, or its service, or all, or else the
 * defaults. Never NULL; borrowed. Two probes of a hash table. */
const pt_method_config *pt_service_config_method(const pt_service_config *config, const char *method);

/* Borrowed. */
const pt_channel_policies *pt_service_config_channel(const pt_service_config *config);

#endif
