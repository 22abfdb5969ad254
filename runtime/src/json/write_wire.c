/* What collecting fields says when it fails, as a report that names the place. */
#include "json/write.h"

bool pt_json_push_part(pt_json_writer *w, pt_slice part) {
    return pt_push_part(&w->fields, part) || pt_json_no_room(&w->report);
}

bool pt_json_collect(pt_json_writer *w, const pt_type *type, pt_range parts, pt_range *ret_runs) {
    const pt_collect_stop *stop = &w->fields.stop;
    if (pt_collect(&w->fields, type, parts, ret_runs)) return true;
    if (!stop->at) return pt_json_no_room(&w->report);
    if (!stop->number) return pt_json_fail(&w->report, PT_INVALID_ARGUMENT, stop->at, "expected a field's tag");
    return pt_json_bad_value(w, stop->at, stop->number);
}

bool pt_json_bad_value(pt_json_writer *w, const uint8_t *at, uint32_t number) {
    return pt_json_fail(&w->report, PT_INVALID_ARGUMENT, at, "the value of field number %u is malformed or cut off",
                        (unsigned)number);
}
