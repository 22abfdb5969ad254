#include "discovery/refresh.h"

#include <criterion/criterion.h>

#include "support/random.h"

#define MS(n) (UINT64_C(1000000) * (n))
#define MIDDLE (UINT64_C(1) << 63)

static const pt_refresh_policy policy = {
    .interval_ns = MS(30000), .retry_min_ns = MS(200), .retry_max_ns = MS(5000), .spacing_ns = MS(1000)};

static pt_refresh start(void) {
    pt_refresh r;
    pt_refresh_init(&r, &policy);
    return r;
}

Test(refresh, looks_at_once_then_at_intervals) {
    pt_refresh r = start();
    cr_assert_eq(pt_refresh_due_ns(&r), 0);
    pt_refresh_looked(&r, true, MS(50), MIDDLE);
    cr_assert_eq(pt_refresh_due_ns(&r), MS(30050));
}

Test(refresh, intervals_and_pauses_are_spread) {
    pt_random random;
    pt_random_init(&random);
    uint64_t least = UINT64_MAX, most = 0;
    for (int i = 0; i < 1000; i++) {
        pt_refresh r = start();
        pt_refresh_looked(&r, true, 0, pt_random_next(&random));
        uint64_t due_ns = pt_refresh_due_ns(&r);
        cr_assert(due_ns >= MS(27000) && due_ns <= MS(33000));
        if (due_ns < least) least = due_ns;
        if (due_ns > most) most = due_ns;
        pt_refresh_looked(&r, false, 0, pt_random_next(&random));
        cr_assert(pt_refresh_due_ns(&r) >= MS(100) && pt_refresh_due_ns(&r) <= MS(200));
    }
    cr_assert(least < MS(27100) && most > MS(32900));
}

Test(refresh, pauses_double_to_the_maximum_and_begin_anew_after_a_success) {
    static const uint64_t pauses_ms[] = {200, 400, 800, 1600, 3200, 5000, 5000};
    pt_refresh r = start();
    for (size_t i = 0; i < 7; i++) {
        pt_refresh_looked(&r, false, 0, UINT64_MAX);
        cr_assert(pt_refresh_due_ns(&r) + 1 >= MS(pauses_ms[i]) && pt_refresh_due_ns(&r) <= MS(pauses_ms[i]), "pause %zu", i);
    }
    pt_refresh_looked(&r, true, 0, 0);
    pt_refresh_looked(&r, false, 0, UINT64_MAX);
    cr_assert_leq(pt_refresh_due_ns(&r), MS(200));
}

Test(refresh, wishes_bring_the_next_look_forward_but_keep_the_spacing) {
    pt_refresh r = start();
    pt_refresh_looked(&r, true, MS(100), MIDDLE);
    pt_refresh_wish(&r, MS(300));
    cr_assert_eq(pt_refresh_due_ns(&r), MS(1100));
    pt_refresh_looked(&r, true, MS(1100), MIDDLE);
    pt_refresh_wish(&r, MS(9000));
    cr_assert_eq(pt_refresh_due_ns(&r), MS(9000));
    pt_refresh_looked(&r, false, MS(9000), UINT64_MAX);
    pt_refresh_wish(&r, MS(9001));
    cr_assert_leq(pt_refresh_due_ns(&r), MS(9200), "a wish puts nothing off");
}
