/* One connection that carries SP messages (nng's and nanomsg's protocol family) over an nng stream.
 *
 * nng's own REQ and REP sockets are not used: in nng 1.5.2 their TCP and IPC transports hang for good when a connection is
 * closed between the length of a message and its content, and take every other connection of the process with them
 * (docs/decisions/nng-streams.md). The bytes on the wire are theirs, so peers may use such sockets.
 *
 * What waits to be written leaves in one write, so under load a write or a read carries many messages. */
#ifndef PT_TRANSPORT_CONN_H
#define PT_TRANSPORT_CONN_H

#include <nng/nng.h>

#include "transport/framing.h"

typedef struct pt_conn pt_conn;

/* Events come on threads of nng with no lock held, one at a time but for `written`. */
typedef struct pt_conn_events {
    /* Both sides have said who they are. */
    void (*ready)(void *owner, pt_conn *conn);
    /* A message came: its SP words, and its payload, which is the receiver's if it returns true. False: not now; reading stops
     * until pt_conn_resume, and then it comes again. */
    bool (*message)(void *owner, pt_conn *conn, pt_slice words, pt_msg payload);
    /* All that was queued has been given to the system. May be NULL; may come at the same time as `message`. What it queues
     * leaves without pt_conn_flush. */
    void (*written)(void *owner, pt_conn *conn);
    /* It is over; the last event. `unsent` are messages that were not written, not even in part; the receiver frees them. */
    void (*closed)(void *owner, pt_conn *conn, pt_block *unsent, const char *reason);
} pt_conn_events;

typedef struct pt_conn_config {
    const pt_conn_events *events;
    void *owner;
    uint16_t protocol, peer_protocol; /* PT_SP_ */
    bool local;                       /* framed as over unix sockets */
    bool same_process;                /* refuse peers of other processes */
    bool slow_peer_pauses;            /* stop reading from a peer that doesn't read what it is sent */
    size_t receive_bytes;             /* a longer message closes the connection */
} pt_conn_config;

/* Takes the stream over, on failure too, and holds a reference for the caller. NULL: no memory. */
pt_conn *pt_conn_new(nng_stream *stream, const pt_conn_config *config);

/* Begins to speak; from here on there are events. */
void pt_conn_start(pt_conn *conn);

void pt_conn_ref(pt_conn *conn);
/* NULL is allowed. */
void pt_conn_unref(pt_conn *conn);

/* Puts a message behind its SP words in the queue and takes it over. False: the connection is closed; then it is freed.
 * pt_conn_flush is what makes it leave. */
bool pt_conn_queue(pt_conn *conn, pt_slice words, pt_msg msg, uint32_t tag);
void pt_conn_flush(pt_conn *conn);

/* Reads on after a message was refused. */
void pt_conn_resume(pt_conn *conn);

/* Closes it. The closed event follows, possibly from within. */
void pt_conn_close(pt_conn *conn, const char *reason);

bool pt_conn_is_closed(const pt_conn *conn);

/* Whether all that was queued has been given to the system. */
bool pt_conn_is_written(pt_conn *conn);

/* For the owner's own lists and lines, and for what it keeps of a connection; NULL at first. */
void **pt_conn_user(pt_conn *conn);
pt_conn **pt_conn_next(pt_conn *conn);
pt_conn **pt_conn_next_waiting(pt_conn *conn);

#endif
