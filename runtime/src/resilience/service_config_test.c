#include "resilience/service_config.h"

#include <criterion/criterion.h>
#include <stdio.h>

static pt_service_config *read_config(const char *json) {
    pt_service_config *c = NULL;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_service_config_parse(pt_slice_str(json), &c, &st), PT_OK, "%s", st.message);
    return c;
}

/* The config must be refused for a reason that begins so. */
static void refuse(const char *json, const char *reason) {
    pt_service_config *c = NULL;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_service_config_parse(pt_slice_str(json), &c, &st), PT_INVALID_ARGUMENT, "%s was taken", json);
    cr_assert_null(c);
    cr_assert_eq(strncmp(st.message, "service config: ", 16), 0, "%s", st.message);
    cr_assert_eq(strncmp(st.message + 16, reason, strlen(reason)), 0, "%s\n   said: %s\n   not:  %s", json, st.message + 16,
                 reason);
    pt_status_done(&st);
}

Test(service_config, defaults_are_on_and_finite) {
    static const char *const empty[] = {"", "{}"};
    for (size_t i = 0; i < 2; i++) {
        pt_service_config *c = read_config(empty[i]);
        const pt_method_config *m = pt_service_config_method(c, "any.Service/Method");
        const pt_channel_policies *p = pt_service_config_channel(c);
        cr_assert(!m->hedged && m->retry.max_attempts == 3 && m->retry.codes == PT_CODE_BIT(PT_UNAVAILABLE));
        cr_assert(m->wait_for_ready == PT_UNSAID && m->timeout_ns == PT_NEVER && m->max_request_bytes == UINT32_MAX);
        cr_assert(p->breaker.consecutive_failures == 5 && p->breaker.open_ns == PT_SECONDS(30));
        cr_assert(p->balancing.kind == PT_POWER_OF_TWO_CHOICES && p->max_outstanding == 1024 && p->retry_budget == 4);
        cr_assert(p->outlier.success_rate.threshold == 1900 && p->outlier.failure_percentage.threshold == 0);
        cr_assert(p->throttle.max_tokens == 1000 && p->throttle.thousandths_of_success == 100);
        cr_assert_null(p->health_check);
        pt_service_config_free(c);
    }
}

Test(service_config, reads_a_method_with_all_members) {
    pt_service_config *c =
        read_config("{\"methodConfig\": [{\"name\": [{\"service\": \"a.S\", \"method\": \"M\"}], \"waitForReady\": true, "
                    "\"timeout\": \"1.5s\","
                    " \"maxRequestMessageBytes\": 0, \"maxResponseMessageBytes\": 1024, \"retryPolicy\": {\"maxAttempts\": 4,"
                    " \"initialBackoff\": \"0.1s\", \"maxBackoff\": \"2s\", \"backoffMultiplier\": 1.5,"
                    " \"retryableStatusCodes\": [\"UNAVAILABLE\", 10], \"perAttemptRecvTimeout\": \"0.25s\"}}]}");
    const pt_method_config *m = pt_service_config_method(c, "a.S/M");
    cr_assert(m->wait_for_ready == PT_YES && m->timeout_ns == PT_MILLISECONDS(1500) && !m->hedged);
    cr_assert(m->max_request_bytes == 0 && m->max_response_bytes == 1024);
    cr_assert(m->retry.max_attempts == 4 && m->retry.initial_backoff_ns == PT_MILLISECONDS(100));
    cr_assert(m->retry.max_backoff_ns == PT_SECONDS(2) && m->retry.backoff_multiplier == 1.5);
    cr_assert_eq(m->retry.codes, PT_CODE_BIT(PT_UNAVAILABLE) | PT_CODE_BIT(PT_ABORTED));
    cr_assert_eq(m->retry.attempt_timeout_ns, PT_MILLISECONDS(250));
    pt_service_config_free(c);
}

