/* The part of a service config that holds for all methods. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "resilience/endpoints.h"
#include "resilience/service_config_check.h"

typedef Grpc__ServiceConfig__LoadBalancingConfig lb_config;
typedef Grpc__ServiceConfig__OutlierDetectionLoadBalancingConfig outlier_config;
typedef Grpc__ServiceConfig__RingHashLoadBalancingConfig ring_config;

#define RING_POINTS_MAX 4096

/* ---- outlier detection ---- */

/* Both of A50's rules have these four members. */
static pt_code outlier_rule(const pt_config_place *at, const char *threshold,
                            const Google__Protobuf__UInt32Value *const members[4], uint32_t most, pt_outlier_rule *rule) {
    pt_code code = pt_config_number(at, threshold, members[0], 1, most, &rule->threshold);
    if (!code) code = pt_config_number(at, "enforcementPercentage", members[1], 0, 100, &rule->enforcement_percentage);
    if (!code) code = pt_config_number(at, "minimumHosts", members[2], 0, UINT32_MAX, &rule->minimum_hosts);
    if (!code) code = pt_config_number(at, "requestVolume", members[3], 1, UINT32_MAX, &rule->request_volume);
    return code;
}

static pt_code outlier_rules(const pt_config_place *at, const outlier_config *c, pt_outlier_policy *ret) {
    pt_code code = PT_OK;
    ret->success_rate.threshold = ret->failure_percentage.threshold = 0; /* A50: what isn't there isn't done */
    if (c->success_rate_ejection) {
        pt_config_place in = pt_config_at(at->st, "%s.successRateEjection", at->path);
        ret->success_rate = (pt_outlier_rule)PT_OUTLIER_SUCCESS_RATE_INIT;
        code = outlier_rule(&in, "stdevFactor",
                            (const Google__Protobuf__UInt32Value *const[]){
                                c->success_rate_ejection->stdev_factor, c->success_rate_ejection->enforcement_percentage,
                                c->success_rate_ejection->minimum_hosts, c->success_rate_ejection->request_volume},
                            UINT32_MAX, &ret->success_rate);
    }
    if (!code && c->failure_percentage_ejection) {
        pt_config_place in = pt_config_at(at->st, "%s.failurePercentageEjection", at->path);
        ret->failure_percentage = (pt_outlier_rule)PT_OUTLIER_FAILURE_PERCENTAGE_INIT;
        code =
            outlier_rule(&in, "threshold",
                         (const Google__Protobuf__UInt32Value *const[]){
                             c->failure_percentage_ejection->threshold, c->failure_percentage_ejection->enforcement_percentage,
                             c->failure_percentage_ejection->minimum_hosts, c->failure_percentage_ejection->request_volume},
                         100, &ret->failure_percentage);
    }
    return code;
}

static pt_code outlier(const pt_config_place *at, const outlier_config *c, pt_outlier_policy *ret) {
    pt_code code = pt_config_span(at, "interval", c->interval, &ret->interval_ns);
    if (!code) code = pt_config_span(at, "baseEjectionTime", c->base_ejection_time, &ret->base_ejection_ns);
    if (!code) code = pt_config_span(at, "maxEjectionTime", c->max_ejection_time, &ret->max_ejection_ns);
    if (!code) code = pt_config_number(at, "maxEjectionPercent", c->max_ejection_percent, 0, 100, &ret->max_ejection_percent);
    if (!code) code = pt_config_number(at, "consecutiveErrors", c->consecutive_errors, 0, UINT32_MAX, &ret->consecutive_errors);
    return code ? code : outlier_rules(at, c, ret);
}

/* ---- balancing ---- */

/* Takes the key over, lower-cased as metadata keys are. */
static pt_code ring_key(const pt_config_place *at, const char *header, pt_balancing_policy *ret) {
    size_t len = strlen(header);
    if (!len) return pt_config_bad(at, "requestHashHeader", "it is required: the metadata key whose value is hashed");
    if (len >= PT_HASH_KEY_BYTES)
        return pt_config_bad(at, "requestHashHeader", "%zu bytes: at most %d", len, PT_HASH_KEY_BYTES - 1);
    for (size_t i = 0; i < len; i++) {
        char c = header[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !strchr("_-.", c))
            return pt_config_bad(at, "requestHashHeader", "\"%s\" is not a metadata key: a-z 0-9 _ - .", header);
        ret->key[i] = c;
    }
    ret->key[len] = '\0';
    return PT_OK;
}

