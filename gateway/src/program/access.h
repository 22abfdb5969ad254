/* Access log of a worker: lines are gathered and written once a turn of its loop. */
#ifndef PT_PROGRAM_ACCESS_H
#define PT_PROGRAM_ACCESS_H

#include "program/worker.h"

/* Adds the line of a request that is over. `status`: of the answer that was sent; 0: the client had left. */
void pt_access_add(pt_worker *worker, const pt_request *r, const char *client, int status);

/* Writes the lines to stderr; those of several workers never mix. */
void pt_access_flush(pt_worker *worker);

#endif
