/* The two numbers by which programs recognise a method. docs/generated-code.md describes them for other implementations. */
#ifndef PARTIE_COMPILER_FINGERPRINT_H
#define PARTIE_COMPILER_FINGERPRINT_H

#include "model.h"

/* 64-bit FNV-1a of the text without its NUL. */
uint64_t pt_fnv1a_64(const char *text);

/* Writes the canonical description of a method's types: its rpc line, then all messages and enums that they contain, by
 * full name. The model is resolved. */
void pt_describe_contract(const pt_gen_method *method, pt_printer *out);

/* 32-bit FNV-1a of that description. Sets method->contract for all methods. */
void pt_fingerprint_all(pt_model *model);

#endif
