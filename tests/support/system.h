/* The whole system for one test: ingest-events, query-events and the gateway, in a folder of their own.
 *
 *     static pt_system sys;
 *     static void start(void) { pt_system_start(&sys); }
 *     static void stop(void) { pt_system_stop(&sys); }
 *     Test(paging, walks_all, .init = start, .fini = stop) { ... pt_http_get_json(sys.http, "/query/events", 200) ... }
 *
 * The services listen on ipc sockets in that folder, so that one that was killed comes back under the same name. */
#ifndef PARTIE_TESTS_SUPPORT_SYSTEM_H
#define PARTIE_TESTS_SUPPORT_SYSTEM_H

#include "support/http.h"
#include "support/program.h"
#include "support/tempdir.h"

typedef struct pt_system {
    pt_tempdir dir;
    char ingest_url[128]; /* where ingest-events listens */
    char query_url[128];  /* where query-events listens */
    char ingest_db[128];  /* its files */
    char query_db[128];
    pt_program *ingest; /* NULL while it was not started or has been taken away */
    pt_program *query;
    pt_program *gateway;
    pt_http *http;     /* to the gateway, for the test's own thread; NULL before the gateway was started */
    char base_url[64]; /* of the gateway; keeps its port over pt_system_start_gateway */
} pt_system;

/* Makes the folder and the names in it; starts nothing. */
void pt_system_init(pt_system *sys);

/* Start one program, which must not run. `options` may be NULL, as may `args`: more arguments, behind the usual ones. */
void pt_system_start_ingest(pt_system *sys, const char *const *args, const pt_program_options *options);
void pt_system_start_query(pt_system *sys, const char *const *args, const pt_program_options *options);
void pt_system_start_gateway(pt_system *sys, const char *const *args, const pt_program_options *options);

/* init, all three, and pt_system_wait_ready. */
void pt_system_start(pt_system *sys);

/* Waits until the gateway has both services' routes and the read copy has all that its owner has. Fails the test after 20 s. */
void pt_system_wait_ready(pt_system *sys);

/* Kills a program (SIGKILL) where it still runs and starts it again with the usual arguments; the gateway on the port that it
 * had. */
void pt_system_restart_ingest(pt_system *sys);
void pt_system_restart_query(pt_system *sys);
void pt_system_restart_gateway(pt_system *sys);

/* Stops what runs, gateway first, each by SIGTERM, each of which must end with 0; removes the folder. */
void pt_system_stop(pt_system *sys);

#endif
