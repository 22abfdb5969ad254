/* The server's side of discovery by etcd: an entry that says where an instance of a service listens, there as long as the
 * instance lives. The key is partie/services/SERVICE/URL, its value {"url": URL, "weight": N}, and it hangs on a lease that is
 * renewed every third of its time; an instance that dies is gone when the lease ends. */
#ifndef PT_DISCOVERY_REGISTRATION_H
#define PT_DISCOVERY_REGISTRATION_H

#include "discovery/resolver.h"

typedef struct pt_registration pt_registration;

typedef struct pt_registration_options {
    const char *etcd;      /* URLs of etcd's members, comma-separated; for targets that don't say */
    uint32_t weight;       /* 1 to PT_WEIGHT_MAX */
    uint32_t ttl_s;        /* life of the lease without renewal; 2 to 3600 */
    uint32_t retry_min_ms; /* after a failure, */
    uint32_t retry_max_ms; /* and what it grows to */

    /* Optional. It is registered now (`why` is NULL), or has failed to be or to stay so. On a thread of the registration, where
     * it must not be closed. */
    void (*changed)(void *arg, bool registered, const pt_status *why);
    void *arg;
} pt_registration_options;

#define PT_REGISTRATION_OPTIONS_INIT                                                                                           \
    { .etcd = PT_DEFAULT_ETCD, .weight = 1, .ttl_s = 10, .retry_min_ms = 200, .retry_max_ms = 5000 }

/* Registers `url` at `target` (etcd:///service or etcd://host:port/service) and keeps it registered, on a thread of its own:
 * success does not mean that it is registered yet. `options` may be NULL; nothing is kept by reference. INVALID_ARGUMENT:
 * target, URL or an option; RESOURCE_EXHAUSTED: no memory, no threads. */
pt_code pt_registration_open(const char *target, const char *url, const pt_registration_options *options,
                             pt_registration **ret_registration, pt_status *st) PT_MUST_CHECK;

/* True from the time that etcd has it until a renewal fails. Thread: any. */
bool pt_registration_active(const pt_registration *r);

/* Withdraws the entry, which takes etcd 2 s at most or else the rest of the lease, and ends. NULL is allowed. */
void pt_registration_close(pt_registration *r);

#endif
