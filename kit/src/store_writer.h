/* The one thread that writes, and the queue before it. */
#ifndef PARTIE_KIT_STORE_WRITER_H
#define PARTIE_KIT_STORE_WRITER_H

#include <pthread.h>

#include "store_conn.h"

/* Lives in its owner's storage and must not move between init and done. */
typedef struct pt_store_writer {
    pt_store_conn conn; /* the thread's once it runs */
    uint32_t queue_limit, batch_limit;
    pthread_t thread;
    bool started;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;  /* something is queued, or closing */
    pt_store_job *head;   /* waiting jobs, oldest first */
    pt_store_job **tail;  /* where the next one is hung in */
    uint32_t n_waiting;
    bool closing;
    pt_store_counts counts;
} pt_store_writer;

/* Makes the empty queue; the thread starts later. */
void pt_store_writer_init(pt_store_writer *writer, const pt_store_options *options);

/* Starts the thread on writer->conn, which is open by now. */
pt_code pt_store_writer_start(pt_store_writer *writer, pt_status *st) PT_MUST_CHECK;

/* Runs what waits, ends the thread, closes the connection. */
void pt_store_writer_done(pt_store_writer *writer);

#endif
