#include "resilience/outlier.h"

#include <criterion/criterion.h>
#include <string.h>

#include "support/random.h"

enum { N = 10 };

static pt_outlier_detector detector;
static pt_outlier_policy policy;
static pt_outlier_record storage[N];
static pt_outlier_record *records[N];

static void init(void) {
    policy = (pt_outlier_policy)PT_OUTLIER_POLICY_INIT;
    pt_outlier_init(&detector, &policy);
    for (int i = 0; i < N; i++)
        records[i] = &storage[i];
    pt_outlier_members(&detector, records, N);
}

static void done(void) {
    pt_outlier_done(&detector);
}

TestSuite(outlier, .init = init, .fini = done);

static void report(int i, int successes, int failures, uint64_t now_ns) {
    for (int k = 0; k < successes; k++)
        pt_outlier_report(&detector, records[i], false, now_ns);
    for (int k = 0; k < failures; k++)
        pt_outlier_report(&detector, records[i], true, now_ns);
}

static void sweep(uint64_t now_ns) {
    pt_outlier_sweep(&detector, records, N, now_ns, 1);
}

static int ejected(void) {
    int n = 0;
    for (int i = 0; i < N; i++)
        n += pt_outlier_ejected(records[i]);
    return n;
}

static void all_well(int successes, int failures, uint64_t now_ns) {
    for (int i = 0; i < N; i++)
        report(i, successes, failures, now_ns);
}

Test(outlier, ejects_by_success_rate_and_takes_back) {
    all_well(98, 2, 0);
    report(3, 0, 100, 0);
    cr_assert_eq(ejected(), 0, "not before a look");
    sweep(PT_SECONDS(10));
    cr_assert(ejected() == 1 && pt_outlier_ejected(records[3]));
    sweep(PT_SECONDS(40) - 1);
    cr_assert_eq(ejected(), 1);
    sweep(PT_SECONDS(40));
    cr_assert_eq(ejected(), 0);
}

Test(outlier, a_common_rate_of_failures_ejects_nobody) {
    all_well(50, 50, 0);
    sweep(PT_SECONDS(10));
    cr_assert_eq(ejected(), 0);
}

Test(outlier, an_endpoint_with_few_calls_is_not_judged) {
    for (int i = 1; i < N; i++)
        report(i, 100, 0, 0);
    report(0, 0, 99, 0);
    sweep(PT_SECONDS(10));
    cr_assert_eq(ejected(), 0);
    for (int i = 1; i < N; i++)
        report(i, 100, 0, 0);
    report(0, 0, 100, 0);
    sweep(PT_SECONDS(20));
    cr_assert_eq(ejected(), 1);
}

Test(outlier, few_endpoints_are_not_judged) {
    policy.success_rate.threshold = 1000;
    for (int hosts = 4; hosts <= 5; hosts++) {
        for (int i = 0; i < hosts; i++)
            report(i, i ? 200 : 0, i ? 0 : 200, 0);
        sweep(PT_SECONDS(10));
        cr_assert_eq(ejected(), hosts == 5, "%d hosts", hosts);
    }
}

/* Two intervals with too few calls each; were either count kept, the second would have enough. */
Test(outlier, counts_begin_anew_with_each_interval) {
    static const struct { int bad_successes, bad_failures, successes, failures; } cases[] = {{0, 60, 20, 40}, {46, 9, 55, 0}};
    for (size_t c = 0; c < 2; c++) {
        memset(storage, 0, sizeof storage);
        for (uint64_t interval = 1; interval <= 2; interval++) {
            report(0, cases[c].bad_successes, cases[c].bad_failures, 0);
            for (int i = 1; i < N; i++)
                report(i, cases[c].successes, cases[c].failures, 0);
            sweep(PT_SECONDS(10) * interval);
            cr_assert_eq(ejected(), 0, "case %zu", c);
        }
    }
}

Test(outlier, ejects_by_failure_percentage_at_the_threshold) {
    policy.success_rate.threshold = 0;
    policy.failure_percentage = (pt_outlier_rule)PT_OUTLIER_FAILURE_PERCENTAGE_INIT;
    policy.max_ejection_percent = 100;
    for (uint32_t threshold = 1; threshold <= 100; threshold += 9) {
        memset(storage, 0, sizeof storage);
        policy.failure_percentage.threshold = threshold;
        all_well(100, 0, 0);
        atomic_store(&records[0]->successes, 0);
        atomic_store(&records[1]->successes, 0);
        report(0, 100 - (int)threshold, (int)threshold, 0);
        report(1, 101 - (int)threshold, (int)threshold - 1, 0);
        sweep(PT_SECONDS(10));
        cr_assert(pt_outlier_ejected(records[0]), "%u %%", threshold);
        cr_assert_not(pt_outlier_ejected(records[1]), "%u %%", threshold);
    }
}

