#include "partie/kit/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store_file.h"
#include "store_writer.h"

struct pt_store {
    char *path;
    uint32_t busy_timeout_ms;
    int lock_fd; /* of PATH.lock; -1: not held */
    pt_store_writer writer;
    pt_store_conn *readers; /* n_readers of them */
    uint32_t n_readers;

    pthread_mutex_t pool_lock; /* guards what follows */
    pthread_cond_t pool_wake;  /* a reader became free */
    pt_store_conn *free_readers;
};

static pt_code check_range(const char *name, uint32_t value, uint32_t max, pt_status *st) {
    if (value >= 1 && value <= max) return PT_OK;
    return pt_status_set(st, PT_INVALID_ARGUMENT, "store: %s: %u is out of range, 1 to %u", name, value, max);
}

static pt_code check_options(const pt_store_options *options, pt_status *st) {
    if (!options->path || !*options->path) return pt_status_set(st, PT_INVALID_ARGUMENT, "store: path: must not be empty");
    if (!options->owner) return pt_status_set(st, PT_INVALID_ARGUMENT, "store: owner: must be set");
    pt_code code = check_range("readers", options->readers, 64, st);
    if (!code) code = check_range("queue", options->queue, 1000000, st);
    if (!code) code = check_range("batch", options->batch, 100000, st);
    return code;
}

static pt_code open_readers(pt_store *store, pt_status *st) {
    for (uint32_t i = 0; i < store->n_readers; i++) {
        pt_store_conn *conn = &store->readers[i];
        pt_code code = pt_store_conn_init(conn, store->path, store->busy_timeout_ms, st);
        if (!code) code = pt_store_exec(conn, "PRAGMA query_only=ON", st);
        if (code) return code;
        conn->next = store->free_readers;
        store->free_readers = conn;
    }
    return PT_OK;
}

/* The path `PATH` of the options, without what SQLite would take for a URI or a database in memory. */
static char *file_path(const char *path) {
    char *copy = NULL;
    return asprintf(&copy, "%s%s", path[0] == '/' ? "" : "./", path) < 0 ? NULL : copy;
}

