#include "resilience/limiter.h"

#include <criterion/criterion.h>
#include <math.h>

#include "resilience/random.h"
#include "support/random.h"

/* A server of the tests: `workers` calls run at a time and take `service_ns` on average (exponentially spread), further ones
 * wait in line. Calls arrive at random. Time is made up. */
enum { LINE = 8192 };

typedef struct server {
    pt_limiter limiter;
    pt_random random;
    uint32_t workers;
    uint64_t service_ns;
    uint64_t free_at_ns[64]; /* each worker */
    struct {
        uint64_t end_ns, latency_ns;
    } running[LINE]; /* admitted calls, a heap by end_ns */
    uint32_t n_running;
    uint64_t now_ns, n_offered, n_admitted, latency_sum_ns;
} server;

static double exponential(pt_random *random) {
    return -log(1 - pt_random_unit(pt_random_next(random)));
}

static void push(server *s, uint64_t end_ns, uint64_t latency_ns) {
    uint32_t i = s->n_running++;
    for (; i && s->running[(i - 1) / 2].end_ns > end_ns; i = (i - 1) / 2)
        s->running[i] = s->running[(i - 1) / 2];
    s->running[i].end_ns = end_ns;
    s->running[i].latency_ns = latency_ns;
}

static void pop(server *s) {
    uint32_t i = 0, child;
    uint64_t end_ns = s->running[--s->n_running].end_ns, latency_ns = s->running[s->n_running].latency_ns;
    while ((child = 2 * i + 1) < s->n_running) {
        if (child + 1 < s->n_running && s->running[child + 1].end_ns < s->running[child].end_ns) child++;
        if (s->running[child].end_ns >= end_ns) break;
        s->running[i] = s->running[child];
        i = child;
    }
    s->running[i].end_ns = end_ns;
    s->running[i].latency_ns = latency_ns;
}

static void arrive(server *s) {
    s->n_offered++;
    if (!pt_limiter_admit(&s->limiter)) return;
    uint32_t first = 0;
    for (uint32_t i = 1; i < s->workers; i++)
        if (s->free_at_ns[i] < s->free_at_ns[first]) first = i;
    uint64_t begin_ns = s->free_at_ns[first] > s->now_ns ? s->free_at_ns[first] : s->now_ns;
    s->free_at_ns[first] = begin_ns + (uint64_t)((double)s->service_ns * exponential(&s->random));
    push(s, s->free_at_ns[first], s->free_at_ns[first] - s->now_ns);
    s->n_admitted++;
    s->latency_sum_ns += s->free_at_ns[first] - s->now_ns;
}

/* Lets `load` times what the workers can do arrive for so long. */
static void run(server *s, double load, uint64_t span_ns) {
    double gap_ns = (double)s->service_ns / s->workers / load;
    uint64_t until_ns = s->now_ns + span_ns;
    s->n_offered = s->n_admitted = s->latency_sum_ns = 0;
    while (s->now_ns < until_ns) {
        s->now_ns += (uint64_t)(gap_ns * exponential(&s->random)) + 1;
        while (s->n_running && s->running[0].end_ns <= s->now_ns) {
            uint64_t end_ns = s->running[0].end_ns, latency_ns = s->running[0].latency_ns;
            pop(s);
            pt_limiter_report(&s->limiter, PT_LIMITER_RAN, latency_ns, end_ns, pt_random_next(&s->random));
        }
        arrive(s);
    }
}

static double latency_in_services(const server *s) {
    return (double)s->latency_sum_ns / (double)s->n_admitted / (double)s->service_ns;
}

static double throughput(const server *s, double load) {
    return load * (double)s->n_admitted / (double)s->n_offered;
}

static server s;

static void init_server(const pt_limiter_policy *policy, uint32_t workers) {
    pt_random_init(&s.random);
    s.workers = workers;
    s.service_ns = PT_MILLISECONDS(2);
    pt_limiter_init(&s.limiter, policy, 0);
}

static const pt_limiter_policy policy = PT_LIMITER_POLICY_INIT;

Test(limiter, light_load_is_never_refused) {
    init_server(&policy, 16);
    run(&s, 0.5, PT_SECONDS(120));
    cr_assert_eq(pt_limiter_look(&s.limiter).n_refused, 0);
}

