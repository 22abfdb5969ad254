/* Values as they stand in the bytes. */
#include "core/check.h"
#include "schema/collect.h"

/* A varint as the type holds it. */
static uint64_t varint_bits(pt_field_type type, uint64_t value) {
    switch (type) {
    case PT_TYPE_BOOL: return value != 0;
    case PT_TYPE_ENUM:
    case PT_TYPE_INT32: return (uint64_t)(int64_t)(int32_t)(uint32_t)value;
    case PT_TYPE_UINT32: return (uint32_t)value;
    case PT_TYPE_SINT32: return (uint64_t)pt_unzigzag((uint32_t)value);
    case PT_TYPE_SINT64: return (uint64_t)pt_unzigzag(value);
    default: return value;
    }
}

bool pt_read_bits(pt_reader *in, const pt_field *field, uint64_t *ret) {
    uint32_t narrow;
    uint64_t value;
    switch (pt_wire_type_of(field->type)) {
    case PT_WIRE_I64: return pt_read_fixed64(in, ret);
    case PT_WIRE_I32:
        if (!pt_read_fixed32(in, &narrow)) return false;
        *ret = field->type == PT_TYPE_SFIXED32 ? (uint64_t)(int64_t)(int32_t)narrow : narrow;
        return true;
    default:
        if (!pt_read_varint(in, &value)) return false;
        *ret = varint_bits(field->type, value);
        return true;
    }
}

uint8_t *pt_write_bits(uint8_t *p, const pt_field *field, uint64_t bits) {
    switch (pt_wire_type_of(field->type)) {
    case PT_WIRE_I64: return pt_write_fixed64(p, bits);
    case PT_WIRE_I32: return pt_write_fixed32(p, (uint32_t)bits);
    default: break;
    }
    bool zigzag = field->type == PT_TYPE_SINT32 || field->type == PT_TYPE_SINT64;
    return pt_write_varint(p, zigzag ? pt_zigzag((int64_t)bits) : bits);
}

bool pt_last_bytes(const pt_collector *c, pt_range runs, pt_slice *ret) {
    unsigned wire_type;
    pt_values values = pt_values_of(runs);
    while (pt_next_value(c, &values, &wire_type)) {
        if (!pt_read_bytes(&values.in, ret)) return false;
    }
    return true;
}

bool pt_last_bits(const pt_collector *c, const pt_field *field, pt_range runs, uint64_t *ret) {
    unsigned wire_type;
    pt_values values = pt_values_of(runs);
    while (pt_next_value(c, &values, &wire_type)) {
        if (!pt_read_bits(&values.in, field, ret)) return false;
    }
    return true;
}

/* Passes over a group whose start tag was read. The numbers of the groups that are open stand in `open`. */
static bool pass_group(pt_reader *in, uint32_t first) {
    uint32_t open[PT_CHECK_MAX_DEPTH], number;
    unsigned wire_type;
    open[0] = first;
    for (size_t n = 1; n;) {
        if (!pt_read_tag(in, &number, &wire_type)) return false;
        if (wire_type == PT_WIRE_START_GROUP) {
            if (n == PT_CHECK_MAX_DEPTH) return false;
            open[n++] = number;
        } else if (wire_type == PT_WIRE_END_GROUP) {
            if (open[--n] != number) return false;
        } else if (!pt_skip_scalar(in, wire_type)) {
            return false;
        }
    }
    return true;
}

bool pt_pass_value(pt_reader *in, uint32_t number, unsigned wire_type) {
    return wire_type == PT_WIRE_START_GROUP ? pass_group(in, number) : pt_skip_scalar(in, wire_type);
}
