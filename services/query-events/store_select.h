/* The SELECT statements, one for each set of conditions. */
#ifndef QUERY_STORE_SELECT_H
#define QUERY_STORE_SELECT_H

#include "query_events.h"

struct sqlite3_stmt;

/* Conditions that are set, as bits. */
enum { QUERY_BY_TYPE = 1, QUERY_BY_SOURCE = 2, QUERY_BY_SUBJECT = 4, QUERY_BY_START = 8, QUERY_BY_END = 16, QUERY_SETS = 32 };
#define QUERY_BY_TIME (QUERY_BY_START | QUERY_BY_END)

#define QUERY_SQL_BYTES 512

/* Texts that stay where they are, as pt_store_prepare wants it. By set of conditions. */
typedef struct query_select_sql {
    char list[QUERY_SETS][QUERY_SQL_BYTES];         /* sequence, recorded_us, content; in the order of sequence */
    char list_by_time[QUERY_SETS][QUERY_SQL_BYTES]; /* the same by way of the index on time: for few events in the range */
    char in_time[QUERY_SETS][QUERY_SQL_BYTES];      /* how many events the time range has, up to QUERY_PARAM_LIMIT */
    char count[QUERY_SETS][QUERY_SQL_BYTES];        /* type, hour, count */
} query_select_sql;

/* Parameters of the statements: after which sequence, and how many rows. */
#define QUERY_PARAM_AFTER 1
#define QUERY_PARAM_LIMIT 2

/* Writes all texts. */
void query_select_init(query_select_sql *sql);

/* The bits of a filter. */
unsigned query_filter_set(const query_filter *filter);

/* Binds what the filter says; AFTER and LIMIT are the caller's. */
void query_filter_bind(struct sqlite3_stmt *statement, const query_filter *filter);

#endif