Test(service_config, the_closest_name_wins) {
    pt_service_config *c =
        read_config("{\"methodConfig\": ["
                    "{\"name\": [{}], \"timeout\": \"1s\"},"
                    "{\"name\": [{\"service\": \"a.S\"}, {\"service\": \"b.S\", \"method\": null}], \"timeout\": \"2s\"},"
                    "{\"name\": [{\"service\": \"a.S\", \"method\": \"M\"}], \"timeout\": \"3s\"},"
                    "{\"timeout\": \"9s\"}]}");
    static const struct {
        const char *method;
        uint64_t seconds;
    } cases[] = {{"a.S/M", 3}, {"a.S/N", 2}, {"b.S/M", 2}, {"c.S/M", 1}, {"a.S/", 2}, {"a.S", 1}, {"", 1}, {"a.S/M/x", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_eq(pt_service_config_method(c, cases[i].method)->timeout_ns, PT_SECONDS(cases[i].seconds), "%s",
                     cases[i].method);
    pt_service_config_free(c);
}

Test(service_config, finds_each_of_many_names) {
    enum { N = 3000 };
    pt_buf json = PT_BUF_INIT(1u << 20);
    cr_assert_eq(pt_buf_append_str(&json, "{\"methodConfig\": ["), PT_OK);
    for (int i = 0; i < N; i++)
        cr_assert_eq(pt_buf_printf(&json, "%s{\"name\": [{\"service\": \"s%d\", \"method\": \"m\"}], \"timeout\": \"%d.001s\"}",
                                   i ? "," : "", i, i),
                     PT_OK);
    cr_assert_eq(pt_buf_append_str(&json, "]}"), PT_OK);
    pt_service_config *c = NULL;
    cr_assert_eq(pt_service_config_parse(pt_buf_slice(&json), &c, NULL), PT_OK);
    for (int i = 0; i < N; i++) {
        char method[32];
        snprintf(method, sizeof method, "s%d/m", i);
        cr_assert_eq(pt_service_config_method(c, method)->timeout_ns, PT_SECONDS((uint64_t)i) + PT_MILLISECONDS(1));
    }
    cr_assert_eq(pt_service_config_method(c, "s1/other")->timeout_ns, PT_NEVER);
    pt_service_config_free(c);
    pt_buf_done(&json);
}

Test(service_config, reads_hedging_and_caps_attempts) {
    pt_service_config *c = read_config("{\"methodConfig\": [{\"name\": [{}], \"hedgingPolicy\": {\"maxAttempts\": 9, "
                                       "\"hedgingDelay\": \"0.05s\", \"nonFatalStatusCodes\": [\"INTERNAL\"]}}]}");
    const pt_method_config *m = pt_service_config_method(c, "x/y");
    cr_assert(m->hedged && m->hedge.max_attempts == 5 && m->hedge.delay_ns == PT_MILLISECONDS(50));
    cr_assert_eq(m->hedge.non_fatal, PT_CODE_BIT(PT_INTERNAL));
    pt_service_config_free(c);
}

Test(service_config, takes_the_first_balancer_that_is_built) {
    static const struct {
        const char *list;
        pt_balancing kind;
    } cases[] = {
        {"[{\"grpclb\": {}}, {\"weighted_round_robin\": {}}, {\"round_robin\": {}}, {\"pick_first\": {}}]", PT_ROUND_ROBIN},
        {"[{\"pick_first\": {}}, {\"round_robin\": {}}]", PT_PICK_FIRST},
        {"[{\"partie_p2c\": {\"latency\": true}}]", PT_POWER_OF_TWO_CHOICES},
        {"[{\"least_request_experimental\": {\"choiceCount\": 3}}]", PT_POWER_OF_TWO_CHOICES},
        {"[{\"ring_hash_experimental\": {\"requestHashHeader\": \"X-User\", \"maxRingSize\": 512}}]", PT_RING_HASH},
        {"[{\"ring_hash\": {\"requestHashHeader\": \"x-user\", \"loadBoundPercentage\": 0}}]", PT_RING_HASH},
        {"[{\"outlier_detection_experimental\": {\"interval\": \"3s\", \"childPolicy\": [{\"round_robin\": {}}]}}]",
         PT_ROUND_ROBIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[256];
        snprintf(json, sizeof json, "{\"loadBalancingConfig\": %s}", cases[i].list);
        pt_service_config *c = read_config(json);
        const pt_channel_policies *p = pt_service_config_channel(c);
        cr_assert_eq(p->balancing.kind, cases[i].kind, "%s", json);
        if (i == 2) cr_assert(p->balancing.latency);
        if (i == 4) cr_assert(p->balancing.ring_points == 512 && strcmp(p->balancing.key, "x-user") == 0);
        if (i == 4) cr_assert_eq(p->balancing.load_bound_percentage, 150);
        if (i == 5) cr_assert(p->balancing.load_bound_percentage == 0 && p->balancing.ring_points == 4096);
        if (i == 6) cr_assert(p->outlier.interval_ns == PT_SECONDS(3) && p->outlier.success_rate.threshold == 0);
        pt_service_config_free(c);
    }
}

Test(service_config, reads_what_holds_for_all_methods) {
    pt_service_config *c = read_config(
        "{\"retryThrottling\": {\"maxTokens\": 10, \"tokenRatio\": 0.1234}, \"healthCheckConfig\": {\"serviceName\": \"a.S\"},"
        " \"circuitBreaker\": {\"consecutiveFailures\": 0, \"openTime\": \"5s\", \"failurePercentage\": 40, \"window\": "
        "\"60s\","
        " \"minimumCalls\": 7, \"slowCallTime\": \"2s\", \"failureStatusCodes\": [\"INTERNAL\"]},"
        " \"outlierDetection\": {\"baseEjectionTime\": \"1s\", \"maxEjectionTime\": \"9s\", \"maxEjectionPercent\": 50,"
        " \"consecutiveErrors\": 3, \"failurePercentageEjection\": {\"threshold\": 60, \"minimumHosts\": 2}},"
        " \"endpointLimits\": {\"maxOutstanding\": 77}, \"retryBudget\": {\"retries\": 0}}");
    const pt_channel_policies *p = pt_service_config_channel(c);
    cr_assert(p->throttle.max_tokens == 10 && p->throttle.thousandths_of_success == 123);
    cr_assert_str_eq(p->health_check, "a.S");
    cr_assert(p->breaker.consecutive_failures == 0 && p->breaker.open_ns == PT_SECONDS(5) &&
              p->breaker.failure_percentage == 40);
    cr_assert(p->breaker.window_ns == PT_SECONDS(60) && p->breaker.minimum_calls == 7 &&
              p->breaker.slow_call_ns == PT_SECONDS(2));
    cr_assert_eq(p->breaker.codes, PT_CODE_BIT(PT_INTERNAL));
    cr_assert(p->outlier.base_ejection_ns == PT_SECONDS(1) && p->outlier.max_ejection_ns == PT_SECONDS(9));
    cr_assert(p->outlier.max_ejection_percent == 50 && p->outlier.consecutive_errors == 3 &&
              p->outlier.success_rate.threshold == 0);
    cr_assert(p->outlier.failure_percentage.threshold == 60 && p->outlier.failure_percentage.minimum_hosts == 2);
    cr_assert(p->outlier.failure_percentage.request_volume == 50 && p->outlier.interval_ns == PT_SECONDS(10));
    cr_assert(p->max_outstanding == 77 && p->retry_budget == 0);
    pt_service_config_free(c);
}

#define RETRY(members) "{\"methodConfig\": [{}, {\"retryPolicy\": {" members "}}]}"
#define RETRY_REST "\"maxBackoff\": \"1s\", \"backoffMultiplier\": 2, \"retryableStatusCodes\": [14]"

Test(service_config, refuses_what_a6_refuses) {
    refuse(RETRY(""), "methodConfig[1].retryPolicy.maxAttempts: 0: it is required");
    refuse(RETRY("\"maxAttempts\": 1"), "methodConfig[1].retryPolicy.maxAttempts: 1: ");
    refuse(RETRY("\"maxAttempts\": 2, " RETRY_REST), "methodConfig[1].retryPolicy.initialBackoff: it is required");
    refuse(RETRY("\"maxAttempts\": 2, \"initialBackoff\": \"0s\", " RETRY_REST),
           "methodConfig[1].retryPolicy.initialBackoff: 0 s");
    refuse(RETRY("\"maxAttempts\": 2, \"initialBackoff\": \"-1s\", " RETRY_REST),
           "methodConfig[1].retryPolicy.initialBackoff: a time below 0");
    refuse(RETRY("\"maxAttempts\": 2, \"initialBackoff\": \"1s\""), "methodConfig[1].retryPolicy.maxBackoff: it is required");
    refuse(RETRY("\"maxAttempts\": 2, \"initialBackoff\": \"1s\", \"maxBackoff\": \"1s\""),
           "methodConfig[1].retryPolicy.backoffMultiplier: ");
    refuse(RETRY("\"maxAttempts\": 2, \"initialBackoff\": \"1s\", \"maxBackoff\": \"1s\", \"backoffMultiplier\": \"NaN\""),
           "methodConfig[1].retryPolicy.backoffMultiplier: ");
    refuse(RETRY("\"maxAttempts\": 2, \"initialBackoff\": \"1s\", \"maxBackoff\": \"1s\", \"backoffMultiplier\": 2"),
           "methodConfig[1].retryPolicy.retryableStatusCodes: at least one");
    refuse(RETRY("\"maxAttempts\": 2, \"initialBackoff\": \"1s\", \"maxBackoff\": \"1s\", \"backoffMultiplier\": 2, "
                 "\"retryableStatusCodes\": [17]"),
           "methodConfig[1].retryPolicy.retryableStatusCodes: 17: ");
    refuse(RETRY("\"maxAttempts\": 2, \"initialBackoff\": \"1s\", \"maxBackoff\": \"1s\", \"backoffMultiplier\": 2, "
                 "\"retryableStatusCodes\": [\"OK\"]"),
           "methodConfig[1].retryPolicy.retryableStatusCodes: 0: ");
    refuse("{\"methodConfig\": [{\"hedgingPolicy\": {\"maxAttempts\": 1}}]}", "methodConfig[0].hedgingPolicy.maxAttempts: 1: ");
    refuse("{\"methodConfig\": [{\"hedgingPolicy\": {\"maxAttempts\": 2}, \"retryPolicy\": {}}]}", "");
    refuse("{\"retryThrottling\": {\"maxTokens\": 0, \"tokenRatio\": 1}}", "retryThrottling.maxTokens: 0: ");
    refuse("{\"retryThrottling\": {\"maxTokens\": 1001, \"tokenRatio\": 1}}", "retryThrottling.maxTokens: 1001: ");
    refuse("{\"retryThrottling\": {\"maxTokens\": 10, \"tokenRatio\": 0.0004}}", "retryThrottling.tokenRatio: ");
    refuse("{\"retryThrottling\": {\"maxTokens\": 10, \"tokenRatio\": -1}}", "retryThrottling.tokenRatio: ");
    refuse("{\"methodConfig\": [{\"name\": [{\"method\": \"M\"}]}]}",
           "methodConfig[0].name[0].service: it is empty beside a method");
    refuse("{\"methodConfig\": [{\"name\": [{\"service\": \"s\"}]}, {\"name\": [{}, {\"service\": \"s\"}]}]}",
           "methodConfig[1].name[1]: s/ is named already");
    refuse("{\"methodConfig\": [{\"name\": [{}]}, {\"name\": [{}]}]}", "methodConfig[1].name[0]: there is another default");
    refuse("{\"methodConfig\": [{\"timeout\": \"0s\"}]}", "methodConfig[0].timeout: 0 s");
    refuse("{\"methodConfig\": [{\"timeout\": \"315576000000s\"}]}", "methodConfig[0].timeout: 315576000000 s: at most a year");
}

Test(service_config, refuses_what_cannot_be_balanced_or_ejected_by) {
    refuse("{\"loadBalancingConfig\": [{\"grpclb\": {}}]}", "loadBalancingConfig: none of its policies is built");
    refuse("{\"loadBalancingConfig\": [{}]}", "loadBalancingConfig[0]: expected an object that names one policy");
    refuse("{\"loadBalancingConfig\": [{\"ring_hash\": {}}]}", "loadBalancingConfig[0].requestHashHeader: it is required");
    refuse("{\"loadBalancingConfig\": [{\"ring_hash\": {\"requestHashHeader\": \"a b\"}}]}",
           "loadBalancingConfig[0].requestHashHeader: \"a b\" is not a metadata key");
    refuse("{\"loadBalancingConfig\": [{\"ring_hash\": {\"requestHashHeader\": \"k\", \"loadBoundPercentage\": 99}}]}",
           "loadBalancingConfig[0].loadBoundPercentage: 99: expected 100 to 10000");
    refuse(
        "{\"loadBalancingConfig\": [{\"ring_hash\": {\"requestHashHeader\": \"k\", \"minRingSize\": 9, \"maxRingSize\": 8}}]}",
        "loadBalancingConfig[0].minRingSize: 9 is above maxRingSize, 8");
    refuse("{\"loadBalancingConfig\": [{\"outlier_detection_experimental\": {\"childPolicy\": [{\"grpclb\": {}}]}}]}",
           "loadBalancingConfig[0].outlier_detection_experimental.childPolicy: none");
    refuse("{\"loadBalancingConfig\": [{\"outlier_detection_experimental\": {\"childPolicy\": "
           "[{\"outlier_detection_experimental\": "
           "{}}]}}]}",
           "loadBalancingConfig[0].outlier_detection_experimental.childPolicy[0].outlier_detection_experimental: outlier "
           "detection "
           "within");
    refuse("{\"outlierDetection\": {\"maxEjectionPercent\": 101}}",
           "outlierDetection.maxEjectionPercent: 101: expected 0 to 100");
    refuse("{\"outlierDetection\": {\"successRateEjection\": {\"enforcementPercentage\": 101}}}",
           "outlierDetection.successRateEjection.enforcementPercentage: 101: ");
    refuse("{\"outlierDetection\": {\"failurePercentageEjection\": {\"requestVolume\": 0}}}",
           "outlierDetection.failurePercentageEjection.requestVolume: 0: ");
    refuse("{\"outlierDetection\": {\"childPolicy\": [{\"round_robin\": {}}]}}", "outlierDetection.childPolicy: belongs to");
    refuse("{\"circuitBreaker\": {\"failurePercentage\": 0}}", "circuitBreaker.failurePercentage: 0: expected 1 to 100");
    refuse("{\"circuitBreaker\": {\"window\": \"0.001s\"}}", "circuitBreaker.window: at least 0.01 s");
    refuse("{\"endpointLimits\": {\"maxOutstanding\": 0}}", "endpointLimits.maxOutstanding: 0: ");
    refuse("{\"retryBudget\": {\"retries\": 101}}", "retryBudget.retries: 101: ");
}

Test(service_config, refuses_what_is_not_json_or_not_known) {
    refuse("{", "");
    refuse("[]", "");
    refuse("{\"methodConfigs\": []}", "");
    refuse("{\"methodConfig\": [{\"timeout\": 5}]}", "methodConfig[0].timeout");
    refuse("{\"loadBalancingConfig\": [{\"round_robin\": {}, \"pick_first\": {}}]}", "");
    pt_buf big = PT_BUF_INIT(4u << 20);
    for (int i = 0; i < 1100; i++)
        cr_assert_eq(pt_buf_printf(&big, "%1000s", ""), PT_OK);
    pt_service_config *c = NULL;
    cr_assert_eq(pt_service_config_parse(pt_buf_slice(&big), &c, NULL), PT_RESOURCE_EXHAUSTED);
    pt_buf_done(&big);
}
