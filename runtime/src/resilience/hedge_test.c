#include "resilience/hedge.h"

#include <criterion/criterion.h>

#include "support/random.h"

static const pt_hedge_policy policy = {
    .max_attempts = 3, .delay_ns = PT_MILLISECONDS(50), .non_fatal = PT_CODE_BIT(PT_UNAVAILABLE)};

static pt_throttle throttle;

static pt_hedge start(const pt_hedge_policy *p, pt_idempotency idempotency, uint32_t budget) {
    pt_throttle_init(&throttle, &(pt_throttle_policy)PT_THROTTLE_POLICY_INIT);
    pt_hedge h;
    pt_hedge_init(
        &h, p,
        &(pt_repeat_call){.throttle = &throttle, .idempotency = idempotency, .deadline_ns = PT_SECONDS(10), .budget = budget});
    return h;
}

static pt_attempt_end ended(pt_code code) {
    return (pt_attempt_end){.code = code, .retry_after_ms = -1};
}

static bool end(pt_hedge *h, pt_code code, uint64_t now_ns) {
    pt_attempt_end e = ended(code);
    return pt_hedge_ended(h, &e, now_ns);
}

static bool starts(pt_hedge *h, uint64_t now_ns) {
    return pt_hedge_tick(h, now_ns).what == PT_HEDGE_START;
}

Test(hedge, starts_one_attempt_after_each_delay) {
    pt_hedge h = start(&policy, PT_NO_SIDE_EFFECTS, 10);
    cr_assert(starts(&h, 0));
    pt_hedge_step s = pt_hedge_tick(&h, 0);
    cr_assert(s.what == PT_HEDGE_WAIT && s.wake_ns == PT_MILLISECONDS(50));
    cr_assert_not(starts(&h, PT_MILLISECONDS(50) - 1));
    cr_assert(starts(&h, PT_MILLISECONDS(50)));
    cr_assert(starts(&h, PT_MILLISECONDS(100)));
    s = pt_hedge_tick(&h, PT_SECONDS(1));
    cr_assert(s.what == PT_HEDGE_WAIT && s.wake_ns == PT_NEVER, "all three are under way");
}

Test(hedge, without_a_delay_all_start_at_once) {
    pt_hedge_policy p = policy;
    p.delay_ns = 0;
    pt_hedge h = start(&p, PT_NO_SIDE_EFFECTS, 10);
    for (uint32_t i = 0; i < 3; i++) {
        pt_hedge_step s = pt_hedge_tick(&h, 7);
        cr_assert(s.what == PT_HEDGE_START && s.attempt.number == i);
    }
    cr_assert_not(starts(&h, 7));
}

Test(hedge, the_first_success_ends_the_call) {
    pt_hedge h = start(&policy, PT_NO_SIDE_EFFECTS, 10);
    starts(&h, 0);
    starts(&h, PT_MILLISECONDS(50));
    cr_assert(end(&h, PT_OK, PT_MILLISECONDS(60)));
    cr_assert_not(end(&h, PT_OK, PT_MILLISECONDS(61)), "the second answer is passed over");
    cr_assert_not(starts(&h, PT_SECONDS(1)));
}

Test(hedge, a_fatal_code_ends_the_call_a_non_fatal_one_brings_the_next_attempt) {
    pt_hedge h = start(&policy, PT_NO_SIDE_EFFECTS, 10);
    starts(&h, 0);
    cr_assert_not(end(&h, PT_UNAVAILABLE, PT_MILLISECONDS(10)));
    cr_assert(starts(&h, PT_MILLISECONDS(10)), "before its delay");
    cr_assert_not(starts(&h, PT_MILLISECONDS(59)));
    cr_assert(starts(&h, PT_MILLISECONDS(60)));
    cr_assert_not(end(&h, PT_UNAVAILABLE, PT_MILLISECONDS(70)), "one is still under way");
    cr_assert(end(&h, PT_UNAVAILABLE, PT_MILLISECONDS(80)), "none is left");
    h = start(&policy, PT_NO_SIDE_EFFECTS, 10);
    starts(&h, 0);
    cr_assert(end(&h, PT_NOT_FOUND, 1));
}

