#include "rpc/timer.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "rpc/clock.h"
#include "support/clock.h"
#include "support/random.h"

typedef struct probe {
    pt_timer timer;
    uint64_t due_ns;
    atomic_uint fired;
    atomic_bool early;
} probe;

static atomic_uint total;

static void on_fire(pt_timer *timer) {
    probe *p = (probe *)timer;
    if (pt_now_ns() < p->due_ns) atomic_store(&p->early, true);
    atomic_fetch_add(&p->fired, 1);
    atomic_fetch_add(&total, 1);
}

static bool total_is(void *arg) {
    return atomic_load(&total) == *(unsigned *)arg;
}

static pt_timers *new_timers(void) {
    pt_timers *t = NULL;
    cr_assert_eq(pt_timers_new(&t, NULL), PT_OK);
    return t;
}

Test(timer, fires_each_once_and_none_early) {
    enum { N = 2000 };
    unsigned expected = N;
    pt_random r;
    pt_random_init(&r);
    probe *p = calloc(N, sizeof *p);
    pt_timers *t = new_timers();
    for (int i = 0; i < N; i++) {
        p[i].due_ns = pt_now_ns() + pt_random_below(&r, 50 * PT_NS_PER_MS);
        cr_assert(pt_timers_set(t, &p[i].timer, p[i].due_ns, on_fire));
    }
    cr_assert(pt_wait_until(total_is, &expected, 10000));
    pt_timers_free(t);
    for (int i = 0; i < N; i++) {
        cr_assert_eq(atomic_load(&p[i].fired), 1);
        cr_assert_not(atomic_load(&p[i].early));
    }
    free(p);
}

Test(timer, what_was_cancelled_does_not_fire) {
    enum { N = 500 };
    unsigned expected = N / 2;
    probe *p = calloc(N, sizeof *p);
    pt_timers *t = new_timers();
    uint64_t due = pt_now_ns() + 100 * PT_NS_PER_MS;
    for (int i = 0; i < N; i++)
        pt_timers_set(t, &p[i].timer, due + (uint64_t)(i * 7919 % N), on_fire);
    for (int i = 0; i < N; i += 2)
        cr_assert(pt_timers_cancel(t, &p[i].timer));
    cr_assert_not(pt_timers_cancel(t, &p[0].timer), "cancelled already");
    cr_assert(pt_wait_until(total_is, &expected, 10000));
    for (int i = 0; i < N; i++)
        cr_assert_eq(atomic_load(&p[i].fired), (unsigned)i % 2);
    pt_timers_free(t);
    free(p);
}

Test(timer, moves_when_it_is_set_again) {
    unsigned expected = 1;
    probe p = {0};
    pt_timers *t = new_timers();
    cr_assert(pt_timers_set(t, &p.timer, pt_now_ns() + 3600 * 1000 * PT_NS_PER_MS, on_fire));
    cr_assert_not(pt_timers_set(t, &p.timer, 0, on_fire), "it was set");
    cr_assert(pt_wait_until(total_is, &expected, 10000));
    pt_timers_free(t);
    cr_assert_eq(atomic_load(&p.fired), 1);
}

/* An earlier point must wake the thread that sleeps to a later one. */
Test(timer, wakes_for_an_earlier_point) {
    unsigned expected = 1;
    probe late = {0}, soon = {0};
    pt_timers *t = new_timers();
    pt_timers_set(t, &late.timer, pt_now_ns() + 3600 * 1000 * PT_NS_PER_MS, on_fire);
    pt_sleep_ms(20); /* so that the thread sleeps; the test holds without it, but says less */
    pt_timers_set(t, &soon.timer, pt_now_ns() + 5 * PT_NS_PER_MS, on_fire);
    cr_assert(pt_wait_until(total_is, &expected, 10000));
    cr_assert_eq(atomic_load(&soon.fired), 1);
    pt_timers_free(t);
}

/* ---- many threads ---- */

typedef struct racer {
    pt_timers *timers;
    uint64_t seed;
    unsigned set, cancelled;
} racer;

static atomic_uint fired_in_race;

static void count_fire(pt_timer *timer) {
    atomic_fetch_add(&fired_in_race, 1);
    atomic_store(&((probe *)timer)->fired, 1);
}

static void *race(void *arg) {
    racer *me = arg;
    pt_random r;
    pt_random_seed(&r, me->seed);
    for (int i = 0; i < 3000; i++) {
        probe p = {0};
        pt_timers_set(me->timers, &p.timer, pt_now_ns() + pt_random_below(&r, PT_NS_PER_MS / 5), count_fire);
        me->set++;
        if (pt_timers_cancel(me->timers, &p.timer))
            me->cancelled++;
        else
            while (!atomic_load(&p.fired))
                ;
    }
    return NULL;
}

Test(timer, each_is_either_cancelled_or_fired) {
    enum { N = 4 };
    pthread_t threads[N];
    racer racers[N];
    pt_timers *t = new_timers();
    unsigned set = 0, cancelled = 0;
    for (unsigned i = 0; i < N; i++) {
        racers[i] = (racer){.timers = t, .seed = i};
        pthread_create(&threads[i], NULL, race, &racers[i]);
    }
    for (int i = 0; i < N; i++) {
        pthread_join(threads[i], NULL);
        set += racers[i].set;
        cancelled += racers[i].cancelled;
    }
    pt_timers_free(t);
    cr_assert_eq(set, cancelled + atomic_load(&fired_in_race));
}
