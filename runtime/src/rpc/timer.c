#include "rpc/timer.h"

#include <pthread.h>
#include <stdlib.h>

#include "rpc/clock.h"

struct pt_timers {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    pt_timer *first;  /* root of the heap: the earliest */
    uint64_t wake_ns; /* when the thread will look again; 0 while it is awake */
    bool stopping;
};

/* ---- pairing heap: intrusive, so setting a timer can't fail ---- */

static void point(pt_timer **link, pt_timer *t) {
    *link = t;
    if (t) t->link = link;
}

/* Two roots become one; either may be NULL. */
static pt_timer *meld(pt_timer *a, pt_timer *b) {
    if (!a || !b) return a ? a : b;
    pt_timer *top = b->at_ns < a->at_ns ? b : a, *below = top == a ? b : a;
    point(&below->next, top->child);
    point(&top->child, below);
    return top;
}

/* A list of siblings becomes one heap: pairs from the left, then together from the right. */
static pt_timer *meld_siblings(pt_timer *list) {
    pt_timer *pairs = NULL, *all = NULL;
    while (list) {
        pt_timer *a = list, *b = a->next;
        list = b ? b->next : NULL;
        a->next = NULL;
        if (b) b->next = NULL;
        pt_timer *pair = meld(a, b);
        pair->next = pairs;
        pairs = pair;
    }
    while (pairs) {
        pt_timer *rest = pairs->next;
        pairs->next = NULL;
        all = meld(all, pairs);
        pairs = rest;
    }
    return all;
}

static void insert(pt_timers *t, pt_timer *timer) {
    timer->child = timer->next = NULL;
    point(&t->first, meld(t->first, timer));
}

static void remove_timer(pt_timers *t, pt_timer *timer) {
    point(timer->link, timer->next);
    timer->link = NULL;
    pt_timer *below = meld_siblings(timer->child);
    if (below) point(&t->first, meld(t->first, below));
}

/* ---- the thread ---- */

static void sleep_until_due(pt_timers *t) {
    if (!t->first) {
        t->wake_ns = UINT64_MAX;
        pthread_cond_wait(&t->changed, &t->lock);
    } else {
        struct timespec at = pt_timespec_of_ns(t->first->at_ns);
        t->wake_ns = t->first->at_ns;
        pthread_cond_clockwait(&t->changed, &t->lock, CLOCK_MONOTONIC, &at);
    }
    t->wake_ns = 0;
}

static void *run(void *arg) {
    pt_timers *t = arg;
    pthread_mutex_lock(&t->lock);
    while (!t->stopping) {
        pt_timer *due = t->first;
        if (!due || due->at_ns > pt_now_ns()) {
            sleep_until_due(t);
            continue;
        }
        remove_timer(t, due);
        void (*fire)(pt_timer *) = due->fire; /* its owner may set it again from here on */
        pthread_mutex_unlock(&t->lock);
        fire(due);
        pthread_mutex_lock(&t->lock);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

pt_code pt_timers_new(pt_timers **ret_timers, pt_status *st) {
    pt_timers *t = calloc(1, sizeof *t);
    if (!t) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "timers: out of memory");
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, NULL);
    if (pthread_create(&t->thread, NULL, run, t)) {
        pthread_cond_destroy(&t->changed);
        pthread_mutex_destroy(&t->lock);
        free(t);
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "timers: the system gives no more threads");
    }
    *ret_timers = t;
    return PT_OK;
}

bool pt_timers_set(pt_timers *t, pt_timer *timer, uint64_t at_ns, void (*fire)(pt_timer *timer)) {
    pthread_mutex_lock(&t->lock);
    bool fresh = !timer->link;
    if (!fresh) remove_timer(t, timer);
    timer->at_ns = at_ns;
    timer->fire = fire;
    insert(t, timer);
    bool earlier = at_ns < t->wake_ns;
    if (earlier) t->wake_ns = at_ns; /* so that the next one doesn't signal again */
    pthread_mutex_unlock(&t->lock);
    if (earlier) pthread_cond_signal(&t->changed);
    return fresh;
}

bool pt_timers_cancel(pt_timers *t, pt_timer *timer) {
    pthread_mutex_lock(&t->lock);
    bool was_set = timer->link != NULL;
    if (was_set) remove_timer(t, timer);
    pthread_mutex_unlock(&t->lock);
    return was_set;
}

void pt_timers_free(pt_timers *t) {
    if (!t) return;
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_mutex_unlock(&t->lock);
    pthread_cond_signal(&t->changed);
    pthread_join(t->thread, NULL);
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    free(t);
}
