/* The values of one field. */
#include "json/write.h"

bool pt_json_put_name(pt_json_writer *w, const pt_field *field) {
    const char *name = w->options.proto_names ? field->name : field->json_name;
    return pt_json_put_comma(w, '{') && pt_json_put_text(w, pt_slice_str(name)) && pt_json_put_char(w, ':');
}

bool pt_json_put_submessage(pt_json_writer *w, const pt_type *type, pt_range runs) {
    pt_range parts = {w->fields.n_parts, 0};
    pt_values values = pt_values_of(runs);
    unsigned wire_type;
    pt_slice part;
    for (; pt_next_value(&w->fields, &values, &wire_type); parts.n++) {
        if (!pt_read_bytes(&values.in, &part) || !pt_json_push_part(w, part)) return false;
    }
    bool ok = pt_json_put_message(w, type, parts);
    w->fields.n_parts = parts.first;
    return ok;
}

/* One element that is a message. */
static bool put_element_message(pt_json_writer *w, const pt_type *type, pt_slice part) {
    pt_range parts = {w->fields.n_parts, 1};
    bool ok = pt_json_push_part(w, part) && pt_json_put_message(w, type, parts);
    w->fields.n_parts = parts.first;
    return ok;
}

static bool put_packed(pt_json_writer *w, const pt_field *field, pt_slice packed) {
    pt_reader in = pt_reader_of(packed);
    pt_json_step *step = w->report.step;
    for (; in.pos < in.end; step->index++) {
        const uint8_t *at = in.pos;
        uint64_t bits;
        if (!pt_read_bits(&in, field, &bits)) {
            return pt_json_fail(&w->report, PT_INVALID_ARGUMENT, at, "the packed value is malformed or cut off");
        }
        if (!pt_json_put_comma(w, '[') || !pt_json_put_bits(w, field, bits, false)) return false;
    }
    return true;
}

static bool put_occurrence(pt_json_writer *w, const pt_field *field, pt_reader *in, unsigned wire_type) {
    bool blob = pt_is_blob(field);
    uint64_t bits;
    pt_slice bytes;
    if (wire_type != PT_WIRE_LEN) {
        if (!pt_read_bits(in, field, &bits)) return false;
        if (!pt_json_put_comma(w, '[') || !pt_json_put_bits(w, field, bits, false)) return false;
        w->report.step->index++;
        return true;
    }
    if (!pt_read_bytes(in, &bytes)) return false;
    if (field->type != PT_TYPE_MESSAGE && !blob) return put_packed(w, field, bytes);
    if (!pt_json_put_comma(w, '[')) return false;
    bool ok = blob ? pt_json_put_blob(w, field, bytes) : put_element_message(w, field->message, bytes);
    w->report.step->index++;
    return ok;
}

bool pt_json_put_list(pt_json_writer *w, const pt_field *field, pt_range runs) {
    pt_values values = pt_values_of(runs);
    pt_json_step *step = w->report.step;
    unsigned wire_type;
    if (!pt_json_put_char(w, '[')) return false;
    step->index = 0;
    while (pt_next_value(&w->fields, &values, &wire_type)) {
        if (!put_occurrence(w, field, &values.in, wire_type)) return false;
    }
    step->index = PT_JSON_NO_INDEX;
    return pt_json_put_char(w, ']');
}

/* An empty list is left out like any value without presence. */
static bool put_list_member(pt_json_writer *w, const pt_field *field, pt_range runs) {
    size_t before = w->out->len;
    if (!pt_json_put_name(w, field) || !pt_json_put_list(w, field, runs)) return false;
    bool empty = w->out->ptr[w->out->len - 2] == '['; /* no value ends with an opening bracket */
    if (empty && !w->options.zero_fields) w->out->len = before;
    return true;
}

/* NullValue has one value, whatever number stands in the bytes. */
static bool is_null(const pt_field *field) {
    return field->enumeration && field->enumeration->null_value;
}

static bool put_single(pt_json_writer *w, const pt_field *field, pt_range runs) {
    bool hide_zero = !field->presence && !w->options.zero_fields;
    pt_slice bytes = {NULL, 0};
    uint64_t bits = 0;
    switch (field->type) {
    case PT_TYPE_MESSAGE: return pt_json_put_name(w, field) && pt_json_put_submessage(w, field->message, runs);
    case PT_TYPE_STRING:
    case PT_TYPE_BYTES:
        if (!pt_last_bytes(&w->fields, runs, &bytes)) return false;
        if (bytes.len == 0 && hide_zero) return true;
        return pt_json_put_name(w, field) && pt_json_put_blob(w, field, bytes);
    default:
        if (!pt_last_bits(&w->fields, field, runs, &bits)) return false;
        if (hide_zero && (bits == 0 || is_null(field))) return true;
        return pt_json_put_name(w, field) && pt_json_put_bits(w, field, bits, false);
    }
}

bool pt_json_put_member(pt_json_writer *w, const pt_field *field, pt_range runs) {
    if (field->type == PT_TYPE_GROUP) {
        return pt_json_fail(&w->report, PT_INVALID_ARGUMENT, w->fields.runs[runs.first].start, "a group has no JSON form");
    }
    if (field->map && field->json_form == PT_JSON_INLINE && w->options.annotations) return pt_json_put_inline(w, field, runs);
    if (field->map) return pt_json_put_name(w, field) && pt_json_put_map(w, field, runs);
    return field->repeated ? put_list_member(w, field, runs) : put_single(w, field, runs);
}
