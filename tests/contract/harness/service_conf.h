/* services/NAME/service.conf: how a service is started.
 *
 *     # comment
 *     needs = ingest-events
 *     args = --db {data}/query-events.db --ingest-events {url:ingest-events}
 *
 * `needs` names services that must listen before; `args` are given to the program, with {data} for a folder of its own
 * and {url:NAME} for where a needed service listens. Whoever starts it adds --listen. Both may be absent. */
#ifndef PT_CONTRACT_SERVICE_CONF_H
#define PT_CONTRACT_SERVICE_CONF_H

#include <stdbool.h>
#include <stddef.h>

#define PT_SERVICE_CONF_WORDS 32

typedef struct pt_service_conf {
    char text[2][2048]; /* what the words point into */
    char *needs[PT_SERVICE_CONF_WORDS];
    size_t n_needs;
    char *args[PT_SERVICE_CONF_WORDS];
    size_t n_args;
} pt_service_conf;

/* Reads a file. Returns 0, or -1 after writing what is wrong, with file and line, to `ret_error`. */
int pt_service_conf_read(const char *path, pt_service_conf *ret_conf, char *ret_error, size_t cap);

#endif
