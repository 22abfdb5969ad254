/* Many clients that append events and know exactly which were acknowledged; the judge of what a crash may lose: nothing.
 *
 * A client that gets no answer, or one that says that the service is away or late, sends the same events again: their ids are
 * theirs for good, so the system must store them once. */
#ifndef PARTIE_TESTS_INTEGRATION_LOAD_H
#define PARTIE_TESTS_INTEGRATION_LOAD_H

#include "support/http.h"

typedef struct pt_load pt_load;

typedef struct pt_load_options {
    unsigned clients;     /* threads, each with a connection of its own */
    unsigned per_client;  /* events that each appends */
    unsigned batch;       /* events a request; 1 uses the rpc for a single one */
    uint32_t patience_ms; /* how long one request may be sent again and again */
} pt_load_options;

/* Starts the clients, against the gateway at `base_url`. */
pt_load *pt_load_start(const char *base_url, const pt_load_options *options);

/* Events acknowledged so far. */
uint64_t pt_load_acknowledged(const pt_load *load);

/* Requests that had to be sent again so far. */
uint64_t pt_load_repeated(const pt_load *load);

/* Waits until so many are acknowledged or all clients are done. */
void pt_load_wait_for(pt_load *load, uint64_t acknowledged);

/* Waits until all clients are done; fails the test when one gave up or was told something else than to try again. */
void pt_load_finish(pt_load *load);

/* Walks `target` (a list of stored events, as ingest-events' log and query-events give it) from its start, and fails the test
 * unless each event of the load is there exactly once, with its own content, and positions have no gaps. Returns how many there
 * were. */
uint64_t pt_load_check_log(const pt_load *load, pt_http *http);
uint64_t pt_load_check_query(const pt_load *load, pt_http *http);

void pt_load_free(pt_load *load);

#endif
