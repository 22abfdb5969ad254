#include "store_sqlite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "partie/kit/store.h"
#include "schema_sql.h"

#define OWNER "ingest-events"
#define LOG_ID_BYTES 64

typedef struct sqlite_log {
    pt_store *store;
    char id[LOG_ID_BYTES];
} sqlite_log;

static const char insert_sql[] = "INSERT INTO events (recorded_us, source, id, content) VALUES (?1, ?2, ?3, ?4) "
                                 "ON CONFLICT (source, id) DO NOTHING";
static const char find_sql[] = "SELECT sequence, content FROM events WHERE source = ?1 AND id = ?2";
static const char read_sql[] = "SELECT sequence, recorded_us, content FROM events WHERE sequence > ?1 "
                               "ORDER BY sequence LIMIT ?2";
static const char bounds_sql[] = "SELECT (SELECT min(sequence) FROM events), (SELECT max(sequence) FROM events)";
static const char log_id_sql[] = "SELECT id FROM log";

/* ---- append ---- */

typedef struct append_job {
    pt_store_job job;
    ingest_append *append;
} append_job;

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static pt_code insert(pt_store_conn *conn, const ingest_event *event, bool *ret_inserted, pt_status *st) {
    sqlite3_stmt *statement;
    pt_code code = pt_store_prepare(conn, insert_sql, &statement, st);
    if (code) return code;
    sqlite3_bind_int64(statement, 1, now_us());
    sqlite3_bind_text(statement, 2, event->source, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, event->id, -1, SQLITE_STATIC);
    sqlite3_bind_blob64(statement, 4, event->content.ptr, event->content.len, SQLITE_STATIC);
    code = pt_store_step(conn, statement, NULL, st);
    if (!code) *ret_inserted = sqlite3_changes(pt_store_conn_db(conn)) == 1;
    return code;
}

/* The event is there already: the same, or another one under its name. */
static pt_code compare(pt_store_conn *conn, const ingest_event *event, uint64_t *ret_sequence, pt_status *st) {
    sqlite3_stmt *statement;
    bool row = false;
    pt_code code = pt_store_prepare(conn, find_sql, &statement, st);
    if (code) return code;
    sqlite3_bind_text(statement, 1, event->source, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, event->id, -1, SQLITE_STATIC);
    code = pt_store_step(conn, statement, &row, st);
    if (code) return code;
    if (!row) return pt_status_set(st, PT_INTERNAL, "event %s: neither new nor there", event->id);
    uint64_t sequence = (uint64_t)sqlite3_column_int64(statement, 0);
    if (!pt_slice_equal(pt_store_column(statement, 1), event->content)) {
        return pt_status_set(st, PT_ALREADY_EXISTS,
                             "id '%.100s' of source '%.200s' is stored as sequence %llu with other content", event->id,
                             event->source, (unsigned long long)sequence);
    }
    *ret_sequence = sequence;
    return PT_OK;
}

static pt_code append_one(pt_store_conn *conn, const ingest_event *event, ingest_result *ret_result, pt_status *st) {
    ingest_result result = {.duplicate = false};
    bool inserted = false;
    pt_code code = insert(conn, event, &inserted, st);
    if (code) return code;
    if (inserted) {
        result.sequence = (uint64_t)sqlite3_last_insert_rowid(pt_store_conn_db(conn));
    } else {
        result.duplicate = true;
        code = compare(conn, event, &result.sequence, st);
        if (code) return code;
    }
    *ret_result = result;
    return PT_OK;
}

static pt_code run_append(pt_store_conn *conn, void *arg, pt_status *st) {
    ingest_append *append = ((append_job *)arg)->append;
    for (size_t i = 0; i < append->n_events; i++) {
        pt_code code = append_one(conn, &append->events[i], &append->results[i], st);
        if (!code) continue;
        append->failed = i;
        return code;
    }
    return PT_OK;
}

static void append_done(pt_store_job *job) {
    append_job *own = (append_job *)job;
    ingest_append *append = own->append;
    pt_status_copy(&append->status, &job->status);
    pt_status_done(&job->status);
    free(own);
    append->done(append);
}

