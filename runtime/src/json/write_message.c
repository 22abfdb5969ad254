/* Messages as objects. */
#include "json/write.h"

/* Fields without presence that stand between the last written one and `end`, and so were not in the bytes. */
static bool put_unset(pt_json_writer *w, const pt_type *type, uint32_t first, uint32_t end) {
    if (!w->options.zero_fields) return true;
    for (uint32_t i = first; i < end; i++) {
        const pt_field *field = &type->fields[i];
        bool inlined = field->json_form == PT_JSON_INLINE && w->options.annotations;
        if (field->presence || inlined || field->type == PT_TYPE_GROUP) continue;
        if (!pt_json_put_name(w, field) || !pt_json_put_zero(w, field)) return false;
    }
    return true;
}

static bool put_groups(pt_json_writer *w, const pt_type *type, pt_range runs, pt_json_step *step) {
    uint32_t next = 0;
    while (runs.n) {
        const pt_field *field = w->fields.runs[runs.first].field;
        pt_range own = {runs.first, pt_same_field(&w->fields, runs)};
        step->field = field;
        if (!put_unset(w, type, next, field->index) || !pt_json_put_member(w, field, own)) return false;
        next = field->index + 1;
        runs.first += own.n;
        runs.n -= own.n;
    }
    return put_unset(w, type, next, type->n_fields);
}

bool pt_json_put_members(pt_json_writer *w, const pt_type *type, pt_range parts) {
    pt_range runs;
    pt_json_step step = {.parent = w->report.step, .index = PT_JSON_NO_INDEX};
    if (!pt_json_collect(w, type, parts, &runs)) return false;
    w->report.step = &step;
    bool ok = put_groups(w, type, runs, &step);
    w->report.step = (pt_json_step *)step.parent;
    pt_release(&w->fields, runs);
    return ok;
}

bool pt_json_put_message(pt_json_writer *w, const pt_type *type, pt_range parts) {
    if (type->well_known == PT_WK_VALUE) return pt_json_put_wellknown(w, type, parts); /* no object of its own */
    if (w->depth == 0) {
        const uint8_t *at = parts.n ? w->fields.parts[parts.first].ptr : w->report.start;
        return pt_json_fail(&w->report, PT_RESOURCE_EXHAUSTED, at, "nested deeper than %u", (unsigned)w->options.depth);
    }
    w->depth--;
    bool ok;
    if (type->well_known) {
        ok = pt_json_put_wellknown(w, type, parts);
    } else {
        ok = pt_json_put_char(w, '{') && pt_json_put_members(w, type, parts) && pt_json_put_char(w, '}');
    }
    w->depth++;
    return ok;
}
