#include "store_conn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PROGRESS_STEPS 2000 /* virtual machine steps between two looks at the clock: well under a millisecond */

uint64_t pt_store_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static pt_code code_of(int primary, int extended, int system_error) {
    if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY) return PT_ALREADY_EXISTS;
    switch (primary) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG: return PT_RESOURCE_EXHAUSTED;
    case SQLITE_IOERR: return system_error == ENOSPC || system_error == EDQUOT ? PT_RESOURCE_EXHAUSTED : PT_UNAVAILABLE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_PROTOCOL: return PT_UNAVAILABLE;
    case SQLITE_CORRUPT: return PT_DATA_LOSS;
    case SQLITE_NOTADB: return PT_FAILED_PRECONDITION;
    case SQLITE_INTERRUPT: return PT_DEADLINE_EXCEEDED;
    default: return PT_INTERNAL;
    }
}

pt_code pt_store_fail(pt_store_conn *conn, const char *what, pt_status *st) {
    int extended = sqlite3_extended_errcode(conn->db), system_error = sqlite3_system_errno(conn->db);
    int primary = extended & 0xff;
    const char *reason = sqlite3_errmsg(conn->db);
    pt_code code = code_of(primary, extended, system_error);
    if (code == PT_DEADLINE_EXCEEDED) return pt_status_set(st, code, "%s: took longer than there was time", what);
    if ((primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_FULL) && system_error) {
        char text[128];
        return pt_status_set(st, code, "%s: %s: %s", what, reason, strerror_r(system_error, text, sizeof text));
    }
    return pt_status_set(st, code, "%s: %s", what, reason);
}

/* A non-zero result ends the running statement with SQLITE_INTERRUPT. */
static int past_deadline(void *arg) {
    const pt_store_conn *conn = arg;
    return conn->deadline_ms && pt_store_now_ms() >= conn->deadline_ms;
}

pt_code pt_store_conn_init(pt_store_conn *conn, const char *path, uint32_t busy_timeout_ms, pt_status *st) {
    *conn = (pt_store_conn){.db = NULL};
    if (sqlite3_open_v2(path, &conn->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        return conn->db ? pt_store_fail(conn, path, st) : pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", path);
    }
    sqlite3_extended_result_codes(conn->db, 1);
    sqlite3_busy_timeout(conn->db, (int)busy_timeout_ms);
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_progress_handler(conn->db, PROGRESS_STEPS, past_deadline, conn);
    return pt_store_exec(conn, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY", st);
}

void pt_store_conn_done(pt_store_conn *conn) {
    for (size_t i = 0; i < conn->n_statements; i++)
        sqlite3_finalize(conn->statements[i]);
    sqlite3_close(conn->db);
    *conn = (pt_store_conn){.db = NULL};
}

pt_code pt_store_exec(pt_store_conn *conn, const char *sql, pt_status *st) {
    if (sqlite3_exec(conn->db, sql, NULL, NULL, NULL) == SQLITE_OK) return PT_OK;
    return pt_store_fail(conn, "database", st);
}

void pt_store_conn_reset(pt_store_conn *conn) {
    for (size_t i = 0; i < conn->n_statements; i++)
        sqlite3_reset(conn->statements[i]);
}

pt_code pt_store_prepare(pt_store_conn *conn, const char *sql, sqlite3_stmt **ret_statement, pt_status *st) {
    for (size_t i = 0; i < conn->n_statements; i++) {
        if (conn->sql[i] != sql) continue;
        sqlite3_reset(conn->statements[i]);
        sqlite3_clear_bindings(conn->statements[i]);
        *ret_statement = conn->statements[i];
        return PT_OK;
    }
    if (conn->n_statements == PT_STORE_MAX_STATEMENTS) {
        return pt_status_set(st, PT_INTERNAL, "database: more than %d prepared statements", PT_STORE_MAX_STATEMENTS);
    }
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(conn->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
        return pt_store_fail(conn, "database", st);
    }
    conn->sql[conn->n_statements] = sql;
    conn->statements[conn->n_statements++] = statement;
    *ret_statement = statement;
    return PT_OK;
}

pt_code pt_store_step(pt_store_conn *conn, sqlite3_stmt *statement, bool *ret_row, pt_status *st) {
    int result = sqlite3_step(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        pt_code code = pt_store_fail(conn, "database", st);
        sqlite3_reset(statement);
        return code;
    }
    if (ret_row) *ret_row = result == SQLITE_ROW;
    return PT_OK;
}

pt_slice pt_store_column(sqlite3_stmt *statement, int column) {
    const void *bytes =
        sqlite3_column_blob(statement, column); /* before its length, which is that of the form asked for last */
    return pt_slice_of(bytes, (size_t)sqlite3_column_bytes(statement, column));
}

sqlite3 *pt_store_conn_db(pt_store_conn *conn) {
    return conn->db;
}

/* Steps a statement of its own once and hands over the row. */
static pt_code query_one(pt_store_conn *conn, const char *sql, sqlite3_stmt **ret_statement, pt_status *st) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(conn->db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
        *ret_statement = statement;
        return PT_OK;
    }
    pt_code code = pt_store_fail(conn, "database", st);
    sqlite3_finalize(statement);
    return code;
}

pt_code pt_store_query_number(pt_store_conn *conn, const char *sql, int64_t *ret_number, pt_status *st) {
    sqlite3_stmt *statement = NULL;
    pt_code code = query_one(conn, sql, &statement, st);
    if (code) return code;
    *ret_number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return PT_OK;
}

pt_code pt_store_query_text(pt_store_conn *conn, const char *sql, char *ret_text, size_t size, pt_status *st) {
    sqlite3_stmt *statement = NULL;
    pt_code code = query_one(conn, sql, &statement, st);
    if (code) return code;
    const unsigned char *text = sqlite3_column_text(statement, 0);
    snprintf(ret_text, size, "%s", text ? (const char *)text : "");
    sqlite3_finalize(statement);
    return PT_OK;
}
