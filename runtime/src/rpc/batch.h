/* Batch handlers: calls of one method that wait together run together. While a batch runs further calls gather for the next
 * one, so batches grow with the load, and one at a time runs. */
#ifndef PT_RPC_BATCH_H
#define PT_RPC_BATCH_H

#include "rpc/server_impl.h"

/* Most calls that a batch handler is given at once. */
#define PT_BATCH_CALLS 256

/* For a method whose generated code can call a batch handler. NULL: no memory. */
pt_batcher *pt_batcher_new(void);
/* NULL is allowed. */
void pt_batcher_free(pt_batcher *batcher);

/* Whether the calls of a method go through pt_batch_start. */
bool pt_batch_has_handler(const pt_method_entry *entry);

/* Puts a list of calls of one method, whose turn it is, to those that wait for its batch handler. */
void pt_batch_start(pt_task *list);

#endif
