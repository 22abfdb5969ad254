#include "resilience/retry.h"

#include <criterion/criterion.h>

#include "resilience/random.h"
#include "support/random.h"

#define MIDDLE (UINT64_C(1) << 63) /* a random number for which backoffs are not spread */

static const pt_retry_policy policy = {
    .max_attempts = 4,
    .initial_backoff_ns = PT_MILLISECONDS(100),
    .max_backoff_ns = PT_MILLISECONDS(300),
    .backoff_multiplier = 2,
    .codes = PT_CODE_BIT(PT_UNAVAILABLE) | PT_CODE_BIT(PT_ABORTED),
};

static pt_throttle throttle;

static pt_retry start(pt_idempotency idempotency, uint32_t budget) {
    pt_throttle_init(&throttle, &(pt_throttle_policy)PT_THROTTLE_POLICY_INIT);
    pt_retry r;
    pt_retry_init(
        &r, &policy,
        &(pt_repeat_call){.throttle = &throttle, .idempotency = idempotency, .deadline_ns = PT_SECONDS(10), .budget = budget});
    return r;
}

static pt_attempt_end failed(pt_code code) {
    return (pt_attempt_end){.code = code, .retry_after_ms = -1};
}

static pt_attempt_end not_run(pt_code code) {
    return (pt_attempt_end){.code = code, .not_run = true, .retry_after_ms = -1};
}

static pt_retry_decision attempt(pt_retry *r, pt_attempt_end end) {
    pt_retry_begin(r, 0);
    return pt_retry_next(r, &end, 0, MIDDLE);
}

Test(retry, backs_off_by_the_multiplier_up_to_the_maximum) {
    static const uint64_t expected_ms[] = {100, 200, 300};
    pt_retry r = start(PT_IDEMPOTENT, 100);
    for (int i = 0; i < 3; i++) {
        pt_retry_decision d = attempt(&r, failed(PT_UNAVAILABLE));
        cr_assert_eq(d.verdict, PT_RETRY_AGAIN);
        cr_assert_eq(d.at_ns, PT_MILLISECONDS(expected_ms[i]), "retry %d: %llu", i + 1, (unsigned long long)d.at_ns);
    }
    cr_assert_eq(attempt(&r, failed(PT_UNAVAILABLE)).verdict, PT_RETRY_ATTEMPTS);
}

Test(retry, backoff_is_spread_evenly_over_a_fifth_either_way) {
    enum { N = 20000, BINS = 10 };
    int bins[BINS] = {0};
    pt_random random;
    pt_random_init(&random);
    for (int i = 0; i < N; i++) {
        pt_retry r = start(PT_IDEMPOTENT, 10);
        pt_retry_begin(&r, 0);
        pt_attempt_end end = failed(PT_UNAVAILABLE);
        uint64_t at_ns = pt_retry_next(&r, &end, 0, pt_random_next(&random)).at_ns;
        cr_assert(at_ns >= PT_MILLISECONDS(80) && at_ns < PT_MILLISECONDS(120));
        bins[(at_ns - PT_MILLISECONDS(80)) / PT_MILLISECONDS(4)]++;
    }
    for (int i = 0; i < BINS; i++) /* 2000 expected; 6 standard deviations are 255 */
        cr_assert(bins[i] > 1745 && bins[i] < 2255, "bin %d: %d", i, bins[i]);
}

Test(retry, what_may_have_run_is_repeated_only_where_the_method_allows_it) {
    static const struct {
        pt_idempotency idempotency;
        pt_retry_verdict verdict;
    } cases[] = {
        {PT_IDEMPOTENCY_UNKNOWN, PT_RETRY_MAY_HAVE_RUN}, {PT_IDEMPOTENT, PT_RETRY_AGAIN}, {PT_NO_SIDE_EFFECTS, PT_RETRY_AGAIN}};
    for (size_t i = 0; i < 3; i++) {
        pt_retry r = start(cases[i].idempotency, 10);
        cr_assert_eq(attempt(&r, failed(PT_UNAVAILABLE)).verdict, cases[i].verdict, "case %zu", i);
    }
}

Test(retry, what_did_not_run_is_repeated_at_once_the_first_time_and_by_policy_then) {
    pt_retry r = start(PT_IDEMPOTENCY_UNKNOWN, 0);
    pt_retry_decision d = attempt(&r, not_run(PT_UNAVAILABLE));
    cr_assert(d.verdict == PT_RETRY_AGAIN && d.at_ns == 0);
    for (int i = 0; i < 3; i++) {
        d = attempt(&r, not_run(PT_UNAVAILABLE));
        cr_assert(d.verdict == PT_RETRY_AGAIN && d.at_ns > 0, "repetition %d needs no budget", i + 2);
    }
    cr_assert_eq(attempt(&r, not_run(PT_UNAVAILABLE)).verdict, PT_RETRY_ATTEMPTS);
    cr_assert_eq(r.n_sent, 5, "the first repetition counts for nothing");
}

