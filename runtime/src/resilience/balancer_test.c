#include "resilience/balancer.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "resilience/random.h"
#include "support/random.h"

enum { MOST = 64, NO_LIMIT = 1000000 };

static const pt_breaker_policy breaker_policy = PT_BREAKER_POLICY_INIT;
static pt_balancing_policy policy;
static pt_balancer balancer;
static pt_endpoint *endpoints[MOST];
static uint32_t weights[MOST];
static pt_endpoint_set *set;
static uint32_t counts[MOST];

/* `n` endpoints that are ready, all of weight 1. */
static void make(pt_balancing kind, uint32_t n) {
    policy = (pt_balancing_policy)PT_BALANCING_POLICY_INIT;
    policy.kind = kind;
    for (uint32_t i = 0; i < n; i++) {
        char url[64];
        snprintf(url, sizeof url, "tcp://10.0.0.%02u:9000", i);
        endpoints[i] = pt_endpoint_new(url, &breaker_policy);
        pt_endpoint_set_ready(endpoints[i], true);
        weights[i] = 1;
    }
    set = pt_endpoint_set_new(endpoints, weights, n, &policy);
    pt_balancer_init(&balancer, &policy, NO_LIMIT);
}

/* The same endpoints with other weights, or some of them. */
static void remake(uint32_t n) {
    pt_endpoint_set_unref(set);
    set = pt_endpoint_set_new(endpoints, weights, n, &policy);
}

static void unmake(uint32_t n) {
    pt_endpoint_set_unref(set);
    for (uint32_t i = 0; i < n; i++)
        pt_endpoint_unref(endpoints[i]);
}

static uint32_t index_of(const pt_endpoint *e) {
    uint32_t i = 0;
    while (endpoints[i] != e)
        i++;
    return i;
}

static pt_pick_result pick_full(const pt_pick_request *q, pt_pick *ret_pick) {
    uint64_t retry_ns;
    pt_pick_result result = pt_balancer_pick(&balancer, set, q, ret_pick, &retry_ns);
    if (result == PT_PICKED) counts[index_of(ret_pick->endpoint)]++;
    return result;
}

/* A call that stays. Returns its endpoint. */
static uint32_t pick(uint64_t random, pt_pick *ret_pick) {
    cr_assert_eq(pick_full(&(pt_pick_request){.random = random}, ret_pick), PT_PICKED);
    return index_of(ret_pick->endpoint);
}

/* A call that ends at once. */
static uint32_t touch(uint64_t random) {
    pt_pick p;
    uint32_t i = pick(random, &p);
    pt_balancer_release(&balancer, &p);
    return i;
}

static uint32_t touch_key(uint64_t key) {
    pt_pick p;
    cr_assert_eq(pick_full(&(pt_pick_request){.has_key = true, .key = key}, &p), PT_PICKED);
    uint32_t i = index_of(p.endpoint);
    pt_balancer_release(&balancer, &p);
    return i;
}

/* ---- each policy ---- */

Test(balancer, pick_first_takes_the_first_that_can) {
    make(PT_PICK_FIRST, 3);
    cr_assert_eq(touch(1), 0);
    cr_assert_eq(touch(2), 0);
    pt_endpoint_set_ready(endpoints[0], false);
    cr_assert_eq(touch(3), 1);
    unmake(3);
}

Test(balancer, round_robin_takes_turns) {
    make(PT_ROUND_ROBIN, 5);
    for (uint32_t i = 0; i < 15; i++)
        cr_assert_eq(touch(7), i % 5);
    unmake(5);
}

Test(balancer, round_robin_follows_weights_exactly_and_evenly) {
    make(PT_ROUND_ROBIN, 3);
    weights[0] = 30, weights[1] = 10, weights[2] = 20;
    remake(3);
    for (int round = 1; round <= 4; round++) {
        uint32_t in_a_row = 0, last = MOST;
        for (int i = 0; i < 6; i++) {
            uint32_t now = touch(7);
            in_a_row = now == last ? in_a_row + 1 : 1;
            cr_assert_leq(in_a_row, 2);
            last = now;
        }
        cr_assert(counts[0] == 3u * (unsigned)round && counts[1] == 1u * (unsigned)round && counts[2] == 2u * (unsigned)round);
    }
    unmake(3);
}

Test(balancer, large_weights_keep_their_proportions) {
    make(PT_ROUND_ROBIN, 2);
    weights[0] = 999983, weights[1] = 499979; /* primes */
    remake(2);
    cr_assert_leq(set->n_turns, 8194);
    for (int i = 0; i < 30000; i++)
        touch(7);
    cr_assert_float_eq((double)counts[0] / counts[1], 2, 0.01);
    unmake(2);
}

