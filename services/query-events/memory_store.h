/* A copy in memory for tests: the port without a database. */
#ifndef QUERY_MEMORY_STORE_H
#define QUERY_MEMORY_STORE_H

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

#define MEMORY_EVENTS 4096

typedef struct memory_store {
    pthread_mutex_t lock;
    query_copy copy;
    struct {
        int64_t recorded_us;
        pt_slice content; /* owned */
    } events[MEMORY_EVENTS];
    pt_code fail_with; /* apply fails with this */
} memory_store;

static inline pt_code memory_load(void *self, query_copy *ret_copy, pt_status *st) {
    memory_store *m = self;
    (void)st;
    pthread_mutex_lock(&m->lock);
    *ret_copy = m->copy;
    pthread_mutex_unlock(&m->lock);
    return PT_OK;
}

static inline pt_code memory_apply(void *self, const query_copy *copy, const query_event *events, size_t n, pt_status *st) {
    memory_store *m = self;
    pthread_mutex_lock(&m->lock);
    pt_code code = m->fail_with;
    for (size_t i = 0; !code && i < n; i++) {
        void *content = malloc(events[i].content.len);
        memcpy(content, events[i].content.ptr, events[i].content.len);
        m->events[copy->applied + i].content = pt_slice_of(content, events[i].content.len);
        m->events[copy->applied + i].recorded_us = events[i].recorded_us;
    }
    if (!code) {
        m->copy = *copy;
        m->copy.applied += n;
        m->copy.n_events += n;
    }
    pthread_mutex_unlock(&m->lock);
    return code ? pt_status_set(st, code, "as told") : PT_OK;
}

/* Knows no filter: the page is all events. */
static inline pt_code memory_list(void *self, const query_page *page, query_visit_fn *visit, void *arg, bool *ret_more,
                                  pt_status *st) {
    memory_store *m = self;
    pt_code code = PT_OK;
    pthread_mutex_lock(&m->lock);
    uint64_t end = page->after + page->max_events < m->copy.applied ? page->after + page->max_events : m->copy.applied;
    for (uint64_t i = page->after; !code && i < end; i++) {
        code = visit(arg, i + 1, m->events[i].recorded_us, m->events[i].content, st);
    }
    *ret_more = end < m->copy.applied;
    pthread_mutex_unlock(&m->lock);
    return code;
}

static inline query_store memory_port(memory_store *m) {
    pthread_mutex_init(&m->lock, NULL);
    return (query_store){.self = m, .load = memory_load, .apply = memory_apply, .list = memory_list};
}

static inline void memory_done(memory_store *m) {
    for (size_t i = 0; i < MEMORY_EVENTS; i++)
        free((void *)m->events[i].content.ptr);
    pthread_mutex_destroy(&m->lock);
}

#endif
