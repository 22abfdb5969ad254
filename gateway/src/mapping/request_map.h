/* HTTP request to protobuf request: path variables, query parameters and JSON body, straight to wire bytes. */
#ifndef PT_MAPPING_REQUEST_MAP_H
#define PT_MAPPING_REQUEST_MAP_H

#include "mapping/binding.h"
#include "partie/json.h"
#include "routing/router.h"

/* The parts of a request, raw and borrowed. */
typedef struct pt_request_parts {
    const pt_match *match; /* of the binding's template */
    pt_slice query;        /* behind the '?'; empty: none */
    pt_slice body;         /* JSON */
} pt_request_parts;

/* Appends the wire bytes of the request message to `out`; no message field stands twice in it, which services refuse. `arena`
 * and `scratch` are for what is needed on the way. INVALID_ARGUMENT: a part is malformed, names no field, names one that
 * another part has, or contradicts the path; the message names the part and the place in it. RESOURCE_EXHAUSTED: `out` is at
 * its ceiling, or the JSON is nested too deep. */
pt_code pt_request_map(const pt_binding *binding, const pt_request_parts *parts, const pt_json_read_options *options,
                       pt_arena *arena, pt_buf *scratch, pt_buf *out, pt_status *st) PT_MUST_CHECK;

#endif
