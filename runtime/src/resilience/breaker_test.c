#include "resilience/breaker.h"

#include <criterion/criterion.h>
#include <sched.h>

#include "support/random.h"

static pt_breaker breaker;
static pt_breaker_policy policy;

static void init(void) {
    policy = (pt_breaker_policy)PT_BREAKER_POLICY_INIT;
    pt_breaker_init(&breaker, &policy);
}

static void done(void) {
    pt_breaker_done(&breaker);
}

TestSuite(breaker, .init = init, .fini = done);

/* One call that is admitted and ends at once. */
static void call(pt_breaker_outcome outcome, uint64_t now_ns) {
    pt_breaker_ticket ticket;
    cr_assert(pt_breaker_admit(&breaker, now_ns, &ticket));
    pt_breaker_report(&breaker, ticket, outcome, now_ns);
}

static void fail_times(int n, uint64_t now_ns) {
    for (int i = 0; i < n; i++)
        call(PT_BREAKER_FAILURE, now_ns);
}

static pt_breaker_state state(uint64_t now_ns) {
    return pt_breaker_look(&breaker, now_ns).state;
}

Test(breaker, opens_at_the_fifth_failure_in_a_row_for_thirty_seconds) {
    pt_breaker_ticket ticket;
    fail_times(4, 0);
    cr_assert_eq(state(0), PT_BREAKER_CLOSED);
    fail_times(1, 0);
    cr_assert_eq(state(0), PT_BREAKER_OPEN);
    cr_assert_not(pt_breaker_admit(&breaker, PT_SECONDS(30) - 1, &ticket));
    cr_assert_eq(pt_breaker_admits_at(&breaker, 1), PT_SECONDS(30));
    cr_assert(pt_breaker_admit(&breaker, PT_SECONDS(30), &ticket));
    cr_assert_eq(state(PT_SECONDS(30)), PT_BREAKER_HALF_OPEN);
}

Test(breaker, a_success_between_failures_starts_the_count_over) {
    fail_times(4, 0);
    call(PT_BREAKER_SUCCESS, 0);
    fail_times(4, 0);
    call(PT_BREAKER_NEITHER, 0);
    cr_assert_eq(state(0), PT_BREAKER_CLOSED);
    fail_times(1, 0);
    cr_assert_eq(state(0), PT_BREAKER_OPEN, "a call that says nothing does not start it over");
}

Test(breaker, lets_one_probe_through_and_closes_when_it_succeeds) {
    pt_breaker_ticket probe, other;
    fail_times(5, 0);
    cr_assert(pt_breaker_admit(&breaker, PT_SECONDS(31), &probe));
    cr_assert_not(pt_breaker_admit(&breaker, PT_SECONDS(100), &other), "the probe is under way");
    cr_assert_eq(pt_breaker_admits_at(&breaker, PT_SECONDS(100)), PT_NEVER);
    pt_breaker_report(&breaker, probe, PT_BREAKER_SUCCESS, PT_SECONDS(101));
    cr_assert_eq(state(PT_SECONDS(101)), PT_BREAKER_CLOSED);
    fail_times(4, PT_SECONDS(101));
    cr_assert_eq(state(PT_SECONDS(101)), PT_BREAKER_CLOSED, "the count starts over");
}

Test(breaker, a_failed_probe_opens_it_for_the_whole_time_again) {
    pt_breaker_ticket probe, other;
    fail_times(5, 0);
    cr_assert(pt_breaker_admit(&breaker, PT_SECONDS(40), &probe));
    pt_breaker_report(&breaker, probe, PT_BREAKER_FAILURE, PT_SECONDS(45));
    cr_assert_not(pt_breaker_admit(&breaker, PT_SECONDS(75) - 1, &other));
    cr_assert(pt_breaker_admit(&breaker, PT_SECONDS(75), &other));
    cr_assert_eq(pt_breaker_look(&breaker, 0).n_opened, 2);
}

