#include "partie/kit/waitlist.h"

#include <criterion/criterion.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

typedef struct caller {
    pt_waiter waiter;
    sem_t woken;
    pt_code why;
    atomic_bool gone;
} caller;

static void on_wake(pt_waiter *waiter, pt_code why) {
    caller *c = (caller *)waiter;
    c->why = why;
    sem_post(&c->woken);
}

static bool is_gone(const pt_waiter *waiter) {
    return atomic_load(&((const caller *)waiter)->gone);
}

static void caller_init(caller *c, uint64_t target) {
    *c = (caller){.waiter = {.target = target, .wake = on_wake}, .why = (pt_code)99};
    sem_init(&c->woken, 0, 0);
}

/* Ends the test's wait after 10 s, which only a fault can take. */
static pt_code why_woken(caller *c) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    cr_assert_eq(sem_timedwait(&c->woken, &until), 0, "never woken");
    return c->why;
}

static pt_waitlist *list_at(uint64_t value, uint32_t limit) {
    pt_waitlist *list = NULL;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_waitlist_new(value, limit, 2, &list, &st), PT_OK, "%s", st.message);
    return list;
}

Test(waitlist, wakes_whom_the_number_serves) {
    pt_waitlist *list = list_at(5, 10);
    caller early, late;
    caller_init(&early, 7);
    caller_init(&late, 9);
    cr_assert_eq(pt_waitlist_add(list, &early.waiter, 60000, NULL), PT_OK);
    cr_assert_eq(pt_waitlist_add(list, &late.waiter, 60000, NULL), PT_OK);
    pt_waitlist_advance(list, 8);
    cr_assert_eq(why_woken(&early), PT_OK);
    cr_assert_neq(sem_trywait(&late.woken), 0);
    pt_waitlist_advance(list, 9);
    cr_assert_eq(why_woken(&late), PT_OK);
    pt_waitlist_free(list);
}

Test(waitlist, a_number_that_is_reached_wakes_at_once) {
    pt_waitlist *list = list_at(5, 10);
    caller c;
    caller_init(&c, 5);
    cr_assert_eq(pt_waitlist_add(list, &c.waiter, 60000, NULL), PT_OK);
    cr_assert_eq(why_woken(&c), PT_OK);
    pt_waitlist_free(list);
}

Test(waitlist, never_goes_back) {
    pt_waitlist *list = list_at(5, 10);
    pt_waitlist_advance(list, 3);
    cr_assert_eq(pt_waitlist_value(list), 5);
    pt_waitlist_free(list);
}

Test(waitlist, time_runs_out) {
    pt_waitlist *list = list_at(0, 10);
    caller c;
    caller_init(&c, 1);
    cr_assert_eq(pt_waitlist_add(list, &c.waiter, 1, NULL), PT_OK);
    cr_assert_eq(why_woken(&c), PT_DEADLINE_EXCEEDED);
    pt_waitlist_free(list);
}

Test(waitlist, who_gave_up_is_woken_before_his_time) {
    pt_waitlist *list = list_at(0, 10);
    caller c;
    caller_init(&c, 1);
    c.waiter.given_up = is_gone;
    cr_assert_eq(pt_waitlist_add(list, &c.waiter, 600000, NULL), PT_OK);
    atomic_store(&c.gone, true);
    cr_assert_eq(why_woken(&c), PT_CANCELLED);
    pt_waitlist_free(list);
}

Test(waitlist, is_bounded) {
    pt_waitlist *list = list_at(0, 1);
    caller first, second;
    pt_status st = PT_STATUS_INIT;
    caller_init(&first, 1);
    caller_init(&second, 1);
    cr_assert_eq(pt_waitlist_add(list, &first.waiter, 60000, &st), PT_OK);
    cr_assert_eq(pt_waitlist_add(list, &second.waiter, 60000, &st), PT_RESOURCE_EXHAUSTED);
    cr_assert_str_eq(st.message, "1 calls wait already; try again later");
    pt_waitlist_advance(list, 1);
    cr_assert_eq(why_woken(&first), PT_OK);
    cr_assert_eq(pt_waitlist_add(list, &second.waiter, 60000, &st), PT_OK);
    cr_assert_eq(why_woken(&second), PT_OK);
    pt_waitlist_free(list);
}

Test(waitlist, closing_wakes_all_and_freeing_waits_for_them) {
    enum { CALLERS = 100 };
    static caller callers[CALLERS];
    pt_waitlist *list = list_at(0, CALLERS + 1);
    for (size_t i = 0; i < CALLERS; i++) {
        caller_init(&callers[i], i + 1);
        cr_assert_eq(pt_waitlist_add(list, &callers[i].waiter, 60000, NULL), PT_OK);
    }
    pt_waitlist_close(list);
    caller late;
    caller_init(&late, 1);
    cr_assert_eq(pt_waitlist_add(list, &late.waiter, 60000, NULL), PT_OK);
    pt_waitlist_free(list);
    for (size_t i = 0; i < CALLERS; i++)
        cr_expect_eq(callers[i].why, PT_CANCELLED);
    cr_expect_eq(late.why, PT_CANCELLED);
}
