#include "program/upstream.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MAX_IDLE 256

pt_code pt_upstream_pool_init(pt_upstream_pool *pool, pt_status *st) {
    *pool = (pt_upstream_pool){.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    if (pool->wake < 0) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "worker: no eventfd: %s", strerror(errno));
    pthread_mutex_init(&pool->lock, NULL);
    return PT_OK;
}

static void free_list(pt_upstream *u) {
    while (u) {
        pt_upstream *next = u->next;
        pt_context_done(&u->context);
        free(u);
        u = next;
    }
}

void pt_upstream_pool_done(pt_upstream_pool *pool) {
    free_list(pool->idle);
    free_list(pool->done);
    pool->idle = pool->done = NULL;
    pthread_mutex_destroy(&pool->lock);
    close(pool->wake);
}

pt_upstream *pt_upstream_take(pt_upstream_pool *pool, struct pt_request *waiter) {
    pt_upstream *u = pool->idle;
    if (u) {
        pool->idle = u->next;
        pool->n_idle--;
    } else {
        u = calloc(1, sizeof *u);
        if (!u) return NULL;
        pt_context_init(&u->context);
        u->pool = pool;
    }
    u->waiter = waiter;
    u->reply = (pt_slice){0};
    u->next = NULL;
    return u;
}

/* On a thread of the runtime. */
static void on_done(pt_context *context, pt_slice reply, void *arg) {
    pt_upstream *u = arg;
    pt_upstream_pool *pool = u->pool;
    const uint64_t one = 1;
    (void)context;
    u->reply = reply;
    pthread_mutex_lock(&pool->lock);
    bool first = !pool->done;
    u->next = pool->done;
    pool->done = u;
    pthread_mutex_unlock(&pool->lock);
    /* The descriptor outlives every call; a full counter wakes the worker as well as this would. */
    if (first && write(pool->wake, &one, sizeof one) < 0) return;
}

void pt_upstream_start(pt_upstream *u, pt_channel *channel, const char *method, pt_slice request) {
    pt_call_start(channel, &u->context, method, request, on_done, u);
}

pt_upstream *pt_upstream_collect(pt_upstream_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    pt_upstream *newest = pool->done, *oldest = NULL;
    pool->done = NULL;
    pthread_mutex_unlock(&pool->lock);
    while (newest) {
        pt_upstream *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

void pt_upstream_release(pt_upstream *u) {
    pt_upstream_pool *pool = u->pool;
    if (pool->n_idle == MAX_IDLE) {
        pt_context_done(&u->context);
        free(u);
        return;
    }
    pt_context_reset(&u->context);
    u->waiter = NULL;
    u->next = pool->idle;
    pool->idle = u;
    pool->n_idle++;
}
