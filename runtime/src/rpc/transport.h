/* What rpc/ asks of a transport: request and reply messages over connections. transport/ implements it with nng; a fake can
 * stand in its place. Nothing in here knows what a message means.
 *
 * A client works with exchanges (a request out, a reply in), which are reused for one request after the other and live as long
 * as their link. A server works with peers, which are connections, and with routes, which lead answers back to requests.
 * Messages of a connection arrive in the order in which they were sent. Events come on threads of the transport with no lock of
 * it held; they must not block, and must not close the link or port that they come from. */
#ifndef PT_RPC_TRANSPORT_H
#define PT_RPC_TRANSPORT_H

#include "partie/buf.h"

/* A message in the transport's own memory, so that it is written and read in place. */
typedef struct pt_msg {
    void *handle; /* private; NULL: none */
    uint8_t *bytes;
    size_t len;
} pt_msg;

typedef struct pt_link pt_link;         /* client side: connects to one target, again and again */
typedef struct pt_port pt_port;         /* server side: listens at any number of addresses */
typedef struct pt_exchange pt_exchange; /* client side: of a link */
typedef struct pt_peer pt_peer;         /* server side: a connection of a port */

/* How an exchange of a client ended. */
typedef enum pt_outcome {
    PT_ANSWERED,  /* there is a reply */
    PT_NOT_SENT,  /* cancelled, or there is no connection; nothing was handed to one */
    PT_NO_MEMORY, /* the same, for lack of memory */
    PT_LOST,      /* sent, perhaps; no reply will come */
} pt_outcome;

typedef struct pt_link_events {
    /* There is a connection. */
    void (*up)(void *arg);
    /* There is none: the first attempt failed, or what was there is lost. `reason` is for people, borrowed. The exchanges under
     * way end by themselves, before or after this. */
    void (*down)(void *arg, const char *reason);
    /* The exchange is over and may be used again. `msg` is the reply, or the request where it was not sent, or none; the
     * receiver frees it. */
    void (*ended)(void *arg, void *user, pt_outcome outcome, pt_msg msg);
    void *arg;
} pt_link_events;

typedef struct pt_link_config {
    const char *target;
    size_t receive_bytes;      /* a connection that brings a longer message is dropped */
    uint32_t reconnect_min_ms; /* pause after a failed attempt, */
    uint32_t reconnect_max_ms; /* and what it grows to */
    pt_link_events events;
} pt_link_config;

/* Where the answer to a request goes, in the transport's words. Each request is answered at most once. */
#define PT_ROUTE_BYTES 64
typedef struct pt_route {
    uint8_t len;
    uint8_t words[PT_ROUTE_BYTES];
} pt_route;

typedef struct pt_port_events {
    /* A request came; one at a time for a peer. The message is the receiver's, which frees it. It takes one place, which is
     * given back with port_release. */
    void (*request)(void *arg, pt_peer *peer, const pt_route *route, pt_msg request);
    /* The replies handed over so far have been given to the system; each reply is followed by one, sooner or later, unless the
     * peer leaves. May come at the same time as `request`. */
    void (*written)(void *arg, pt_peer *peer);
    /* The peer has left; its last event. */
    void (*left)(void *arg, pt_peer *peer);
    void *arg;
} pt_port_events;

typedef struct pt_port_config {
    size_t receive_bytes; /* as above */
    uint32_t max_places;  /* that are taken at once; further requests wait in the transport */
    pt_port_events events;
} pt_port_config;

typedef struct pt_transport {
    /* A message of `len` bytes, not cleared. False: no memory. */
    bool (*msg_new)(size_t len, pt_msg *ret_msg);
    void (*msg_free)(pt_msg msg);

    /* ---- client ---- */

    /* Opens a link and starts to connect in the background; events may come before it returns.
     * INVALID_ARGUMENT: not a target. RESOURCE_EXHAUSTED: no memory, no descriptors. */
    pt_code (*link_open)(const pt_link_config *config, pt_link **ret_link, pt_status *st);
    /* Ends all exchanges, waits until all events have returned, and frees link and exchanges. */
    void (*link_close)(pt_link *link);
    /* One more exchange; NULL: no memory. `user` comes back with `ended`. */
    pt_exchange *(*link_exchange)(pt_link *link, void *user);
    /* Makes an idle exchange ready for exchange_send, and returns a ticket for exchange_cancel, new with each claim. Calls
     * nothing back. */
    uint32_t (*exchange_claim)(pt_exchange *x);
    /* Sends a request on a claimed exchange and takes the message over. `ended` follows exactly once, possibly from within
     * when nothing was sent. A request never waits inside for a later connection than those that are there. */
    void (*exchange_send)(pt_exchange *x, pt_msg request);
    /* Ends what was claimed with that ticket before its reply: `ended` follows, possibly from within. Without effect when that
     * is over. A reply that comes later is dropped. */
    void (*exchange_cancel)(pt_exchange *x, uint32_t ticket);

    /* ---- server ---- */

    pt_code (*port_new)(const pt_port_config *config, pt_port **ret_port, pt_status *st);
    /* Listens at one more address. *ret_url is the address as it really is; the caller frees it.
     * Errors: as pt_server_listen. */
    pt_code (*port_listen)(pt_port *port, const char *url, char **ret_url, pt_status *st);
    /* Lets `more` further requests in beside max_places. */
    void (*port_widen)(pt_port *port, uint32_t more);
    /* Takes places for what came in a request beside its first; may exceed the bound. */
    void (*port_occupy)(pt_port *port, uint32_t places);
    void (*port_release)(pt_port *port, uint32_t places);

    /* What the receiver keeps of a peer; NULL at first. */
    void **(*peer_user)(pt_peer *peer);
    /* Keeps a peer from being freed beyond its last event. */
    void (*peer_hold)(pt_peer *peer);
    void (*peer_let_go)(pt_peer *peer);
    /* Answers a request: queues the message and takes it over. peer_flush makes what is queued leave. */
    void (*peer_reply)(pt_peer *peer, const pt_route *route, pt_msg reply);
    void (*peer_flush)(pt_peer *peer);
    bool (*peer_gone)(const pt_peer *peer);
    /* Waits until the replies handed over have been written to their connections, at most until `deadline_ns` of clock.h.
     * False: some have not. */
    bool (*port_flush)(pt_port *port, uint64_t deadline_ns);
    /* Closes all connections and frees. All places have been released before. */
    void (*port_close)(pt_port *port);
} pt_transport;

/* Over nng's streams; in transport/. */
extern const pt_transport pt_transport_nng;

#endif
