/* The log of ingest-events in SQLite. */
#ifndef INGEST_STORE_SQLITE_H
#define INGEST_STORE_SQLITE_H

#include "store.h"

/* Opens or makes the database at `path` and fills the port. Appends that wait together are committed together.
 * Errors: pt_store_open's. */
pt_code ingest_sqlite_open(const char *path, ingest_store *ret_store, pt_status *st) PT_MUST_CHECK;

/* Finishes what waits and closes. Accepts a port that was never opened (self is NULL). */
void ingest_sqlite_close(ingest_store *store);

#endif
