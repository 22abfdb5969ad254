/* Inside of resolvers: what each kind is, and what they share. */
#ifndef PT_DISCOVERY_RESOLVER_IMPL_H
#define PT_DISCOVERY_RESOLVER_IMPL_H

#include "discovery/refresh.h"
#include "discovery/resolver.h"
#include "discovery/worker.h"

typedef struct pt_resolver_kind {
    const char *prefix; /* of targets */
    /* Checks the rest of the target, and makes what `state` points to. */
    pt_code (*open)(pt_resolver *r, const char *rest, const pt_resolver_options *options, pt_status *st);
    /* The thread; until pt_worker_stopping. NULL: `open` has delivered all there is. */
    void (*run)(void *resolver);
    void (*close)(pt_resolver *r); /* frees the state, which may be half-made or NULL */
} pt_resolver_kind;

struct pt_resolver {
    const pt_resolver_kind *kind;
    pt_resolver_events events;
    char *target;
    pt_worker worker;
    pt_refresh_policy refresh;
    pt_address_list *last; /* delivered; NULL: none yet */
    void *state;           /* the kind's own */
};

extern const pt_resolver_kind pt_resolver_dns, pt_resolver_file, pt_resolver_etcd;

/* Makes a list of what was collected and delivers it, unless it is like the one before. RESOURCE_EXHAUSTED: no memory. */
pt_code pt_resolver_deliver(pt_resolver *r, pt_address_builder *found, pt_status *st) PT_MUST_CHECK;

/* Tells of a failure, and frees what the status holds. */
void pt_resolver_fail(pt_resolver *r, pt_status *st);

#endif
