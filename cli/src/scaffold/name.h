/* Names of a service: "order-log" is its own, order_log that of its contract and in C. */
#ifndef PARTIE_CLI_NAME_H
#define PARTIE_CLI_NAME_H

#include "partie/buf.h"

#define PT_NAME_BYTES 64

typedef struct pt_service_name {
    char name[PT_NAME_BYTES];              /* order-log */
    char id[PT_NAME_BYTES];                /* order_log */
    char camel[PT_NAME_BYTES];             /* OrderLog */
    char package[PT_NAME_BYTES + 8];       /* order_log.v1 */
    char contract[2 * PT_NAME_BYTES + 16]; /* order_log/v1/order_log.proto */
} pt_service_name;

/* INVALID_ARGUMENT: it is no name for a service; the message says which ones are. */
pt_code pt_service_name_init(const char *name, pt_service_name *ret_name, pt_status *st) PT_MUST_CHECK;

#endif
