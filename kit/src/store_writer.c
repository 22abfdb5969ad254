#include "store_writer.h"

#include <string.h>

static const char begin_sql[] = "BEGIN IMMEDIATE";
static const char commit_sql[] = "COMMIT";
static const char savepoint_sql[] = "SAVEPOINT job";
static const char undo_sql[] = "ROLLBACK TO job";
static const char release_sql[] = "RELEASE job";

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

/* Runs a statement that is kept: three of them stand around every job. */
static pt_code run_kept(pt_store_conn *conn, const char *sql, pt_status *st) {
    sqlite3_stmt *statement;
    pt_code code = pt_store_prepare(conn, sql, &statement, st);
    return code ? code : pt_store_step(conn, statement, NULL, st);
}

/* Runs one job in a savepoint. False: the transaction can't be committed any more, since a grave error ended it or what the job
 * did can't be undone. */
static bool run_job(pt_store_conn *conn, pt_store_job *job) {
    pt_code code = run_kept(conn, savepoint_sql, &job->status);
    if (code) return true;
    code = job->run(conn, job->arg, &job->status);
    if (code && !job->status.message[0]) pt_status_set(&job->status, code, "the job failed");
    pt_store_conn_reset(conn);
    if (sqlite3_get_autocommit(conn->db)) return false;
    pt_status st = PT_STATUS_INIT;
    pt_code ended = code ? run_kept(conn, undo_sql, &st) : PT_OK;
    if (!ended) ended = run_kept(conn, release_sql, &st);
    if (ended && !code) pt_status_copy(&job->status, &st);
    pt_status_done(&st);
    return !ended;
}

/* Gives `reason` to the jobs that hold no failure of their own. */
static void fail_jobs(pt_store_job *batch, const pt_status *reason) {
    for (pt_store_job *job = batch; job; job = job->next) {
        if (job->status.code == PT_OK) pt_status_copy(&job->status, reason);
    }
}

static void roll_back(pt_store_conn *conn) {
    if (!sqlite3_get_autocommit(conn->db)) sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
}

/* Runs the batch in one transaction. False: nothing of it was committed, and each job says why. */
static bool run_batch(pt_store_conn *conn, pt_store_job *batch) {
    pt_status st = PT_STATUS_INIT;
    pt_code code = run_kept(conn, begin_sql, &st);
    for (pt_store_job *job = batch; job && !code; job = job->next) {
        if (run_job(conn, job)) continue;
        code = pt_status_set(&st, PT_UNAVAILABLE, "database: the transaction was ended");
        if (job->status.code) pt_status_copy(&st, &job->status);
    }
    if (!code) code = run_kept(conn, commit_sql, &st);
    if (code) {
        roll_back(conn);
        fail_jobs(batch, &st);
    }
    pt_status_done(&st);
    return code == PT_OK;
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
