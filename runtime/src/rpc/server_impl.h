/* Inside of a server: what server.c (life), dispatch.c (a request comes), session.c (channel mode), answer.c (an answer
 * leaves), server_call.c (what a handler sees) and builtin.c (health, reflection) share.
 *
 * A call is held by its execution (queue, handler, or who deferred it), by its deadline's timer, and for a moment by who looks
 * at it from outside. Whoever brings its state to ANSWERED sends the answer, or drops it; when the last holder lets go, the
 * call goes back to the server's pool and its place to the port. So a handler that runs past its deadline keeps its call, and
 * the call keeps its place among max_calls.
 */
#ifndef PT_RPC_SERVER_IMPL_H
#define PT_RPC_SERVER_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "partie/server.h"
#include "rpc/envelope.h"
#include "rpc/methods.h"
#include "rpc/parcel.h"
#include "rpc/timer.h"
#include "rpc/transport.h"

typedef enum pt_call_state { PT_CALL_QUEUED, PT_CALL_RUNNING, PT_CALL_ANSWERED } pt_call_state;

typedef struct pt_session pt_session;             /* session.h */
typedef struct pt_health pt_health;               /* health.h */
typedef struct pt_server_stream pt_server_stream; /* server_stream.h */

struct pt_server_call {
    pt_task task; /* first: its address is the call's */
    pt_timer timer;
    pt_server *server;
    pt_server_call *next_made, *next_free; /* of the server */
    pt_server_call *next_open;             /* of the session */

    pt_peer *peer;         /* held */
    pt_route route;        /* direct mode: of the request */
    pt_session *session;   /* channel mode: held; otherwise NULL */
    bool has_turn;         /* counts in n_turns */
    atomic_bool abandoned; /* the client has cancelled it, or left */

    const pt_method_entry *entry;
    pt_server_stream *streaming; /* of a method that streams; otherwise NULL */
    uint64_t stream;
    uint64_t deadline_ns;
    uint32_t hops;
    atomic_int state; /* pt_call_state; ANSWERED as long as there is no request */
    atomic_uint holders;

    pt_parcel *parcel; /* until the request is unpacked: what came, */
    pt_slice payload;  /* and the request in it */
    pt_arena arena;
    pt_metadata metadata, headers, trailers;
    pt_status status;
    ProtobufCMessage *request, *reply;
};

/* A service that was added, and what health says of it. */
typedef struct pt_served {
    const pt_service *service;
    atomic_bool serving;
} pt_served;

#define PT_SERVER_MAX_SERVICES 256
#define PT_SERVER_MAX_EXECUTORS 64
#define PT_SERVER_MAX_URLS 64

/* What reflection answers; made when the server begins to listen. */
typedef struct pt_descriptions {
    char **services; /* sorted */
    size_t n_services;
    ProtobufCBinaryData *files; /* each after its imports */
    size_t n_files;
    uint64_t fingerprint;
} pt_descriptions;

struct pt_server {
    const pt_transport *transport;
    pt_server_options options;
    pt_port *port;
    pt_timers *timers;
    pt_methods methods;
    pt_served services[PT_SERVER_MAX_SERVICES];
    size_t n_services;
    pt_executor *executors[PT_SERVER_MAX_EXECUTORS];
    size_t n_executors;
    char *urls[PT_SERVER_MAX_URLS];
    size_t n_urls;
    pt_descriptions descriptions;
    pt_health *health; /* the built-in services; owned */
    void *reflection;

    atomic_bool serving;    /* what health says of the whole */
    atomic_bool cancelling; /* nobody waits for answers any more */
    pthread_mutex_t lock;   /* of what follows */
    pthread_cond_t idle;    /* n_calls became 0 */
    bool draining;
    size_t n_calls;
    uint32_t n_turns;                /* calls that may run; at most max_calls, */
    pt_task *backlog, **backlog_end; /* and those that came in one envelope with them and wait for one to end */
    pt_server_call *made, *free;
    pt_session *sessions;
};

/* ---- answer.c ---- */

/* Answers a request that became no call. Certainly nothing ran. */
void pt_answer_status(pt_server *server, pt_peer *peer, const pt_route *route, uint64_t stream, const pt_status *st);

/* A status as it is sent; borrows from it. */
pt_result_part pt_result_of(const pt_status *st);

/* Answers a call with DEADLINE_EXCEEDED unless it is answered, and lets go of it. */
void pt_answer_late(pt_server_call *call);

/* Ends a call whose client breaks the rules. */
void pt_answer_early(pt_server_call *call, const pt_status *st);

/* Nobody waits for the call any more: it is not answered. */
void pt_call_abandon(pt_server_call *call);

/* Ends the execution of a call that did not get to its handler: answers with its status and lets go. */
void pt_call_refuse(pt_server_call *call);

/* Takes one more hold of a call, unless nobody has it. */
bool pt_call_hold(pt_server_call *call);

/* Lets go of a call; the last one gives it back. */
void pt_call_let_go(pt_server_call *call);

/* ---- builtin.c ---- */

/* Adds health and reflection. */
pt_code pt_builtins_add(pt_server *server, pt_status *st) PT_MUST_CHECK;

/* Collects what reflection answers. */
pt_code pt_descriptions_collect(pt_server *server, pt_status *st) PT_MUST_CHECK;
void pt_descriptions_done(pt_descriptions *d);

/* ---- server.c ---- */

/* For tests: pt_server_new over another transport. */
pt_code pt_server_new_over(const pt_transport *transport, const pt_server_options *options, pt_server **ret_server,
                           pt_status *st) PT_MUST_CHECK;

#endif
