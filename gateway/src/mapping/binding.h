/* One HTTP binding of an rpc, compiled: what google.api.http says about it, with every name looked up. */
#ifndef PT_MAPPING_BINDING_H
#define PT_MAPPING_BINDING_H

#include "mapping/field_path.h"
#include "routing/template.h"

typedef enum pt_body_rule {
    PT_BODY_NONE,  /* the request has no body; fields that the path leaves are query parameters */
    PT_BODY_ALL,   /* "*": the body is the message; no query parameters */
    PT_BODY_FIELD, /* the body is one field; others that the path leaves are query parameters */
} pt_body_rule;

typedef struct pt_binding {
    const pt_rpc *rpc;
    const char *method; /* HTTP method, or "*" */
    const pt_template *pattern;
    const pt_field_path *variables; /* one for each of the template's */
    pt_body_rule body;
    const pt_field *body_field;     /* PT_BODY_FIELD */
    const pt_field *response_field; /* what of the reply becomes the body; NULL: all of it */
} pt_binding;

/* Called by pt_bindings_of for each binding; stops at the first code that is not PT_OK, which pt_bindings_of then returns. */
typedef pt_code pt_binding_fn(const pt_binding *binding, void *arg, pt_status *st);

/* Compiles the bindings of an rpc, additional ones too, in the order of the contract. They lie in `arena`, as long as it and
 * the schema of the rpc live. An rpc without the option has none.
 * INVALID_ARGUMENT: the rule is malformed or names what there isn't; the message names the rpc. RESOURCE_EXHAUSTED: the
 * arena. */
pt_code pt_bindings_of(const pt_rpc *rpc, pt_arena *arena, pt_binding_fn *take, void *arg, pt_status *st) PT_MUST_CHECK;

#endif
