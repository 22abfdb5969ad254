/* Bytes that are no message of a type, each with the one thing that is wrong with it. */
#ifndef PT_CONTRACT_FAULT_H
#define PT_CONTRACT_FAULT_H

#include <partie/schema.h>

typedef struct pt_fault {
    const char *what; /* "event.time.seconds: wire type 2", for the failure message */
    pt_slice bytes;
    bool limit; /* it breaks a limit rather than the form: RESOURCE_EXHAUSTED is as right as INVALID_ARGUMENT */
} pt_fault;

typedef void pt_fault_fn(const pt_fault *fault, void *arg);

/* Calls `fn` with wrong wire types, bad UTF-8, NUL, overlong lengths and broken lists for every field down to three messages
 * deep, then with broken tags and groups, and with nesting beyond every limit. Returns how many there were. */
size_t pt_fault_each(const pt_type *type, pt_fault_fn *fn, void *arg);

#endif