Test(retry, not_run_after_the_deadline_ends_the_call) {
    pt_retry r = start(PT_IDEMPOTENCY_UNKNOWN, 0);
    pt_retry_begin(&r, 0);
    pt_attempt_end end = not_run(PT_UNAVAILABLE);
    cr_assert_eq(pt_retry_next(&r, &end, PT_SECONDS(10), MIDDLE).verdict, PT_RETRY_DEADLINE);
}

Test(retry, other_codes_end_the_call) {
    for (int code = PT_CANCELLED; code <= PT_UNAUTHENTICATED; code++) {
        if (code == PT_UNAVAILABLE || code == PT_ABORTED) continue;
        pt_retry r = start(PT_NO_SIDE_EFFECTS, 10);
        cr_assert_eq(attempt(&r, failed((pt_code)code)).verdict, PT_RETRY_CODE, "%s", pt_code_name((pt_code)code));
        r = start(PT_NO_SIDE_EFFECTS, 10);
        cr_assert_eq(attempt(&r, not_run((pt_code)code)).verdict, PT_RETRY_CODE, "%s, not run", pt_code_name((pt_code)code));
    }
}

Test(retry, nothing_follows_a_delivered_part) {
    pt_retry r = start(PT_NO_SIDE_EFFECTS, 10);
    pt_attempt_end end = failed(PT_UNAVAILABLE);
    end.delivered = true;
    cr_assert_eq(attempt(&r, end).verdict, PT_RETRY_DELIVERED);
}

Test(retry, the_servers_wish_replaces_the_backoff_and_starts_it_over) {
    pt_retry r = start(PT_IDEMPOTENT, 10);
    attempt(&r, failed(PT_UNAVAILABLE));
    pt_attempt_end end = failed(PT_UNAVAILABLE);
    end.retry_after_ms = 777;
    cr_assert_eq(attempt(&r, end).at_ns, PT_MILLISECONDS(777));
    cr_assert_eq(attempt(&r, failed(PT_UNAVAILABLE)).at_ns, PT_MILLISECONDS(100), "the first backoff again");
}

Test(retry, the_servers_wish_holds_for_calls_that_did_not_run) {
    pt_retry r = start(PT_IDEMPOTENCY_UNKNOWN, 10);
    pt_attempt_end end = not_run(PT_UNAVAILABLE);
    end.retry_after_ms = 50;
    cr_assert_eq(attempt(&r, end).at_ns, PT_MILLISECONDS(50));
    end.retry_after_ms = INT64_MAX;
    cr_assert_eq(attempt(&r, end).verdict, PT_RETRY_DEADLINE);
}

Test(retry, no_attempt_begins_after_the_deadline) {
    pt_retry r = start(PT_IDEMPOTENT, 10);
    pt_attempt_end end = failed(PT_UNAVAILABLE);
    pt_retry_begin(&r, 0);
    cr_assert_eq(pt_retry_next(&r, &end, PT_SECONDS(10) - PT_MILLISECONDS(100), MIDDLE).verdict, PT_RETRY_DEADLINE);
}

Test(retry, an_attempt_has_its_own_deadline_within_the_calls) {
    pt_retry_policy p = policy;
    p.attempt_timeout_ns = PT_SECONDS(1);
    pt_retry r = start(PT_IDEMPOTENT, 10);
    r.policy = &p;
    cr_assert_eq(pt_retry_begin(&r, PT_SECONDS(2)).deadline_ns, PT_SECONDS(3));
    pt_attempt_end end = failed(PT_DEADLINE_EXCEEDED);
    end.timed_out = true;
    cr_assert_eq(pt_retry_next(&r, &end, PT_SECONDS(3), MIDDLE).verdict, PT_RETRY_AGAIN, "though the code is not in the list");
    cr_assert_eq(pt_retry_begin(&r, PT_MILLISECONDS(9500)).deadline_ns, PT_SECONDS(10));
}

