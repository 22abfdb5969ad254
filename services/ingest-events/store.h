/* The port through which ingest-events keeps its log. store_sqlite.h is the implementation, tests have their own. */
#ifndef INGEST_STORE_H
#define INGEST_STORE_H

#include "ingest_events.h"

typedef struct ingest_result {
    uint64_t sequence;
    bool duplicate; /* it was stored before */
} ingest_result;

/* Events that are stored together or not at all. In the caller's storage until `done` is called. */
typedef struct ingest_append {
    const ingest_event *events; /* in; they and what they point to stay as they are until then */
    size_t n_events;
    ingest_result *results;                     /* out: n_events of them */
    pt_status status;                           /* out; start it with PT_STATUS_INIT, the caller ends it */
    size_t failed;                              /* out: with ALREADY_EXISTS the event at fault */
    void (*done)(struct ingest_append *append); /* called once, on any thread, after the commit; short */
} ingest_append;

/* What the log is at one moment. */
typedef struct ingest_log {
    const char *id;         /* borrowed from the store */
    uint64_t last_sequence; /* 0: empty */
    uint64_t n_events;
} ingest_log;

/* One event of the log; `content` is valid during the call. A code other than PT_OK ends the reading with it. */
typedef pt_code ingest_visit_fn(void *arg, uint64_t sequence, int64_t recorded_us, pt_slice content, pt_status *st);

/* Which part of the log is read. */
typedef struct ingest_range {
    uint64_t after;      /* everything behind this sequence, oldest first, */
    uint32_t max_events; /* but no more than so many, */
    size_t max_bytes;    /* and, from the second on, no more serialized bytes */
    uint32_t timeout_ms; /* time that there is; 0: any */
} ingest_range;

typedef struct ingest_store {
    void *self;
    /* Starts to store. The same (source, id) with the same content counts as done before; with other content it is
     * ALREADY_EXISTS. Sequences are given from 1, without gaps, in the order of the commits.
     * `done` is not called when this fails: RESOURCE_EXHAUSTED (too much waits), UNAVAILABLE (closing). */
    pt_code (*append)(void *self, ingest_append *append, pt_status *st);
    /* Calls `visit` for each event of the range, and says what the log was at the moment of reading. `visit` may be NULL. */
    pt_code (*read)(void *self, const ingest_range *range, ingest_visit_fn *visit, void *arg, ingest_log *ret_log,
                    pt_status *st);
} ingest_store;

#endif
