#include "mapping/contract.h"

#include <stdlib.h>

#define CONTRACT_BYTES (64u << 20) /* memory for the bindings of one contract */

typedef struct collecting {
    const pt_binding **bindings;
    size_t n, cap;
} collecting;

static pt_code collect(const pt_binding *binding, void *arg, pt_status *st) {
    collecting *c = arg;
    if (c->n == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 64;
        const pt_binding **grown = realloc(c->bindings, cap * sizeof *grown);
        if (!grown) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
        c->bindings = grown;
        c->cap = cap;
    }
    c->bindings[c->n++] = binding;
    return PT_OK;
}

static int by_name(const void *a, const void *b) {
    const pt_rpc *const *x = a, *const *y = b;
    return strcmp((*x)->full_name, (*y)->full_name);
}

static pt_code compile(pt_contract *contract, pt_contract_warn_fn *warn, void *arg, pt_status *st) {
    size_t n;
    collecting c = {0};
    const pt_rpc *const *all = pt_schema_rpcs(contract->schema, &n);
    const pt_rpc **rpcs = pt_arena_copy(&contract->arena, all, n * sizeof *rpcs);
    if (!rpcs) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "contract: out of memory");
    pt_code code = PT_OK;
    if (n) qsort(rpcs, n, sizeof *rpcs, by_name);
    for (size_t i = 0; !code && i < n; i++) {
        pt_status why = PT_STATUS_INIT;
        code = pt_bindings_of(rpcs[i], &contract->arena, collect, &c, &why);
        if (code == PT_INVALID_ARGUMENT) {
            warn(why.message, arg);
            code = PT_OK;
        }
        if (code) pt_status_copy(st, &why);
        pt_status_done(&why);
    }
    if (!code) {
        contract->bindings = pt_arena_copy(&contract->arena, c.bindings, c.n * sizeof *c.bindings);
        contract->n_bindings = c.n;
        if (!contract->bindings) code = pt_status_set(st, PT_RESOURCE_EXHAUSTED, "contract: out of memory");
    }
    free(c.bindings);
    return code;
}

pt_code pt_contract_new(pt_schema *schema, pt_contract_warn_fn *warn, void *arg, pt_contract **ret_contract, pt_status *st) {
    pt_contract *contract = calloc(1, sizeof *contract);
    if (!contract) {
        pt_schema_free(schema);
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "contract: out of memory");
    }
    contract->schema = schema;
    contract->references = 1;
    pt_arena_init(&contract->arena, CONTRACT_BYTES);
    pt_code code = compile(contract, warn, arg, st);
    if (code) {
        pt_contract_unref(contract);
        return code;
    }
    *ret_contract = contract;
    return PT_OK;
}

pt_contract *pt_contract_ref(pt_contract *contract) {
    __atomic_add_fetch(&contract->references, 1, __ATOMIC_RELAXED);
    return contract;
}

void pt_contract_unref(pt_contract *contract) {
    if (!contract || __atomic_sub_fetch(&contract->references, 1, __ATOMIC_ACQ_REL)) return;
    pt_arena_done(&contract->arena);
    pt_schema_free(contract->schema);
    free(contract);
}
