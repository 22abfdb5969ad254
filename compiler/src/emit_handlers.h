/* What the emitters of handlers and of a new service share. */
#ifndef PARTIE_COMPILER_EMIT_HANDLERS_H
#define PARTIE_COMPILER_EMIT_HANDLERS_H

#include "emit.h"

/* Adds FOLDERhandlers.h and FOLDERhandlers.c: declarations of the functions that a service defines for the rpcs of a file, and
 * what registers them. `folder` is "" or ends in a slash. */
void pt_emit_handlers_in(pt_model *model, const pt_gen_file *file, const char *folder, pt_output *out);

/* Sets, on top of pt_let_method, $handler$: the function that a service defines for the rpc. */
void pt_let_handler(pt_model *model, const pt_gen_file *file, const pt_gen_method *method, pt_printer *out);

/* The last part of a file's name in the contract, which is its service's: "order_log" of order_log/v1/order_log.proto. */
const char *pt_service_id(const pt_gen_file *file);

#endif
