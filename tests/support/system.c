#include "support/system.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "support/clock.h"

enum { MAX_ARGS = 32, READY_MS = 20000 };

void pt_system_init(pt_system *sys) {
    memset(sys, 0, sizeof *sys);
    pt_tempdir_init(&sys->dir);
    snprintf(sys->ingest_url, sizeof sys->ingest_url, "ipc://%s/ingest.sock", sys->dir.path);
    snprintf(sys->query_url, sizeof sys->query_url, "ipc://%s/query.sock", sys->dir.path);
    pt_tempdir_file(&sys->dir, "ingest.db", sys->ingest_db, sizeof sys->ingest_db);
    pt_tempdir_file(&sys->dir, "query.db", sys->query_db, sizeof sys->query_db);
}

/* `usual` and then `more`. */
static pt_program *start(const char *name, const char *const *usual, const char *const *more,
                         const pt_program_options *options) {
    const char *all[MAX_ARGS + 1];
    size_t count = 0;
    for (size_t i = 0; usual[i]; i++)
        all[count++] = usual[i];
    for (size_t i = 0; more && more[i]; i++) {
        cr_assert_lt(count, (size_t)MAX_ARGS, "%s: too many arguments", name);
        all[count++] = more[i];
    }
    all[count] = NULL;
    return pt_program_start(name, all, options);
}

void pt_system_start_ingest(pt_system *sys, const char *const *args, const pt_program_options *options) {
    sys->ingest = start("ingest-events", PT_ARGS("--listen", sys->ingest_url, "--db", sys->ingest_db), args, options);
}

void pt_system_start_query(pt_system *sys, const char *const *args, const pt_program_options *options) {
    sys->query =
        start("query-events", PT_ARGS("--listen", sys->query_url, "--db", sys->query_db, "--ingest-events", sys->ingest_url),
              args, options);
}

void pt_system_start_gateway(pt_system *sys, const char *const *args, const pt_program_options *options) {
    const char *listen = sys->base_url[0] ? sys->base_url + strlen("http://") : "127.0.0.1:0";
    sys->gateway = start("partie-gateway",
                         PT_ARGS("--listen", listen, "--backend", sys->ingest_url, "--backend", sys->query_url), args, options);
    snprintf(sys->base_url, sizeof sys->base_url, "%s", pt_program_url(sys->gateway, 0));
    size_t len = strlen(sys->base_url);
    if (len && sys->base_url[len - 1] == '/') sys->base_url[len - 1] = '\0';
    if (!sys->http) sys->http = pt_http_new(sys->base_url);
}

static bool answers(void *arg) {
    pt_system *sys = arg;
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    bool ready = pt_http_send(sys->http, "GET", "/ingest/status", NULL, NULL, 0, &reply) && reply.status == 200 &&
                 pt_http_send(sys->http, "GET", "/query/status", NULL, NULL, 0, &reply) && reply.status == 200 &&
                 strstr(reply.body, "FOLLOW_STATE_CURRENT");
    pt_http_reply_done(&reply);
    return ready;
}

void pt_system_wait_ready(pt_system *sys) {
    cr_assert(pt_wait_until(answers, sys, READY_MS), "the system did not answer through the gateway in time");
}

void pt_system_start(pt_system *sys) {
    pt_system_init(sys);
    pt_system_start_ingest(sys, NULL, NULL);
    pt_system_start_query(sys, NULL, NULL);
    pt_system_start_gateway(sys, NULL, NULL);
    pt_system_wait_ready(sys);
}

static void take_away(pt_program **program) {
    pt_program_free(*program);
    *program = NULL;
}

void pt_system_restart_ingest(pt_system *sys) {
    take_away(&sys->ingest);
    pt_system_start_ingest(sys, NULL, NULL);
}

void pt_system_restart_query(pt_system *sys) {
    take_away(&sys->query);
    pt_system_start_query(sys, NULL, NULL);
}

void pt_system_restart_gateway(pt_system *sys) {
    take_away(&sys->gateway);
    pt_system_start_gateway(sys, NULL, NULL);
}

static void stop(pt_program **program) {
    if (*program && pt_program_running(*program)) pt_program_stop(*program);
    take_away(program);
}

void pt_system_stop(pt_system *sys) {
    pt_http_free(sys->http);
    sys->http = NULL;
    stop(&sys->gateway);
    stop(&sys->query);
    stop(&sys->ingest);
    pt_tempdir_done(&sys->dir);
}
