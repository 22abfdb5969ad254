#include "resilience/service_config_check.h"

#include <inttypes.h>
#include <stdio.h>

#define LONGEST_SECONDS (INT64_C(366) * 86400)

pt_config_place pt_config_at(pt_status *st, const char *format, ...) {
    pt_config_place at = {.st = st};
    va_list args;
    va_start(args, format);
    vsnprintf(at.path, sizeof at.path, format, args);
    va_end(args);
    return at;
}

pt_code pt_config_bad(const pt_config_place *at, const char *member, const char *format, ...) {
    va_list args;
    va_start(args, format);
    pt_status_vset(at->st, PT_INVALID_ARGUMENT, format, args);
    va_end(args);
    pt_status_prefix(at->st, "service config: %s%s%s", at->path, *at->path && *member ? "." : "", member);
    return PT_INVALID_ARGUMENT;
}

pt_code pt_config_span_or_zero(const pt_config_place *at, const char *member, const Google__Protobuf__Duration *d,
                               uint64_t *ret_ns) {
    if (!d) return PT_OK;
    if (d->seconds < 0 || d->nanos < 0) return pt_config_bad(at, member, "a time below 0");
    if (d->seconds > LONGEST_SECONDS) return pt_config_bad(at, member, "%" PRId64 " s: at most a year", d->seconds);
    *ret_ns = PT_SECONDS((uint64_t)d->seconds) + (uint64_t)d->nanos;
    return PT_OK;
}

pt_code pt_config_span(const pt_config_place *at, const char *member, const Google__Protobuf__Duration *d, uint64_t *ret_ns) {
    if (d && d->seconds == 0 && d->nanos == 0) return pt_config_bad(at, member, "0 s: it must be above 0");
    return pt_config_span_or_zero(at, member, d, ret_ns);
}

pt_code pt_config_number(const pt_config_place *at, const char *member, const Google__Protobuf__UInt32Value *value,
                         uint32_t lowest, uint32_t highest, uint32_t *ret) {
    if (!value) return PT_OK;
    if (value->value < lowest || value->value > highest)
        return pt_config_bad(at, member, "%" PRIu32 ": expected %" PRIu32 " to %" PRIu32, value->value, lowest, highest);
    *ret = value->value;
    return PT_OK;
}

pt_code pt_config_codes(const pt_config_place *at, const char *member, const Google__Rpc__Code *codes, size_t n,
                        pt_code_set *ret) {
    pt_code_set set = 0;
    for (size_t i = 0; i < n; i++) {
        if ((int)codes[i] < PT_CANCELLED || (int)codes[i] > PT_UNAUTHENTICATED)
            return pt_config_bad(at, member, "%d: expected CANCELLED (1) to UNAUTHENTICATED (16)", (int)codes[i]);
        set |= PT_CODE_BIT(codes[i]);
    }
    if (n) *ret = set;
    return PT_OK;
}

/* ---- methods ---- */

static pt_code attempts(const pt_config_place *at, uint32_t value, uint32_t *ret) {
    if (value < 2) return pt_config_bad(at, "maxAttempts", "%" PRIu32 ": it is required, and at least 2", value);
    *ret = value < PT_MAX_ATTEMPTS ? value : PT_MAX_ATTEMPTS;
    return PT_OK;
}

static pt_code retry_policy(const pt_config_place *at, const Grpc__ServiceConfig__MethodConfig__RetryPolicy *p,
                            pt_retry_policy *ret) {
    pt_code code = attempts(at, p->max_attempts, &ret->max_attempts);
    if (!code && !p->initial_backoff) code = pt_config_bad(at, "initialBackoff", "it is required");
    if (!code) code = pt_config_span(at, "initialBackoff", p->initial_backoff, &ret->initial_backoff_ns);
    if (!code && !p->max_backoff) code = pt_config_bad(at, "maxBackoff", "it is required");
    if (!code) code = pt_config_span(at, "maxBackoff", p->max_backoff, &ret->max_backoff_ns);
    if (!code && !(p->backoff_multiplier > 0 && p->backoff_multiplier < 1e6F))
        code = pt_config_bad(at, "backoffMultiplier", "it is required, and above 0");
    if (!code && p->n_retryable_status_codes == 0) code = pt_config_bad(at, "retryableStatusCodes", "at least one is required");
    if (!code)
        code = pt_config_codes(at, "retryableStatusCodes", p->retryable_status_codes, p->n_retryable_status_codes, &ret->codes);
    if (!code) code = pt_config_span(at, "perAttemptRecvTimeout", p->per_attempt_recv_timeout, &ret->attempt_timeout_ns);
    ret->backoff_multiplier = (double)p->backoff_multiplier;
    return code;
}

static pt_code hedging_policy(const pt_config_place *at, const Grpc__ServiceConfig__MethodConfig__HedgingPolicy *p,
                              pt_hedge_policy *ret) {
    *ret = (pt_hedge_policy){0};
    pt_code code = attempts(at, p->max_attempts, &ret->max_attempts);
    if (!code) code = pt_config_span_or_zero(at, "hedgingDelay", p->hedging_delay, &ret->delay_ns);
    if (!code)
        code =
            pt_config_codes(at, "nonFatalStatusCodes", p->non_fatal_status_codes, p->n_non_fatal_status_codes, &ret->non_fatal);
    return code;
}

pt_code pt_config_method(const Grpc__ServiceConfig__MethodConfig *m, size_t index, pt_status *st, pt_method_config *ret) {
    pt_config_place at = pt_config_at(st, "methodConfig[%zu]", index);
    if (m->wait_for_ready) ret->wait_for_ready = m->wait_for_ready->value ? PT_YES : PT_NO;
    pt_code code = pt_config_span(&at, "timeout", m->timeout, &ret->timeout_ns);
    if (!code)
        code = pt_config_number(&at, "maxRequestMessageBytes", m->max_request_message_bytes, 0, UINT32_MAX,
                                &ret->max_request_bytes);
    if (!code)
        code = pt_config_number(&at, "maxResponseMessageBytes", m->max_response_message_bytes, 0, UINT32_MAX,
                                &ret->max_response_bytes);
    if (code) return code;
    if (m->retry_or_hedging_policy_case == GRPC__SERVICE_CONFIG__METHOD_CONFIG__RETRY_OR_HEDGING_POLICY_RETRY_POLICY) {
        at = pt_config_at(st, "methodConfig[%zu].retryPolicy", index);
        code = retry_policy(&at, m->retry_policy, &ret->retry);
    } else if (m->retry_or_hedging_policy_case == GRPC__SERVICE_CONFIG__METHOD_CONFIG__RETRY_OR_HEDGING_POLICY_HEDGING_POLICY) {
        at = pt_config_at(st, "methodConfig[%zu].hedgingPolicy", index);
        ret->hedged = true;
        code = hedging_policy(&at, m->hedging_policy, &ret->hedge);
    }
    return code;
}
