/* Looks after suspended requests, which libmicrohttpd does not: ends those that are late, and those whose client has left. */
#ifndef PT_PROGRAM_SWEEP_H
#define PT_PROGRAM_SWEEP_H

#include "program/worker.h"

/* Milliseconds until the next sweep is due; -1: nothing waits. */
int pt_sweep_wait_ms(const pt_worker *worker);

/* Sweeps when it is due. */
void pt_sweep(pt_worker *worker);

/* Ends all that waits with UNAVAILABLE. */
void pt_sweep_all(pt_worker *worker, const char *message);

#endif
