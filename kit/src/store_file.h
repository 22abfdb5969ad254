/* The file of a store: its making, its lock, its condition and its schema. */
#ifndef PARTIE_KIT_STORE_FILE_H
#define PARTIE_KIT_STORE_FILE_H

#include "store_conn.h"

/* Takes PATH.lock, which is held until the descriptor is closed or the process ends however it ends, and makes the database
 * file where there is none, both with mode 0600. FAILED_PRECONDITION: another process holds the lock. */
pt_code pt_store_file_lock(const char *path, int *ret_lock, pt_status *st) PT_MUST_CHECK;

/* Checks owner, damage and version of the file behind `conn`, switches it to WAL, and runs the migrations that it lacks. */
pt_code pt_store_file_prepare(pt_store_conn *conn, const pt_store_options *options, pt_status *st) PT_MUST_CHECK;

#endif
