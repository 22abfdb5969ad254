/* Server side: services, their handlers, and the life of a server.
 *
 * A handler gets a request that was checked against the limits and an initialised reply to fill. What it adds to the reply
 * comes from the call's arena (pt_server_call_arena), so nothing is freed by hand:
 *
 *     static pt_code get_event(void *self, pt_server_call *call, const Req *request, Reply *reply) {
 *         if (!request->id[0]) return pt_server_call_fail(call, PT_INVALID_ARGUMENT, "id: must not be empty");
 *         reply->name = pt_arena_strdup(pt_server_call_arena(call), "...");
 *         return PT_OK;
 *     }
 *
 * Every server also has grpc.health.v1.Health and partie.reflection.v1.ReflectionService. */
#ifndef PARTIE_SERVER_H
#define PARTIE_SERVER_H

#include "partie/arena.h"
#include "partie/contract.h"
#include "partie/limits.h"
#include "partie/metadata.h"

typedef struct pt_server pt_server;
typedef struct pt_server_call pt_server_call;

/* What a handler returns to answer later with pt_server_call_finish. Not a status code; never on the wire. */
#define PT_DEFERRED ((pt_code)-1)

/* Calls one handler; generated. `impl` is what pt_server_add was given. The request is NULL where the client streams, the reply
 * where the server does (stream.h). */
typedef pt_code pt_handler_fn(const void *impl, pt_server_call *call, const ProtobufCMessage *request, ProtobufCMessage *reply);

/* Calls the batch handler of a unary method; generated. False: `impl` has none, and the calls are run one by one. Otherwise
 * each of the calls is ended with pt_server_call_finish, from any thread, perhaps after this has returned. `calls` is borrowed.
 */
typedef bool pt_batch_fn(const void *impl, pt_server_call *const *calls, size_t n_calls);

/* What generated code registers for a method. */
typedef struct pt_handler {
    const pt_method *method;
    pt_handler_fn *run; /* NULL: UNIMPLEMENTED */
    pt_batch_fn *batch; /* NULL: the method streams */
} pt_handler;

/* A pool of threads with a bounded queue (a bulkhead). A call that finds the queue full is answered RESOURCE_EXHAUSTED at
 * once; one whose deadline passes in the queue is dropped unrun. */
typedef struct pt_executor_options {
    const char *name; /* "read", "write", "admin", or a name of the service's own */
    uint32_t threads; /* 1 to 256 */
    uint32_t queue;   /* calls that may wait; 0 to 1,000,000 */
} pt_executor_options;

/* The executor that runs a handler on the thread that received the call: for handlers that never block. */
#define PT_INLINE "inline"

typedef struct pt_server_options {
    pt_limits limits;                     /* of what is taken and of what is sent */
    uint32_t default_timeout_ms;          /* for calls that come without a deadline; 1 to 86,400,000 */
    uint32_t max_calls;                   /* calls in the server at once, 1 to 65,536; further ones wait in the transport */
    const pt_executor_options *executors; /* replace those of the same name, add the others; may be NULL */
    size_t n_executors;
} pt_server_options;

/* Executors there are without any option: read (4 threads, queue 1024), write (2, 1024), admin (1, 64). */
#define PT_SERVER_OPTIONS_INIT                                                                                                 \
    { .limits = PT_LIMITS_INIT, .default_timeout_ms = 60000, .max_calls = 1024, .executors = NULL, .n_executors = 0 }

/* Makes a server that listens nowhere yet. `options` may be NULL.
 * INVALID_ARGUMENT: an option out of range. RESOURCE_EXHAUSTED: no memory, no threads. */
pt_code pt_server_new(const pt_server_options *options, pt_server **ret_server, pt_status *st) PT_MUST_CHECK;

/* Adds a service before the first pt_server_listen; called by the generated <service>__register. `handlers` has one element a
 * method, in the order of the contract, and with `impl` must outlive the server. Methods without side effects run on
 * "read", others on "write", unless pt_server_set_executor says otherwise.
 * ALREADY_EXISTS: a service of that name is there. FAILED_PRECONDITION: the server listens already. */
pt_code pt_server_add(pt_server *server, const pt_service *service, const pt_handler *handlers, const void *impl,
                      pt_status *st) PT_MUST_CHECK;

/* Names the executor of a method (full name) or, given a service's name, of all of its methods.
 * NOT_FOUND: no such method, or no such executor. */
pt_code pt_server_set_executor(pt_server *server, const char *method, const char *executor, pt_status *st) PT_MUST_CHECK;

/* Starts to take calls at `url`: tcp://addr:port (port 0: a free one), ipc:///path, inproc://name. May be called for several.
 * INVALID_ARGUMENT: not a URL. ALREADY_EXISTS: the address is in use. UNAVAILABLE: the system refused, with its reason. */
pt_code pt_server_listen(pt_server *server, const char *url, pt_status *st) PT_MUST_CHECK;

/* The URL of the i-th listener with the port that it really has; NULL past the last. Borrowed. */
const char *pt_server_url(const pt_server *server, size_t i);

/* Sets what grpc.health.v1 answers for a service, or with NULL for the whole server. Serving at first. Thread: any. */
void pt_server_set_serving(pt_server *server, const char *service, bool serving);

/* Takes no new calls (they are answered UNAVAILABLE, not run), reports NOT_SERVING, and waits until those under way have been
 * answered and the answers handed over, at most `timeout_ms`. DEADLINE_EXCEEDED: some were still running; they are cancelled
 * and answered so. Thread: any, but not a handler. */
pt_code pt_server_drain(pt_server *server, uint32_t timeout_ms);

/* Closes the listeners, cancels and waits for running handlers, frees. NULL is allowed. Deferred calls must be finished
 * before. */
void pt_server_close(pt_server *server);

/* ---- within a handler (and, deferred, until finish): any thread, but one at a time ---- */

/* Memory of this call, freed after the answer has left. Its budget is limits.arena_bytes. */
pt_arena *pt_server_call_arena(pt_server_call *call);

/* The method that was called. */
const pt_method *pt_server_call_method(const pt_server_call *call);

/* What the client sent beside the request. Borrowed from the call. */
const pt_metadata *pt_server_call_metadata(const pt_server_call *call);

/* Sent with the answer; add to them before the handler returns or finishes. */
pt_metadata *pt_server_call_headers(pt_server_call *call);
pt_metadata *pt_server_call_trailers(pt_server_call *call);

/* Milliseconds until the deadline; 0 when it has passed. */
uint32_t pt_server_call_remaining_ms(const pt_server_call *call);

/* True when nobody waits for the answer any more: the deadline has passed, the client left, or the server is closing. */
bool pt_server_call_cancelled(const pt_server_call *call);

/* The status that is sent; what the handler returns becomes its code. A code without a message gets the code's name. */
pt_status *pt_server_call_status(pt_server_call *call);

/* Sets that status: `return pt_server_call_fail(call, PT_NOT_FOUND, "event %s: none", id);` */
pt_code pt_server_call_fail(pt_server_call *call, pt_code code, const char *format, ...) PT_PRINTF(3, 4);

/* Answers a call whose handler returned PT_DEFERRED; exactly once, from any thread, even before the handler has returned.
 * Request and reply stay valid until then. The call must not be touched afterwards. */
void pt_server_call_finish(pt_server_call *call, pt_code code);

/* Request and reply of the call, for those who answer later. */
const ProtobufCMessage *pt_server_call_request(const pt_server_call *call);
ProtobufCMessage *pt_server_call_reply(pt_server_call *call);

#endif
