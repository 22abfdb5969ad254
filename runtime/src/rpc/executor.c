#include "rpc/executor.h"

#include <pthread.h>
#include <stdlib.h>

#define MAX_THREADS 256
#define MAX_QUEUE 1000000
#define MAX_BATCH 16

struct pt_executor {
    char *name;
    pthread_mutex_t lock;
    pthread_cond_t work;
    pt_task *first, **end; /* the queue */
    size_t queued, bound;
    uint32_t busy;     /* threads that run tasks */
    uint32_t sleeping; /* threads that wait for `work` */
    bool waking;       /* one of them was woken and hasn't looked yet */
    uint32_t n_threads;
    bool stopping;
    pthread_t threads[];
};

/* Takes a batch from the queue, the fewer the shorter it is: with a long queue a thread comes back to the lock rarely; with a
 * short one no task waits behind another's slow run while a thread is idle. */
static pt_task *take_batch(pt_executor *e) {
    size_t share = e->queued / (2 * (size_t)e->n_threads);
    size_t n = share < 1 ? 1 : share > MAX_BATCH ? MAX_BATCH : share;
    pt_task *batch = e->first, *last = batch;
    e->queued -= n;
    while (--n)
        last = last->next;
    e->first = last->next;
    if (!e->first) e->end = &e->first;
    last->next = NULL;
    return batch;
}

/* One wake-up for a burst: the thread that wakes passes the baton on if there is more to do than it takes. */
static bool should_wake(pt_executor *e) {
    if (!e->queued || e->waking || !e->sleeping) return false;
    return e->waking = true;
}

static void *work(void *arg) {
    pt_executor *e = arg;
    pthread_mutex_lock(&e->lock);
    for (;;) {
        while (!e->first && !e->stopping) {
            e->sleeping++;
            pthread_cond_wait(&e->work, &e->lock);
            e->sleeping--;
            e->waking = false;
        }
        if (!e->first) break;
        e->busy++;
        pt_task *batch = take_batch(e);
        bool wake = should_wake(e);
        pthread_mutex_unlock(&e->lock);
        if (wake) pthread_cond_signal(&e->work);
        while (batch) {
            pt_task *next = batch->next;
            batch->run(batch);
            batch = next;
        }
        pthread_mutex_lock(&e->lock);
        e->busy--;
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

static pt_code check_options(const pt_executor_options *o, pt_status *st) {
    if (!o->name || !*o->name) return pt_status_set(st, PT_INVALID_ARGUMENT, "executor: no name");
    if (o->threads < 1 || o->threads > MAX_THREADS)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "executor %s: threads must be 1 to %d", o->name, MAX_THREADS);
    if (o->queue > MAX_QUEUE)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "executor %s: queue must be 0 to %d", o->name, MAX_QUEUE);
    return PT_OK;
}

pt_code pt_executor_new(const pt_executor_options *options, pt_executor **ret_executor, pt_status *st) {
    pt_code code = check_options(options, st);
    if (code) return code;
    pt_executor *e = calloc(1, sizeof *e + options->threads * sizeof e->threads[0]);
    if (!e) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "executor %s: out of memory", options->name);
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->work, NULL);
    e->end = &e->first;
    e->bound = options->queue;
    e->name = strdup(options->name);
    if (!e->name) {
        code = pt_status_set(st, PT_RESOURCE_EXHAUSTED, "executor %s: out of memory", options->name);
        goto fail;
    }
    pthread_mutex_lock(&e->lock);
    while (e->n_threads < options->threads && !pthread_create(&e->threads[e->n_threads], NULL, work, e))
        e->n_threads++;
    pthread_mutex_unlock(&e->lock);
    if (e->n_threads < options->threads) {
        code = pt_status_set(st, PT_RESOURCE_EXHAUSTED, "executor %s: the system gives no more threads", e->name);
        goto fail;
    }
    *ret_executor = e;
    return PT_OK;
fail:
    pt_executor_free(e);
    return code;
}

const char *pt_executor_name(const pt_executor *e) {
    return e->name;
}

bool pt_executor_submit(pt_executor *e, pt_task *task) {
    pthread_mutex_lock(&e->lock);
    if (e->stopping || e->queued >= e->bound + (e->n_threads - e->busy)) {
        pthread_mutex_unlock(&e->lock);
        return false;
    }
    task->next = NULL;
    *e->end = task;
    e->end = &task->next;
    e->queued++;
    bool wake = should_wake(e);
    pthread_mutex_unlock(&e->lock);
    if (wake) pthread_cond_signal(&e->work);
    return true;
}

void pt_executor_free(pt_executor *e) {
    if (!e) return;
    pthread_mutex_lock(&e->lock);
    e->stopping = true;
    pthread_mutex_unlock(&e->lock);
    pthread_cond_broadcast(&e->work);
    for (uint32_t i = 0; i < e->n_threads; i++)
        pthread_join(e->threads[i], NULL);
    pthread_cond_destroy(&e->work);
    pthread_mutex_destroy(&e->lock);
    free(e->name);
    free(e);
}
