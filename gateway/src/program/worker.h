/* One thread that serves HTTP: a libmicrohttpd daemon without a thread of its own, driven by our epoll loop. */
#ifndef PT_PROGRAM_WORKER_H
#define PT_PROGRAM_WORKER_H

#include "program/gateway.h"
#include "program/request.h"

typedef struct pt_worker {
    pt_gateway_shared *shared;
    pthread_t thread;
    bool started;
    struct MHD_Daemon *daemon;
    int epoll;
    pt_upstream_pool upstreams;
    pt_table *table;     /* the newest that this worker has seen */
    uint64_t generation; /* of `table` */

    pt_request *idle;    /* request objects to be used again */
    pt_request *waiting; /* suspended requests: libmicrohttpd neither times them out nor sees their clients leave */
    uint32_t n_active;   /* requests between their first line and their end */
    uint64_t next_sweep_ns;
    pt_buf scratch, wire; /* of the request that is being translated */
    pt_buf log;           /* lines not written yet */

    bool stop;     /* atomic: main wants it to drain */
    bool draining; /* it does: takes no connections */
    uint64_t drain_until_ns;
} pt_worker;

/* Starts a worker on the listening socket, of which it uses a duplicate. `connections`: how many it may have open.
 * RESOURCE_EXHAUSTED or UNAVAILABLE: the system or libmicrohttpd refused; the message says what. Then pt_worker_free all the
 * same. */
pt_code pt_worker_start(pt_worker *worker, pt_gateway_shared *shared, int listen_fd, uint32_t connections,
                        pt_status *st) PT_MUST_CHECK;

/* Asks it to drain and end: no new connections, requests under way are finished within the drain time. Returns at once. */
void pt_worker_stop(pt_worker *worker);

/* Waits until it has ended. */
void pt_worker_join(pt_worker *worker);

/* Frees it; no call may be under way any more (pt_backends_stop). */
void pt_worker_free(pt_worker *worker);

/* The list of waiting requests, on the worker's thread. */
void pt_worker_list(pt_worker *worker, pt_request *r);
void pt_worker_unlist(pt_worker *worker, pt_request *r);

#endif