Test(breaker, a_probe_that_says_nothing_makes_way_for_the_next) {
    pt_breaker_ticket probe;
    fail_times(5, 0);
    cr_assert(pt_breaker_admit(&breaker, PT_SECONDS(40), &probe));
    pt_breaker_report(&breaker, probe, PT_BREAKER_NEITHER, PT_SECONDS(41));
    cr_assert(pt_breaker_admit(&breaker, PT_SECONDS(41), &probe));
}

Test(breaker, late_results_of_an_earlier_state_do_not_count) {
    pt_breaker_ticket late[3], probe;
    for (int i = 0; i < 3; i++)
        cr_assert(pt_breaker_admit(&breaker, 0, &late[i]));
    fail_times(5, 0);
    pt_breaker_report(&breaker, late[0], PT_BREAKER_SUCCESS, 1);
    cr_assert_eq(state(1), PT_BREAKER_OPEN, "a late success does not close it");
    cr_assert(pt_breaker_admit(&breaker, PT_SECONDS(30), &probe));
    pt_breaker_report(&breaker, late[1], PT_BREAKER_FAILURE, PT_SECONDS(30));
    cr_assert_eq(state(PT_SECONDS(30)), PT_BREAKER_HALF_OPEN);
    pt_breaker_report(&breaker, probe, PT_BREAKER_SUCCESS, PT_SECONDS(30));
    pt_breaker_report(&breaker, late[2], PT_BREAKER_FAILURE, PT_SECONDS(30));
    cr_assert_eq(pt_breaker_look(&breaker, PT_SECONDS(30)).failures_in_a_row, 0);
}

Test(breaker, opens_by_percentage_once_the_window_holds_enough) {
    policy.consecutive_failures = 0;
    policy.failure_percentage = 50;
    for (int i = 0; i < 9; i++) {
        call(PT_BREAKER_SUCCESS, PT_SECONDS(1));
        call(PT_BREAKER_FAILURE, PT_SECONDS(1));
    }
    call(PT_BREAKER_FAILURE, PT_SECONDS(1));
    cr_assert_eq(state(PT_SECONDS(1)), PT_BREAKER_CLOSED, "10 of 19 failed, but 20 are needed");
    call(PT_BREAKER_SUCCESS, PT_SECONDS(1));
    cr_assert_eq(state(PT_SECONDS(1)), PT_BREAKER_CLOSED, "only a failure opens it");
    call(PT_BREAKER_FAILURE, PT_SECONDS(1));
    cr_assert_eq(state(PT_SECONDS(1)), PT_BREAKER_OPEN);
}

Test(breaker, what_slid_out_of_the_window_does_not_count) {
    policy.consecutive_failures = 0;
    policy.failure_percentage = 50;
    fail_times(19, PT_SECONDS(1));
    pt_breaker_snapshot s = pt_breaker_look(&breaker, PT_SECONDS(10));
    cr_assert(s.window_calls == 19 && s.window_failures == 19);
    cr_assert_eq(pt_breaker_look(&breaker, PT_SECONDS(11)).window_calls, 0);
    fail_times(10, PT_SECONDS(11));
    cr_assert_eq(state(PT_SECONDS(11)), PT_BREAKER_CLOSED);
    fail_times(10, PT_SECONDS(15));
    cr_assert_eq(state(PT_SECONDS(15)), PT_BREAKER_OPEN);
}

Test(breaker, judges_by_code_and_time) {
    cr_assert_eq(pt_breaker_judge(&policy, PT_OK, false, PT_SECONDS(100)), PT_BREAKER_SUCCESS);
    cr_assert_eq(pt_breaker_judge(&policy, PT_UNAVAILABLE, true, 0), PT_BREAKER_FAILURE);
    cr_assert_eq(pt_breaker_judge(&policy, PT_CANCELLED, false, 0), PT_BREAKER_NEITHER);
    cr_assert_eq(pt_breaker_judge(&policy, PT_RESOURCE_EXHAUSTED, true, 0), PT_BREAKER_NEITHER);
    cr_assert_eq(pt_breaker_judge(&policy, PT_NOT_FOUND, false, 0), PT_BREAKER_SUCCESS, "the endpoint is well");
    policy.slow_call_ns = PT_MILLISECONDS(500);
    cr_assert_eq(pt_breaker_judge(&policy, PT_OK, false, PT_MILLISECONDS(500)), PT_BREAKER_SUCCESS);
    cr_assert_eq(pt_breaker_judge(&policy, PT_OK, false, PT_MILLISECONDS(501)), PT_BREAKER_FAILURE);
}