Test(balancer, two_choices_spread_idle_endpoints_by_weight) {
    enum { N = 10, CALLS = 100000 };
    pt_random random;
    pt_random_init(&random);
    make(PT_POWER_OF_TWO_CHOICES, N);
    for (int i = 0; i < CALLS; i++)
        touch(pt_random_next(&random));
    for (int i = 0; i < N; i++) /* 10000 expected; 6 standard deviations are 570 */
        cr_assert(counts[i] > 9430 && counts[i] < 10570, "endpoint %d: %u", i, counts[i]);
    memset(counts, 0, sizeof counts);
    weights[3] = 10;
    remake(N);
    for (int i = 0; i < CALLS; i++)
        touch(pt_random_next(&random));
    cr_assert_float_eq(counts[3] / (double)CALLS, 10 / 19.0, 0.02, "%u", counts[3]);
    unmake(N);
}

/* Balls into bins: with one choice the fullest of 50 bins holds about 1000 + 4.4 * 32, with two choices hardly more than 1000.
 */
Test(balancer, two_choices_keep_the_load_even) {
    enum { N = 50, CALLS = 50000 };
    pt_random random;
    pt_random_init(&random);
    make(PT_POWER_OF_TWO_CHOICES, N);
    pt_pick *picks = calloc(CALLS, sizeof *picks);
    for (int i = 0; i < CALLS; i++)
        pick(pt_random_next(&random), &picks[i]);
    uint32_t most = 0;
    for (int i = 0; i < N; i++)
        if (counts[i] > most) most = counts[i];
    cr_assert_leq(most, 1012, "fullest: %u", most);
    for (int i = 0; i < CALLS; i++)
        pt_balancer_release(&balancer, &picks[i]);
    cr_assert_eq(atomic_load(&balancer.outstanding), 0);
    free(picks);
    unmake(N);
}

Test(balancer, two_choices_load_by_weight) {
    enum { CALLS = 4000 };
    static pt_pick picks[CALLS];
    pt_random random;
    pt_random_init(&random);
    make(PT_POWER_OF_TWO_CHOICES, 4);
    weights[2] = 5;
    remake(4);
    for (int i = 0; i < CALLS; i++)
        pick(pt_random_next(&random), &picks[i]);
    for (int i = 0; i < 4; i++)
        cr_assert_float_eq((double)counts[i], i == 2 ? 2500.0 : 500.0, 25, "endpoint %d: %u", i, counts[i]);
    for (int i = 0; i < CALLS; i++)
        pt_balancer_release(&balancer, &picks[i]);
    unmake(4);
}

Test(balancer, two_choices_by_latency_avoid_a_slow_endpoint_and_come_back) {
    pt_random random;
    pt_random_init(&random);
    make(PT_POWER_OF_TWO_CHOICES, 4);
    policy.latency = true;
    for (uint32_t i = 0; i < 4; i++)
        pt_endpoint_feed_latency(endpoints[i], PT_MILLISECONDS(i == 1 ? 10 : 1), 0);
    for (int i = 0; i < 1000; i++)
        touch(pt_random_next(&random));
    cr_assert_eq(counts[1], 0);
    pt_pick p;
    for (uint32_t i = 0; i < 4; i++)
        if (i != 1) pt_endpoint_feed_latency(endpoints[i], PT_MILLISECONDS(1), PT_SECONDS(5));
    for (int i = 0; i < 1000; i++) {
        cr_assert_eq(pick_full(&(pt_pick_request){.now_ns = PT_SECONDS(5), .random = pt_random_next(&random)}, &p), PT_PICKED);
        pt_balancer_release(&balancer, &p);
    }
    cr_assert_gt(counts[1], 300, "5 s later it gets another chance");
    unmake(4);
}

/* ---- the ring ---- */

enum { KEYS = 20000 };

Test(balancer, a_key_stays_with_its_endpoint_and_keys_spread_evenly) {
    enum { N = 16 };
    make(PT_RING_HASH, N);
    for (uint64_t key = 0; key < KEYS; key++) {
        uint32_t first = touch_key(pt_scatter(key));
        cr_assert_eq(touch_key(pt_scatter(key)), first);
    }
    for (int i = 0; i < N; i++) /* 256 points each: the shares' standard deviation is a sixteenth of the mean */
        cr_assert_float_eq(counts[i] / (2.0 * KEYS), 1.0 / N, 0.3 / N, "endpoint %d: %u", i, counts[i]);
    unmake(N);
}

