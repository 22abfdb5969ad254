/* The domain of query-events: what can be asked, how pages go on, and when a copy may follow its owner's log. */
#ifndef QUERY_EVENTS_H
#define QUERY_EVENTS_H

#include <stdbool.h>

#include "partie/buf.h"

#define QUERY_MAX_PAGE 1000             /* events in one page, */
#define QUERY_DEFAULT_PAGE 100          /* and when the caller names no number */
#define QUERY_MAX_PAGE_BYTES (3u << 20) /* serialized events in one page: with what stands around them under 4 MiB */
#define QUERY_MAX_BUCKETS 10000         /* in one answer to CountEvents */
#define QUERY_MAX_WAIT_MS 30000         /* longest wait for a position */
#define QUERY_LOG_ID_BYTES 64           /* with the NUL */
#define QUERY_TOKEN_BYTES 64            /* of a page token, with the NUL */

/* A moment as google.protobuf.Timestamp counts it. */
typedef struct query_time {
    int64_t seconds; /* since 1970, UTC */
    int32_t nanos;
} query_time;

/* What events must be like. Texts are borrowed; an empty one asks for nothing. */
typedef struct query_filter {
    const char *type, *source, *subject;
    bool has_start, has_end;
    query_time start, end; /* from start on, before end */
} query_filter;

/* INVALID_ARGUMENT: a time is out of range, or the end is not after the start; with a violation. */
pt_code query_check_filter(const query_filter *filter, pt_status *st) PT_MUST_CHECK;

/* How many events a page may have when the caller asks for `wanted`; 0: no wish. */
uint32_t query_page_size(uint32_t wanted);

/* Writes the token of the page that starts behind sequence `after` into QUERY_TOKEN_BYTES bytes. */
void query_write_token(const query_filter *filter, uint64_t after, char *ret_token);

/* Reads it back. An empty token is the first page.
 * INVALID_ARGUMENT: not a token, or one that was made for another filter; with a violation. */
pt_code query_read_token(const char *token, const query_filter *filter, uint64_t *ret_after, pt_status *st) PT_MUST_CHECK;

/* An event as the copy keeps it. Nothing in it is owned. */
typedef struct query_event {
    uint64_t sequence;
    int64_t recorded_us; /* microseconds since 1970 */
    query_time time;     /* its own, or when it was recorded */
    const char *type, *source, *subject, *id;
    pt_slice content; /* events.v1.Event, serialized */
} query_event;

/* How far a copy has come. */
typedef struct query_copy {
    char log_id[QUERY_LOG_ID_BYTES]; /* of the log that is copied; "": none yet */
    uint64_t applied;                /* everything up to this sequence is there */
    uint64_t n_events;
} query_copy;

/* Checks that what an owner says of its log goes with the copy. DATA_LOSS: it is another log, or it has lost its end. */
pt_code query_check_log(const query_copy *copy, const char *log_id, uint64_t last_sequence, pt_status *st) PT_MUST_CHECK;

/* Checks that the events follow the copy without a gap. DATA_LOSS: they don't. */
pt_code query_check_next(const query_copy *copy, const query_event *events, size_t n, pt_status *st) PT_MUST_CHECK;

#endif
