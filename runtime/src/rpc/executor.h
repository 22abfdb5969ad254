/* Executors: named pools of threads, each with a bounded queue of its own, so that one kind of work can't starve another
 * (bulkheads). */
#ifndef PT_RPC_EXECUTOR_H
#define PT_RPC_EXECUTOR_H

#include "partie/server.h"

typedef struct pt_executor pt_executor;

/* Work. In its owner's storage, which `run` may free or reuse. */
typedef struct pt_task {
    struct pt_task *next; /* private */
    void (*run)(struct pt_task *task);
} pt_task;

/* Starts the pool. The name is copied.
 * INVALID_ARGUMENT: a number out of the range that pt_executor_options states. RESOURCE_EXHAUSTED: no memory, no threads. */
pt_code pt_executor_new(const pt_executor_options *options, pt_executor **ret_executor, pt_status *st) PT_MUST_CHECK;

/* Borrowed. */
const char *pt_executor_name(const pt_executor *e);

/* Hands a task over; a thread of the pool calls task->run, in the order of submission as far as one thread is concerned.
 * A thread that is idle takes it beyond the queue's bound, so a queue of 0 means: only when one is idle.
 * False: the queue is full, or the pool is stopping; the task is still the caller's. Thread: any. */
bool pt_executor_submit(pt_executor *e, pt_task *task) PT_MUST_CHECK;

/* The same for a list, with one wake-up. Returns the rest of it that did not fit, NULL: none. */
pt_task *pt_executor_submit_list(pt_executor *e, pt_task *list) PT_MUST_CHECK;

/* Runs what is in the queue, waits for it, and frees. NULL is allowed. Not from a task. */
void pt_executor_free(pt_executor *e);

#endif
