/* One line for each request: JSON, or text for a person at a terminal. */
#ifndef PT_HTTP_ACCESS_LOG_H
#define PT_HTTP_ACCESS_LOG_H

#include <time.h>

#include "partie/buf.h"

typedef enum pt_access_format { PT_ACCESS_OFF, PT_ACCESS_JSON, PT_ACCESS_TEXT } pt_access_format;

typedef struct pt_access {
    struct timespec time; /* when the request came; CLOCK_REALTIME */
    const char *method;
    pt_slice path;           /* as sent, without the query: that may hold secrets */
    int status;              /* HTTP; 499: the client left before the answer */
    uint64_t bytes;          /* of the response body */
    uint64_t duration_us;    /* from the request line to the end of the answer */
    const char *request_id;  /* also in the response */
    const char *traceparent; /* of this hop */
    const char *rpc;         /* full name of the method; NULL: no route */
    const char *client;      /* address */
} pt_access;

/* Appends the line with its newline; any bytes may stand in the texts. PT_ACCESS_OFF: nothing.
 * RESOURCE_EXHAUSTED: `out` is at its ceiling; nothing was appended. Thread: any. */
pt_code pt_access_log_line(pt_access_format format, const pt_access *access, pt_buf *out) PT_MUST_CHECK;

#endif
