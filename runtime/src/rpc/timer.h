/* Timers of a channel or a server: one thread that calls back at points of the monotonic clock. Setting and cancelling allocate
 * nothing and wake nobody unless the new point comes before the one that the thread sleeps to; deadlines mostly come later. */
#ifndef PT_RPC_TIMER_H
#define PT_RPC_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "partie/status.h"

typedef struct pt_timers pt_timers;

/* In its owner's storage, zeroed before the first use. Fields are private. */
typedef struct pt_timer {
    uint64_t at_ns;
    struct pt_timer *child, *next, **link; /* pairing heap; link: what points here, NULL: not set */
    void (*fire)(struct pt_timer *timer);
} pt_timer;

/* Starts the thread. RESOURCE_EXHAUSTED: no memory, no threads. */
pt_code pt_timers_new(pt_timers **ret_timers, pt_status *st) PT_MUST_CHECK;

/* Calls `fire` once at `at_ns` (see clock.h) or soon after, 0: at once, on the timer thread with no lock held. A timer that is
 * set already moves. `fire` may set timers again; it must not block.
 * Returns true when the timer was not set before, so that one more call of `fire` will come. Thread: any. */
bool pt_timers_set(pt_timers *t, pt_timer *timer, uint64_t at_ns, void (*fire)(pt_timer *timer));

/* True: it was set and will not fire. False: it wasn't set, or `fire` runs or has run. Does not wait. Thread: any. */
bool pt_timers_cancel(pt_timers *t, pt_timer *timer);

/* Stops the thread; timers that are still set do not fire. NULL is allowed. Not from `fire`. */
void pt_timers_free(pt_timers *t);

#endif
