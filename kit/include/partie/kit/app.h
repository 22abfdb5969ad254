/* The one `main` of every program: flags, log, listening, readiness, signals, drain, exit code.
 *
 *     int main(int argc, char **argv) {
 *         return pt_app_main(&(pt_app_options){.name = "greeter", .summary = "says hello", .listen = "tcp://127.0.0.1:9000",
 *                                              .flags = flags, .n_flags = 1, .start = start, .stop = stop}, argc, argv);
 *     }
 *
 * The order: flags and environment, `check`, `start`, listening, one line `listening URL` per listener on stdout, the ready
 * file, then waiting for SIGTERM or SIGINT; then `drain`, the drain of the server, `stop`. Further signals of these change
 * nothing: the drain has its own limit, --drain. SIGPIPE and SIGXFSZ are ignored, so that a peer or a disk that is gone is an
 * error code.
 * Exit codes: 0 done (also after a drained stop), 1 failed (start failed, or calls were cut off), 2 wrong usage. */
#ifndef PARTIE_KIT_APP_H
#define PARTIE_KIT_APP_H

#include "partie/kit/flags.h"

struct pt_server;

typedef struct pt_app pt_app;

typedef struct pt_app_options {
    const char *name;     /* required: of the program, "ingest-events"; environment variables start with INGEST_EVENTS_ */
    const char *summary;  /* required: one sentence */
    const char *epilog;   /* further text of the help; may be NULL */
    const char *listen;   /* default of --listen; NULL: no pt_server, the program has listeners of its own or none */
    const pt_flag *flags; /* of the program's own */
    size_t n_flags;
    void *self; /* passed to the functions */

    /* Checks the flags together; what it refuses is wrong usage. Opens nothing: --check-config calls it too. May be NULL. */
    pt_code (*check)(void *self, pt_status *st);
    /* Opens what the program needs, and adds its services to pt_app_server. What it opened before it fails, `stop` closes. */
    pt_code (*start)(void *self, pt_app *app, pt_status *st);
    /* Lets go of calls that wait for something, so that the drain need not wait for it. May be NULL. */
    void (*drain)(void *self);
    /* Closes. No call is under way any more; also called after a `start` that failed, with whatever it had opened. */
    void (*stop)(void *self);
} pt_app_options;

/* Runs the program and returns its exit code. Once a process, on its first thread, before any other thread. */
int pt_app_main(const pt_app_options *options, int argc, char **argv);

/* Within start: the server to add services to. NULL without `listen`. */
struct pt_server *pt_app_server(pt_app *app);

/* Within start, for a listener of the program's own: has `listening URL` printed when the program is ready. Copied.
 * RESOURCE_EXHAUSTED: no memory. */
pt_code pt_app_announce(pt_app *app, const char *url, pt_status *st) PT_MUST_CHECK;

#endif