Test(retry, throttled_when_too_many_calls_fail) {
    pt_retry r = start(PT_IDEMPOTENT, 10);
    pt_throttle_init(&throttle, &(pt_throttle_policy){.max_tokens = 4, .thousandths_of_success = 1000});
    cr_assert_eq(attempt(&r, failed(PT_UNAVAILABLE)).verdict, PT_RETRY_AGAIN);
    cr_assert_eq(attempt(&r, failed(PT_UNAVAILABLE)).verdict, PT_RETRY_THROTTLED);
    pt_retry other = start(PT_IDEMPOTENT, 10);
    pt_throttle_init(&throttle, &(pt_throttle_policy){.max_tokens = 4, .thousandths_of_success = 1000});
    attempt(&other, failed(PT_INVALID_ARGUMENT));
    attempt(&other, failed(PT_INVALID_ARGUMENT));
    cr_assert(pt_throttle_allows(&throttle), "codes that are not retried take no token");
}

Test(retry, success_ends_the_call_and_feeds_the_throttle) {
    pt_retry r = start(PT_IDEMPOTENT, 10);
    pt_throttle_init(&throttle, &(pt_throttle_policy){.max_tokens = 2, .thousandths_of_success = 1000});
    pt_throttle_failed(&throttle);
    cr_assert_eq(attempt(&r, failed(PT_OK)).verdict, PT_RETRY_DONE);
    cr_assert(pt_throttle_allows(&throttle));
}

/* ---- the budget ---- */

Test(retry, own_repetitions_come_before_those_below) {
    pt_retry r = start(PT_IDEMPOTENT, 5);
    pt_attempt a = pt_retry_begin(&r, 0);
    cr_assert_eq(a.budget, 2, "5 less the 3 that this layer may need");
    pt_attempt_end end = failed(PT_UNAVAILABLE);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(pt_retry_next(&r, &end, 0, MIDDLE).verdict, PT_RETRY_AGAIN);
        cr_assert_eq(pt_retry_begin(&r, 0).budget, 0);
    }
    r = start(PT_IDEMPOTENCY_UNKNOWN, 5);
    cr_assert_eq(pt_retry_begin(&r, 0).budget, 5, "this layer repeats nothing that may have run");
}

Test(retry, without_budget_nothing_that_may_have_run_is_repeated) {
    pt_retry r = start(PT_IDEMPOTENT, 1);
    cr_assert_eq(attempt(&r, failed(PT_UNAVAILABLE)).verdict, PT_RETRY_AGAIN);
    cr_assert_eq(attempt(&r, failed(PT_UNAVAILABLE)).verdict, PT_RETRY_BUDGET);
}

Test(retry, what_was_passed_down_with_a_call_that_did_not_run_comes_back) {
    pt_retry r = start(PT_IDEMPOTENT, 5);
    cr_assert_eq(pt_retry_begin(&r, 0).budget, 2);
    pt_attempt_end end = not_run(PT_UNAVAILABLE);
    cr_assert_eq(pt_retry_next(&r, &end, 0, MIDDLE).verdict, PT_RETRY_AGAIN);
    cr_assert_eq(pt_retry_begin(&r, 0).budget, 2);
}

/* A chain of services, each of which calls the next by its own policy. Calls run at the bottom or fail on the way, with or
 * without having run. Returns how often the bottom ran. */
static uint32_t run_chain(pt_random *random, int depth, uint32_t budget, uint32_t fail_percent, pt_attempt_end *ret_end) {
    if (depth == 0) {
        *ret_end = failed(pt_random_below(random, 100) < fail_percent ? PT_UNAVAILABLE : PT_OK);
        return 1;
    }
    pt_retry_policy p = policy;
    p.max_attempts = 1 + (uint32_t)pt_random_below(random, 5);
    pt_retry r = start((pt_idempotency)pt_random_below(random, 3), budget);
    r.policy = &p;
    uint32_t ran = 0;
    pt_retry_decision d;
    do {
        pt_attempt a = pt_retry_begin(&r, 0);
        if (pt_random_below(random, 10) == 0)
            *ret_end = not_run(PT_UNAVAILABLE);
        else
            ran += run_chain(random, depth - 1, a.budget, fail_percent, ret_end);
        d = pt_retry_next(&r, ret_end, 0, pt_random_next(random));
    } while (d.verdict == PT_RETRY_AGAIN);
    ret_end->not_run = ret_end->not_run && ran == 0;
    return ran;
}

Test(retry, layers_do_not_multiply_retries) {
    pt_random random;
    pt_random_init(&random);
    uint32_t most = 0;
    for (int i = 0; i < 20000; i++) {
        uint32_t budget = (uint32_t)pt_random_below(&random, 8);
        int depth = 1 + (int)pt_random_below(&random, 5);
        pt_attempt_end end;
        uint32_t ran = run_chain(&random, depth, budget, i % 2 ? 100 : 60, &end);
        cr_assert_leq(ran, 1 + budget, "depth %d, budget %u: ran %u times", depth, budget, ran);
        if (ran > most) most = ran;
    }
    cr_assert_gt(most, 4, "the budget is used at all");
}
