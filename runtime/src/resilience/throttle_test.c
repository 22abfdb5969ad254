#include "resilience/throttle.h"

#include <criterion/criterion.h>
#include <pthread.h>

static pt_throttle bucket(uint32_t max_tokens, uint32_t thousandths) {
    pt_throttle t;
    pt_throttle_init(&t, &(pt_throttle_policy){max_tokens, thousandths});
    return t;
}

Test(throttle, stops_at_half_and_comes_back_by_successes) {
    pt_throttle t = bucket(10, 100);
    for (int i = 0; i < 4; i++)
        pt_throttle_failed(&t);
    cr_assert(pt_throttle_allows(&t), "6 of 10");
    pt_throttle_failed(&t);
    cr_assert_not(pt_throttle_allows(&t), "5 of 10 is not more than half");
    pt_throttle_succeeded(&t);
    cr_assert(pt_throttle_allows(&t), "5.1 of 10");
}

Test(throttle, stays_between_empty_and_full) {
    pt_throttle t = bucket(4, 1000);
    for (int i = 0; i < 100; i++)
        pt_throttle_succeeded(&t);
    pt_throttle_failed(&t);
    pt_throttle_failed(&t);
    cr_assert_not(pt_throttle_allows(&t), "full was 4");
    for (int i = 0; i < 100; i++)
        pt_throttle_failed(&t);
    for (int i = 0; i < 2; i++)
        pt_throttle_succeeded(&t);
    cr_assert_not(pt_throttle_allows(&t));
    pt_throttle_succeeded(&t);
    cr_assert(pt_throttle_allows(&t), "empty was 0");
}

Test(throttle, without_tokens_nothing_is_throttled) {
    pt_throttle t = bucket(0, 0);
    for (int i = 0; i < 100; i++)
        pt_throttle_failed(&t);
    cr_assert(pt_throttle_allows(&t));
}

static void *fail_often(void *arg) {
    for (int i = 0; i < 10000; i++) {
        pt_throttle_failed(arg);
        for (int k = 0; k < 4; k++)
            pt_throttle_succeeded(arg);
    }
    return NULL;
}

Test(throttle, threads_lose_no_token) {
    enum { N = 4 };
    pt_throttle t = bucket(1000000, 250);
    pthread_t threads[N];
    for (int i = 0; i < N; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, fail_often, &t), 0);
    for (int i = 0; i < N; i++)
        pthread_join(threads[i], NULL);
    cr_assert_geq(atomic_load(&t.has), 999999 * INT64_C(1000) - 2000);
    for (int i = 0; i < 500000; i++)
        pt_throttle_failed(&t);
    cr_assert_not(pt_throttle_allows(&t));
}
