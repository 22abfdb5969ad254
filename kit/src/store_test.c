#include "partie/kit/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_testing.h"

static pt_tempdir temp;
static char path[PATH_BYTES];
static pt_status st;

static void setup(void) {
    pt_tempdir_init(&temp);
    pt_tempdir_file(&temp, "notes.db", path, sizeof path);
    st = (pt_status)PT_STATUS_INIT;
}

static void teardown(void) {
    pt_tempdir_done(&temp);
}

TestSuite(store, .init = setup, .fini = teardown, .timeout = 30);

static int64_t small = 10;

static void expect_refused(const pt_store_options *options, pt_code code, const char *part) {
    pt_store *const before = (pt_store *)&temp;
    pt_store *store = before;
    cr_expect_eq(pt_store_open(options, &store, &st), code, "%s", st.message);
    cr_expect_eq(store, before, "outputs are untouched on failure");
    cr_expect_not_null(strstr(st.message, part), "%s", st.message);
}

Test(store, keeps_what_was_written_in_a_file_for_its_owner_alone) {
    pt_store_options options = note_options(path);
    pt_store *store = open_notes(&options);
    cr_assert_eq(pt_store_write(store, insert_note, &small, &st), PT_OK, "%s", st.message);
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(info.st_mode & 0777, 0600);
    pt_store_close(store);
    store = open_notes(&options);
    cr_assert_eq(count_notes(store), 1);
    pt_store_close(store);
}

Test(store, migrates_from_an_older_version) {
    static const char *const longer[] = {NOTE_SCHEMA, "ALTER TABLE note ADD COLUMN author TEXT",
                                         "CREATE INDEX note_author ON note (author)"};
    pt_store_options options = note_options(path);
    pt_store *store = open_notes(&options);
    cr_assert_eq(pt_store_write(store, insert_note, &small, &st), PT_OK);
    pt_store_close(store);
    options.migrations = longer;
    options.n_migrations = 3;
    store = open_notes(&options);
    cr_assert_eq(count_notes(store), 1);
    pt_store_close(store);
    options.n_migrations = 1;
    expect_refused(&options, PT_FAILED_PRECONDITION, "its schema has version 3, this program knows versions up to 1");
}

Test(store, a_migration_that_fails_leaves_the_version_before) {
    static const char *const broken[] = {NOTE_SCHEMA, "CREATE TABLE other (id); CREATE TABLE note (id)"};
    static const char *const mended[] = {NOTE_SCHEMA, "CREATE TABLE other (id)"};
    pt_store_options options = note_options(path);
    options.migrations = broken;
    options.n_migrations = 2;
    expect_refused(&options, PT_INTERNAL, "migration 2: database: table note already exists");
    options.migrations = mended;
    pt_store_close(open_notes(&options));
}

Test(store, refuses_what_is_not_its_own) {
    pt_store_options options = note_options(path);
    pt_store *store = open_notes(&options);
    expect_refused(&options, PT_FAILED_PRECONDITION, "in use by another process");
    pt_store_close(store);
    options.owner = "users";
    expect_refused(&options, PT_FAILED_PRECONDITION, "not a database of users");

    char other[PATH_BYTES];
    FILE *text = fopen(pt_tempdir_file(&temp, "text", other, sizeof other), "w");
    for (int i = 0; i < 1000; i++)
        fputs("this is no database\n", text);
    fclose(text);
    options.path = other;
    expect_refused(&options, PT_FAILED_PRECONDITION, "file is not a database");
    options.path = "/nonexistent/notes.db";
    expect_refused(&options, PT_UNAVAILABLE, "/nonexistent/notes.db: its folder does not exist");
    options.path = temp.path;
    expect_refused(&options, PT_UNAVAILABLE, "Is a directory");
}

Test(store, refuses_options_out_of_range) {
    pt_store_options options = note_options("");
    expect_refused(&options, PT_INVALID_ARGUMENT, "path");
    options = note_options(path);
    options.readers = 65;
    expect_refused(&options, PT_INVALID_ARGUMENT, "readers: 65 is out of range, 1 to 64");
    options = note_options(path);
    options.queue = 0;
    expect_refused(&options, PT_INVALID_ARGUMENT, "queue");
    options = note_options(path);
    options.batch = 0;
    expect_refused(&options, PT_INVALID_ARGUMENT, "batch");
}

