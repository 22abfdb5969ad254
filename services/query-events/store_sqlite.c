#include "store_sqlite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "partie/kit/store.h"
#include "schema_sql.h"
#include "store_select.h"

#define OWNER "query-events"
#define FEW_EVENTS 2000 /* a time range with no more is read by its index, for each page anew */

typedef struct sqlite_copy {
    pt_store *store;
    query_select_sql sql;
} sqlite_copy;

static const char load_sql[] = "SELECT log_id, applied, n_events FROM copy";
static const char move_sql[] = "UPDATE copy SET log_id = ?1, applied = ?2, n_events = n_events + ?3 WHERE applied = ?4";
static const char insert_sql[] = "INSERT INTO events (sequence, recorded_us, time_s, time_ns, type, source, subject, id, "
                                 "content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
static const char find_any_sql[] = "SELECT sequence, recorded_us, content FROM events WHERE id = ?1 LIMIT 2";
static const char find_sql[] = "SELECT sequence, recorded_us, content FROM events WHERE id = ?1 AND source = ?2";

/* ---- position and apply ---- */

static pt_code run_load(pt_store_conn *conn, void *arg, pt_status *st) {
    query_copy *copy = arg;
    sqlite3_stmt *statement;
    bool row = false;
    pt_code code = pt_store_prepare(conn, load_sql, &statement, st);
    if (!code) code = pt_store_step(conn, statement, &row, st);
    if (code) return code;
    if (!row) return pt_status_set(st, PT_DATA_LOSS, "the copy has lost its position");
    snprintf(copy->log_id, sizeof copy->log_id, "%s", (const char *)sqlite3_column_text(statement, 0));
    copy->applied = (uint64_t)sqlite3_column_int64(statement, 1);
    copy->n_events = (uint64_t)sqlite3_column_int64(statement, 2);
    return PT_OK;
}

static pt_code load(void *self, query_copy *ret_copy, pt_status *st) {
    query_copy copy;
    pt_code code = pt_store_read(((sqlite_copy *)self)->store, 0, run_load, &copy, st);
    if (!code) *ret_copy = copy;
    return code;
}

typedef struct apply_job {
    const query_copy *copy;
    const query_event *events;
    size_t n;
} apply_job;

static pt_code insert(pt_store_conn *conn, const query_event *event, pt_status *st) {
    sqlite3_stmt *statement;
    pt_code code = pt_store_prepare(conn, insert_sql, &statement, st);
    if (code) return code;
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)event->sequence);
    sqlite3_bind_int64(statement, 2, event->recorded_us);
    sqlite3_bind_int64(statement, 3, event->time.seconds);
    sqlite3_bind_int(statement, 4, event->time.nanos);
    sqlite3_bind_text(statement, 5, event->type, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 6, event->source, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 7, event->subject, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 8, event->id, -1, SQLITE_STATIC);
    sqlite3_bind_blob64(statement, 9, event->content.ptr, event->content.len, SQLITE_STATIC);
    return pt_store_step(conn, statement, NULL, st);
}

static pt_code move_position(pt_store_conn *conn, const apply_job *job, pt_status *st) {
    sqlite3_stmt *statement;
    pt_code code = pt_store_prepare(conn, move_sql, &statement, st);
    if (code) return code;
    sqlite3_bind_text(statement, 1, job->copy->log_id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)(job->copy->applied + job->n));
    sqlite3_bind_int64(statement, 3, (sqlite3_int64)job->n);
    sqlite3_bind_int64(statement, 4, (sqlite3_int64)job->copy->applied);
    code = pt_store_step(conn, statement, NULL, st);
    if (code || sqlite3_changes(pt_store_conn_db(conn)) == 1) return code;
    return pt_status_set(st, PT_INTERNAL, "the copy is no longer at %llu", (unsigned long long)job->copy->applied);
}

static pt_code run_apply(pt_store_conn *conn, void *arg, pt_status *st) {
    const apply_job *job = arg;
    for (size_t i = 0; i < job->n; i++) {
        pt_code code = insert(conn, &job->events[i], st);
        if (code) return code;
    }
    return move_position(conn, job, st);
}

static pt_code apply(void *self, const query_copy *copy, const query_event *events, size_t n, pt_status *st) {
    apply_job job = {.copy = copy, .events = events, .n = n};
    return pt_store_write(((sqlite_copy *)self)->store, run_apply, &job, st);
}

/* ---- list and find ---- */

/* Hands the row of sequence, recorded_us and content to `visit`. */
static pt_code visit_row(sqlite3_stmt *statement, query_visit_fn *visit, void *arg, pt_status *st) {
    return visit(arg, (uint64_t)sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1),
                 pt_store_column(statement, 2), st);
}

typedef struct listing {
    const sqlite_copy *copy;
    const query_page *page;
    query_visit_fn *visit;
    void *arg;
    bool more;
} listing;

/* Whether the index on time leads to few events. */
static pt_code is_short_range(pt_store_conn *conn, const listing *l, unsigned set, bool *ret_short, pt_status *st) {
    sqlite3_stmt *statement;
    if (!(set & QUERY_BY_TIME)) {
        *ret_short = false;
        return PT_OK;
    }
    pt_code code = pt_store_prepare(conn, l->copy->sql.in_time[set], &statement, st);
    if (code) return code;
    query_filter_bind(statement, l->page->filter);
    sqlite3_bind_int(statement, QUERY_PARAM_LIMIT, FEW_EVENTS + 1);
    code = pt_store_step(conn, statement, NULL, st);
    if (!code) *ret_short = sqlite3_column_int(statement, 0) <= FEW_EVENTS;
    return code;
}

