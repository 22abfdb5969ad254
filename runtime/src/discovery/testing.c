#include "discovery/testing.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "support/clock.h"

#define TIMEOUT_MS 30000

void pt_watch_found(void *arg, pt_address_list *list) {
    pt_watch *w = arg;
    size_t n, len = 0;
    const pt_address *a = pt_address_list_get(list, &n);
    pthread_mutex_lock(&w->lock);
    w->urls[0] = '\0';
    for (size_t i = 0; i < n && len < sizeof w->urls - 512; i++)
        len += (size_t)snprintf(w->urls + len, sizeof w->urls - len, "%s=%u ", a[i].url, a[i].weight);
    w->n_lists++;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

void pt_watch_failed(void *arg, const pt_status *why) {
    pt_watch *w = arg;
    pthread_mutex_lock(&w->lock);
    snprintf(w->failure, sizeof w->failure, "%s", why->message);
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

/* Waits for `text` in one of the watch's fields; with `whole`, until it is nothing else. */
static void await(pt_watch *w, const char *field, const char *text, bool whole) {
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += TIMEOUT_MS / 1000;
    int late = 0;
    pthread_mutex_lock(&w->lock);
    while (!late && (whole ? strcmp(field, text) != 0 : !strstr(field, text)))
        late = pthread_cond_clockwait(&w->changed, &w->lock, CLOCK_MONOTONIC, &end);
    pthread_mutex_unlock(&w->lock);
    cr_assert_eq(late, 0, "waited for \"%s\"; the latest is \"%s\"; the latest failure: %s", text, field, w->failure);
}

void pt_watch_await(pt_watch *w, const char *urls) {
    await(w, w->urls, urls, true);
}

void pt_watch_await_part(pt_watch *w, const char *part) {
    await(w, w->urls, part, false);
}

void pt_watch_await_failure(pt_watch *w, const char *text) {
    await(w, w->failure, text, false);
}

typedef struct threshold {
    atomic_int *number;
    int at_least;
} threshold;

static bool is_reached(void *arg) {
    const threshold *t = arg;
    return atomic_load(t->number) >= t->at_least;
}

void pt_watch_await_change(atomic_int *number, int at_least) {
    cr_assert(pt_wait_until(is_reached, &(threshold){number, at_least}, TIMEOUT_MS), "waited for %d", at_least);
}

unsigned pt_watch_lists(pt_watch *w) {
    pthread_mutex_lock(&w->lock);
    unsigned n = w->n_lists;
    pthread_mutex_unlock(&w->lock);
    return n;
}
