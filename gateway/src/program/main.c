/* partie-gateway: see docs/gateway.md. */
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mapping/error_map.h"
#include "partie/kit/app.h"
#include "partie/kit/log.h"
#include "program/listen.h"
#include "program/worker.h"

#define MAX_DEFAULT_WORKERS 8
#define OTHER_DESCRIPTORS 256 /* beside connections: backends, loops, logs */
#define MAX_OUTSTANDING 4096  /* calls under way on one backend's channel */

typedef struct gateway {
    pt_gateway_shared shared;
    int listen_fd;
    pt_worker *workers;
    uint32_t n_workers; /* that were started, or tried */
} gateway;

static pt_code check(void *self, pt_status *st) {
    (void)self;
    pt_code code = pt_gateway_check(st);
    return code ? code : pt_backends_check_files(pt_gateway.descriptor_sets.items, pt_gateway.descriptor_sets.n_items, st);
}

static pt_code open_shared(gateway *g, pt_status *st) {
    const pt_gateway_config *c = &pt_gateway;
    pt_backends_options options = {
        .urls = c->backends.items,
        .n_urls = c->backends.n_items,
        .descriptor_sets = c->descriptor_sets.items,
        .n_descriptor_sets = c->descriptor_sets.n_items,
        .channel = PT_CHANNEL_OPTIONS_INIT,
    };
    options.channel.max_outstanding = MAX_OUTSTANDING;
    g->shared.config = c;
    g->shared.peers = pt_peers_new(c->connections_per_address);
    if (!g->shared.peers) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    pt_code code = pt_error_types_new(&g->shared.error_types, st);
    return code ? code : pt_backends_new(&options, &g->shared.backends, st);
}

static uint32_t worker_count(void) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (pt_gateway.workers) return pt_gateway.workers;
    return processors < 1 ? 1 : processors > MAX_DEFAULT_WORKERS ? MAX_DEFAULT_WORKERS : (uint32_t)processors;
}

/* Each connection is a descriptor; the soft limit that a shell sets is often below what we may have. */
static void raise_descriptor_limit(void) {
    const rlim_t wanted = (rlim_t)pt_gateway.connections + OTHER_DESCRIPTORS;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur < wanted)
        pt_log(PT_LOG_WARN, (pt_log_field[]){PT_LOG_NUMBER("descriptors", limit.rlim_cur), PT_LOG_END},
               "fewer descriptors than --connections needs: raise the limit (ulimit -n) or lower the flag");
}

static pt_code start_workers(gateway *g, pt_status *st) {
    uint32_t n = worker_count(), each = (pt_gateway.connections + n - 1) / n;
    pt_code code = PT_OK;
    g->workers = calloc(n, sizeof *g->workers);
    if (!g->workers) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    while (!code && g->n_workers < n)
        code = pt_worker_start(&g->workers[g->n_workers++], &g->shared, g->listen_fd, each, st);
    return code;
}

static pt_code start(void *self, pt_app *app, pt_status *st) {
    gateway *g = self;
    char url[PT_LISTEN_URL_BYTES];
    raise_descriptor_limit();
    pt_code code = pt_listen(pt_gateway.listen, &g->listen_fd, url, st);
    if (!code) code = open_shared(g, st);
    if (!code) code = pt_backends_start(g->shared.backends, st);
    if (!code) code = start_workers(g, st);
    return code ? code : pt_app_announce(app, url, st);
}

static void close_listener(gateway *g) {
    if (g->listen_fd >= 0) close(g->listen_fd);
    g->listen_fd = -1;
}

static void stop(void *self) {
    gateway *g = self;
    close_listener(g); /* the workers have duplicates, which they close when they have accepted what came */
    for (uint32_t i = 0; i < g->n_workers; i++)
        pt_worker_stop(&g->workers[i]);
    for (uint32_t i = 0; i < g->n_workers; i++)
        pt_worker_join(&g->workers[i]);
    if (g->shared.backends) pt_backends_stop(g->shared.backends);
    for (uint32_t i = 0; i < g->n_workers; i++)
        pt_worker_free(&g->workers[i]);
    free(g->workers);
    pt_backends_free(g->shared.backends);
    pt_schema_free(g->shared.error_types);
    pt_peers_free(g->shared.peers);
}

int main(int argc, char **argv) {
    gateway g = {.listen_fd = -1};
    const pt_app_options options = {
        .name = "partie-gateway",
        .summary = "HTTP/JSON in front of services, by their contracts",
        .epilog =
            "Prints \"listening http://ADDR:PORT\" on stdout once it listens. GET /healthz says how it and its backends are.",
        .flags = pt_gateway_flags,
        .n_flags = pt_gateway_n_flags,
        .self = &g,
        .check = check,
        .start = start,
        .stop = stop,
    };
    int exit_code = pt_app_main(&options, argc, argv);
    pt_flag_list_done(&pt_gateway.backends);
    pt_flag_list_done(&pt_gateway.descriptor_sets);
    return exit_code;
}
