/* The routing table: every binding of every contract, and which backend each goes to. Built by one thread, constant
 * afterwards, shared by reference, so that a new one takes its place while requests still use the old. */
#ifndef PT_MAPPING_TABLE_H
#define PT_MAPPING_TABLE_H

#include "mapping/contract.h"
#include "routing/router.h"

typedef struct pt_route {
    const pt_binding *binding;
    pt_contract *contract; /* of the binding; the table holds it */
    size_t backend;        /* index among the gateway's */
} pt_route;

/* What a backend brings in: the bindings of `contract` whose service is among `services`. */
typedef struct pt_table_source {
    pt_contract *contract;
    size_t backend;
    const char *const *services; /* full names; NULL: all services of the contract */
    size_t n_services;
} pt_table_source;

typedef struct pt_table {
    pt_router *router; /* its targets are pt_route */
    size_t n_routes;
    char *waiting_for; /* backends that have not yet said what they serve, for people; "" where all have */
    pt_arena arena;
    pt_contract **contracts; /* held */
    size_t n_contracts;
    unsigned references; /* private, atomic */
} pt_table;

/* Builds a table. Two routes for the same paths: the one whose rpc comes first by name is kept, then the one whose source comes
 * first, and `warn` is told. `waiting_for` is copied. The caller holds one reference.
 * RESOURCE_EXHAUSTED: no memory. */
pt_code pt_table_new(const pt_table_source *sources, size_t n_sources, const char *waiting_for, pt_contract_warn_fn *warn,
                     void *arg, pt_table **ret_table, pt_status *st) PT_MUST_CHECK;

/* References. Thread: any. unref of the last one frees; NULL is allowed. */
pt_table *pt_table_ref(pt_table *table);
void pt_table_unref(pt_table *table);

#endif
