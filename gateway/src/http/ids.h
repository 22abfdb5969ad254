/* The ids that follow a request from hop to hop: x-request-id, and W3C Trace Context (https://www.w3.org/TR/trace-context/). */
#ifndef PT_HTTP_IDS_H
#define PT_HTTP_IDS_H

#include "partie/buf.h"

#define PT_REQUEST_ID_MAX 128
#define PT_UUID_TEXT 36
#define PT_TRACEPARENT_TEXT 55

typedef struct pt_request_ids {
    char request_id[PT_REQUEST_ID_MAX + 1];
    char traceparent[PT_TRACEPARENT_TEXT + 1];
    bool trace_continued; /* the client sent a valid traceparent, so its tracestate counts too */
} pt_request_ids;

/* Fills *ret_ids. `request_id` is taken when it is 1 to 128 characters of A-Z a-z 0-9 and -_.:/+=@, otherwise it becomes a new
 * UUIDv7. A valid `traceparent` keeps its trace and flags and gets a new parent; otherwise a new, unsampled trace starts.
 * Both may be NULL. Thread: any. */
void pt_request_ids_take(const char *request_id, const char *traceparent, pt_request_ids *ret_ids);

/* True for a tracestate that may be passed on: 1 to 512 printable ASCII characters. */
bool pt_tracestate_valid(const char *tracestate);

#endif
