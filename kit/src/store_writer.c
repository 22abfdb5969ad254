#include "store_writer.h"

#include <string.h>

/* Cuts the oldest jobs off the queue; NULL: closing, and nothing is left. Waits while the queue is empty. */
static pt_store_job *take_batch(pt_store_writer *w) {
    pthread_mutex_lock(&w->lock);
    while (!w->head && !w->closing)
        pthread_cond_wait(&w->wake, &w->lock);
    pt_store_job *batch = w->head, **end = &w->head;
    uint32_t n = 0;
    for (; *end && n < w->batch_limit; n++)
        end = &(*end)->next;
    w->head = *end;
    if (!w->head) w->tail = &w->head;
    w->n_waiting -= n;
    if (batch) *end = NULL;
    pthread_mutex_unlock(&w->lock);
    return batch;
}

/* Runs one job in a savepoint. The result is the job's own unless the savepoint itself fails. */
static void run_job(pt_store_conn *conn, pt_store_job *job) {
    pt_code code = pt_store_exec(conn, "SAVEPOINT job", &job->status);
    if (code) return;
    code = job->run(conn, job->arg, &job->status);
    if (code && !job->status.message[0]) pt_status_set(&job->status, code, "the job failed");
    pt_store_conn_reset(conn);
    if (sqlite3_get_autocommit(conn->db)) return; /* a grave error ended the whole transaction: run_batch sees it */
    pt_status released = PT_STATUS_INIT;
    if (pt_store_exec(conn, code ? "ROLLBACK TO job; RELEASE job" : "RELEASE job", &released) && !code) {
        pt_status_copy(&job->status, &released);
    }
    pt_status_done(&released);
}

/* Gives `reason` to the jobs from `batch` up to `end` that hold no failure of their own. */
static void fail_jobs(pt_store_job *batch, const pt_store_job *end, const pt_status *reason) {
    for (pt_store_job *job = batch; job != end; job = job->next) {
        if (job->status.code == PT_OK) pt_status_copy(&job->status, reason);
    }
}

static pt_code begin(pt_store_conn *conn, pt_status *st) {
    sqlite3_stmt *statement;
    pt_code code = pt_store_prepare(conn, "BEGIN IMMEDIATE", &statement, st);
    return code ? code : pt_store_step(conn, statement, NULL, st);
}

static pt_code commit(pt_store_conn *conn, pt_status *st) {
    pt_code code = pt_store_exec(conn, "COMMIT", st);
    if (code && !sqlite3_get_autocommit(conn->db)) sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

/* Runs the batch in one transaction. False: nothing of it was committed. */
static bool run_batch(pt_store_conn *conn, pt_store_job *batch) {
    pt_status st = PT_STATUS_INIT;
    bool committed = false;
    if (begin(conn, &st)) {
        fail_jobs(batch, NULL, &st);
        goto done;
    }
    for (pt_store_job *job = batch; job; job = job->next) {
        run_job(conn, job);
        if (!sqlite3_get_autocommit(conn->db)) continue;
        pt_status_copy(&st, &job->status);
        if (st.code == PT_OK) pt_status_set(&st, PT_UNAVAILABLE, "database: the transaction was ended");
        fail_jobs(batch, NULL, &st);
        goto done;
    }
    committed = commit(conn, &st) == PT_OK;
    if (!committed) fail_jobs(batch, NULL, &st);
done:
    pt_status_done(&st);
    return committed;
}

static void count(pt_store_writer *w, const pt_store_job *batch, bool committed) {
    pthread_mutex_lock(&w->lock);
    w->counts.commits += committed;
    for (const pt_store_job *job = batch; job; job = job->next) {
        w->counts.jobs++;
        w->counts.failed += job->status.code != PT_OK;
    }
    pthread_mutex_unlock(&w->lock);
}

static void *writer_main(void *arg) {
    pt_store_writer *w = arg;
    for (pt_store_job *batch; (batch = take_batch(w)) != NULL;) {
        bool committed = run_batch(&w->conn, batch);
        count(w, batch, committed);
        while (batch) {
            pt_store_job *next = batch->next; /* the job is its sender's again once done is called */
            batch->done(batch);
            batch = next;
        }
    }
    return NULL;
}

void pt_store_writer_init(pt_store_writer *w, const pt_store_options *options) {
    *w = (pt_store_writer){.queue_limit = options->queue, .batch_limit = options->batch};
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    w->tail = &w->head;
}

pt_code pt_store_writer_start(pt_store_writer *w, pt_status *st) {
    int error = pthread_create(&w->thread, NULL, writer_main, w);
    char text[128];
    if (error) {
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "writer thread: %s", strerror_r(error, text, sizeof text));
    }
    w->started = true;
    return PT_OK;
}

void pt_store_writer_done(pt_store_writer *w) {
    pthread_mutex_lock(&w->lock);
    w->closing = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    if (w->started) pthread_join(w->thread, NULL);
    pt_store_conn_done(&w->conn);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
}
