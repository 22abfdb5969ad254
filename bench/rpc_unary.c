/* Unary calls a second between two processes' worth of runtime in one: a server and a channel over one connection.
 *
 *     rpc_unary [--url URL] [--seconds N] [--bytes N] [--executor read|inline] [--json FILE]
 *
 * Measures 1, 16 and 64 calls outstanding, all asynchronous, with a request and a reply of --bytes each. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "echo.rpc.h"

typedef Partie__Echo__V1__EchoRequest request;
typedef Partie__Echo__V1__EchoResponse response;

static const unsigned depths[] = {1, 16, 64};
#define N_DEPTHS (sizeof depths / sizeof *depths)

typedef struct run {
    pt_channel *channel;
    request request;
    atomic_bool stopping;
    atomic_ullong calls, failures;
    atomic_uint under_way;
} run;

typedef struct caller {
    run *run;
    pt_context ctx;
} caller;

static pt_code echo(void *self, pt_server_call *call, const request *req, response *reply) {
    (void)self;
    (void)call;
    reply->data = req->data;
    return PT_OK;
}

static void start(caller *c);

static void on_done(pt_context *ctx, const response *reply, void *arg) {
    caller *c = arg;
    (void)reply;
    atomic_fetch_add(ctx->status.code ? &c->run->failures : &c->run->calls, 1);
    if (!atomic_load(&c->run->stopping))
        start(c);
    else
        atomic_fetch_sub(&c->run->under_way, 1);
}

static void start(caller *c) {
    pt_context_reset(&c->ctx);
    c->ctx.wait_for_ready = true;
    partie__echo__v1__echo_service__echo_start(c->run->channel, &c->ctx, &c->run->request, on_done, c);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pause_for(double seconds) {
    struct timespec t = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&t, NULL);
}

/* Calls a second with `depth` calls outstanding. */
static double measure(run *r, unsigned depth, double seconds) {
    caller *callers = calloc(depth, sizeof *callers);
    if (!callers) exit(1);
    atomic_store(&r->stopping, false);
    atomic_store(&r->under_way, depth);
    for (unsigned i = 0; i < depth; i++) {
        callers[i].run = r;
        pt_context_init(&callers[i].ctx);
        start(&callers[i]);
    }
    pause_for(seconds / 4);
    unsigned long long before = atomic_load(&r->calls);
    double from = now();
    pause_for(seconds);
    double rate = (double)(atomic_load(&r->calls) - before) / (now() - from);
    atomic_store(&r->stopping, true);
    while (atomic_load(&r->under_way))
        pause_for(0.001);
    for (unsigned i = 0; i < depth; i++)
        pt_context_done(&callers[i].ctx);
    free(callers);
    return rate;
}

static int write_json(const char *path, const double *rates, double seconds, size_t bytes, const char *url) {
    struct utsname host;
    FILE *out = fopen(path, "w");
    if (!out) {
        fprintf(stderr, "rpc_unary: can't write %s\n", path);
        return 1;
    }
    uname(&host);
    fprintf(out, "{\"machine\":{\"system\":\"%s %s\",\"arch\":\"%s\",\"cpus\":%ld},\n \"ratios\":{},\n \"results\":[",
            host.sysname, host.release, host.machine, sysconf(_SC_NPROCESSORS_ONLN));
    for (size_t i = 0; i < N_DEPTHS; i++)
        fprintf(
            out,
            "%s\n  "
            "{\"name\":\"rpc_unary\",\"url\":\"%s\",\"outstanding\":%u,\"bytes\":%zu,\"seconds\":%g,\"calls_per_second\":%.0f}",
            i ? "," : "", url, depths[i], bytes, seconds, rates[i]);
    fprintf(out, "\n ]}\n");
    return fclose(out) ? 1 : 0;
}

int main(int argc, char **argv) {
    const char *url = "tcp://127.0.0.1:0", *json = NULL, *executor = "read";
    double seconds = 2;
    size_t bytes = 64;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--url") == 0) url = argv[i + 1];
        if (strcmp(argv[i], "--json") == 0) json = argv[i + 1];
        if (strcmp(argv[i], "--executor") == 0) executor = argv[i + 1];
        if (strcmp(argv[i], "--seconds") == 0) seconds = strtod(argv[i + 1], NULL);
        if (strcmp(argv[i], "--bytes") == 0) bytes = strtoul(argv[i + 1], NULL, 10);
    }
    pt_status st = PT_STATUS_INIT;
    pt_server *server = NULL;
    run r = {.request = PARTIE__ECHO__V1__ECHO_REQUEST__INIT};
    Partie__Echo__V1__EchoService impl = PARTIE__ECHO__V1__ECHO_SERVICE__INIT;
    impl.echo = echo;
    r.request.data = (ProtobufCBinaryData){bytes, calloc(bytes ? bytes : 1, 1)};
    if (!r.request.data.data || pt_server_new(NULL, &server, &st) ||
        partie__echo__v1__echo_service__register(server, &impl, &st) ||
        pt_server_set_executor(server, "partie.echo.v1.EchoService", executor, &st) || pt_server_listen(server, url, &st) ||
        pt_channel_open(pt_server_url(server, 0), NULL, &r.channel, &st)) {
        fprintf(stderr, "rpc_unary: %s\n", st.message);
        return 1;
    }
    double rates[N_DEPTHS];
    for (size_t i = 0; i < N_DEPTHS; i++) {
        rates[i] = measure(&r, depths[i], seconds);
        printf("%2u outstanding: %8.0f calls/s\n", depths[i], rates[i]);
    }
    unsigned long long failures = atomic_load(&r.failures);
    if (failures) fprintf(stderr, "rpc_unary: %llu calls failed\n", failures);
    pt_channel_close(r.channel);
    pt_server_close(server);
    free(r.request.data.data);
    return (json && write_json(json, rates, seconds, bytes, url)) || failures ? 1 : 0;
}
