/* Discovery: turns a channel's target into the addresses behind it, and keeps them up to date.
 *
 *     tcp://host:port, tls+tcp://host:port, ipc:///path, inproc://name    itself
 *     static:URL,URL,...            these
 *     dns:///name:port              all addresses of the name; looked up again at intervals and on a wish
 *     file:///path                  the lines of a file, URL and optional weight; read again when it changes
 *     etcd:///service               the instances that registered in etcd (registration.h), as they come and go
 *     etcd://host:port,.../service  the same, in an etcd elsewhere than options.etcd says */
#ifndef PT_DISCOVERY_RESOLVER_H
#define PT_DISCOVERY_RESOLVER_H

#include "discovery/address.h"

#define PT_DEFAULT_ETCD "http://127.0.0.1:2379"

typedef struct pt_resolver pt_resolver;

typedef struct pt_resolver_events {
    /* There is a list, and it differs from the one before. Borrowed: reference it to keep it. It may be empty. */
    void (*found)(void *arg, pt_address_list *list);
    /* Optional. Looking failed; what was found before still holds. Comes with each failed look. */
    void (*failed)(void *arg, const pt_status *why);
    void *arg;
} pt_resolver_events;

/* Looks up a name: adds all of its addresses to `found`, as URLs. May block. */
typedef pt_code pt_lookup_fn(const char *host, uint16_t port, const char *scheme, pt_address_builder *found, pt_status *st);

typedef struct pt_resolver_options {
    const char *scheme;    /* dns: of the URLs, tcp or tls+tcp */
    uint32_t refresh_ms;   /* dns: between two look-ups; a tenth more or less at random */
    uint32_t spacing_ms;   /* dns: at least, whatever is wished */
    uint32_t retry_min_ms; /* after a failure, */
    uint32_t retry_max_ms; /* and what it grows to */
    const char *etcd;      /* etcd: http:// or https:// URLs of its members, comma-separated */
    pt_lookup_fn *lookup;  /* dns: pt_lookup */
} pt_resolver_options;

#define PT_RESOLVER_OPTIONS_INIT                                                                                               \
    {                                                                                                                          \
        .scheme = "tcp", .refresh_ms = 30000, .spacing_ms = 1000, .retry_min_ms = 200, .retry_max_ms = 30000,                  \
        .etcd = PT_DEFAULT_ETCD, .lookup = pt_lookup                                                                           \
    }

/* The system's resolver: getaddrinfo. UNAVAILABLE: the name can't be looked up now; NOT_FOUND: there is no such name. */
pt_lookup_fn pt_lookup;

/* Starts. The events come one at a time: those of a fixed list before this returns, all others on a thread of the resolver,
 * where they must not close it. `options` may be NULL; nothing of it is kept by reference. INVALID_ARGUMENT: not a target, or
 * an option out of range; RESOURCE_EXHAUSTED: no memory, no threads, no descriptors. */
pt_code pt_resolver_open(const char *target, const pt_resolver_options *options, const pt_resolver_events *events,
                         pt_resolver **ret_resolver, pt_status *st) PT_MUST_CHECK;

/* An endpoint failed: look again soon. Thread: any. */
void pt_resolver_wish(pt_resolver *r);

/* Ends, without waiting for a look-up that blocks. No event comes afterwards. NULL is allowed. */
void pt_resolver_close(pt_resolver *r);

#endif
