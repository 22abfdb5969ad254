#include "mapping/reply_map.h"

pt_code pt_reply_map(const pt_binding *binding, pt_slice reply, const pt_json_write_options *options, pt_buf *out,
                     pt_status *st) {
    pt_code code = binding->response_field ? pt_json_write_field(binding->response_field, reply, options, out, st)
                                           : pt_json_write(binding->rpc->output, reply, options, out, st);
    if (code) pt_status_prefix(st, "reply of %s", binding->rpc->full_name);
    return code;
}
