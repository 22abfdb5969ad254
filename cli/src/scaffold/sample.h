/* The contract that a service starts from when nobody has written one. */
#ifndef PARTIE_CLI_SAMPLE_H
#define PARTIE_CLI_SAMPLE_H

#include "scaffold/name.h"

/* Appends it. RESOURCE_EXHAUSTED: `out` is full. */
pt_code pt_sample_contract(const pt_service_name *name, pt_buf *out) PT_MUST_CHECK;

#endif
