/* One HTTP request, from its request line to its answer. All of it runs on the thread of its worker. */
#ifndef PT_PROGRAM_REQUEST_H
#define PT_PROGRAM_REQUEST_H

#include <microhttpd.h>

#include "http/ids.h"
#include "mapping/table.h"
#include "program/upstream.h"

struct pt_worker;

typedef enum pt_request_step {
    PT_REQUEST_NEW,     /* the request line is there */
    PT_REQUEST_READING, /* the headers are there, the body comes */
    PT_REQUEST_WAITING, /* the connection is suspended, the call is under way */
    PT_REQUEST_DONE,    /* the answer can be made */
    PT_REQUEST_GONE,    /* the client left meanwhile */
    PT_REQUEST_ANSWERED /* the answer is with libmicrohttpd */
} pt_request_step;

/* Request headers that the gateway itself reads; NULL where absent. Borrowed from the connection. */
typedef struct pt_request_headers {
    const char *host, *content_type, *content_length, *expect, *grpc_timeout, *request_id, *traceparent, *tracestate;
    size_t bytes;      /* of all headers */
    bool chunked;      /* Transfer-Encoding is there */
    bool malformed;    /* a name that is none, or two lengths that differ */
    bool has_metadata; /* some may travel on as metadata */
} pt_request_headers;

typedef struct pt_request {
    struct pt_worker *worker;
    struct MHD_Connection *connection;
    pt_request_step step;
    pt_arena arena; /* all that the request needs but for the buffers */

    struct timespec time; /* when it came, and on the clock for durations */
    uint64_t start_ns;
    const char *method;
    pt_slice path, query; /* raw; in the arena */
    pt_request_headers headers;
    pt_request_ids ids;
    pt_buf body;
    uint64_t body_seen; /* bytes that came, kept or not */

    pt_table *table; /* held until the end */
    pt_match match;
    const pt_route *route;
    pt_upstream *upstream;
    uint64_t deadline_ns;

    pt_status error;   /* what went wrong; OK: nothing */
    bool close;        /* the connection ends with the answer */
    int http_status;   /* of the answer; 0: what the error's code stands for */
    const char *allow; /* for the Allow header; NULL: none */
    bool retry;        /* Retry-After belongs to the answer */
    bool plain;        /* the answer is what stands in `out` */
    pt_buf out;        /* body of the answer */

    struct pt_request *previous, *next; /* in the worker's list of waiting ones, or of idle ones (next alone) */
} pt_request;

/* A request object of the worker with nothing in it; NULL: no memory. */
pt_request *pt_request_take(struct pt_worker *worker);

/* Gives it back, with all it holds. A call under way is let go. */
void pt_request_release(pt_request *r);

/* Frees an idle one. */
void pt_request_free(pt_request *r);

/* Takes the request target in. */
void pt_request_begin(pt_request *r, struct MHD_Connection *connection, const char *target);

/* The three turns of libmicrohttpd's handler: headers are there; some of the body is there (*size bytes, which it sets to what
 * it left); all is there, or the call is done. */
enum MHD_Result pt_request_on_headers(pt_request *r, const char *method, const char *version);
enum MHD_Result pt_request_on_body(pt_request *r, const char *bytes, size_t *size);
enum MHD_Result pt_request_on_complete(pt_request *r);

/* The call of a waiting request is done; its connection goes on. */
void pt_request_on_reply(pt_request *r);

/* Ends the waiting: with an error for the client, or, PT_REQUEST_GONE, because there is no client. */
void pt_request_give_up(pt_request *r, pt_code code, const char *message);
void pt_request_client_left(pt_request *r);

#endif