Test(store, notices_a_damaged_file) {
    pt_store_options options = note_options(path);
    pt_store *store = open_notes(&options);
    for (int i = 0; i < 2000; i++)
        cr_assert_eq(pt_store_write(store, insert_note, &small, &st), PT_OK);
    pt_store_close(store);
    int fd = open(path, O_RDWR);
    unsigned char garbage[4096];
    memset(garbage, 0xa5, sizeof garbage);
    cr_assert_eq(pwrite(fd, garbage, sizeof garbage, (off_t)2 * 4096), (ssize_t)sizeof garbage);
    close(fd);
    expect_refused(&options, PT_DATA_LOSS, "the file is damaged");
}

/* A job that holds the writer until it is told to go on, so that others wait together. */
typedef struct gate {
    sem_t entered, leave;
    pt_store_job job;
} gate;

static pt_code stand_in_gate(pt_store_conn *conn, void *arg, pt_status *status) {
    gate *g = arg;
    (void)conn;
    (void)status;
    sem_post(&g->entered);
    wait_for(&g->leave);
    return PT_OK;
}

static void ignore_done(pt_store_job *job) {
    (void)job;
}

static void close_gate(gate *g, pt_store *store) {
    *g = (gate){.job = {.run = stand_in_gate, .done = ignore_done, .arg = g}};
    sem_init(&g->entered, 0, 0);
    sem_init(&g->leave, 0, 0);
    cr_assert_eq(pt_store_submit(store, &g->job, &st), PT_OK);
    wait_for(&g->entered);
}

enum { GROUP = 100 };

typedef struct group_job {
    pt_store_job job;
    pt_store *store;
    bool fails;
    int64_t seen; /* notes that a reader saw when `done` was called */
    sem_t *all_done;
} group_job;

static pt_code run_group_job(pt_store_conn *conn, void *arg, pt_status *status) {
    group_job *g = arg;
    pt_code code = insert_note(conn, &small, status);
    return code || !g->fails ? code : pt_status_set(status, PT_ABORTED, "as told");
}

static void group_job_done(pt_store_job *job) {
    group_job *g = (group_job *)job;
    g->seen = count_notes(g->store);
    sem_post(g->all_done);
}

Test(store, jobs_that_wait_together_commit_together_and_a_failure_stays_alone) {
    pt_store_options options = note_options(path);
    pt_store *store = open_notes(&options);
    gate g;
    close_gate(&g, store);
    static group_job jobs[GROUP];
    sem_t all_done;
    sem_init(&all_done, 0, 0);
    for (int i = 0; i < GROUP; i++) {
        jobs[i] = (group_job){.job = {.run = run_group_job, .done = group_job_done, .arg = &jobs[i]},
                              .store = store,
                              .fails = i % 10 == 3,
                              .all_done = &all_done};
        cr_assert_eq(pt_store_submit(store, &jobs[i].job, &st), PT_OK);
    }
    sem_post(&g.leave);
    for (int i = 0; i < GROUP; i++)
        wait_for(&all_done);
    for (int i = 0; i < GROUP; i++) {
        cr_expect_eq(jobs[i].job.status.code, jobs[i].fails ? PT_ABORTED : PT_OK, "job %d: %s", i, jobs[i].job.status.message);
        cr_expect_eq(jobs[i].seen, GROUP - GROUP / 10, "done is called after the commit of all");
    }
    pt_store_counts counts;
    pt_store_get_counts(store, &counts);
    cr_expect_eq(counts.jobs, GROUP + 1);
    cr_expect_eq(counts.failed, GROUP / 10);
    cr_expect_eq(counts.commits, 2);
    pt_store_close(store);
}

Test(store, the_queue_is_bounded_and_closing_runs_what_waits) {
    pt_store_options options = note_options(path);
    options.queue = 3;
    pt_store *store = open_notes(&options);
    gate g;
    close_gate(&g, store);
    pt_store_job jobs[4];
    for (int i = 0; i < 4; i++) {
        jobs[i] = (pt_store_job){.run = insert_note, .done = ignore_done, .arg = &small};
        cr_expect_eq(pt_store_submit(store, &jobs[i], &st), i < 3 ? PT_OK : PT_RESOURCE_EXHAUSTED);
    }
    cr_expect_str_eq(st.message, "database: 3 writes wait already; try again later");
    sem_post(&g.leave);
    pt_store_close(store);
    store = open_notes(&options);
    cr_expect_eq(count_notes(store), 3);
    pt_store_close(store);
}