static pt_code ring(const pt_config_place *at, const ring_config *c, pt_balancing_policy *ret) {
    pt_code code = ring_key(at, c->request_hash_header, ret);
    uint64_t most = c->max_ring_size && c->max_ring_size < RING_POINTS_MAX ? c->max_ring_size : RING_POINTS_MAX;
    if (!code && c->max_ring_size && c->min_ring_size > c->max_ring_size)
        code =
            pt_config_bad(at, "minRingSize", "%" PRIu64 " is above maxRingSize, %" PRIu64, c->min_ring_size, c->max_ring_size);
    ret->kind = PT_RING_HASH;
    ret->ring_points = (uint32_t)most;
    if (code || (c->load_bound_percentage && c->load_bound_percentage->value == 0)) {
        ret->load_bound_percentage = 0;
        return code;
    }
    return pt_config_number(at, "loadBoundPercentage", c->load_bound_percentage, 100, 10000, &ret->load_bound_percentage);
}

static pt_code balancing_list(const pt_config_place *at, lb_config *const *list, size_t n, bool nested,
                              pt_channel_policies *ret);

/* *ret_taken: it is a policy that is built. */
static pt_code balancing(const pt_config_place *at, const lb_config *c, bool nested, pt_channel_policies *ret,
                         bool *ret_taken) {
    *ret_taken = true;
    switch (c->policy_case) {
    case GRPC__SERVICE_CONFIG__LOAD_BALANCING_CONFIG__POLICY_PICK_FIRST: ret->balancing.kind = PT_PICK_FIRST; return PT_OK;
    case GRPC__SERVICE_CONFIG__LOAD_BALANCING_CONFIG__POLICY_ROUND_ROBIN: ret->balancing.kind = PT_ROUND_ROBIN; return PT_OK;
    case GRPC__SERVICE_CONFIG__LOAD_BALANCING_CONFIG__POLICY_LEAST_REQUEST_EXPERIMENTAL:
        ret->balancing.kind = PT_POWER_OF_TWO_CHOICES;
        return PT_OK;
    case GRPC__SERVICE_CONFIG__LOAD_BALANCING_CONFIG__POLICY_PARTIE_P2C:
        ret->balancing.kind = PT_POWER_OF_TWO_CHOICES;
        ret->balancing.latency = c->partie_p2c->latency;
        return PT_OK;
    case GRPC__SERVICE_CONFIG__LOAD_BALANCING_CONFIG__POLICY_RING_HASH: return ring(at, c->ring_hash, &ret->balancing);
    case GRPC__SERVICE_CONFIG__LOAD_BALANCING_CONFIG__POLICY_RING_HASH_EXPERIMENTAL:
        return ring(at, c->ring_hash_experimental, &ret->balancing);
    case GRPC__SERVICE_CONFIG__LOAD_BALANCING_CONFIG__POLICY_OUTLIER_DETECTION: {
        pt_config_place in = pt_config_at(at->st, "%s.outlier_detection_experimental", at->path);
        if (nested) return pt_config_bad(&in, "", "outlier detection within outlier detection");
        pt_code code = outlier(&in, c->outlier_detection, &ret->outlier);
        in = pt_config_at(at->st, "%s.childPolicy", in.path);
        return code ? code
                    : balancing_list(&in, c->outlier_detection->child_policy, c->outlier_detection->n_child_policy, true, ret);
    }
    case GRPC__SERVICE_CONFIG__LOAD_BALANCING_CONFIG__POLICY_GRPCLB:
    case GRPC__SERVICE_CONFIG__LOAD_BALANCING_CONFIG__POLICY_WEIGHTED_ROUND_ROBIN: *ret_taken = false; return PT_OK;
    case GRPC__SERVICE_CONFIG__LOAD_BALANCING_CONFIG__POLICY__NOT_SET: break;
    }
    return pt_config_bad(at, "", "expected an object that names one policy, such as {\"round_robin\": {}}");
}

