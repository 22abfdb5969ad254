/* Values as they stand in the bytes. */
#include "json/write.h"

/* A varint as the type holds it; NullValue has one value. */
static uint64_t varint_bits(const pt_field *field, uint64_t value) {
    switch (field->type) {
    case PT_TYPE_BOOL: return value != 0;
    case PT_TYPE_ENUM: return field->enumeration->null_value ? 0 : (uint64_t)(int64_t)(int32_t)(uint32_t)value;
    case PT_TYPE_INT32: return (uint64_t)(int64_t)(int32_t)(uint32_t)value;
    case PT_TYPE_UINT32: return (uint32_t)value;
    case PT_TYPE_SINT32: return (uint64_t)pt_unzigzag((uint32_t)value);
    case PT_TYPE_SINT64: return (uint64_t)pt_unzigzag(value);
    default: return value;
    }
}

bool pt_json_wire_bits(pt_reader *in, const pt_field *field, uint64_t *ret) {
    uint32_t narrow;
    uint64_t value;
    switch (pt_json_wire_type(field->type)) {
    case PT_WIRE_I64: return pt_read_fixed64(in, ret);
    case PT_WIRE_I32:
        if (!pt_read_fixed32(in, &narrow)) return false;
        *ret = field->type == PT_TYPE_SFIXED32 ? (uint64_t)(int64_t)(int32_t)narrow : narrow;
        return true;
    default:
        if (!pt_read_varint(in, &value)) return false;
        *ret = varint_bits(field, value);
        return true;
    }
}

bool pt_json_last_bytes(const pt_json_writer *w, pt_json_range runs, pt_slice *ret) {
    unsigned wire_type;
    pt_json_values values = pt_json_values_of(runs);
    while (pt_json_next_value(w, &values, &wire_type)) {
        if (!pt_read_bytes(&values.in, ret)) return false;
    }
    return true;
}

bool pt_json_last_bits(const pt_json_writer *w, const pt_field *field, pt_json_range runs, uint64_t *ret) {
    unsigned wire_type;
    pt_json_values values = pt_json_values_of(runs);
    while (pt_json_next_value(w, &values, &wire_type)) {
        if (!pt_json_wire_bits(&values.in, field, ret)) return false;
    }
    return true;
}

/* Passes over a group whose start tag was read. The numbers of the groups that are open stand in `open`. */
static bool pass_group(pt_reader *in, uint32_t first) {
    enum { GROUPS_MAX = 100 };
    uint32_t open[GROUPS_MAX] = {first}, number;
    unsigned wire_type;
    for (size_t n = 1; n;) {
        if (!pt_read_tag(in, &number, &wire_type)) return false;
        if (wire_type == PT_WIRE_START_GROUP) {
            if (n == GROUPS_MAX) return false;
            open[n++] = number;
        } else if (wire_type == PT_WIRE_END_GROUP) {
            if (open[--n] != number) return false;
        } else if (!pt_skip_scalar(in, wire_type)) {
            return false;
        }
    }
    return true;
}

bool pt_json_pass_wire(pt_json_writer *w, pt_reader *in, const uint8_t *at, uint32_t number, unsigned wire_type) {
    bool ok = wire_type == PT_WIRE_START_GROUP ? pass_group(in, number) : pt_skip_scalar(in, wire_type);
    if (ok) return true;
    return pt_json_fail(&w->report, PT_INVALID_ARGUMENT, at, "the value of field number %u is malformed or cut off",
                        (unsigned)number);
}
