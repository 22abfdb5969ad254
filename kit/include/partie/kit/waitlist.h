/* Calls that wait until a number has been reached: a position in a log, a version of a copy. No thread is held by a call that
 * waits, and their count is bounded. */
#ifndef PARTIE_KIT_WAITLIST_H
#define PARTIE_KIT_WAITLIST_H

#include "partie/buf.h"

typedef struct pt_waitlist pt_waitlist;

/* One who waits, in his own storage from add until `wake` is called. */
typedef struct pt_waiter {
    uint64_t target;                                     /* in: number that must be reached */
    void (*wake)(struct pt_waiter *waiter, pt_code why); /* in: called once, on a thread of the list, with no lock held. OK:
                                                         reached; DEADLINE_EXCEEDED; CANCELLED: the list was closed */
    bool (*given_up)(const struct pt_waiter *waiter);    /* in: asked now and then, with the list locked; true wakes it with
                                                            CANCELLED before its time. May be NULL */
    uint64_t deadline_ms;                                /* private */
    pt_code why;                                         /* private */
    struct pt_waiter *next;                              /* private */
} pt_waiter;

/* Makes a list at `value` that holds at most `limit` waiters and wakes them on `threads` threads (1 to 16).
 * RESOURCE_EXHAUSTED: no memory, no threads. */
pt_code pt_waitlist_new(uint64_t value, uint32_t limit, uint32_t threads, pt_waitlist **ret_list, pt_status *st) PT_MUST_CHECK;

/* Wakes all with CANCELLED; who comes later is woken at once. Thread: any. */
void pt_waitlist_close(pt_waitlist *list);

/* Closes it, waits until every `wake` has returned, and frees. NULL is allowed. Not from a `wake`. */
void pt_waitlist_free(pt_waitlist *list);

/* Lets `waiter` wait for at most `timeout_ms`. `wake` is called exactly once unless this fails, and never from within it.
 * RESOURCE_EXHAUSTED: `limit` wait already. Thread: any. */
pt_code pt_waitlist_add(pt_waitlist *list, pt_waiter *waiter, uint32_t timeout_ms, pt_status *st) PT_MUST_CHECK;

/* Sets the number, unless it is there already or higher, and wakes whom it serves. Thread: any; short. */
void pt_waitlist_advance(pt_waitlist *list, uint64_t value);

/* The number. */
uint64_t pt_waitlist_value(pt_waitlist *list);

#endif
