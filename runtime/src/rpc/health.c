/* grpc.health.v1.Health: what is serving, once (Check) or for as long as somebody watches (Watch). */
#include <stdlib.h>

#include "grpc/health/v1/health.rpc.h"
#include "rpc/health.h"
#include "rpc/server_stream.h"

typedef Grpc__Health__V1__HealthCheckRequest check_request;
typedef Grpc__Health__V1__HealthCheckResponse check_response;
typedef Grpc__Health__V1__HealthCheckResponse__ServingStatus serving_status;

#define SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
#define NOT_SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
#define SERVICE_UNKNOWN GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN

/* A Watch under way, in its call's arena. */
typedef struct watcher {
    struct watcher *next;
    pt_server_call *call;
    const char *service;
    bool told; /* `status` was sent */
    serving_status status;
} watcher;

struct pt_health {
    Grpc__Health__V1__Health impl;
    pt_server *server;
    pthread_mutex_t lock; /* of what follows, and of sending to watchers */
    watcher *watchers;
    bool over; /* the server shuts down: nobody can watch any more */
};

static serving_status status_of(const pt_server *server, const char *service) {
    bool serving = true;
    size_t i = 0;
    if (*service) {
        while (i < server->n_services && strcmp(server->services[i].service->name, service) != 0)
            i++;
        if (i == server->n_services) return SERVICE_UNKNOWN;
        serving = atomic_load(&server->services[i].serving);
    }
    return serving && atomic_load(&server->serving) ? SERVING : NOT_SERVING;
}

static pt_code check(void *self, pt_server_call *call, const check_request *request, check_response *reply) {
    const pt_health *health = self;
    reply->status = status_of(health->server, request->service);
    if (reply->status != SERVICE_UNKNOWN) return PT_OK;
    return pt_server_call_fail(call, PT_NOT_FOUND, "service %s: this server has no such service", request->service);
}

/* ---- watching ---- */

/* Tells a watcher what it does not know yet. With the lock. PT_WOULD_BLOCK: it does not read; it is told later. */
static pt_code tell(pt_health *health, watcher *w) {
    check_response message = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    message.status = status_of(health->server, w->service);
    if (w->told && w->status == message.status) return PT_OK;
    pt_code code = pt_server_call_try_send(w->call, &message.base);
    if (code) return code;
    w->told = true;
    w->status = message.status;
    return PT_OK;
}

/* True: the watcher was there, and its call is the caller's to finish. With the lock. */
static bool remove_watcher(pt_health *health, const watcher *w) {
    watcher **at = &health->watchers;
    while (*at && *at != w)
        at = &(*at)->next;
    if (!*at) return false;
    *at = w->next;
    return true;
}

/* The watcher reads again, or has left. */
static void on_ready(pt_server_call *call, void *arg) {
    pt_health *health = arg;
    pthread_mutex_lock(&health->lock);
    watcher *w = health->watchers;
    while (w && w->call != call)
        w = w->next;
    pt_code code = w ? tell(health, w) : PT_WOULD_BLOCK;
    if (w && pt_server_call_cancelled(call)) code = PT_CANCELLED;
    bool ends = code && code != PT_WOULD_BLOCK && remove_watcher(health, w);
    pthread_mutex_unlock(&health->lock);
    if (ends) pt_server_call_finish(call, code);
}

static pt_code watch(void *self, pt_server_call *call, const check_request *request) {
    pt_health *health = self;
    watcher *w = pt_arena_calloc(pt_server_call_arena(call), 1, sizeof *w);
    if (!w) return pt_server_call_fail(call, PT_RESOURCE_EXHAUSTED, "out of memory");
    w->call = call;
    w->service = request->service;
    pthread_mutex_lock(&health->lock);
    pt_code code = tell(health, w);
    bool stays = !health->over && (!code || code == PT_WOULD_BLOCK);
    if (stays) {
        w->next = health->watchers;
        health->watchers = w;
        pt_server_call_on_ready(call, on_ready, health);
    }
    pthread_mutex_unlock(&health->lock);
    if (stays) return PT_DEFERRED;
    return code && code != PT_WOULD_BLOCK ? code : pt_server_call_fail(call, PT_UNAVAILABLE, "the server is shutting down");
}

void pt_health_changed(pt_health *health) {
    pthread_mutex_lock(&health->lock);
    for (watcher *w = health->watchers; w; w = w->next)
        (void)!tell(health, w); /* one who has left is told so by itself */
    pthread_mutex_unlock(&health->lock);
}

void pt_health_end(pt_health *health) {
    pthread_mutex_lock(&health->lock);
    health->over = true;
    for (watcher *w; (w = health->watchers);) {
        health->watchers = w->next;
        pthread_mutex_unlock(&health->lock);
        pt_server_call_finish(w->call, pt_server_call_fail(w->call, PT_UNAVAILABLE, "the server is shutting down"));
        pthread_mutex_lock(&health->lock);
    }
    pthread_mutex_unlock(&health->lock);
}

/* ---- life ---- */

pt_code pt_health_add(pt_server *server, pt_status *st) {
    pt_health *health = calloc(1, sizeof *health);
    if (!health) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "server: out of memory");
    pthread_mutex_init(&health->lock, NULL);
    health->server = server;
    health->impl = (Grpc__Health__V1__Health){.self = health, .check = check, .watch = watch};
    server->health = health;
    return grpc__health__v1__health__register(server, &health->impl, st);
}

void pt_health_free(pt_health *health) {
    if (!health) return;
    pthread_mutex_destroy(&health->lock);
    free(health);
}
