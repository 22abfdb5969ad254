/* What all workers share. Constant while they run, but for what guards itself. */
#ifndef PT_PROGRAM_GATEWAY_H
#define PT_PROGRAM_GATEWAY_H

#include "program/backends.h"
#include "program/config.h"
#include "program/peers.h"

typedef struct pt_gateway_shared {
    const pt_gateway_config *config;
    pt_backends *backends;
    pt_peers *peers;
    pt_schema *error_types;
    uint32_t n_waiting; /* atomic: requests whose call is under way, of all workers */
} pt_gateway_shared;

#endif
