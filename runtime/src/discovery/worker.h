/* A thread that waits for files and for its owner: what resolvers and registrations run on. Signals are not delivered to it. */
#ifndef PT_DISCOVERY_WORKER_H
#define PT_DISCOVERY_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "partie/status.h"

/* In its owner's storage; fields are private. */
typedef struct pt_worker {
    pthread_t thread;
    int wake; /* eventfd */
    atomic_bool stopping, wished;
    void (*run)(void *arg);
    void *arg;
} pt_worker;

/* Starts `run(arg)` on a thread. RESOURCE_EXHAUSTED: no descriptors, no threads. */
pt_code pt_worker_start(pt_worker *w, void (*run)(void *arg), void *arg, pt_status *st) PT_MUST_CHECK;

/* Asks it to end and waits until `run` has returned. Not from `run`. */
void pt_worker_stop(pt_worker *w);

/* From other threads: wakes it, so that pt_worker_wished is true once. */
void pt_worker_wish(pt_worker *w);

/* Starts `run(arg)` on a thread that nobody waits for. RESOURCE_EXHAUSTED: no threads. */
pt_code pt_worker_detach(void (*run)(void *arg), void *arg, pt_status *st) PT_MUST_CHECK;

/* On the worker's thread. */
static inline bool pt_worker_stopping(const pt_worker *w) {
    return atomic_load(&w->stopping);
}

bool pt_worker_wished(pt_worker *w);

/* Waits until `until_ns`, a wake-up, or until `fd` can be read (-1: none). True: `fd` can be. */
bool pt_worker_wait(pt_worker *w, int fd, uint64_t until_ns);

/* The descriptor to watch, for those that wait by other means, and its reset. */
int pt_worker_wake_fd(const pt_worker *w);
void pt_worker_woken(pt_worker *w);

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t pt_worker_now_ns(void);

/* A random number. */
uint64_t pt_worker_random(void);

#endif
