/* Protobuf reply to the body of an HTTP answer. */
#ifndef PT_MAPPING_REPLY_MAP_H
#define PT_MAPPING_REPLY_MAP_H

#include "mapping/binding.h"
#include "partie/json.h"

/* Appends the JSON of a serialized reply, or of the one field that the binding names, to `out`.
 * INVALID_ARGUMENT: the bytes are no such reply; the message names the rpc. RESOURCE_EXHAUSTED: `out` is at its ceiling.
 * Nothing is appended then. Thread: any. */
pt_code pt_reply_map(const pt_binding *binding, pt_slice reply, const pt_json_write_options *options, pt_buf *out,
                     pt_status *st) PT_MUST_CHECK;

#endif
