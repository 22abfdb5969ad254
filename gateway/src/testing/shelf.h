/* The service of shelf.proto, for tests: it runs in the process of the test, answers out of thin air, and fails as it is asked.
 */
#ifndef PT_TESTING_SHELF_H
#define PT_TESTING_SHELF_H

#include <stdint.h>

typedef struct pt_shelf pt_shelf;

/* Starts it at `url`, such as tcp://127.0.0.1:0. Fails the test when it can't. */
pt_shelf *pt_shelf_start(const char *url);

/* Where it listens. Borrowed. */
const char *pt_shelf_url(const pt_shelf *shelf);

/* Calls that were answered or failed so far. */
uint32_t pt_shelf_calls(const pt_shelf *shelf);

/* Drains, stops and frees it. NULL is allowed. */
void pt_shelf_stop(pt_shelf *shelf);

#endif
