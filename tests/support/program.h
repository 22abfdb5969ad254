/* Programs under test: start one, learn where it listens, signal it, stop it.
 *
 *     pt_program *gateway = pt_program_start("partie-gateway", PT_ARGS("--listen", "127.0.0.1:0"), NULL);
 *     pt_program_url(gateway, 0) ...
 *     pt_program_stop(gateway);
 *     pt_program_free(gateway);
 *
 * A program under test prints a line `listening URL` on stdout for each listener, and is found in the bin/ of the build (or in
 * PARTIE_BIN_DIR, where that is set). Children are spawned, never forked, so that a test may use nng itself; each dies with
 * the thread that started it, so start programs from the test's own thread.
 *
 * What goes wrong here fails the running Criterion test, and prints what the program wrote to stderr. */
#ifndef PARTIE_TESTS_SUPPORT_PROGRAM_H
#define PARTIE_TESTS_SUPPORT_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct pt_program pt_program;

/* A NULL-terminated list of strings, for arguments and environments. Lives as long as the enclosing block. */
#define PT_ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

typedef struct pt_program_options {
    const char *const *environment; /* optional; `NAME=value` strings on top of the test's own environment */
    unsigned listeners;             /* `listening` lines to wait for, 0 to 4 */
    uint32_t start_timeout_ms;      /* for these lines to come */
    uint32_t stop_timeout_ms;       /* from SIGTERM until it must have ended */
    uint64_t max_file_bytes; /* optional; no file may grow beyond it, which the program meets as a full disk would be met:
                                by an error of write */
} pt_program_options;

#define PT_PROGRAM_OPTIONS_INIT                                                                                                \
    { .listeners = 1, .start_timeout_ms = 20000, .stop_timeout_ms = 20000 }

/* The path of a program of the build; static storage, until the next call. */
const char *pt_program_path(const char *name);

/* Starts `name` (a path when it has a slash) with `args` (without the program's own name; NULL: none) and waits until it
 * listens. `options` may be NULL. Fails the test when it ends or stays silent instead. Never NULL. */
pt_program *pt_program_start(const char *name, const char *const *args, const pt_program_options *options);

/* The URL of its `listening` line number `index`, from 0. Borrowed. */
const char *pt_program_url(const pt_program *program, unsigned index);

/* 0 when it has been waited for. */
pid_t pt_program_pid(const pt_program *program);

/* True while it has not ended. */
bool pt_program_running(pt_program *program);

/* Sends a signal, such as SIGSTOP. */
void pt_program_signal(const pt_program *program, int signal_number);

/* Waits until it ends by itself; fails the test after `timeout_ms`. Returns its exit status, or 128 + the signal's number. */
int pt_program_wait(pt_program *program, uint32_t timeout_ms);

/* SIGTERM, and waits. Fails the test when it does not end in time or not with 0. */
void pt_program_stop(pt_program *program);

/* SIGKILL, and waits. */
void pt_program_kill(pt_program *program);

/* What it has written to stderr so far, NUL-terminated; the last 64 KiB. The caller frees it. */
char *pt_program_stderr(const pt_program *program);

/* Takes the soft limit of pt_program_options.max_file_bytes away again, as when somebody makes room on the disk. */
void pt_program_lift_file_limit(const pt_program *program);

/* Kills it when it still runs, and frees. NULL is allowed. */
void pt_program_free(pt_program *program);

#endif
