/* The life of a server: services and executors, listening, draining, closing. */
#include <stdlib.h>

#include "rpc/batch.h"
#include "rpc/clock.h"
#include "rpc/dispatch.h"
#include "rpc/health.h"
#include "rpc/options.h"
#include "rpc/session.h"

/* Beyond max_calls while draining, so that calls are refused even when all places are taken. */
#define REFUSING_PLACES 4

/* How long answers that were handed over may still take to be written when the server closes without having drained. */
#define CLOSE_FLUSH_NS (200 * PT_NS_PER_MS)

static const pt_executor_options default_executors[] = {
    {.name = "read", .threads = 4, .queue = 1024},
    {.name = "write", .threads = 2, .queue = 1024},
    {.name = "admin", .threads = 1, .queue = 64},
};

/* ---- executors ---- */

static pt_executor *find_executor(const pt_server *server, const char *name) {
    for (size_t i = 0; i < server->n_executors; i++)
        if (strcmp(pt_executor_name(server->executors[i]), name) == 0) return server->executors[i];
    return NULL;
}

static pt_code add_executor(pt_server *server, const pt_executor_options *options, pt_status *st) {
    if (server->n_executors == PT_SERVER_MAX_EXECUTORS)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "executors: at most %d", PT_SERVER_MAX_EXECUTORS);
    if (options->name && (strcmp(options->name, PT_INLINE) == 0 || find_executor(server, options->name)))
        return pt_status_set(st, PT_INVALID_ARGUMENT, "executor %s: the name is taken", options->name);
    pt_code code = pt_executor_new(options, &server->executors[server->n_executors], st);
    if (!code) server->n_executors++;
    return code;
}

static bool is_replaced(const pt_server_options *o, const char *name) {
    for (size_t i = 0; i < o->n_executors; i++)
        if (o->executors[i].name && strcmp(o->executors[i].name, name) == 0) return true;
    return false;
}

static pt_code add_executors(pt_server *server, pt_status *st) {
    const pt_server_options *o = &server->options;
    pt_code code = PT_OK;
    for (size_t i = 0; !code && i < o->n_executors; i++)
        code = add_executor(server, &o->executors[i], st);
    for (size_t i = 0; !code && i < sizeof default_executors / sizeof *default_executors; i++)
        if (!is_replaced(o, default_executors[i].name)) code = add_executor(server, &default_executors[i], st);
    return code;
}

pt_code pt_server_set_executor(pt_server *server, const char *method, const char *executor, pt_status *st) {
    pt_executor *e = find_executor(server, executor);
    bool found = false;
    if (!e && strcmp(executor, PT_INLINE) != 0)
        return pt_status_set(st, PT_NOT_FOUND, "executor %s: this server has none of that name", executor);
    for (size_t i = 0; i < server->methods.n; i++) {
        pt_method_entry *entry = &server->methods.entries[i];
        if (strcmp(entry->method->name, method) != 0 && strcmp(entry->service->name, method) != 0) continue;
        entry->executor = e;
        found = true;
    }
    return found ? PT_OK : pt_status_set(st, PT_NOT_FOUND, "%s: this server has no such method or service", method);
}

/* ---- services ---- */

pt_code pt_server_add(pt_server *server, const pt_service *service, const pt_handler *handlers, const void *impl,
                      pt_status *st) {
    if (server->n_urls) return pt_status_set(st, PT_FAILED_PRECONDITION, "%s: the server listens already", service->name);
    for (size_t i = 0; i < server->n_services; i++)
        if (strcmp(server->services[i].service->name, service->name) == 0)
            return pt_status_set(st, PT_ALREADY_EXISTS, "%s: the server has this service already", service->name);
    if (server->n_services == PT_SERVER_MAX_SERVICES)
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: at most %d services", service->name, PT_SERVER_MAX_SERVICES);
    for (size_t i = 0; i < service->n_methods; i++) {
        bool reads = service->methods[i].idempotency == PT_NO_SIDE_EFFECTS;
        pt_method_entry entry = {.method = &service->methods[i],
                                 .service = service,
                                 .handler = &handlers[i],
                                 .impl = impl,
                                 .executor = find_executor(server, reads ? "read" : "write")};
        if (handlers[i].batch && !(entry.batcher = pt_batcher_new()))
            return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", entry.method->name);
        pt_code code = pt_methods_add(&server->methods, &entry, st);
        if (code) {
            pt_batcher_free(entry.batcher);
            return code;
        }
    }
    server->services[server->n_services].service = service;
    atomic_init(&server->services[server->n_services].serving, true);
    server->n_services++;
    return PT_OK;
}

/* ---- beginning ---- */

static pt_code validate(const pt_server_options *o, pt_status *st) {
    pt_code code = pt_limits_validate(&o->limits, st);
    if (!code) code = pt_option_validate("default_timeout_ms", o->default_timeout_ms, 1, PT_TIMEOUT_MS_MAX, st);
    if (!code) code = pt_option_validate("max_calls", o->max_calls, 1, 65536, st);
    return code;
}

static void on_written(void *arg, pt_peer *peer) {
    pt_session_written(arg, peer);
}

static void on_left(void *arg, pt_peer *peer) {
    pt_session_left(arg, peer);
}