Test(limiter, twice_the_load_is_answered_quickly_at_full_throughput) {
    init_server(&policy, 16);
    run(&s, 0.6, PT_SECONDS(10));
    run(&s, 2, PT_SECONDS(20));
    run(&s, 2, PT_SECONDS(60));
    pt_limiter_snapshot l = pt_limiter_look(&s.limiter);
    cr_assert_gt(throughput(&s, 2), 0.93, "of what the workers can do: %.3f, limit %u", throughput(&s, 2), l.limit);
    cr_assert_lt(latency_in_services(&s), 3, "latency: %.2f times the service", latency_in_services(&s));
    cr_assert(l.limit >= 16 && l.limit <= 48, "limit: %u for 16 workers", l.limit);
}

Test(limiter, starts_overloaded_and_still_finds_its_limit) {
    init_server(&policy, 8);
    run(&s, 3, PT_SECONDS(300));
    run(&s, 3, PT_SECONDS(60));
    cr_assert_lt(latency_in_services(&s), 5, "latency: %.2f times the service", latency_in_services(&s));
    cr_assert_gt(throughput(&s, 3), 0.9, "of what the workers can do: %.3f", throughput(&s, 3));
}

Test(limiter, follows_a_program_that_became_slower) {
    init_server(&policy, 16);
    run(&s, 1.5, PT_SECONDS(60));
    s.service_ns *= 4;
    run(&s, 1.5, PT_SECONDS(120));
    run(&s, 1.5, PT_SECONDS(60));
    cr_assert_gt(throughput(&s, 1.5), 0.9, "of what the workers can do: %.3f", throughput(&s, 1.5));
    cr_assert_lt(latency_in_services(&s), 4, "latency: %.2f times the service", latency_in_services(&s));
}

Test(limiter, stays_between_floor_and_ceiling_and_counts_right) {
    pt_limiter_policy p = policy;
    p.initial = 10;
    p.floor = 5;
    p.ceiling = 20;
    pt_limiter l;
    pt_limiter_init(&l, &p, 0);
    pt_random random;
    pt_random_init(&random);
    uint64_t running = 0, now_ns = 0;
    for (int i = 0; i < 200000; i++) {
        now_ns += PT_MILLISECONDS(1);
        uint32_t limit = pt_limiter_look(&l).limit;
        cr_assert(limit >= 5 && limit <= 20);
        if (pt_random_below(&random, 2)) {
            bool admitted = pt_limiter_admit(&l);
            cr_assert_eq(admitted, running < limit);
            running += admitted;
        } else if (running) {
            uint64_t latency_ns = pt_random_next(&random) >> pt_random_below(&random, 64);
            pt_limiter_report(&l, (pt_limiter_outcome)pt_random_below(&random, 3), latency_ns, now_ns, pt_random_next(&random));
            running--;
        }
        cr_assert_eq(pt_limiter_look(&l).running, running);
    }
    pt_limiter_done(&l);
}

Test(limiter, dropped_calls_lower_the_limit_though_they_were_quick) {
    pt_limiter l;
    pt_limiter_init(&l, &policy, 0);
    for (uint64_t i = 1; i <= 20; i++) {
        cr_assert(pt_limiter_admit(&l));
        pt_limiter_report(&l, PT_LIMITER_DROPPED, 1000, PT_MILLISECONDS(10 * i), 0);
    }
    cr_assert_eq(pt_limiter_look(&l).limit, 57, "64 * 0.9");
    pt_limiter_done(&l);
}

static pt_limiter shared;
static atomic_uint_fast32_t inside, most_inside;

static void *call_often(void *arg) {
    (void)arg;
    for (uint64_t i = 0; i < 20000; i++) {
        if (!pt_limiter_admit(&shared)) continue;
        uint_fast32_t n = atomic_fetch_add(&inside, 1) + 1, most = atomic_load(&most_inside);
        while (n > most && !atomic_compare_exchange_weak(&most_inside, &most, n))
            ;
        atomic_fetch_sub(&inside, 1);
        pt_limiter_report(&shared, PT_LIMITER_RAN, i, PT_MILLISECONDS(i), i);
    }
    return NULL;
}

Test(limiter, threads_never_exceed_it) {
    pt_limiter_policy p = policy;
    p.initial = p.floor = p.ceiling = 2;
    pt_limiter_init(&shared, &p, 0);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, call_often, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    cr_assert(atomic_load(&most_inside) >= 1 && atomic_load(&most_inside) <= 2);
    cr_assert_eq(pt_limiter_look(&shared).running, 0);
    pt_limiter_done(&shared);
}
