/* The copy of query-events in SQLite. */
#ifndef QUERY_STORE_SQLITE_H
#define QUERY_STORE_SQLITE_H

#include "store.h"

/* Opens or makes the database at `path` and fills the port. Errors: pt_store_open's. */
pt_code query_sqlite_open(const char *path, query_store *ret_store, pt_status *st) PT_MUST_CHECK;

/* Closes. Accepts a port that was never opened (self is NULL). */
void query_sqlite_close(query_store *store);

#endif
