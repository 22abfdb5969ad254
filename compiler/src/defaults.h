/* Default values of proto2 fields as C. */
#ifndef PARTIE_COMPILER_DEFAULTS_H
#define PARTIE_COMPILER_DEFAULTS_H

#include "model.h"

/* True if the field's default_text is one that protoc could have written for its type. */
bool pt_default_is_valid(const pt_gen_field *field);

/* True if C spells the default with a macro of <math.h>. */
bool pt_default_needs_math(const pt_gen_field *field);

/* Writes a number, boolean or enum default as a C constant. Not for strings and bytes. */
void pt_print_default(pt_printer *out, const pt_gen_field *field);

/* The bytes of a bytes default, which protoc writes with escapes. Lives in `pool`. */
unsigned char *pt_default_bytes(pt_pool *pool, const char *text, size_t *ret_len);

#endif