static pt_store *store_new(const pt_store_options *options) {
    pt_store *store = calloc(1, sizeof *store);
    if (!store) return NULL;
    store->lock_fd = -1;
    store->busy_timeout_ms = options->busy_timeout_ms;
    pt_store_writer_init(&store->writer, options);
    pthread_mutex_init(&store->pool_lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&store->pool_wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    store->path = file_path(options->path);
    store->readers = calloc(options->readers, sizeof *store->readers);
    if (store->readers) store->n_readers = options->readers;
    return store;
}

pt_code pt_store_open(const pt_store_options *options, pt_store **ret_store, pt_status *st) {
    pt_code code = check_options(options, st);
    if (code) return code;
    pt_store *store = store_new(options);
    if (!store || !store->path || !store->readers) {
        code = pt_status_set(st, PT_RESOURCE_EXHAUSTED, "store: out of memory");
        goto fail;
    }
    code = pt_store_file_lock(store->path, &store->lock_fd, st);
    if (!code) code = pt_store_conn_init(&store->writer.conn, store->path, options->busy_timeout_ms, st);
    if (!code) code = pt_store_file_prepare(&store->writer.conn, options, st);
    if (!code) code = open_readers(store, st);
    if (!code) code = pt_store_writer_start(&store->writer, st);
    if (code) goto fail;
    *ret_store = store;
    return PT_OK;
fail:
    pt_store_close(store);
    return code;
}

void pt_store_close(pt_store *store) {
    if (!store) return;
    for (uint32_t i = 0; i < store->n_readers; i++)
        pt_store_conn_done(&store->readers[i]);
    pt_store_writer_done(&store->writer); /* the last connection: its closing folds the log into the file */
    if (store->lock_fd >= 0) close(store->lock_fd);
    pthread_cond_destroy(&store->pool_wake);
    pthread_mutex_destroy(&store->pool_lock);
    free(store->readers);
    free(store->path);
    free(store);
}

pt_code pt_store_submit(pt_store *store, pt_store_job *job, pt_status *st) {
    pt_store_writer *w = &store->writer;
    pt_code code = PT_OK;
    job->next = NULL;
    pthread_mutex_lock(&w->lock);
    if (w->closing) {
        code = pt_status_set(st, PT_UNAVAILABLE, "database: closing");
    } else if (w->n_waiting == w->queue_limit) {
        code = pt_status_set(st, PT_RESOURCE_EXHAUSTED, "database: %u writes wait already; try again later", w->queue_limit);
    } else {
        *w->tail = job;
        w->tail = &job->next;
        if (w->n_waiting++ == 0) pthread_cond_signal(&w->wake); /* else the writer has not slept since */
    }
    pthread_mutex_unlock(&w->lock);
    return code;
}

/* A job whose sender waits. */
typedef struct waited_job {
    pt_store_job job;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool finished;
} waited_job;

static void wake_sender(pt_store_job *job) {
    waited_job *waited = (waited_job *)job;
    pthread_mutex_lock(&waited->lock);
    waited->finished = true;
    pthread_cond_signal(&waited->wake);
    pthread_mutex_unlock(&waited->lock);
}

pt_code pt_store_write(pt_store *store, pt_store_run_fn *run, void *arg, pt_status *st) {
    waited_job waited = {
        .job = {.run = run, .done = wake_sender, .arg = arg, .status = PT_STATUS_INIT},
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .wake = PTHREAD_COND_INITIALIZER,
    };
    pt_code code = pt_store_submit(store, &waited.job, st);
    if (code) return code;
    pthread_mutex_lock(&waited.lock);
    while (!waited.finished)
        pthread_cond_wait(&waited.wake, &waited.lock);
    pthread_mutex_unlock(&waited.lock);
    code = waited.job.status.code;
    if (code && st) pt_status_copy(st, &waited.job.status);
    pt_status_done(&waited.job.status);
    return code;
}

static pt_store_conn *take_reader(pt_store *store, uint32_t wait_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&store->pool_lock);
    int error = 0;
    while (!store->free_readers && error != ETIMEDOUT) {
        error = pthread_cond_timedwait(&store->pool_wake, &store->pool_lock, &until);
    }
    pt_store_conn *conn = store->free_readers;
    if (conn) store->free_readers = conn->next;
    pthread_mutex_unlock(&store->pool_lock);
    return conn;
}

static void give_reader(pt_store *store, pt_store_conn *conn) {
    pthread_mutex_lock(&store->pool_lock);
    conn->next = store->free_readers;
    store->free_readers = conn;
    pthread_cond_signal(&store->pool_wake);
    pthread_mutex_unlock(&store->pool_lock);
}

/* The transaction makes one snapshot of all that `run` reads. */
static pt_code read_with(pt_store_conn *conn, pt_store_run_fn *run, void *arg, pt_status *st) {
    pt_code code = pt_store_exec(conn, "BEGIN", st);
    if (code) return code;
    code = run(conn, arg, st);
    pt_store_conn_reset(conn);
    conn->deadline_ms = 0; /* or it would end the ROLLBACK too */
    if (!sqlite3_get_autocommit(conn->db)) sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

pt_code pt_store_read(pt_store *store, uint32_t timeout_ms, pt_store_run_fn *run, void *arg, pt_status *st) {
    uint64_t deadline_ms = timeout_ms ? pt_store_now_ms() + timeout_ms : 0;
    uint32_t wait_ms = timeout_ms && timeout_ms < store->busy_timeout_ms ? timeout_ms : store->busy_timeout_ms;
    pt_store_conn *conn = take_reader(store, wait_ms);
    if (!conn) return pt_status_set(st, PT_UNAVAILABLE, "database: all %u readers are busy", store->n_readers);
    conn->deadline_ms = deadline_ms;
    pt_code code = read_with(conn, run, arg, st);
    conn->deadline_ms = 0;
    give_reader(store, conn);
    return code;
}

void pt_store_get_counts(pt_store *store, pt_store_counts *ret_counts) {
    pthread_mutex_lock(&store->writer.lock);
    *ret_counts = store->writer.counts;
    pthread_mutex_unlock(&store->writer.lock);
}
