/* HTTP POST over libcurl, for one worker: a request at a time, whose wait ends when the worker is to stop. Keeps its connection
 * open between requests. Not thread-safe. */
#ifndef PT_DISCOVERY_POSTER_H
#define PT_DISCOVERY_POSTER_H

#include "discovery/worker.h"
#include "partie/buf.h"

typedef struct pt_poster pt_poster;

/* RESOURCE_EXHAUSTED: no memory. */
pt_code pt_poster_new(pt_poster **ret_poster, pt_status *st) PT_MUST_CHECK;
void pt_poster_free(pt_poster *p);

/* Makes waits end when the worker is to stop; NULL: they don't. */
void pt_poster_attach(pt_poster *p, pt_worker *worker);

/* Takes bytes of a good answer as they come. False: no more are wanted. */
typedef bool pt_poster_bytes_fn(void *arg, pt_slice bytes);

/* Posts JSON and waits for the whole answer, or until `on_bytes` wants no more; both are OK. UNAVAILABLE: no connection, it was
 * lost, or an HTTP status other than 200, with what the server says; DEADLINE_EXCEEDED: not all by `until_ns`; CANCELLED: the
 * worker is to stop. */
pt_code pt_poster_post(pt_poster *p, const char *url, pt_slice json, uint64_t until_ns, pt_poster_bytes_fn *on_bytes, void *arg,
                       pt_status *st) PT_MUST_CHECK;

/* From `on_bytes`: sets another end to the wait. */
void pt_poster_extend(pt_poster *p, uint64_t until_ns);

#endif