Test(hedge, the_servers_wish_delays_the_next_attempt) {
    pt_hedge h = start(&policy, PT_NO_SIDE_EFFECTS, 10);
    starts(&h, 0);
    pt_attempt_end e = ended(PT_UNAVAILABLE);
    e.retry_after_ms = 500;
    cr_assert_not(pt_hedge_ended(&h, &e, 0));
    cr_assert_eq(pt_hedge_tick(&h, 0).wake_ns, PT_MILLISECONDS(500));
    cr_assert(starts(&h, PT_MILLISECONDS(500)));
    e.retry_after_ms = 60000;
    cr_assert(pt_hedge_ended(&h, &e, PT_SECONDS(1)), "after the deadline: nothing can follow");
}

Test(hedge, only_methods_without_side_effects_are_hedged) {
    static const pt_idempotency others[] = {PT_IDEMPOTENCY_UNKNOWN, PT_IDEMPOTENT};
    for (size_t i = 0; i < 2; i++) {
        pt_hedge h = start(&policy, others[i], 10);
        cr_assert(starts(&h, 0));
        cr_assert_not(starts(&h, PT_SECONDS(1)));
        cr_assert(end(&h, PT_UNAVAILABLE, PT_SECONDS(1)));
    }
}

Test(hedge, what_did_not_run_is_repeated_once_for_free) {
    pt_hedge h = start(&policy, PT_IDEMPOTENCY_UNKNOWN, 0);
    pt_attempt_end e = ended(PT_UNAVAILABLE);
    e.not_run = true;
    starts(&h, 0);
    cr_assert_not(pt_hedge_ended(&h, &e, 1));
    cr_assert(starts(&h, 1));
    cr_assert(pt_hedge_ended(&h, &e, 2));
}

Test(hedge, throttling_and_a_spent_budget_leave_one_attempt) {
    pt_hedge h = start(&policy, PT_NO_SIDE_EFFECTS, 10);
    pt_throttle_init(&throttle, &(pt_throttle_policy){.max_tokens = 1, .thousandths_of_success = 1});
    pt_throttle_failed(&throttle);
    cr_assert(starts(&h, 0));
    cr_assert_not(starts(&h, PT_SECONDS(1)));
    h = start(&policy, PT_NO_SIDE_EFFECTS, 0);
    cr_assert(starts(&h, 0));
    cr_assert_not(starts(&h, PT_SECONDS(1)));
}

/* Random ends at random times: the attempts and what they pass down never exceed policy and budget, and the call ends. */
Test(hedge, budget_and_attempts_are_never_exceeded) {
    static const pt_code codes[] = {PT_OK, PT_UNAVAILABLE, PT_UNAVAILABLE, PT_UNAVAILABLE, PT_INTERNAL};
    pt_random random;
    pt_random_init(&random);
    for (int i = 0; i < 20000; i++) {
        uint32_t budget = (uint32_t)pt_random_below(&random, 6), sent = 0, passed_down = 0, not_run = 0;
        pt_hedge h = start(&policy, PT_NO_SIDE_EFFECTS, budget);
        uint64_t now_ns = 0;
        bool over = false;
        for (int k = 0; !over; k++) {
            cr_assert_lt(k, 100, "the call ends");
            pt_hedge_step s;
            while ((s = pt_hedge_tick(&h, now_ns)).what == PT_HEDGE_START) {
                sent++;
                passed_down += s.attempt.budget;
            }
            cr_assert_gt(h.n_open, 0, "something is under way, or will be");
            bool ends_first = s.wake_ns == PT_NEVER || pt_random_below(&random, 2);
            now_ns = ends_first ? now_ns + pt_random_below(&random, PT_MILLISECONDS(20)) : s.wake_ns;
            if (!ends_first) continue;
            pt_attempt_end e = ended(codes[pt_random_below(&random, 5)]);
            e.not_run = e.code == PT_UNAVAILABLE && pt_random_below(&random, 4) == 0;
            not_run += e.not_run;
            over = pt_hedge_ended(&h, &e, now_ns);
        }
        cr_assert_leq(sent, policy.max_attempts + (not_run > 0));
        cr_assert_leq(sent - (not_run > 0) - 1 + passed_down, budget);
    }
}
