#include "store_select.h"

#include <sqlite3.h>
#include <stdio.h>

static const char *condition(unsigned set, unsigned bit, const char *sql) {
    return set & bit ? sql : "";
}

/* The time range alone. */
static void write_time(char *ret_text, size_t size, unsigned set) {
    snprintf(ret_text, size, "%s%s", condition(set, QUERY_BY_START, " AND (time_s, time_ns) >= (?6, ?7)"),
             condition(set, QUERY_BY_END, " AND (time_s, time_ns) < (?8, ?9)"));
}

static void write_conditions(char *ret_text, size_t size, unsigned set) {
    char time[128];
    write_time(time, sizeof time, set);
    snprintf(ret_text, size, "%s%s%s%s", condition(set, QUERY_BY_TYPE, " AND type = ?3"),
             condition(set, QUERY_BY_SOURCE, " AND source = ?4"), condition(set, QUERY_BY_SUBJECT, " AND subject = ?5"), time);
}

/* Without an equality SQLite would take the index on time and sort the whole range for each page: NOT INDEXED keeps it to
 * the order of sequence. */
static void write_list(query_select_sql *sql, unsigned set, const char *conditions) {
    static const char format[] = "SELECT sequence, recorded_us, content FROM events %s WHERE sequence > ?1%s "
                                 "ORDER BY sequence LIMIT ?2";
    bool has_equality = (set & ~(unsigned)QUERY_BY_TIME) != 0;
    snprintf(sql->list[set], QUERY_SQL_BYTES, format, has_equality ? "" : "NOT INDEXED", conditions);
    snprintf(sql->list_by_time[set], QUERY_SQL_BYTES, format, "INDEXED BY events_time", conditions);
}

void query_select_init(query_select_sql *sql) {
    for (unsigned set = 0; set < QUERY_SETS; set++) {
        char conditions[256], time[128];
        write_conditions(conditions, sizeof conditions, set);
        write_time(time, sizeof time, set);
        write_list(sql, set, conditions);
        snprintf(sql->in_time[set], QUERY_SQL_BYTES,
                 "SELECT count(*) FROM (SELECT 1 FROM events INDEXED BY events_time WHERE true%s LIMIT ?2)", time);
        snprintf(sql->count[set], QUERY_SQL_BYTES,
                 "SELECT type, time_s - ((time_s %% 3600) + 3600) %% 3600 AS hour, count(*) FROM events WHERE true%s "
                 "GROUP BY type, hour ORDER BY type, hour LIMIT ?2",
                 conditions);
    }
}

unsigned query_filter_set(const query_filter *f) {
    return (*f->type ? QUERY_BY_TYPE : 0u) | (*f->source ? QUERY_BY_SOURCE : 0u) | (*f->subject ? QUERY_BY_SUBJECT : 0u) |
           (f->has_start ? QUERY_BY_START : 0u) | (f->has_end ? QUERY_BY_END : 0u);
}

static void bind_text(sqlite3_stmt *statement, int parameter, const char *text) {
    if (*text) sqlite3_bind_text(statement, parameter, text, -1, SQLITE_STATIC);
}

static void bind_time(sqlite3_stmt *statement, int parameter, bool is_set, const query_time *t) {
    if (!is_set) return;
    sqlite3_bind_int64(statement, parameter, t->seconds);
    sqlite3_bind_int(statement, parameter + 1, t->nanos);
}

void query_filter_bind(sqlite3_stmt *statement, const query_filter *f) {
    /* A statement that has no such parameter refuses it, and that is as it should be: in_time knows the times only. */
    bind_text(statement, 3, f->type);
    bind_text(statement, 4, f->source);
    bind_text(statement, 5, f->subject);
    bind_time(statement, 6, f->has_start, &f->start);
    bind_time(statement, 8, f->has_end, &f->end);
}
