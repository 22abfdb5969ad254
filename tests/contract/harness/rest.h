/* A message as the HTTP request that stands for it under a binding. */
#ifndef PT_CONTRACT_REST_H
#define PT_CONTRACT_REST_H

#include "binding.h"
#include "draw.h"

/* Start with PT_REST_INIT, end with pt_rest_done. */
typedef struct pt_rest {
    pt_buf url;  /* path and query */
    pt_buf body; /* JSON */
    bool has_body;
    pt_buf wire; /* the message that the request says */
} pt_rest;

#define PT_REST_BYTES (64u << 20)
#define PT_REST_INIT                                                                                                           \
    { .url = PT_BUF_INIT(PT_REST_BYTES), .body = PT_BUF_INIT(PT_REST_BYTES), .wire = PT_BUF_INIT(PT_REST_BYTES) }

void pt_rest_done(pt_rest *rest);

/* Puts the fields of `wire`, a canonical message of `type`, where the binding has them: path, query or body. Not every message
 * has such a form: fields that a query cannot carry are left out, and path variables that are unset or do not fit their pattern
 * get a value from `d`. `ret_rest->wire` is what was said in the end. Fails where the template names no field. */
pt_code pt_rest_build(const pt_schema *schema, const pt_type *type, const pt_binding *binding, pt_slice wire, pt_random *d,
                      pt_rest *ret_rest, pt_status *st) PT_MUST_CHECK;

#endif
