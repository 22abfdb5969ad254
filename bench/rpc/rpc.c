/* The driver of `scripts/bench rpc`: unary calls of partie and of others, each as a server program and a client program. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/child.h"
#include "common/options.h"
#include "common/pair.h"
#include "common/plan.h"
#include "common/report.h"

#define MAX_CASES 512
#define WARM_UP_SHARE 0.3 /* of the window, but at most MAX_WARM_UP seconds */
#define MAX_WARM_UP 0.5

static const char usage[] =
    "usage: scripts/bench rpc [OPTION...]\n"
    "\n"
    "Unary calls with a payload of 64 bytes on one connection: partie, with its generated stubs, a deadline and two\n"
    "pairs of metadata on every call, beside others. Client and server are separate processes. Every reply is checked.\n"
    "\n"
    "  --json FILE        write the results there too\n"
    "  --rounds N         measure everything N times, interleaved, and take medians (default: 5)\n"
    "  --seconds S        measure each for S seconds (default: 1)\n"
    "  --peers LIST       of (default: all)\n"
    "                       partie        handlers on the receiving thread, which suits an echo; what ratios are about\n"
    "                       partie-pool   the same with handlers on a pool of threads\n"
    "                       grpc          gRPC C++, asynchronous, tuned; with and without tcmalloc\n"
    "                       thrift        Apache Thrift for C (c_glib), pipelined\n"
    "                       nng           nng's REQ/REP contexts as they are\n"
    "                       raw           frames on a socket, one write for all that wait: the ceiling\n"
    "                       raw-single    the same with a write for each frame\n"
    "  --depths LIST      calls outstanding; `stream` is one server stream, its messages counted as calls and the time\n"
    "                     from one to the next as latency (default: 1,16,64,256,stream)\n"
    "  --transports LIST  of tcp and unix (default: both)\n"
    "\n"
    "CPU is that of client and server together, in seconds a million calls; RSS that of the server, idle after one\n"
    "call; 1st ans. the time from its start to that call's answer; others the processors that everything else on the\n"
    "machine took up: figures are good where that is below 0.2.\n";

enum { CALLS, P50, P99, CPU, RSS, FIRST, OTHERS, N_METRICS };

static const pt_metric metrics[N_METRICS] = {
    [CALLS] = {.name = "calls_per_second", .title = "calls/s", .ratio = "throughput"},
    [P50] = {.name = "p50_us", .title = "p50 us", .decimals = 1, .lower_is_better = true},
    [P99] = {.name = "p99_us", .title = "p99 us", .decimals = 1, .lower_is_better = true, .ratio = "p99"},
    [CPU] = {.name = "cpu_s_per_million", .title = "CPU s/1M", .decimals = 2, .lower_is_better = true, .ratio = "cpu"},
    [RSS] = {.name = "server_rss_kib", .title = "RSS KiB", .lower_is_better = true},
    [FIRST] = {.name = "first_answer_ms", .title = "1st ans. ms", .decimals = 1, .lower_is_better = true},
    [OTHERS] = {.name = "other_cpus", .title = "others", .decimals = 2, .lower_is_better = true},
};

/* One way to measure a peer. */
typedef struct variant {
    const char *peer, *name;
    const char *program; /* rpc-PROGRAM-server and -client */
    bool stream;         /* for the depth STREAM only, with a client of its own: rpc-PROGRAM-stream-client */
    const char *server_mode, *client_mode, *preload;
} variant;

static const variant variants[] = {
    {.peer = "partie", .name = "", .program = "partie", .server_mode = "inline"},
    {.peer = "partie", .name = "", .program = "partie", .server_mode = "read", .stream = true},
    {.peer = "partie-pool", .name = "", .program = "partie", .server_mode = "read"},
    {.peer = "grpc", .name = "tuned", .program = "grpc"},
    {.peer = "grpc", .name = "tuned+tcmalloc", .program = "grpc", .preload = PT_BENCH_TCMALLOC},
    {.peer = "thrift", .name = "", .program = "thrift"},
    {.peer = "nng", .name = "", .program = "nng"},
    {.peer = "raw", .name = "", .program = "raw", .server_mode = "batch", .client_mode = "batch"},
    {.peer = "raw-single", .name = "", .program = "raw", .server_mode = "single", .client_mode = "single"},
};

