/* Access log of a worker: lines are gathered and written once a turn of its loop. */
#ifndef PT_PROGRAM_ACCESS_H
#define PT_PROGRAM_ACCESS_H

#include "program/worker.h"

/* Adds the line of a request that is over. `answered`: all of the answer was sent; otherwise the client had left. */
void pt_access_add(pt_worker *worker, const pt_request *r, const char *client, bool answered);

/* Writes the lines to stderr; those of several workers never mix. */
void pt_access_flush(pt_worker *worker);

#endif
