/* query_events.v1.QueryEventsService: its calls, translated for domain, store and follower. */
#ifndef QUERY_HANDLER_H
#define QUERY_HANDLER_H

#include "follower.h"
#include "query_events/v1/query_events.rpc.h"

/* Lives in its owner's storage and must not move. Fields are private. */
typedef struct query_service {
    QueryEvents__V1__QueryEventsService handlers;
    const query_store *store;
    query_follower *follower;
} query_service;

/* Makes the service over store and follower, which must outlive it. */
void query_service_init(query_service *service, const query_store *store, query_follower *follower);

/* Adds it to a server that does not listen yet. */
pt_code query_service_register(query_service *service, pt_server *server, pt_status *st) PT_MUST_CHECK;

#endif