static pt_code append_events(void *self, ingest_append *append, pt_status *st) {
    sqlite_log *log = self;
    append_job *own = malloc(sizeof *own);
    if (!own) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    *own =
        (append_job){.job = {.run = run_append, .done = append_done, .arg = own, .status = PT_STATUS_INIT}, .append = append};
    pt_code code = pt_store_submit(log->store, &own->job, st);
    if (code) free(own);
    return code;
}

/* ---- read ---- */

typedef struct log_reading {
    const ingest_range *range;
    ingest_visit_fn *visit; /* NULL: only the bounds */
    void *arg;
    ingest_log log;
} log_reading;

static pt_code read_bounds(pt_store_conn *conn, ingest_log *log, pt_status *st) {
    sqlite3_stmt *statement;
    bool row;
    pt_code code = pt_store_prepare(conn, bounds_sql, &statement, st);
    if (!code) code = pt_store_step(conn, statement, &row, st);
    if (code) return code;
    uint64_t first = (uint64_t)sqlite3_column_int64(statement, 0);
    log->last_sequence = (uint64_t)sqlite3_column_int64(statement, 1);
    log->n_events = log->last_sequence ? log->last_sequence - first + 1 : 0; /* there are no gaps */
    return PT_OK;
}

static pt_code visit_range(pt_store_conn *conn, const log_reading *reading, pt_status *st) {
    sqlite3_stmt *statement;
    size_t bytes = 0;
    bool row = false;
    pt_code code = pt_store_prepare(conn, read_sql, &statement, st);
    if (code) return code;
    const ingest_range *range = reading->range;
    sqlite3_bind_int64(statement, 1, range->after > INT64_MAX ? INT64_MAX : (int64_t)range->after);
    sqlite3_bind_int64(statement, 2, range->max_events);
    while (!(code = pt_store_step(conn, statement, &row, st)) && row) {
        pt_slice content = pt_store_column(statement, 2);
        if (bytes && bytes + content.len > range->max_bytes) return PT_OK;
        bytes += content.len;
        code = reading->visit(reading->arg, (uint64_t)sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1),
                              content, st);
        if (code) return code;
    }
    return code;
}

static pt_code run_reading(pt_store_conn *conn, void *arg, pt_status *st) {
    log_reading *reading = arg;
    pt_code code = read_bounds(conn, &reading->log, st);
    if (!code && reading->visit) code = visit_range(conn, reading, st);
    return code;
}

static pt_code read_log(void *self, const ingest_range *range, ingest_visit_fn *visit, void *arg, ingest_log *ret_log,
                        pt_status *st) {
    sqlite_log *log = self;
    log_reading reading = {.range = range, .visit = visit, .arg = arg, .log = {.id = log->id}};
    pt_code code = pt_store_read(log->store, range->timeout_ms, run_reading, &reading, st);
    if (!code) *ret_log = reading.log;
    return code;
}

/* ---- open and close ---- */

static pt_code read_log_id(pt_store_conn *conn, void *arg, pt_status *st) {
    sqlite3_stmt *statement;
    bool row = false;
    pt_code code = pt_store_prepare(conn, log_id_sql, &statement, st);
    if (!code) code = pt_store_step(conn, statement, &row, st);
    if (code) return code;
    if (!row) return pt_status_set(st, PT_DATA_LOSS, "the log has lost its id");
    snprintf(arg, LOG_ID_BYTES, "%s", (const char *)sqlite3_column_text(statement, 0));
    return PT_OK;
}

pt_code ingest_sqlite_open(const char *path, ingest_store *ret_store, pt_status *st) {
    pt_store_options options = PT_STORE_OPTIONS_INIT;
    options.path = path;
    options.owner = OWNER;
    options.migrations = schema_migrations;
    options.n_migrations = schema_n_migrations;
    sqlite_log *log = calloc(1, sizeof *log);
    if (!log) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", path);
    pt_code code = pt_store_open(&options, &log->store, st);
    if (!code) code = pt_store_read(log->store, 0, read_log_id, log->id, st);
    if (code) {
        pt_store_close(log->store);
        free(log);
        return code;
    }
    *ret_store = (ingest_store){.self = log, .append = append_events, .read = read_log};
    return PT_OK;
}

void ingest_sqlite_close(ingest_store *store) {
    sqlite_log *log = store->self;
    if (!log) return;
    pt_store_close(log->store);
    free(log);
    store->self = NULL;
}
