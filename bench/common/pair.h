/* One measurement of a client program (load.h) against a server program (serve.h). What driver, server and client say to each
 * other, a line each:
 *
 *     client > ready              it is loaded and waits for the URL; only now the server is started
 *     server > listening URL
 *     driver > URL                to the client, which connects and makes one call
 *     client > answered NS        the time at which that call's reply had come
 *     driver > go                 once the server has settled and its memory has been read
 *     client > measuring          the warm-up is over
 *     client > measured           so is the window
 *     client > calls N, seconds N, p50_us N, p99_us N, end
 */
#ifndef PT_BENCH_PAIR_H
#define PT_BENCH_PAIR_H

#include "partie/status.h"

typedef struct pt_pair {
    char *const *server; /* arguments, NULL last; the first is the program */
    char *const *client;
    const char *preload; /* for both; NULL: nothing */
    double seconds;      /* that the client was told to take, warm-up included: says when to give up */
} pt_pair;

typedef struct pt_pair_result {
    double calls, seconds;  /* within the window */
    double p50_us, p99_us;  /* latency */
    double cpu_seconds;     /* of both processes, within the window */
    double others;          /* processors that everything else on the machine took up meanwhile */
    double rss_kib;         /* of the server after the first call */
    double first_answer_ms; /* from the start of the server to its first answer */
} pt_pair_result;

/* Leaves no process behind, whatever happens. A code of child.h: INTERNAL when one of them failed; it has said why on stderr.
 */
pt_code pt_pair_measure(const pt_pair *pair, pt_pair_result *ret_result, pt_status *st) PT_MUST_CHECK;

#endif
