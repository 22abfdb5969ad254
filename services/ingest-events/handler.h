/* ingest_events.v1.IngestEventsService: its calls, translated for domain and store. */
#ifndef INGEST_HANDLER_H
#define INGEST_HANDLER_H

#include "ingest_events/v1/ingest_events.rpc.h"
#include "partie/kit/waitlist.h"
#include "store.h"

/* Lives in its owner's storage and must not move. Fields are private. */
typedef struct ingest_service {
    IngestEvents__V1__IngestEventsService handlers;
    const ingest_store *store;
    pt_waitlist *growth; /* of the log: stands at its last sequence */
} ingest_service;

/* Makes the service over `store`, which must outlive it. On failure ingest_service_done may be called all the same. */
pt_code ingest_service_init(ingest_service *service, const ingest_store *store, pt_status *st) PT_MUST_CHECK;

/* Adds it to a server that does not listen yet. */
pt_code ingest_service_register(ingest_service *service, pt_server *server, pt_status *st) PT_MUST_CHECK;

/* Answers the calls that wait for the log to grow. */
void ingest_service_drain(ingest_service *service);

/* Frees what init made. No call is under way any more. Accepts an all-zero service. */
void ingest_service_done(ingest_service *service);

#endif
