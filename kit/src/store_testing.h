/* What the tests of the store share: a table of notes and jobs on it. */
#ifndef PARTIE_KIT_STORE_TESTING_H
#define PARTIE_KIT_STORE_TESTING_H

#include <criterion/criterion.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <time.h>

#include "partie/kit/store.h"
#include "support/tempdir.h"

#define NOTE_SCHEMA "CREATE TABLE note (id INTEGER PRIMARY KEY, text BLOB NOT NULL)"

static const char *const note_schema[] = {NOTE_SCHEMA};

#define PATH_BYTES 256 /* of a file of the tests */

static const char insert_note_sql[] = "INSERT INTO note (text) VALUES (zeroblob(?1))";
static const char count_notes_sql[] = "SELECT count(*) FROM note";

static inline pt_store_options note_options(const char *path) {
    pt_store_options options = PT_STORE_OPTIONS_INIT;
    options.path = path;
    options.owner = "notes";
    options.migrations = note_schema;
    options.n_migrations = 1;
    return options;
}

static inline pt_store *open_notes(const pt_store_options *options) {
    pt_store *store = NULL;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_store_open(options, &store, &st), PT_OK, "%s", st.message);
    return store;
}

/* A job: `arg` points to the size of the note. */
static inline pt_code insert_note(pt_store_conn *conn, void *arg, pt_status *st) {
    sqlite3_stmt *insert;
    pt_code code = pt_store_prepare(conn, insert_note_sql, &insert, st);
    if (code) return code;
    sqlite3_bind_int64(insert, 1, *(const int64_t *)arg);
    return pt_store_step(conn, insert, NULL, st);
}

/* A reader: `arg` points to the int64_t that gets the count. */
static inline pt_code count_into(pt_store_conn *conn, void *arg, pt_status *st) {
    sqlite3_stmt *count;
    bool row;
    pt_code code = pt_store_prepare(conn, count_notes_sql, &count, st);
    if (!code) code = pt_store_step(conn, count, &row, st);
    if (!code) *(int64_t *)arg = sqlite3_column_int64(count, 0);
    return code;
}

static inline int64_t count_notes(pt_store *store) {
    int64_t n = -1;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_store_read(store, 0, count_into, &n, &st), PT_OK, "%s", st.message);
    return n;
}

/* Ends the test after 10 s, which only a fault can take. */
static inline void wait_for(sem_t *event) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    cr_assert_eq(sem_timedwait(event, &until), 0, "the event does not come");
}

#endif
