/* A service's own database: one SQLite file in WAL mode with synchronous=FULL.
 *
 * All writing is done by one thread. Jobs that wait together run in one transaction and are committed together (group
 * commit); each has its own savepoint, so a job that fails takes nothing of the others with it. A job's `done` is called
 * only after the commit, so what is answered then is on the disk. Reading goes over a pool of connections beside the writer.
 *
 * A full disk or an input/output error fails the jobs that met it; the store stays open and works again when it can.
 * Codes: RESOURCE_EXHAUSTED (disk full, no memory, queue full), UNAVAILABLE (input/output error, locked, closing), DATA_LOSS
 * (the file is damaged), FAILED_PRECONDITION (not this program's file, or from a newer version), INTERNAL (a mistake in SQL).
 */
#ifndef PARTIE_KIT_STORE_H
#define PARTIE_KIT_STORE_H

#include <stdbool.h>

#include "partie/buf.h"

struct sqlite3;
struct sqlite3_stmt;

typedef struct pt_store pt_store;

/* A connection with its prepared statements. Valid within the function that was given it. */
typedef struct pt_store_conn pt_store_conn;

typedef struct pt_store_options {
    const char *path;              /* required; copied */
    const char *owner;             /* required: the program that owns the file; another's file is refused. Borrowed */
    const char *const *migrations; /* SQL of version 1, 2, ...; borrowed. What an existing file lacks is run at open */
    uint32_t n_migrations;         /* the version that this program works with */
    uint32_t readers;              /* reading connections, 1 to 64 */
    uint32_t queue;                /* jobs that may wait, 1 to 1,000,000 */
    uint32_t batch;                /* most jobs in one transaction, 1 to 100,000 */
    uint32_t busy_timeout_ms;      /* longest wait for a lock or for a free reader */
    uint64_t check_bytes;          /* a file up to this size is checked whole at open; a larger one is not */
} pt_store_options;

#define PT_STORE_OPTIONS_INIT                                                                                                  \
    {                                                                                                                          \
        .path = NULL, .owner = NULL, .migrations = NULL, .n_migrations = 0, .readers = 6, .queue = 4096, .batch = 1000,        \
        .busy_timeout_ms = 2000, .check_bytes = 256u << 20                                                                     \
    }

/* Opens or makes the file (mode 0600, in a folder that exists), takes the lock that keeps a second process out (PATH.lock),
 * checks it, brings its schema up to date, and starts the writer.
 * INVALID_ARGUMENT: an option out of range. FAILED_PRECONDITION: in use by another process, another program's file, no
 * SQLite file, or its schema is newer than this program. DATA_LOSS: damaged. UNAVAILABLE: the system refuses, with its
 * reason. */
pt_code pt_store_open(const pt_store_options *options, pt_store **ret_store, pt_status *st) PT_MUST_CHECK;

/* Runs what waits, ends the writer, and closes. No read may be under way, no further call be made. NULL is allowed. */
void pt_store_close(pt_store *store);

/* Does the work of a job inside the writer's transaction. What it returns is the job's result: on a code other than PT_OK
 * everything that it wrote is undone. It may be called on no more than one job at a time. */
typedef pt_code pt_store_run_fn(pt_store_conn *conn, void *arg, pt_status *st);

/* A job, in its sender's storage from submit until `done` is called. */
typedef struct pt_store_job {
    pt_store_run_fn *run;
    void (*done)(struct pt_store_job *job); /* on the writer's thread, so short; `status` says how it went */
    void *arg;                              /* for `run` */
    pt_status status;                       /* out: start it with PT_STATUS_INIT; the sender ends it with pt_status_done */
    struct pt_store_job *next;              /* private */
} pt_store_job;

/* Queues a job. `done` is called exactly once unless this fails, and never from within this function.
 * RESOURCE_EXHAUSTED: the queue is full. UNAVAILABLE: the store is closing. Thread: any. */
pt_code pt_store_submit(pt_store *store, pt_store_job *job, pt_status *st) PT_MUST_CHECK;

/* The same, and waits for the result. Not from a job or a `done`. */
pt_code pt_store_write(pt_store *store, pt_store_run_fn *run, void *arg, pt_status *st) PT_MUST_CHECK;

/* Calls `run` with a reading connection, within one snapshot of the database. `timeout_ms` bounds the wait for a connection
 * (with busy_timeout_ms) and the statements themselves; 0: no bound of its own.
 * Returns what `run` returns. UNAVAILABLE: no reader became free. DEADLINE_EXCEEDED: out of time. Thread: any. */
pt_code pt_store_read(pt_store *store, uint32_t timeout_ms, pt_store_run_fn *run, void *arg, pt_status *st) PT_MUST_CHECK;

/* What the writer has done since open. */
typedef struct pt_store_counts {
    uint64_t jobs;    /* jobs that were run */
    uint64_t failed;  /* of these, with another result than PT_OK */
    uint64_t commits; /* transactions that were committed */
} pt_store_counts;

void pt_store_get_counts(pt_store *store, pt_store_counts *ret_counts);

/* ---- within run ---- */

/* The statement for `sql`, which must have static storage: it is prepared once a connection and kept. It comes reset, with
 * nothing bound, and must not be finalized. */
pt_code pt_store_prepare(pt_store_conn *conn, const char *sql, struct sqlite3_stmt **ret_statement,
                         pt_status *st) PT_MUST_CHECK;

/* Steps it. *ret_row says whether there is a row; may be NULL for statements that give none. ALREADY_EXISTS: a UNIQUE or
 * PRIMARY KEY constraint. */
pt_code pt_store_step(pt_store_conn *conn, struct sqlite3_stmt *statement, bool *ret_row, pt_status *st) PT_MUST_CHECK;

/* Bytes or text of a column, valid until the statement moves on. */
pt_slice pt_store_column(struct sqlite3_stmt *statement, int column);

/* Turns the connection's last SQLite error into a code and a message, `what: sqlite's reason`. */
pt_code pt_store_fail(pt_store_conn *conn, const char *what, pt_status *st);

/* For sqlite3 functions that are not wrapped here. Borrowed. */
struct sqlite3 *pt_store_conn_db(pt_store_conn *conn);

#endif