Test(breaker, switched_off_it_never_opens) {
    policy.consecutive_failures = 0;
    fail_times(1000, 0);
    cr_assert_eq(state(0), PT_BREAKER_CLOSED);
}

/* Any order of calls, ends and times: while it is not closed, at most one call that was admitted since is under way, and only
 * after the breaker has been open for its time. */
Test(breaker, never_lets_more_than_one_probe_through) {
    enum { MOST = 64 };
    pt_random random;
    pt_random_init(&random);
    pt_breaker_ticket open[MOST];
    bool is_probe[MOST];
    int n_open = 0, n_probes = 0, probes_seen = 0;
    uint64_t now_ns = 0, opened_ns = 0, n_opened = 0;
    for (int i = 0; i < 200000; i++) {
        now_ns += pt_random_below(&random, PT_SECONDS(2));
        if (n_open < MOST && pt_random_below(&random, 2)) {
            bool closed = state(now_ns) == PT_BREAKER_CLOSED;
            if (!pt_breaker_admit(&breaker, now_ns, &open[n_open])) continue;
            is_probe[n_open++] = !closed;
            n_probes += !closed;
            probes_seen += !closed;
            cr_assert_leq(n_probes, 1);
            cr_assert(closed || now_ns >= opened_ns + policy.open_ns);
        } else if (n_open) {
            size_t k = pt_random_below(&random, (uint64_t)n_open);
            pt_breaker_outcome outcome = pt_random_below(&random, 10) < 6 ? PT_BREAKER_FAILURE : PT_BREAKER_SUCCESS;
            pt_breaker_report(&breaker, open[k], outcome, now_ns);
            n_probes -= is_probe[k];
            open[k] = open[--n_open];
            is_probe[k] = is_probe[n_open];
            uint64_t opened = pt_breaker_look(&breaker, now_ns).n_opened;
            if (opened > n_opened) opened_ns = now_ns;
            n_opened = opened;
        }
    }
    cr_assert_gt(probes_seen, 100);
}

enum { THREADS = 2, ROUNDS = 20000 };

static atomic_int arrivals, admitted[ROUNDS];

/* Waits until all threads have come here so often. */
static void meet(int times) {
    atomic_fetch_add(&arrivals, 1);
    for (int spins = 1; atomic_load(&arrivals) < THREADS * times; spins++)
        if (spins % 10000 == 0) sched_yield(); /* the other may need this processor */
}

/* Asks at the same time as the others, once in each round, when the breaker's time is over. */
static void *ask_together(void *arg) {
    pt_breaker_ticket ticket;
    for (int i = 0; i < ROUNDS; i++) {
        meet(2 * i + 1);
        bool probe = pt_breaker_admit(&breaker, PT_SECONDS(1000), &ticket);
        if (probe) atomic_fetch_add(&admitted[i], 1);
        meet(2 * i + 2);
        if (probe) pt_breaker_report(&breaker, ticket, PT_BREAKER_FAILURE, PT_SECONDS(900));
    }
    return arg;
}

Test(breaker, of_threads_that_ask_together_one_gets_the_probe) {
    pthread_t threads[THREADS];
    int rounds_with_probe = 0;
    fail_times(5, 0);
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, ask_together, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < ROUNDS; i++) {
        cr_assert_leq(atomic_load(&admitted[i]), 1, "round %d", i);
        rounds_with_probe += atomic_load(&admitted[i]);
    }
    cr_assert_gt(rounds_with_probe, ROUNDS / 4, "%d", rounds_with_probe);
}
