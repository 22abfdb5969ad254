/* The REST bindings of an rpc (google.api.http), read from its options. */
#ifndef PT_CONTRACT_BINDING_H
#define PT_CONTRACT_BINDING_H

#include <partie/schema.h>

#define PT_MAX_BINDINGS 16

typedef struct pt_binding {
    char *verb;          /* "GET" */
    char *path;          /* "/v1/books/{id}:move" */
    char *body;          /* "", "*" or a field's name */
    char *response_body; /* "" or a field's name */
} pt_binding;

typedef struct pt_bindings {
    pt_binding items[PT_MAX_BINDINGS];
    size_t n;
} pt_bindings;

/* The binding of the rule and its additional ones, in the order of the contract; further ones than fit are left out. */
void pt_bindings_init(const pt_rpc *rpc, pt_bindings *ret_bindings);
void pt_bindings_done(pt_bindings *bindings);

#endif