Test(outlier, ejects_at_once_by_errors_in_a_row) {
    policy.consecutive_errors = 5;
    report(2, 0, 4, 0);
    report(2, 1, 4, 0);
    cr_assert_eq(ejected(), 0);
    report(2, 0, 1, 0);
    cr_assert(pt_outlier_ejected(records[2]));
}

Test(outlier, each_ejection_lasts_longer_up_to_the_maximum_and_good_intervals_are_rewarded) {
    static const uint64_t seconds[] = {30, 60, 90, 100, 100};
    policy.consecutive_errors = 1;
    policy.max_ejection_ns = PT_SECONDS(100);
    uint64_t now_ns = 0;
    for (int i = 0; i < 5; i++) {
        report(0, 0, 1, now_ns);
        sweep(now_ns + PT_SECONDS(seconds[i]) - 1);
        cr_assert_eq(ejected(), 1, "ejection %d", i + 1);
        now_ns += PT_SECONDS(seconds[i]);
        sweep(now_ns);
        cr_assert_eq(ejected(), 0, "ejection %d", i + 1);
    }
    for (int i = 0; i < 5; i++)
        sweep(now_ns);
    report(0, 0, 1, now_ns);
    sweep(now_ns + PT_SECONDS(30));
    cr_assert_eq(ejected(), 0, "30 s again");
}

Test(outlier, an_endpoint_that_is_bad_again_at_the_next_look_does_not_forget) {
    for (int i = 0; i < 2; i++) {
        uint64_t now_ns = PT_SECONDS(10) + (uint64_t)i * PT_SECONDS(40);
        if (i) sweep(now_ns);
        all_well(100, 0, now_ns);
        report(0, 0, 200, now_ns);
        sweep(now_ns + 1);
    }
    cr_assert_eq(records[0]->n_ejections, 2);
}

Test(outlier, one_always_stays) {
    policy.consecutive_errors = 1;
    policy.max_ejection_percent = 100;
    for (int i = 0; i < N; i++)
        report(i, 0, 1, 0);
    cr_assert_eq(ejected(), N - 1);
    pt_outlier_record alone = {0}, *list[] = {&alone};
    pt_outlier_members(&detector, list, 1);
    pt_outlier_report(&detector, &alone, true, 0);
    cr_assert_not(pt_outlier_ejected(&alone));
}

Test(outlier, enforcement_percentage_is_a_chance) {
    enum { ROUNDS = 2000 };
    int times = 0;
    pt_random random;
    pt_random_init(&random);
    policy.success_rate.enforcement_percentage = 30;
    for (int i = 0; i < ROUNDS; i++) {
        memset(storage, 0, sizeof storage);
        all_well(100, 0, 0);
        report(0, 0, 300, 0);
        pt_outlier_sweep(&detector, records, N, 0, pt_random_next(&random));
        times += ejected();
    }
    cr_assert(times > 477 && times < 723, "%d of 2000; 600 expected, 6 standard deviations are 123", times);
}

/* Whatever is reported: never more out than the percentage allows, plus the one that always may, and never all. */
Test(outlier, never_ejects_more_than_allowed) {
    pt_random random;
    pt_random_init(&random);
    policy.failure_percentage = (pt_outlier_rule){50, 100, 2, 5};
    policy.success_rate = (pt_outlier_rule){1000, 100, 2, 5};
    policy.consecutive_errors = 3;
    int seen = 0;
    for (uint32_t percent = 0; percent <= 100; percent += 10) {
        memset(storage, 0, sizeof storage);
        policy.max_ejection_percent = percent;
        pt_outlier_members(&detector, records, N);
        for (int i = 0; i < 20000; i++) {
            uint64_t now_ns = PT_SECONDS((uint64_t)i) / 10;
            pt_outlier_report(&detector, records[pt_random_below(&random, N)], pt_random_below(&random, 2), now_ns);
            if (i % 100 == 0) pt_outlier_sweep(&detector, records, N, now_ns, pt_random_next(&random));
            int most = (int)percent / 10; /* of 10 */
            if (most < 1 && percent) most = 1;
            if (most > N - 1) most = N - 1;
            cr_assert_leq(ejected(), most, "%u %%", percent);
            seen += ejected();
        }
    }
    cr_assert_gt(seen, 1000);
}
