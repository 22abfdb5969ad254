#include "mapping/table.h"

#include <stdio.h>
#include <stdlib.h>

#define TABLE_BYTES (64u << 20)

typedef struct building {
    pt_table *table;
    pt_contract_warn_fn *warn;
    void *arg;
} building;

static bool serves(const pt_table_source *source, const char *service) {
    if (!source->services) return true;
    for (size_t i = 0; i < source->n_services; i++)
        if (!strcmp(source->services[i], service)) return true;
    return false;
}

static pt_code add_route(building *b, const pt_table_source *source, const pt_binding *binding) {
    pt_route *route = pt_arena_alloc(&b->table->arena, sizeof *route);
    void *taken;
    if (!route) return PT_RESOURCE_EXHAUSTED;
    *route = (pt_route){.binding = binding, .contract = source->contract, .backend = source->backend};
    pt_code code = pt_router_add(b->table->router, binding->method, binding->pattern, route, &taken);
    if (!code) b->table->n_routes++;
    if (code != PT_ALREADY_EXISTS) return code;

    const pt_route *first = taken;
    char warning[512];
    snprintf(warning, sizeof warning, "%s %s of %s (backend %zu) is taken by %s (backend %zu) and left out", binding->method,
             binding->pattern->text, binding->rpc->full_name, source->backend + 1, first->binding->rpc->full_name,
             first->backend + 1);
    b->warn(warning, b->arg);
    return PT_OK;
}

/* A place in the bindings of a source; the next binding over all sources is the least by name. */
typedef struct cursor {
    const pt_table_source *source;
    size_t next;
} cursor;

static const pt_binding *peek(const cursor *c) {
    const pt_contract *contract = c->source->contract;
    return c->next < contract->n_bindings ? contract->bindings[c->next] : NULL;
}

static cursor *least(cursor *cursors, size_t n) {
    cursor *found = NULL;
    for (size_t i = 0; i < n; i++) {
        const pt_binding *b = peek(&cursors[i]);
        if (b && (!found || strcmp(b->rpc->full_name, peek(found)->rpc->full_name) < 0)) found = &cursors[i];
    }
    return found;
}

static pt_code add_routes(building *b, const pt_table_source *sources, size_t n) {
    cursor *cursors = pt_arena_calloc(&b->table->arena, n, sizeof *cursors);
    if (!cursors) return PT_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < n; i++)
        cursors[i].source = &sources[i];
    for (cursor *c; (c = least(cursors, n)); c->next++) {
        const pt_binding *binding = peek(c);
        pt_code code = serves(c->source, binding->rpc->service) ? add_route(b, c->source, binding) : PT_OK;
        if (code) return code;
    }
    return PT_OK;
}

static pt_code fill(building *b, const pt_table_source *sources, size_t n, const char *waiting_for) {
    pt_table *t = b->table;
    t->router = pt_router_new(&t->arena);
    t->waiting_for = pt_arena_strdup(&t->arena, waiting_for);
    t->contracts = pt_arena_calloc(&t->arena, n, sizeof *t->contracts);
    if (!t->router || !t->waiting_for || !t->contracts) return PT_RESOURCE_EXHAUSTED;
    for (; t->n_contracts < n; t->n_contracts++)
        t->contracts[t->n_contracts] = pt_contract_ref(sources[t->n_contracts].contract);
    return add_routes(b, sources, n);
}

pt_code pt_table_new(const pt_table_source *sources, size_t n_sources, const char *waiting_for, pt_contract_warn_fn *warn,
                     void *arg, pt_table **ret_table, pt_status *st) {
    building b = {.table = calloc(1, sizeof *b.table), .warn = warn, .arg = arg};
    if (!b.table) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "routing table: out of memory");
    b.table->references = 1;
    pt_arena_init(&b.table->arena, TABLE_BYTES);
    if (fill(&b, sources, n_sources, waiting_for)) {
        pt_table_unref(b.table);
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "routing table: out of memory");
    }
    *ret_table = b.table;
    return PT_OK;
}

pt_table *pt_table_ref(pt_table *table) {
    __atomic_add_fetch(&table->references, 1, __ATOMIC_RELAXED);
    return table;
}

void pt_table_unref(pt_table *table) {
    if (!table || __atomic_sub_fetch(&table->references, 1, __ATOMIC_ACQ_REL)) return;
    for (size_t i = 0; i < table->n_contracts; i++)
        pt_contract_unref(table->contracts[i]);
    pt_arena_done(&table->arena);
    free(table);
}