Test(balancer, removing_an_endpoint_moves_its_keys_only) {
    enum { N = 16 };
    static uint32_t before[KEYS];
    make(PT_RING_HASH, N);
    for (uint64_t key = 0; key < KEYS; key++)
        before[key] = touch_key(pt_scatter(key));
    remake(N - 1);
    uint32_t moved = 0;
    for (uint64_t key = 0; key < KEYS; key++) {
        uint32_t after = touch_key(pt_scatter(key));
        if (before[key] != N - 1) cr_assert_eq(after, before[key], "key %llu moved for nothing", (unsigned long long)key);
        moved += after != before[key];
    }
    cr_assert_float_eq((double)moved / KEYS, 1.0 / N, 0.3 / N);
    unmake(N);
}

Test(balancer, keys_of_an_endpoint_that_is_down_spread_and_return) {
    enum { N = 8 };
    static uint32_t before[KEYS];
    make(PT_RING_HASH, N);
    for (uint64_t key = 0; key < KEYS; key++)
        before[key] = touch_key(pt_scatter(key));
    memset(counts, 0, sizeof counts);
    pt_endpoint_set_ready(endpoints[2], false);
    for (uint64_t key = 0; key < KEYS; key++)
        if (touch_key(pt_scatter(key)) != before[key]) cr_assert_eq(before[key], 2);
    cr_assert_eq(counts[2], 0);
    pt_endpoint_set_ready(endpoints[2], true);
    for (uint64_t key = 0; key < KEYS; key++)
        cr_assert_eq(touch_key(pt_scatter(key)), before[key]);
    unmake(N);
}

Test(balancer, a_hot_key_overflows_within_the_bound) {
    enum { N = 10, CALLS = 1000 };
    static pt_pick picks[CALLS];
    make(PT_RING_HASH, N);
    uint32_t home = touch_key(42);
    for (uint32_t i = 0; i < CALLS; i++) {
        cr_assert_eq(pick_full(&(pt_pick_request){.has_key = true, .key = 42}, &picks[i]), PT_PICKED);
        for (uint32_t k = 0; k < N; k++) {
            double share = (i + 1) * 1.5 / N;
            cr_assert_leq(atomic_load(&endpoints[k]->outstanding), (uint32_t)ceil(share));
        }
    }
    cr_assert_eq(atomic_load(&endpoints[home]->outstanding), 150);
    for (int i = 0; i < CALLS; i++)
        pt_balancer_release(&balancer, &picks[i]);
    policy.load_bound_percentage = 0;
    for (int i = 0; i < CALLS; i++)
        cr_assert_eq(pick_full(&(pt_pick_request){.has_key = true, .key = 42}, &picks[i]), PT_PICKED);
    cr_assert_eq(atomic_load(&endpoints[home]->outstanding), CALLS, "without a bound all stay at home");
    for (int i = 0; i < CALLS; i++)
        pt_balancer_release(&balancer, &picks[i]);
    unmake(N);
}

Test(balancer, calls_without_a_key_spread) {
    make(PT_RING_HASH, 4);
    for (uint64_t i = 0; i < 4000; i++)
        touch(pt_scatter(i));
    for (int i = 0; i < 4; i++)
        cr_assert_gt(counts[i], 800);
    unmake(4);
}

/* ---- who takes no calls ---- */

static const pt_balancing kinds[] = {PT_PICK_FIRST, PT_ROUND_ROBIN, PT_POWER_OF_TWO_CHOICES, PT_RING_HASH};

static void open_breaker(pt_endpoint *e) {
    pt_breaker_ticket ticket;
    for (int i = 0; i < 5; i++)
        if (pt_breaker_admit(&e->breaker, 0, &ticket)) pt_breaker_report(&e->breaker, ticket, PT_BREAKER_FAILURE, 0);
}

Test(balancer, every_policy_skips_what_is_down_open_or_ejected) {
    for (size_t k = 0; k < 4; k++) {
        make(kinds[k], 6);
        memset(counts, 0, sizeof counts);
        pt_endpoint_set_ready(endpoints[0], false);
        open_breaker(endpoints[1]);
        atomic_store(&endpoints[2]->outlier.ejected, true);
        for (uint64_t i = 0; i < 1000; i++) {
            touch(pt_scatter(i));
            touch_key(pt_scatter(i));
        }
        cr_assert_eq(counts[0] + counts[1] + counts[2], 0);
        unmake(6);
    }
}

