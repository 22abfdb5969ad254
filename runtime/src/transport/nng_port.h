/* Inside of the server side: what nng_port.c and nng_peer.c share. */
#ifndef PT_TRANSPORT_NNG_PORT_H
#define PT_TRANSPORT_NNG_PORT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <uthash.h>

#include "transport/nng_common.h"

/* A connection, from before its first request until after its last arrival. */
typedef struct pt_nng_peer {
    uint32_t pipe; /* nng's id */
    atomic_uint refs;
    atomic_bool gone;
    atomic_ullong replies; /* handed to nng for it */
    UT_hash_handle hh;
} pt_nng_peer;

struct pt_arrival {
    pt_port *port;
    pt_arrival *next; /* of the port */
    void *user;       /* the receiver's */
    nng_ctx ctx;
    nng_aio *receive, *send;
    atomic_uint steps; /* while a request is there: 1 until released, 1 more while its reply is being sent */
    pt_nng_peer *peer; /* that sent the request; NULL: it has left */
};

struct pt_port {
    nng_socket socket;
    pt_port_events events;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t sent;  /* n_sending became 0 */
    pt_arrival *arrivals;
    uint32_t n_arrivals, max_arrivals, n_receiving, n_sending;
    pt_nng_peer *peers; /* by pipe */
    bool closing;
};

/* Keeps port->peers up to date from now on. Returns an nng error. */
int pt_nng_peer_watch(pt_port *port);

/* A new reference to the peer, NULL when it has left. With port->lock held. */
pt_nng_peer *pt_nng_peer_find(pt_port *port, uint32_t pipe);

/* Gives a reference back. NULL is allowed. */
void pt_nng_peer_unref(pt_nng_peer *peer);

/* Frees what is left after the socket was closed. */
void pt_nng_peer_forget_all(pt_port *port);

#endif
