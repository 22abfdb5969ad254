#include "rpc/executor.h"

#include <pthread.h>
#include <stdlib.h>

#define MAX_THREADS 256
#define MAX_QUEUE 1000000

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

/* One at a time: a task that was taken with others would wait behind a slow one. */
static pt_task *take(pt_executor *e) {
    pt_task *task = e->first;
    e->first = task->next;
    if (!e->first) e->end = &e->first;
    e->queued--;
    return task;
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
        pt_task *task = take(e);
        bool wake = should_wake(e);
        pthread_mutex_unlock(&e->lock);
        if (wake) pthread_cond_signal(&e->work);
        task->run(task);
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

pt_task *pt_executor_submit_list(pt_executor *e, pt_task *list) {
    pthread_mutex_lock(&e->lock);
    size_t room = e->stopping ? 0 : e->bound + (e->n_threads - e->busy);
    while (list && e->queued < room) {
        pt_task *task = list;
        list = task->next;
        task->next = NULL;
        *e->end = task;
        e->end = &task->next;
        e->queued++;
    }
    bool wake = should_wake(e);
    pthread_mutex_unlock(&e->lock);
    if (wake) pthread_cond_signal(&e->work);
    return list;
}

bool pt_executor_submit(pt_executor *e, pt_task *task) {
    task->next = NULL;
    return !pt_executor_submit_list(e, task);
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
