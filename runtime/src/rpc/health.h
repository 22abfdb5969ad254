/* The built-in service grpc.health.v1.Health. */
#ifndef PT_RPC_HEALTH_H
#define PT_RPC_HEALTH_H

#include "rpc/server_impl.h"

/* Adds it as server->health. RESOURCE_EXHAUSTED. */
pt_code pt_health_add(pt_server *server, pt_status *st) PT_MUST_CHECK;
/* NULL is allowed. */
void pt_health_free(pt_health *health);

/* Something began or ceased to serve: tells those who watch. */
void pt_health_changed(pt_health *health);

/* Ends the calls of those who watch: the server shuts down. */
void pt_health_end(pt_health *health);

#endif
