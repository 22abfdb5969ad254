/* Errors as JSON: {"code": 5, "message": "...", "details": [...]}, which is google.rpc.Status. */
#ifndef PT_MAPPING_ERROR_MAP_H
#define PT_MAPPING_ERROR_MAP_H

#include "partie/schema.h"

/* The types that errors are made of: the standard details of google.rpc. The caller frees it with pt_schema_free.
 * RESOURCE_EXHAUSTED: no memory. */
pt_code pt_error_types_new(pt_schema **ret_types, pt_status *st) PT_MUST_CHECK;

/* Appends the error. Details whose types `contract` (the service's; may be NULL) or `types` (from pt_error_types_new) has are
 * written as JSON with "@type", others as {"@type": "...", "value": "base64"}.
 * RESOURCE_EXHAUSTED: `out` is at its ceiling; nothing is appended then. Thread: any. */
pt_code pt_error_map(const pt_status *error, const pt_schema *contract, const pt_schema *types, pt_buf *out) PT_MUST_CHECK;

/* Whole seconds after which a client may try again, as google.rpc.RetryInfo in the details says, rounded up; 0: none does. */
uint64_t pt_error_retry_seconds(const pt_status *error);

#endif
