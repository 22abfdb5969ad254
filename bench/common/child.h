/* The programs that a driver starts: a line at a time over their stdin and stdout; stderr is the driver's own. A driver has one
 * thread. Should it be killed, the kernel kills its children. */
#ifndef PT_BENCH_CHILD_H
#define PT_BENCH_CHILD_H

#include <sys/types.h>

#include "partie/status.h"

typedef struct pt_child {
    const char *name; /* for messages; borrowed */
    pid_t pid;        /* 0: not running */
    int in, out;      /* its stdin and stdout; -1: closed */
    char line[512];   /* what was read and not yet given out */
    size_t len;
} pt_child;

#define PT_CHILD_INIT                                                                                                          \
    { .in = -1, .out = -1 }

/* From now on SIGINT and SIGTERM end waiting with CANCELLED, so that a driver can tidy up. Once, at the start. */
void pt_child_setup(void);

/* Starts argv[0], a path. `preload`, if not NULL, is what the dynamic linker loads first. UNAVAILABLE: it cannot be started. */
pt_code pt_child_start(pt_child *child, char *const *argv, const char *preload, pt_status *st) PT_MUST_CHECK;

/* The next line, without its end. UNAVAILABLE: the program has ended; DEADLINE_EXCEEDED: nothing within `seconds`; CANCELLED.
 */
pt_code pt_child_read(pt_child *child, double seconds, char *ret_line, size_t size, pt_status *st) PT_MUST_CHECK;

/* The next line must begin with `word`; *ret_rest, which may be NULL, is what stands behind it and a blank. INTERNAL: it does
 * not. */
pt_code pt_child_expect(pt_child *child, double seconds, const char *word, char *ret_rest, size_t size,
                        pt_status *st) PT_MUST_CHECK;

/* Sends a line. UNAVAILABLE: the program has ended. */
pt_code pt_child_write(pt_child *child, const char *line, pt_status *st) PT_MUST_CHECK;

/* Closes its stdin, sends `sig` unless that is 0, waits, and kills it when it takes over ten seconds. A program that is not
 * running is no error. INTERNAL: it ended neither with 0 nor by `sig`. */
pt_code pt_child_stop(pt_child *child, int sig, pt_status *st);

#endif