static pt_code open_port(pt_server *server, pt_status *st) {
    pt_port_config config = {.receive_bytes = pt_receive_bytes(&server->options.limits),
                             .max_places = server->options.max_calls,
                             .events = {.request = pt_server_request, .written = on_written, .left = on_left, .arg = server}};
    return server->transport->port_new(&config, &server->port, st);
}

pt_code pt_server_new_over(const pt_transport *transport, const pt_server_options *options, pt_server **ret_server,
                           pt_status *st) {
    pt_server_options defaults = PT_SERVER_OPTIONS_INIT;
    pt_code code = validate(options ? options : &defaults, st);
    if (code) return code;
    pt_server *server = calloc(1, sizeof *server);
    if (!server) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "server: out of memory");
    server->transport = transport;
    server->options = options ? *options : defaults;
    server->backlog_end = &server->backlog;
    atomic_init(&server->serving, true);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->idle, NULL);
    code = pt_timers_new(&server->timers, st);
    if (!code) code = add_executors(server, st);
    if (!code) code = pt_builtins_add(server, st);
    if (!code) code = open_port(server, st);
    if (code) {
        pt_server_close(server);
        return code;
    }
    *ret_server = server;
    return PT_OK;
}

pt_code pt_server_new(const pt_server_options *options, pt_server **ret_server, pt_status *st) {
    return pt_server_new_over(&pt_transport_nng, options, ret_server, st);
}

pt_code pt_server_listen(pt_server *server, const char *url, pt_status *st) {
    if (server->n_urls == PT_SERVER_MAX_URLS)
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: at most %d addresses", url, PT_SERVER_MAX_URLS);
    pt_code code = server->n_urls ? PT_OK : pt_descriptions_collect(server, st);
    if (!code) code = server->transport->port_listen(server->port, url, &server->urls[server->n_urls], st);
    if (!code) server->n_urls++;
    return code;
}

const char *pt_server_url(const pt_server *server, size_t i) {
    return i < server->n_urls ? server->urls[i] : NULL;
}

/* ---- ending ---- */

static void stop_taking(pt_server *server) {
    pthread_mutex_lock(&server->lock);
    bool first = !server->draining;
    server->draining = true;
    pthread_mutex_unlock(&server->lock);
    pt_server_set_serving(server, NULL, false);
    if (!first) return;
    server->transport->port_widen(server->port, REFUSING_PLACES);
    pt_health_end(server->health);
    pt_sessions_go_away(server);
}

/* Waits until there is no call. False: there still is at the deadline. */
static bool wait_idle(pt_server *server, uint64_t deadline_ns) {
    struct timespec until = pt_timespec_of_ns(deadline_ns);
    int timeout = 0;
    pthread_mutex_lock(&server->lock);
    while (server->n_calls && !timeout)
        timeout = pthread_cond_clockwait(&server->idle, &server->lock, CLOCK_MONOTONIC, &until);
    bool idle = server->n_calls == 0;
    pthread_mutex_unlock(&server->lock);
    return idle;
}

/* Answers the calls that run as their deadlines would. */
static void cancel_calls(pt_server *server) {
    atomic_store(&server->cancelling, true);
    pthread_mutex_lock(&server->lock);
    pt_server_call *made = server->made; /* new ones come in front, and these stay */
    pthread_mutex_unlock(&server->lock);
    for (pt_server_call *call = made; call; call = call->next_made)
        if (pt_call_hold(call)) pt_answer_late(call);
}

/* Waits until all answers have been given to the system. False: some have not at the deadline. */
static bool flush(pt_server *server, uint64_t deadline_ns) {
    struct timespec pause = {.tv_nsec = (long)PT_NS_PER_MS};
    while (!pt_sessions_are_empty(server)) {
        if (pt_now_ns() >= deadline_ns) return false;
        nanosleep(&pause, NULL);
    }
    return server->transport->port_flush(server->port, deadline_ns);
}

pt_code pt_server_drain(pt_server *server, uint32_t timeout_ms) {
    uint64_t deadline_ns = pt_now_ns() + timeout_ms * PT_NS_PER_MS;
    stop_taking(server);
    bool idle = wait_idle(server, deadline_ns);
    if (!idle) cancel_calls(server);
    bool flushed = flush(server, idle ? deadline_ns : pt_now_ns() + CLOSE_FLUSH_NS);
    return idle && flushed ? PT_OK : PT_DEADLINE_EXCEEDED;
}

void pt_server_close(pt_server *server) {
    if (!server) return;
    atomic_store(&server->cancelling, true);
    if (server->port) {
        stop_taking(server);
        wait_idle(server, UINT64_MAX);
        flush(server, pt_now_ns() + CLOSE_FLUSH_NS);
        server->transport->port_close(server->port);
    }
    for (size_t i = 0; i < server->n_executors; i++)
        pt_executor_free(server->executors[i]);
    pt_timers_free(server->timers);
    for (pt_server_call *call = server->made, *next; call; call = next) {
        next = call->next_made;
        pt_arena_done(&call->arena);
        free(call);
    }
    for (size_t i = 0; i < server->n_urls; i++)
        free(server->urls[i]);
    pt_descriptions_done(&server->descriptions);
    pt_methods_done(&server->methods);
    pt_health_free(server->health);
    free(server->reflection);
    pthread_cond_destroy(&server->idle);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