static pt_code run_list(pt_store_conn *conn, void *arg, pt_status *st) {
    listing *l = arg;
    const query_page *page = l->page;
    unsigned set = query_filter_set(page->filter);
    bool by_time = false, row = false;
    sqlite3_stmt *statement;
    pt_code code = is_short_range(conn, l, set, &by_time, st);
    if (!code) code = pt_store_prepare(conn, by_time ? l->copy->sql.list_by_time[set] : l->copy->sql.list[set], &statement, st);
    if (code) return code;
    query_filter_bind(statement, page->filter);
    sqlite3_bind_int64(statement, QUERY_PARAM_AFTER, page->after > INT64_MAX ? INT64_MAX : (sqlite3_int64)page->after);
    sqlite3_bind_int64(statement, QUERY_PARAM_LIMIT, (sqlite3_int64)page->max_events + 1);
    size_t bytes = 0;
    for (uint32_t n = 0; !(code = pt_store_step(conn, statement, &row, st)) && row; n++) {
        size_t size = (size_t)sqlite3_column_bytes(statement, 2);
        l->more = n == page->max_events || (n > 0 && bytes + size > page->max_bytes);
        if (l->more) return PT_OK;
        bytes += size;
        code = visit_row(statement, l->visit, l->arg, st);
        if (code) return code;
    }
    return code;
}

static pt_code list(void *self, const query_page *page, query_visit_fn *visit, void *arg, bool *ret_more, pt_status *st) {
    sqlite_copy *copy = self;
    listing l = {.copy = copy, .page = page, .visit = visit, .arg = arg};
    pt_code code = pt_store_read(copy->store, page->timeout_ms, run_list, &l, st);
    if (!code) *ret_more = l.more;
    return code;
}

typedef struct finding {
    const char *id, *source;
    query_visit_fn *visit;
    void *arg;
} finding;

static pt_code run_find(pt_store_conn *conn, void *arg, pt_status *st) {
    const finding *f = arg;
    sqlite3_stmt *statement;
    bool row = false;
    pt_code code = pt_store_prepare(conn, *f->source ? find_sql : find_any_sql, &statement, st);
    if (code) return code;
    sqlite3_bind_text(statement, 1, f->id, -1, SQLITE_STATIC);
    if (*f->source) sqlite3_bind_text(statement, 2, f->source, -1, SQLITE_STATIC);
    while (!(code = pt_store_step(conn, statement, &row, st)) && row) {
        code = visit_row(statement, f->visit, f->arg, st);
        if (code) return code;
    }
    return code;
}

static pt_code find(void *self, const char *id, const char *source, uint32_t timeout_ms, query_visit_fn *visit, void *arg,
                    pt_status *st) {
    finding f = {.id = id, .source = source, .visit = visit, .arg = arg};
    return pt_store_read(((sqlite_copy *)self)->store, timeout_ms, run_find, &f, st);
}

/* ---- count ---- */

typedef struct counting {
    const sqlite_copy *copy;
    const query_filter *filter;
    query_visit_bucket_fn *visit;
    void *arg;
} counting;

static pt_code run_count(pt_store_conn *conn, void *arg, pt_status *st) {
    const counting *c = arg;
    sqlite3_stmt *statement;
    bool row = false;
    pt_code code = pt_store_prepare(conn, c->copy->sql.count[query_filter_set(c->filter)], &statement, st);
    if (code) return code;
    query_filter_bind(statement, c->filter);
    sqlite3_bind_int(statement, QUERY_PARAM_LIMIT, QUERY_MAX_BUCKETS + 1);
    for (size_t n = 0; !(code = pt_store_step(conn, statement, &row, st)) && row; n++) {
        if (n == QUERY_MAX_BUCKETS) {
            return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "more than %d types and hours; ask for a shorter time or one type",
                                 QUERY_MAX_BUCKETS);
        }
        const query_bucket bucket = {.type = (const char *)sqlite3_column_text(statement, 0),
                                     .hour = sqlite3_column_int64(statement, 1),
                                     .count = (uint64_t)sqlite3_column_int64(statement, 2)};
        code = c->visit(c->arg, &bucket, st);
        if (code) return code;
    }
    return code;
}

static pt_code count(void *self, const query_filter *filter, uint32_t timeout_ms, query_visit_bucket_fn *visit, void *arg,
                     pt_status *st) {
    sqlite_copy *copy = self;
    counting c = {.copy = copy, .filter = filter, .visit = visit, .arg = arg};
    return pt_store_read(copy->store, timeout_ms, run_count, &c, st);
}

/* ---- open and close ---- */

pt_code query_sqlite_open(const char *path, query_store *ret_store, pt_status *st) {
    pt_store_options options = PT_STORE_OPTIONS_INIT;
    options.path = path;
    options.owner = OWNER;
    options.migrations = schema_migrations;
    options.n_migrations = schema_n_migrations;
    sqlite_copy *copy = calloc(1, sizeof *copy);
    if (!copy) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", path);
    query_select_init(&copy->sql);
    pt_code code = pt_store_open(&options, &copy->store, st);
    if (code) {
        free(copy);
        return code;
    }
    *ret_store = (query_store){.self = copy, .load = load, .apply = apply, .list = list, .find = find, .count = count};
    return PT_OK;
}

void query_sqlite_close(query_store *store) {
    sqlite_copy *copy = store->self;
    if (!copy) return;
    pt_store_close(copy->store);
    free(copy);
    store->self = NULL;
}
