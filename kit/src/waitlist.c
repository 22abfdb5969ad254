#include "partie/kit/waitlist.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define MAX_THREADS 16
#define LOOK_MS 200 /* how often given_up is asked */

struct pt_waitlist {
    uint32_t limit;
    uint32_t n_threads; /* started */
    pthread_t threads[MAX_THREADS];

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;  /* one is ready, the earliest deadline changed, or ending */
    uint64_t value;
    pt_waiter *waiting; /* in no order: the list is bounded, and looked through only when something happens */
    pt_waiter *ready, **ready_tail;
    uint32_t n_waiters; /* in both */
    bool closed;
    bool ending; /* the threads leave once nobody is ready */
};

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void make_ready(pt_waitlist *list, pt_waiter *waiter, pt_code why) {
    waiter->why = why;
    waiter->next = NULL;
    *list->ready_tail = waiter;
    list->ready_tail = &waiter->next;
    pthread_cond_signal(&list->work);
}

/* Whether a waiter is to be woken now, and why. */
static bool is_due(const pt_waitlist *list, const pt_waiter *waiter, uint64_t now, pt_code *ret_why) {
    if (list->value >= waiter->target) {
        *ret_why = PT_OK;
    } else if (list->closed || (waiter->given_up && waiter->given_up(waiter))) {
        *ret_why = PT_CANCELLED;
    } else if (now >= waiter->deadline_ms) {
        *ret_why = PT_DEADLINE_EXCEEDED;
    } else {
        return false;
    }
    return true;
}

/* Moves all that are due; returns when to look again (monotonic), 0: when something happens. */
static uint64_t look_through(pt_waitlist *list, uint64_t now) {
    uint64_t again = 0;
    for (pt_waiter **link = &list->waiting; *link;) {
        pt_waiter *waiter = *link;
        pt_code why;
        if (is_due(list, waiter, now, &why)) {
            *link = waiter->next;
            make_ready(list, waiter, why);
            continue;
        }
        uint64_t next = waiter->given_up && waiter->deadline_ms > now + LOOK_MS ? now + LOOK_MS : waiter->deadline_ms;
        if (again == 0 || next < again) again = next;
        link = &waiter->next;
    }
    return again;
}

static void wake_first(pt_waitlist *list) {
    pt_waiter *waiter = list->ready;
    list->ready = waiter->next;
    if (!list->ready) list->ready_tail = &list->ready;
    list->n_waiters--;
    pthread_mutex_unlock(&list->lock);
    waiter->wake(waiter, waiter->why);
    pthread_mutex_lock(&list->lock);
}

static void sleep_until(pt_waitlist *list, uint64_t when_ms) {
    struct timespec until = {.tv_sec = (time_t)(when_ms / 1000), .tv_nsec = (long)(when_ms % 1000) * 1000000};
    if (when_ms) {
        pthread_cond_timedwait(&list->work, &list->lock, &until);
    } else {
        pthread_cond_wait(&list->work, &list->lock);
    }
}

static void *waitlist_main(void *arg) {
    pt_waitlist *list = arg;
    pthread_mutex_lock(&list->lock);
    for (;;) {
        uint64_t again = look_through(list, now_ms());
        if (list->ready) {
            wake_first(list);
        } else if (list->ending) {
            break;
        } else {
            sleep_until(list, again);
        }
    }
    pthread_mutex_unlock(&list->lock);
    return NULL;
}

pt_code pt_waitlist_new(uint64_t value, uint32_t limit, uint32_t threads, pt_waitlist **ret_list, pt_status *st) {
    pt_waitlist *list = calloc(1, sizeof *list);
    if (!list) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "waitlist: out of memory");
    list->value = value;
    list->limit = limit;
    list->ready_tail = &list->ready;
    pthread_mutex_init(&list->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&list->work, &monotonic);
    pthread_condattr_destroy(&monotonic);
    while (list->n_threads < threads && list->n_threads < MAX_THREADS) {
        if (pthread_create(&list->threads[list->n_threads], NULL, waitlist_main, list) != 0) break;
        list->n_threads++;
    }
    if (list->n_threads == 0) {
        pt_waitlist_free(list);
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "waitlist: no thread can be started");
    }
    *ret_list = list;
    return PT_OK;
}

void pt_waitlist_close(pt_waitlist *list) {
    pthread_mutex_lock(&list->lock);
    list->closed = true;
    look_through(list, now_ms());
    pthread_mutex_unlock(&list->lock);
}

void pt_waitlist_free(pt_waitlist *list) {
    if (!list) return;
    pt_waitlist_close(list);
    pthread_mutex_lock(&list->lock);
    list->ending = true;
    pthread_cond_broadcast(&list->work);
    pthread_mutex_unlock(&list->lock);
    for (uint32_t i = 0; i < list->n_threads; i++)
        pthread_join(list->threads[i], NULL);
    pthread_cond_destroy(&list->work);
    pthread_mutex_destroy(&list->lock);
    free(list);
}

pt_code pt_waitlist_add(pt_waitlist *list, pt_waiter *waiter, uint32_t timeout_ms, pt_status *st) {
    pt_code code = PT_OK;
    pthread_mutex_lock(&list->lock);
    if (list->n_waiters >= list->limit) {
        code = pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%u calls wait already; try again later", list->limit);
    } else {
        waiter->deadline_ms = now_ms() + timeout_ms;
        waiter->next = list->waiting;
        list->waiting = waiter;
        list->n_waiters++;
        pthread_cond_signal(&list->work); /* a thread looks whether it is due already, and how long to sleep */
    }
    pthread_mutex_unlock(&list->lock);
    return code;
}

void pt_waitlist_advance(pt_waitlist *list, uint64_t value) {
    pthread_mutex_lock(&list->lock);
    if (value > list->value) {
        list->value = value;
        look_through(list, now_ms());
    }
    pthread_mutex_unlock(&list->lock);
}

uint64_t pt_waitlist_value(pt_waitlist *list) {
    pthread_mutex_lock(&list->lock);
    uint64_t value = list->value;
    pthread_mutex_unlock(&list->lock);
    return value;
}
