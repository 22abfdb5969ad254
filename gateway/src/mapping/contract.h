/* What a service can do, as the gateway sees it: its types and its HTTP bindings. Made of descriptors, constant afterwards, and
 * shared by the routing tables that use it. */
#ifndef PT_MAPPING_CONTRACT_H
#define PT_MAPPING_CONTRACT_H

#include "mapping/binding.h"

typedef struct pt_contract {
    pt_schema *schema;
    const pt_binding *const *bindings; /* by full name of the rpc, then in the order of the contract */
    size_t n_bindings;
    pt_arena arena;
    unsigned references; /* private, atomic */
} pt_contract;

/* Called for each rpc whose rule can't be used, with the reason; the other rpcs are kept. */
typedef void pt_contract_warn_fn(const char *warning, void *arg);

/* Takes the schema over, on success and on failure, and compiles the bindings of its rpcs. The caller holds one reference.
 * RESOURCE_EXHAUSTED: no memory. */
pt_code pt_contract_new(pt_schema *schema, pt_contract_warn_fn *warn, void *arg, pt_contract **ret_contract,
                        pt_status *st) PT_MUST_CHECK;

/* References. Thread: any. unref of the last one frees; NULL is allowed. */
pt_contract *pt_contract_ref(pt_contract *contract);
void pt_contract_unref(pt_contract *contract);

#endif