Test(balancer, the_only_one_left_is_always_found) {
    for (size_t k = 0; k < 4; k++) {
        make(kinds[k], MOST);
        for (uint32_t only = 0; only < MOST; only++) {
            for (uint32_t i = 0; i < MOST; i++)
                pt_endpoint_set_ready(endpoints[i], i == only);
            cr_assert_eq(touch(only), only);
            cr_assert_eq(touch_key(pt_scatter(only)), only);
        }
        unmake(MOST);
    }
}

Test(balancer, where_the_call_has_been_comes_last_and_ejected_ones_after_that) {
    for (size_t k = 0; k < 4; k++) {
        make(kinds[k], 3);
        pt_pick p;
        pt_endpoint *tried[] = {endpoints[0], endpoints[1]};
        pt_pick_request q = {.random = 3, .avoid = tried, .n_avoid = 2};
        cr_assert(pick_full(&q, &p) == PT_PICKED && p.endpoint == endpoints[2]);
        pt_balancer_release(&balancer, &p);
        atomic_store(&endpoints[2]->outlier.ejected, true);
        cr_assert(pick_full(&q, &p) == PT_PICKED && p.endpoint != endpoints[2]);
        pt_balancer_release(&balancer, &p);
        pt_endpoint_set_ready(endpoints[0], false);
        pt_endpoint_set_ready(endpoints[1], false);
        cr_assert(pick_full(&q, &p) == PT_PICKED && p.endpoint == endpoints[2]);
        pt_balancer_release(&balancer, &p);
        unmake(3);
    }
}

Test(balancer, an_empty_set_has_nobody) {
    for (size_t k = 0; k < 4; k++) {
        make(kinds[k], 0);
        pt_pick p;
        cr_assert_eq(pick_full(&(pt_pick_request){.random = 1}, &p), PT_PICK_EMPTY);
        cr_assert_eq(pick_full(&(pt_pick_request){.has_key = true, .key = 1}, &p), PT_PICK_EMPTY);
        unmake(0);
    }
}

Test(balancer, says_why_there_is_none) {
    pt_pick p;
    uint64_t retry_ns = 0;
    const pt_pick_request q = {.random = 1};
    make(PT_POWER_OF_TWO_CHOICES, 3);
    balancer.max_outstanding = 1;
    pt_pick held[3];
    for (int i = 0; i < 3; i++)
        cr_assert_eq(pick_full(&q, &held[i]), PT_PICKED);
    cr_assert_eq(pick_full(&q, &p), PT_PICK_FULL);
    for (int i = 0; i < 3; i++)
        pt_balancer_release(&balancer, &held[i]);
    for (int i = 0; i < 3; i++)
        open_breaker(endpoints[i]);
    cr_assert_eq(pt_balancer_pick(&balancer, set, &q, &p, &retry_ns), PT_PICK_OPEN);
    cr_assert_eq(retry_ns, PT_SECONDS(30));
    for (int i = 0; i < 3; i++)
        pt_endpoint_set_ready(endpoints[i], false);
    cr_assert_eq(pick_full(&q, &p), PT_PICK_NOT_READY);
    unmake(3);
}

/* ---- threads ---- */

static void *pick_often(void *arg) {
    pt_pick p;
    uint64_t retry_ns, seed = *(const uint64_t *)arg;
    for (uint64_t i = 0; i < 20000; i++) {
        pt_pick_request q = {.random = pt_scatter(seed + i), .has_key = i % 2, .key = pt_scatter(i % 100)};
        if (pt_balancer_pick(&balancer, set, &q, &p, &retry_ns) != PT_PICKED) continue;
        if (atomic_load(&p.endpoint->outstanding) > 3) return arg;
        pt_breaker_report(&p.endpoint->breaker, p.ticket, PT_BREAKER_SUCCESS, 0);
        pt_balancer_release(&balancer, &p);
    }
    return NULL;
}

Test(balancer, threads_keep_the_limit_and_the_counts) {
    make(PT_RING_HASH, 4);
    balancer.max_outstanding = 3;
    pt_endpoint *first = endpoints[0];
    static uint64_t seeds[4] = {1ull << 32, 2ull << 32, 3ull << 32, 4ull << 32};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, pick_often, &seeds[i]), 0);
    for (int i = 0; i < 4; i++) {
        void *bad;
        pthread_join(threads[i], &bad);
        cr_assert_null(bad, "more calls under way than may be");
    }
    cr_assert_eq(atomic_load(&balancer.outstanding), 0);
    cr_assert_eq(atomic_load(&first->outstanding), 0);
    cr_assert_eq(atomic_load(&first->refs), 2, "ours and the set's");
    unmake(4);
}
