#include "common/pair.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/child.h"
#include "common/clock.h"
#include "common/proc.h"

#define PATIENCE 20.0 /* seconds to start, connect and answer */
#define SETTLING 0.05 /* seconds after which a server that has answered one call is idle */

/* What has been used up so far. */
typedef struct usage {
    double both, everybody, clock; /* seconds */
} usage;

static usage usage_now(const pt_child *server, const pt_child *client) {
    return (usage){.both = pt_proc_cpu_seconds(server->pid) + pt_proc_cpu_seconds(client->pid),
                   .everybody = pt_proc_busy_seconds(),
                   .clock = (double)pt_clock_ns() / 1e9};
}

/* Starts both; *ret_started: when the server was. */
static pt_code start(const pt_pair *pair, pt_child *server, pt_child *client, uint64_t *ret_started, pt_status *st) {
    char url[256];
    pt_code code = pt_child_start(client, pair->client, pair->preload, st);
    if (!code) code = pt_child_expect(client, PATIENCE, "ready", NULL, 0, st);
    *ret_started = pt_clock_ns();
    if (!code) code = pt_child_start(server, pair->server, pair->preload, st);
    if (!code) code = pt_child_expect(server, PATIENCE, "listening", url, sizeof url, st);
    return code ? code : pt_child_write(client, url, st);
}

/* Up to the client's word that the window is over. */
static pt_code run(const pt_pair *pair, pt_child *server, pt_child *client, pt_pair_result *result, pt_status *st) {
    char answered[32];
    uint64_t started;
    usage before = {0}, after;
    pt_code code = start(pair, server, client, &started, st);
    if (!code) code = pt_child_expect(client, PATIENCE, "answered", answered, sizeof answered, st);
    if (code) return code;
    result->first_answer_ms = (double)(strtoull(answered, NULL, 10) - started) / 1e6;
    pt_clock_sleep(SETTLING);
    result->rss_kib = pt_proc_rss_kib(server->pid);
    code = pt_child_write(client, "go", st);
    if (!code) code = pt_child_expect(client, PATIENCE + pair->seconds, "measuring", NULL, 0, st);
    if (!code) before = usage_now(server, client);
    if (!code) code = pt_child_expect(client, PATIENCE + pair->seconds, "measured", NULL, 0, st);
    after = usage_now(server, client);
    result->cpu_seconds = after.both - before.both;
    result->others = (after.everybody - before.everybody - result->cpu_seconds) / (after.clock - before.clock);
    if (result->others < 0) result->others = 0; /* the system counts in steps of 10 ms */
    return code;
}

/* What the client has measured. */
static pt_code read_result(pt_child *client, pt_pair_result *result, pt_status *st) {
    const struct {
        const char *name;
        double *value;
    } lines[] = {
        {"calls", &result->calls}, {"seconds", &result->seconds}, {"p50_us", &result->p50_us}, {"p99_us", &result->p99_us}};
    char text[64];
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        pt_code code = pt_child_expect(client, PATIENCE, lines[i].name, text, sizeof text, st);
        if (code) return code;
        *lines[i].value = strtod(text, NULL);
    }
    pt_code code = pt_child_expect(client, PATIENCE, "end", NULL, 0, st);
    if (!code && (result->calls < 1 || result->seconds <= 0))
        return pt_status_set(st, PT_INTERNAL, "%s: no call was answered within the window", client->name);
    return code;
}

pt_code pt_pair_measure(const pt_pair *pair, pt_pair_result *ret_result, pt_status *st) {
    pt_child server = PT_CHILD_INIT, client = PT_CHILD_INIT;
    pt_pair_result result = {0};
    pt_code code = run(pair, &server, &client, &result, st);
    if (!code) code = read_result(&client, &result, st);
    pt_code client_code = pt_child_stop(&client, code ? SIGTERM : 0, code ? NULL : st);
    if (!code) code = client_code;
    pt_code server_code = pt_child_stop(&server, SIGTERM, code ? NULL : st);
    if (!code) code = server_code;
    if (!code) *ret_result = result;
    return code;
}