#define STREAM "stream" /* in place of a depth */

static const char *const peer_names[] = {"partie", "partie-pool", "grpc", "thrift", "nng", "raw", "raw-single", NULL};
static const char *const transport_names[] = {"tcp", "unix", NULL};

/* What one case measures. */
typedef struct cell {
    const variant *variant;
    char name[32]; /* "tcp/64" */
    char depth[16];
    bool local; /* a unix socket */
} cell;

typedef struct bench {
    const char *json, *peers, *depths, *transports;
    unsigned rounds;
    double seconds;
    char programs[PATH_MAX - 64]; /* the folder of the programs, which is the driver's own */
    char sockets[64];             /* a folder */
    cell cells[MAX_CASES];
    pt_case cases[MAX_CASES];
    size_t n_cases;
} bench;

/* The path of a variant's server or client. */
static void program_path(const bench *b, const variant *v, const char *side, char *ret_path, size_t size) {
    const char *kind = v->stream && strcmp(side, "client") == 0 ? "-stream" : "";
    snprintf(ret_path, size, "%s/rpc-%s%s-%s", b->programs, v->program, kind, side);
}

static pt_code measure(const pt_case *c, void *arg, double *ret_values, pt_status *st) {
    const bench *b = arg;
    const cell *what = c->arg;
    const variant *v = what->variant;
    double warm_up = b->seconds * WARM_UP_SHARE < MAX_WARM_UP ? b->seconds * WARM_UP_SHARE : MAX_WARM_UP;
    char server[PATH_MAX], client[PATH_MAX], socket_path[96], url[112], warm_up_text[32], seconds_text[32];
    program_path(b, v, "server", server, sizeof server);
    program_path(b, v, "client", client, sizeof client);
    snprintf(socket_path, sizeof socket_path, "%s/rpc", b->sockets);
    snprintf(url, sizeof url, what->local ? "ipc://%s" : "tcp://127.0.0.1:0", socket_path);
    snprintf(warm_up_text, sizeof warm_up_text, "%g", warm_up);
    snprintf(seconds_text, sizeof seconds_text, "%g", b->seconds);
    char *server_args[] = {server, url, (char *)v->server_mode, NULL};
    char *client_args[] = {client, v->stream ? "1" : (char *)what->depth, warm_up_text, seconds_text, (char *)v->client_mode,
                           NULL};
    pt_pair pair = {.server = server_args, .client = client_args, .preload = v->preload, .seconds = warm_up + b->seconds};
    pt_pair_result result;
    pt_code code = pt_pair_measure(&pair, &result, st);
    unlink(socket_path); /* not every server does */
    if (code) return code;
    ret_values[CALLS] = result.calls / result.seconds;
    ret_values[P50] = result.p50_us;
    ret_values[P99] = result.p99_us;
    ret_values[CPU] = result.cpu_seconds / result.calls * 1e6;
    ret_values[RSS] = result.rss_kib;
    ret_values[FIRST] = result.first_answer_ms;
    ret_values[OTHERS] = result.others;
    return PT_OK;
}

/* False where its packages were lacking when this was built. */
static bool is_built(const bench *b, const variant *v) {
    char path[PATH_MAX];
    program_path(b, v, "client", path, sizeof path);
    return access(path, X_OK) == 0 && (!v->preload || access(v->preload, R_OK) == 0);
}

static void add_case(bench *b, const variant *v, const char *transport, const char *depth) {
    if (b->n_cases == MAX_CASES) return;
    cell *new = &b->cells[b->n_cases];
    *new = (cell){.variant = v, .local = strcmp(transport, "unix") == 0};
    snprintf(new->name, sizeof new->name, "%s/%s", transport, depth);
    snprintf(new->depth, sizeof new->depth, "%s", depth);
    b->cases[b->n_cases++] = (pt_case){.peer = v->peer, .variant = v->name, .cell = new->name, .arg = new};
}