Test(store, a_batch_is_bounded) {
    pt_store_options options = note_options(path);
    options.batch = 10;
    pt_store *store = open_notes(&options);
    gate g;
    close_gate(&g, store);
    static pt_store_job jobs[25];
    for (int i = 0; i < 25; i++) {
        jobs[i] = (pt_store_job){.run = insert_note, .done = ignore_done, .arg = &small};
        cr_assert_eq(pt_store_submit(store, &jobs[i], &st), PT_OK);
    }
    sem_post(&g.leave);
    cr_assert_eq(pt_store_write(store, insert_note, &small, &st), PT_OK); /* comes after all of them */
    pt_store_counts counts;
    pt_store_get_counts(store, &counts);
    cr_expect_eq(counts.commits, 4, "the gate's, then 10, 10 and 6");
    pt_store_close(store);
}

static pt_code fail_silently(pt_store_conn *conn, void *arg, pt_status *status) {
    (void)conn;
    (void)arg;
    (void)status;
    return PT_NOT_FOUND;
}

Test(store, a_job_that_fails_without_a_message_gets_one) {
    pt_store_options options = note_options(path);
    pt_store *store = open_notes(&options);
    cr_expect_eq(pt_store_write(store, fail_silently, NULL, &st), PT_NOT_FOUND);
    cr_expect_str_eq(st.message, "the job failed");
    pt_store_close(store);
}

static const char endless_sql[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";

static pt_code read_endlessly(pt_store_conn *conn, void *arg, pt_status *status) {
    sqlite3_stmt *endless;
    (void)arg;
    pt_code code = pt_store_prepare(conn, endless_sql, &endless, status);
    return code ? code : pt_store_step(conn, endless, NULL, status);
}

Test(store, reading_ends_with_its_time_and_the_connection_stays_usable) {
    pt_store_options options = note_options(path);
    options.readers = 1;
    pt_store *store = open_notes(&options);
    cr_expect_eq(pt_store_read(store, 20, read_endlessly, NULL, &st), PT_DEADLINE_EXCEEDED, "%s", st.message);
    cr_expect_eq(count_notes(store), 0);
    pt_store_close(store);
}

static pt_code read_within_a_read(pt_store_conn *conn, void *arg, pt_status *status) {
    int64_t n;
    (void)conn;
    return pt_store_read(arg, 20, count_into, &n, status);
}

Test(store, says_so_when_all_readers_are_busy) {
    pt_store_options options = note_options(path);
    options.readers = 1;
    pt_store *store = open_notes(&options);
    cr_expect_eq(pt_store_read(store, 0, read_within_a_read, store, &st), PT_UNAVAILABLE);
    cr_expect_str_eq(st.message, "database: all 1 readers are busy");
    pt_store_close(store);
}

static pt_code write_in_a_read(pt_store_conn *conn, void *arg, pt_status *status) {
    return insert_note(conn, arg, status);
}

Test(store, readers_do_not_write) {
    pt_store_options options = note_options(path);
    pt_store *store = open_notes(&options);
    cr_expect_eq(pt_store_read(store, 0, write_in_a_read, &small, &st), PT_UNAVAILABLE);
    cr_expect_not_null(strstr(st.message, "readonly"), "%s", st.message);
    pt_store_close(store);
}

static pt_code insert_twice(pt_store_conn *conn, void *arg, pt_status *status) {
    sqlite3_stmt *insert;
    (void)arg;
    static const char sql[] = "INSERT INTO note (id, text) VALUES (7, 'x')";
    for (int i = 0; i < 2; i++) {
        pt_code code = pt_store_prepare(conn, sql, &insert, status);
        if (!code) code = pt_store_step(conn, insert, NULL, status);
        if (code) return code;
    }
    return PT_OK;
}

Test(store, a_broken_constraint_is_told_from_other_errors) {
    pt_store_options options = note_options(path);
    pt_store *store = open_notes(&options);
    cr_expect_eq(pt_store_write(store, insert_twice, NULL, &st), PT_ALREADY_EXISTS);
    cr_expect_str_eq(st.message, "database: UNIQUE constraint failed: note.id");
    cr_expect_eq(count_notes(store), 0);
    pt_store_close(store);
}
