/* What the gateway reads from request headers, and which of them travel on as metadata:
 *
 *     Authorization: VALUE          authorization
 *     Partie-Metadata-NAME: VALUE   name
 *
 * and from the answer back: leading metadata `name` becomes Partie-Metadata-name, trailing metadata Partie-Trailer-name.
 * Keys that have a meaning of their own (partie-*, grpc-*, traceparent, tracestate, x-request-id, authorization) and those of
 * binary values (*-bin) do not pass in this form, either way. */
#ifndef PT_HTTP_HEADERS_H
#define PT_HTTP_HEADERS_H

#include "partie/metadata.h"

#define PT_METADATA_HEADER "Partie-Metadata-"
#define PT_TRAILER_HEADER "Partie-Trailer-"

/* True when a request body of this Content-Type is JSON: application/json or application/SUBTYPE+json, with at most the
 * parameter charset=utf-8. NULL: none was sent, so false. */
bool pt_content_type_is_json(const char *content_type);

/* Reads gRPC's timeout notation: 1 to 8 digits and one of H M S m u n. Rounds up to milliseconds, at least 1.
 * False: malformed; then *ret_ms is untouched. */
bool pt_grpc_timeout_parse(const char *text, uint64_t *ret_ms);

/* Adds a request header to `md` where the rule above lets it through; others are passed over and are PT_OK.
 * INVALID_ARGUMENT: its name or value can't be metadata; RESOURCE_EXHAUSTED: too much metadata. */
pt_code pt_header_to_metadata(const char *name, const char *value, pt_metadata *md, pt_status *st) PT_MUST_CHECK;

/* Writes the header that stands for a pair of the answer: `prefix` and key as *ret_name, in `arena`, and *ret_value, borrowed
 * from the pair. False: it does not pass, or is not fit for a header, and must be left out. */
bool pt_metadata_to_header(const char *prefix, const pt_metadata_pair *pair, pt_arena *arena, const char **ret_name,
                           const char **ret_value);

#endif
