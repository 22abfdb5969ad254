/* The domain of ingest-events: what an event must be like before it is stored. */
#ifndef INGEST_EVENTS_H
#define INGEST_EVENTS_H

#include <stdbool.h>

#include "partie/buf.h"

#define INGEST_MAX_BATCH 1000             /* events in one AppendEvents */
#define INGEST_MAX_EVENT_BYTES (1u << 20) /* one event, serialized: a page of the log always has room for one */
#define INGEST_MAX_PAGE 1000              /* events in one page of the log, */
#define INGEST_DEFAULT_PAGE 100           /* and when the caller names no number */
#define INGEST_MAX_PAGE_BYTES (3u << 20)  /* serialized events in one page: with what stands around them under 4 MiB */
#define INGEST_MAX_WAIT_MS 30000          /* longest wait for the log to grow */

typedef struct ingest_extension {
    const char *name;
    const char *value; /* JSON text */
} ingest_extension;

/* An event as it comes in. Nothing in it is owned; texts are never NULL unless it says so. */
typedef struct ingest_event {
    const char *id, *source, *spec_version, *type;
    const char *subject, *data_content_type, *data_schema; /* NULL: not given */
    int64_t time_seconds;                                  /* since 1970, UTC */
    int32_t time_nanos;
    bool has_time;
    const char *data;                   /* JSON text; NULL: there is none, or it is bytes */
    const ingest_extension *extensions; /* sorted by name */
    size_t n_extensions;
    pt_slice content; /* the whole event, serialized so that equal events give equal bytes: what is stored and compared */
} ingest_event;

/* Checks an event by the rules of CloudEvents 1.0 and the limits here. `path` is where it stands in the request ("event",
 * "events[3]"). Each breach is added to the details of `st` as a violation; the message is the first one's. A status that
 * holds violations already is added to.
 * INVALID_ARGUMENT: there were breaches. */
pt_code ingest_check_event(const ingest_event *event, const char *path, pt_status *st) PT_MUST_CHECK;

/* How many events a page may have when the caller asks for `wanted`; 0: no wish. */
uint32_t ingest_page_size(uint32_t wanted);

#endif
