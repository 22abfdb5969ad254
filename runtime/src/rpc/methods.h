/* The methods of a server, found by name or by the hash of it. Filled before the server listens, constant from then on. */
#ifndef PT_RPC_METHODS_H
#define PT_RPC_METHODS_H

#include "partie/server.h"
#include "rpc/executor.h"

typedef struct pt_batcher pt_batcher; /* batch.h */

typedef struct pt_method_entry {
    const pt_method *method;
    const pt_service *service;
    const pt_handler *handler;
    const void *impl;
    pt_executor *executor; /* NULL: on the thread that received the call */
    pt_batcher *batcher;   /* owned; NULL: calls run one by one */
    bool builtin;          /* served by the runtime itself, while draining too */
} pt_method_entry;

/* Zeroed: empty. */
typedef struct pt_methods {
    pt_method_entry *entries; /* by hash, ascending; owned */
    size_t n, cap;
} pt_methods;

/* Adds an entry; earlier pointers to entries become invalid.
 * ALREADY_EXISTS: its name, or one with the same hash, is there. RESOURCE_EXHAUSTED: no memory. */
pt_code pt_methods_add(pt_methods *methods, const pt_method_entry *entry, pt_status *st) PT_MUST_CHECK;

/* NULL: none. */
pt_method_entry *pt_methods_by_hash(const pt_methods *methods, uint64_t hash);
pt_method_entry *pt_methods_by_name(const pt_methods *methods, pt_slice name);

void pt_methods_done(pt_methods *methods);

#endif
