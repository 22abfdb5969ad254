/* The generator as a function from a CodeGeneratorRequest to a CodeGeneratorResponse. */
#ifndef PARTIE_COMPILER_PLUGIN_H
#define PARTIE_COMPILER_PLUGIN_H

#include "request.h"

/* Parameters that --partie_out=NAME=VALUE,...:DIR may give, ended by a row without a name. */
typedef struct pt_parameter {
    const char *name;
    const char *help;
} pt_parameter;

extern const pt_parameter pt_parameters[];

/* Answers a request. Whatever is wrong with it is in the response's `error`; then the response has no files. The result is a
 * serialized CodeGeneratorResponse, to be freed with free(); never NULL (out of memory ends the process, see pool.h). */
uint8_t *pt_plugin_run(pt_slice request_bytes, size_t *ret_len);

#endif