static pt_code balancing_list(const pt_config_place *at, lb_config *const *list, size_t n, bool nested,
                              pt_channel_policies *ret) {
    bool taken = n == 0;
    for (size_t i = 0; i < n && !taken; i++) {
        pt_config_place in = pt_config_at(at->st, "%s[%zu]", at->path, i);
        pt_code code = balancing(&in, list[i], nested, ret, &taken);
        if (code) return code;
    }
    return taken ? PT_OK
                 : pt_config_bad(at, "",
                                 "none of its policies is built: expected partie_p2c, round_robin, ring_hash or pick_first");
}

/* ---- the rest ---- */

static pt_code throttling(const pt_config_place *at, const Grpc__ServiceConfig__ServiceConfig__RetryThrottlingPolicy *c,
                          pt_throttle_policy *ret) {
    if (c->max_tokens < 1 || c->max_tokens > 1000)
        return pt_config_bad(at, "maxTokens", "%" PRIu32 ": it is required, 1 to 1000", c->max_tokens);
    double thousandths = round((double)c->token_ratio * 1000);
    if (!(thousandths >= 1 && thousandths <= 1e6)) return pt_config_bad(at, "tokenRatio", "it is required, 0.001 to 1000");
    *ret = (pt_throttle_policy){c->max_tokens, (uint32_t)thousandths};
    return PT_OK;
}

static pt_code breaker(const pt_config_place *at, const Grpc__ServiceConfig__ServiceConfig__CircuitBreaker *c,
                       pt_breaker_policy *ret) {
    pt_code code =
        pt_config_number(at, "consecutiveFailures", c->consecutive_failures, 0, UINT32_MAX, &ret->consecutive_failures);
    if (!code) code = pt_config_span(at, "openTime", c->open_time, &ret->open_ns);
    if (!code) code = pt_config_number(at, "failurePercentage", c->failure_percentage, 1, 100, &ret->failure_percentage);
    if (!code) code = pt_config_span(at, "window", c->window, &ret->window_ns);
    if (!code && ret->window_ns < PT_MILLISECONDS(10)) code = pt_config_bad(at, "window", "at least 0.01 s");
    if (!code) code = pt_config_number(at, "minimumCalls", c->minimum_calls, 1, UINT32_MAX, &ret->minimum_calls);
    if (!code) code = pt_config_span(at, "slowCallTime", c->slow_call_time, &ret->slow_call_ns);
    if (!code)
        code = pt_config_codes(at, "failureStatusCodes", c->failure_status_codes, c->n_failure_status_codes, &ret->codes);
    return code;
}

pt_code pt_config_channel(const Grpc__ServiceConfig__ServiceConfig *c, pt_status *st, pt_channel_policies *ret) {
    pt_config_place at = pt_config_at(st, "loadBalancingConfig");
    pt_code code = balancing_list(&at, c->load_balancing_config, c->n_load_balancing_config, false, ret);
    at = pt_config_at(st, "retryThrottling");
    if (!code && c->retry_throttling) code = throttling(&at, c->retry_throttling, &ret->throttle);
    at = pt_config_at(st, "circuitBreaker");
    if (!code && c->circuit_breaker) code = breaker(&at, c->circuit_breaker, &ret->breaker);
    at = pt_config_at(st, "outlierDetection");
    if (!code && c->outlier_detection) {
        ret->outlier = (pt_outlier_policy)PT_OUTLIER_POLICY_INIT;
        code = outlier(&at, c->outlier_detection, &ret->outlier);
        if (!code && c->outlier_detection->n_child_policy)
            code = pt_config_bad(&at, "childPolicy", "belongs to a loadBalancingConfig");
    }
    at = pt_config_at(st, "endpointLimits");
    if (!code && c->endpoint_limits)
        code =
            pt_config_number(&at, "maxOutstanding", c->endpoint_limits->max_outstanding, 1, UINT32_MAX, &ret->max_outstanding);
    at = pt_config_at(st, "retryBudget");
    if (!code && c->retry_budget) code = pt_config_number(&at, "retries", c->retry_budget->retries, 0, 100, &ret->retry_budget);
    return code;
}
