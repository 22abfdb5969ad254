/* A call to a backend on behalf of a request. It lives on its own: a request that no longer waits lets go of it, and it ends by
 * itself. Its worker's thread owns it but for the time between pt_upstream_start and its place in the worker's done list. */
#ifndef PT_PROGRAM_UPSTREAM_H
#define PT_PROGRAM_UPSTREAM_H

#include <pthread.h>

#include "partie/channel.h"

struct pt_request;
typedef struct pt_upstream_pool pt_upstream_pool;

typedef struct pt_upstream {
    pt_context context;
    pt_slice reply;            /* when it is done; in the context's memory */
    struct pt_request *waiter; /* NULL: nobody waits any more */
    pt_upstream_pool *pool;
    struct pt_upstream *next; /* in the list that it is in */
} pt_upstream;

/* Calls of one worker: idle ones, and those that are done and not yet looked at. */
struct pt_upstream_pool {
    pt_upstream *idle;
    uint32_t n_idle;
    pthread_mutex_t lock;
    pt_upstream *done; /* under the lock; newest first */
    int wake;          /* eventfd, written when `done` stops being empty */
};

/* Sets up an empty pool. RESOURCE_EXHAUSTED: no descriptor. */
pt_code pt_upstream_pool_init(pt_upstream_pool *pool, pt_status *st) PT_MUST_CHECK;

/* Frees all idle and done calls; none may be under way. */
void pt_upstream_pool_done(pt_upstream_pool *pool);

/* A call with a fresh context, for `waiter`. NULL: no memory. */
pt_upstream *pt_upstream_take(pt_upstream_pool *pool, struct pt_request *waiter);

/* Starts it; when it is done it comes to the done list. The request is copied. */
void pt_upstream_start(pt_upstream *u, pt_channel *channel, const char *method, pt_slice request);

/* Takes all calls that are done: linked by `next`, the oldest first. */
pt_upstream *pt_upstream_collect(pt_upstream_pool *pool);

/* Gives a call that is not under way back. */
void pt_upstream_release(pt_upstream *u);

#endif