static void add_cases(bench *b) {
    const char *transports = b->transports;
    char transport[16], depth[16];
    while (pt_list_next(&transports, transport, sizeof transport)) {
        const char *depths = b->depths;
        while (pt_list_next(&depths, depth, sizeof depth)) {
            for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
                const variant *v = &variants[i];
                if (pt_list_has(b->peers, v->peer) && v->stream == (strcmp(depth, STREAM) == 0) && is_built(b, v))
                    add_case(b, v, transport, depth);
            }
        }
    }
}

/* Says which peers are left out. */
static void check_built(const bench *b) {
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        const variant *v = &variants[i];
        if (pt_list_has(b->peers, v->peer) && !v->stream && !is_built(b, v))
            fprintf(stderr, "rpc: %s%s%s is left out: its packages were lacking when this was built (scripts/setup bench)\n",
                    v->peer, *v->name ? " " : "", v->name);
    }
}

static void check_depths(const char *list) {
    char depth[16];
    while (pt_list_next(&list, depth, sizeof depth)) {
        char *end;
        unsigned long n = strtoul(depth, &end, 10);
        if (strcmp(depth, STREAM) == 0 || (end != depth && !*end && n >= 1 && n <= 1024)) continue;
        fprintf(stderr, "rpc: --depths: %s: neither a number from 1 to 1024 nor " STREAM "; see --help\n", depth);
        exit(2);
    }
}

static pt_code make_folders(bench *b, pt_status *st) {
    const char *temporary = getenv("TMPDIR");
    ssize_t n = readlink("/proc/self/exe", b->programs, sizeof b->programs - 1);
    char *slash = n > 0 ? memrchr(b->programs, '/', (size_t)n) : NULL;
    if (!slash) return pt_status_set(st, PT_INTERNAL, "/proc/self/exe: %s", strerror(errno));
    *slash = 0;
    n = snprintf(b->sockets, sizeof b->sockets, "%s/partie-bench-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    if ((size_t)n >= sizeof b->sockets) return pt_status_set(st, PT_INVALID_ARGUMENT, "TMPDIR: too long a path for a socket");
    if (!mkdtemp(b->sockets)) return pt_status_set(st, PT_UNAVAILABLE, "%s: %s", b->sockets, strerror(errno));
    return PT_OK;
}

static pt_code run(bench *b, pt_status *st) {
    pt_plan plan = {.subject = "rpc",
                    .ours = "partie",
                    .metrics = metrics,
                    .n_metrics = N_METRICS,
                    .cases = b->cases,
                    .rounds = b->rounds,
                    .measure = measure,
                    .arg = b};
    pt_code code = make_folders(b, st);
    if (code) return code;
    check_built(b);
    add_cases(b);
    plan.n_cases = b->n_cases;
    code = pt_plan_run(&plan, st);
    if (!code) pt_report_table(&plan);
    if (!code && b->json) code = pt_report_json(&plan, b->json, st);
    pt_plan_done(&plan);
    rmdir(b->sockets);
    return code;
}

int main(int argc, char **argv) {
    static bench b = {.peers = "partie,partie-pool,grpc,thrift,nng,raw,raw-single",
                      .depths = "1,16,64,256," STREAM,
                      .transports = "tcp,unix",
                      .rounds = 5,
                      .seconds = 1};
    const pt_option options[] = {{.name = "--json", .text = &b.json},
                                 {.name = "--peers", .text = &b.peers},
                                 {.name = "--depths", .text = &b.depths},
                                 {.name = "--transports", .text = &b.transports},
                                 {.name = "--rounds", .count = &b.rounds, .most = PT_PLAN_MAX_ROUNDS},
                                 {.name = "--seconds", .seconds = &b.seconds}};
    pt_status st = PT_STATUS_INIT;
    pt_options_read(argc, argv, usage, options, sizeof options / sizeof *options);
    pt_list_check("--peers", b.peers, peer_names);
    pt_list_check("--transports", b.transports, transport_names);
    check_depths(b.depths);
    pt_child_setup();
    pt_code code = run(&b, &st);
    if (code) fprintf(stderr, "rpc: %s\n", st.message);
    pt_status_done(&st);
    return code ? 1 : 0;
}
