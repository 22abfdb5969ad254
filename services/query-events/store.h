/* The port through which query-events keeps its copy. store_sqlite.h is the implementation, tests have their own. */
#ifndef QUERY_STORE_H
#define QUERY_STORE_H

#include "query_events.h"

/* One event that was found; `content` is valid during the call. A code other than PT_OK ends the search with it. */
typedef pt_code query_visit_fn(void *arg, uint64_t sequence, int64_t recorded_us, pt_slice content, pt_status *st);

/* Events of one type in one hour. */
typedef struct query_bucket {
    const char *type; /* valid during the call */
    int64_t hour;     /* its start, seconds since 1970 */
    uint64_t count;
} query_bucket;

typedef pt_code query_visit_bucket_fn(void *arg, const query_bucket *bucket, pt_status *st);

/* Which events are listed: those behind `after`, by sequence. */
typedef struct query_page {
    const query_filter *filter;
    uint64_t after;
    uint32_t max_events;
    size_t max_bytes;    /* from the second event on */
    uint32_t timeout_ms; /* time that there is; 0: any */
} query_page;

typedef struct query_store {
    void *self;
    /* How far the copy has come. */
    pt_code (*load)(void *self, query_copy *ret_copy, pt_status *st);
    /* Adds events that follow `copy`, which is what load said, and moves it on; both or neither. */
    pt_code (*apply)(void *self, const query_copy *copy, const query_event *events, size_t n, pt_status *st);
    /* Calls `visit` for each event of the page. *ret_more: there are further ones. */
    pt_code (*list)(void *self, const query_page *page, query_visit_fn *visit, void *arg, bool *ret_more, pt_status *st);
    /* Calls `visit` for the events with this id, at most two; `source` "": of any source. */
    pt_code (*find)(void *self, const char *id, const char *source, uint32_t timeout_ms, query_visit_fn *visit, void *arg,
                    pt_status *st);
    /* Calls `visit` by type, then hour. RESOURCE_EXHAUSTED: more than QUERY_MAX_BUCKETS. */
    pt_code (*count)(void *self, const query_filter *filter, uint32_t timeout_ms, query_visit_bucket_fn *visit, void *arg,
                     pt_status *st);
} query_store;

#endif
