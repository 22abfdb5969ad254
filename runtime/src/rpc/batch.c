#include "rpc/batch.h"

#include <stdlib.h>

#include "rpc/callback.h"
#include "rpc/dispatch.h"

struct pt_batcher {
    pt_task task;      /* runs the next batch on the method's executor */
    atomic_bool known; /* the service has a batch handler, */
    atomic_bool none;  /* or has none */

    pthread_mutex_t lock; /* of what follows */
    pt_task *first, **end;
    bool scheduled; /* the task is in the executor, or runs */
};

static void run_next(pt_task *task);

pt_batcher *pt_batcher_new(void) {
    pt_batcher *b = calloc(1, sizeof *b);
    if (!b) return NULL;
    b->task.run = run_next;
    b->end = &b->first;
    pthread_mutex_init(&b->lock, NULL);
    return b;
}

void pt_batcher_free(pt_batcher *b) {
    if (!b) return;
    pthread_mutex_destroy(&b->lock);
    free(b);
}

bool pt_batch_has_handler(const pt_method_entry *entry) {
    return entry->batcher && !atomic_load(&entry->batcher->none);
}

/* Takes up to `most` calls; what is left stays in line. With the lock. */
static pt_task *take(pt_batcher *b, size_t most) {
    pt_task *list = b->first, **end = &b->first;
    for (size_t n = 0; *end && n < most; n++)
        end = &(*end)->next;
    b->first = *end;
    if (list == b->first) return NULL;
    *end = NULL;
    if (!b->first) b->end = &b->first;
    return list;
}

static pt_task *take_all(pt_batcher *b) {
    pthread_mutex_lock(&b->lock);
    pt_task *list = take(b, SIZE_MAX);
    b->scheduled = false;
    pthread_mutex_unlock(&b->lock);
    return list;
}

/* The service has no batch handler: its calls run one by one, this one here, and those in line on their executor. */
static void run_single(pt_batcher *b, pt_server_call *call) {
    atomic_store(&b->none, true);
    pt_task *rest = take_all(b);
    if (rest) pt_dispatch_start(rest);
    pt_call_run(call);
}

/* Runs a list of calls as a batch. */
static void run_batch(pt_batcher *b, pt_task *list) {
    pt_server_call *calls[PT_BATCH_CALLS];
    size_t n = 0;
    for (pt_task *task = list, *next; task; task = next) {
        next = task->next;
        if (pt_call_begin((pt_server_call *)task)) calls[n++] = (pt_server_call *)task;
    }
    if (!n) return;
    const pt_method_entry *entry = calls[0]->entry;
    if (!entry->handler->batch(entry->impl, calls, n)) {
        run_single(b, calls[0]); /* as long as that isn't known, batches are of one call */
        return;
    }
    atomic_store(&b->known, true);
    for (size_t i = 0; i < n; i++)
        pt_call_let_go(calls[i]);
}

static void run_next(pt_task *task) {
    pt_batcher *b = (pt_batcher *)task;
    bool more;
    do {
        pthread_mutex_lock(&b->lock);
        pt_task *list = take(b, atomic_load(&b->known) ? PT_BATCH_CALLS : 1);
        pthread_mutex_unlock(&b->lock);
        if (list) run_batch(b, list);
        if (atomic_load(&b->none)) return;
        pthread_mutex_lock(&b->lock);
        more = b->scheduled = b->first != NULL;
        pt_executor *executor = more ? ((pt_server_call *)b->first)->entry->executor : NULL;
        pthread_mutex_unlock(&b->lock);
        /* Others' tasks come between, unless the queue is full. */
        if (more && executor && pt_executor_submit(executor, &b->task)) return;
    } while (more);
}

void pt_batch_start(pt_task *list) {
    const pt_method_entry *entry = ((pt_server_call *)list)->entry;
    pt_batcher *b = entry->batcher;
    pthread_mutex_lock(&b->lock);
    *b->end = list;
    while (*b->end)
        b->end = &(*b->end)->next;
    bool mine = !b->scheduled;
    b->scheduled = true;
    pthread_mutex_unlock(&b->lock);
    if (!mine) return;
    if (!entry->executor) {
        pt_callback_enter();
        run_next(&b->task);
        pt_callback_leave();
    } else if (!pt_executor_submit(entry->executor, &b->task)) {
        pt_task *refused = take_all(b);
        if (refused) pt_dispatch_refuse(refused, entry->executor);
    }
}
