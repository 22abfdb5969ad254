/* One connection to the database of a store. */
#ifndef PARTIE_KIT_STORE_CONN_H
#define PARTIE_KIT_STORE_CONN_H

#include <sqlite3.h>

#include "partie/kit/store.h"

#define PT_STORE_MAX_STATEMENTS 192

struct pt_store_conn {
    sqlite3 *db;
    const char *sql[PT_STORE_MAX_STATEMENTS]; /* as passed to pt_store_prepare: compared as pointers */
    sqlite3_stmt *statements[PT_STORE_MAX_STATEMENTS];
    size_t n_statements;
    uint64_t deadline_ms;       /* statements end with SQLITE_INTERRUPT after it (monotonic); 0: never */
    struct pt_store_conn *next; /* in the pool of free readers */
};

/* Opens `path`, which exists, with the settings that every connection has. */
pt_code pt_store_conn_init(pt_store_conn *conn, const char *path, uint32_t busy_timeout_ms, pt_status *st) PT_MUST_CHECK;

/* Accepts a connection whose init failed, or which is all zero. */
void pt_store_conn_done(pt_store_conn *conn);

/* Runs SQL that gives no rows. */
pt_code pt_store_exec(pt_store_conn *conn, const char *sql, pt_status *st) PT_MUST_CHECK;

/* Resets all statements, so that no transaction is held open by one that a function left in the middle. */
void pt_store_conn_reset(pt_store_conn *conn);

/* Runs SQL that gives one number, or one text (at most size - 1 bytes are kept). */
pt_code pt_store_query_number(pt_store_conn *conn, const char *sql, int64_t *ret_number, pt_status *st) PT_MUST_CHECK;
pt_code pt_store_query_text(pt_store_conn *conn, const char *sql, char *ret_text, size_t size, pt_status *st) PT_MUST_CHECK;

/* Milliseconds of the monotonic clock. */
uint64_t pt_store_now_ms(void);

#endif
