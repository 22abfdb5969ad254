/* pt_message_check: the check over protobuf-c's descriptors. */
#include "core/check.h"

static const uint8_t KINDS[] = {
    [PROTOBUF_C_TYPE_INT32] = PT_CHECK_VARINT,    [PROTOBUF_C_TYPE_SINT32] = PT_CHECK_VARINT,
    [PROTOBUF_C_TYPE_SFIXED32] = PT_CHECK_I32,    [PROTOBUF_C_TYPE_INT64] = PT_CHECK_VARINT,
    [PROTOBUF_C_TYPE_SINT64] = PT_CHECK_VARINT,   [PROTOBUF_C_TYPE_SFIXED64] = PT_CHECK_I64,
    [PROTOBUF_C_TYPE_UINT32] = PT_CHECK_VARINT,   [PROTOBUF_C_TYPE_FIXED32] = PT_CHECK_I32,
    [PROTOBUF_C_TYPE_UINT64] = PT_CHECK_VARINT,   [PROTOBUF_C_TYPE_FIXED64] = PT_CHECK_I64,
    [PROTOBUF_C_TYPE_FLOAT] = PT_CHECK_I32,       [PROTOBUF_C_TYPE_DOUBLE] = PT_CHECK_I64,
    [PROTOBUF_C_TYPE_BOOL] = PT_CHECK_BOOL,       [PROTOBUF_C_TYPE_ENUM] = PT_CHECK_VARINT,
    [PROTOBUF_C_TYPE_STRING] = PT_CHECK_TEXT,     [PROTOBUF_C_TYPE_BYTES] = PT_CHECK_BYTES,
    [PROTOBUF_C_TYPE_MESSAGE] = PT_CHECK_MESSAGE,
};

/* The field's place by binary search over the ranges of consecutive numbers; n_fields: none. */
static unsigned search(const ProtobufCMessageDescriptor *type, uint32_t number) {
    unsigned low = 0, high = type->n_field_ranges;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        const ProtobufCIntRange *range = &type->field_ranges[middle];
        if (number < (uint32_t)range->start_value) {
            high = middle;
            continue;
        }
        unsigned n = (unsigned)range[1].orig_index - (unsigned)range->orig_index; /* a sentinel stands behind the last */
        if (number - (uint32_t)range->start_value < n)
            return (unsigned)range->orig_index + (number - (uint32_t)range->start_value);
        low = middle + 1;
    }
    return type->n_fields;
}

/* The hint is the place of the field that was found last: fields mostly come in order, and elements of one together. */
static inline bool find(const void *descriptor, uint32_t number, uint32_t *hint, pt_check_field *ret) {
    const ProtobufCMessageDescriptor *type = descriptor;
    unsigned place = *hint;
    if (place >= type->n_fields || type->fields[place].id != number) {
        place++;
        if (place >= type->n_fields || type->fields[place].id != number) place = search(type, number);
        if (place >= type->n_fields) return false;
        *hint = place;
    }
    const ProtobufCFieldDescriptor *field = &type->fields[place];
    *ret = (pt_check_field){(pt_check_kind)KINDS[field->type], field->label == PROTOBUF_C_LABEL_REPEATED, field->descriptor};
    return true;
}

static const char *name(const void *type, uint32_t number) {
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(type, number);
    return field ? field->name : NULL;
}

/* protobuf-c's unpack fails on any group, on any packed bool but the bytes 0 and 1, and where it must merge two occurrences of
 * a message whose oneof is unset; of a oneof's message it silently keeps the second alone. */
static const pt_check_ops OPS = {.find = find, .name = name, .groups = false, .single_messages = true, .strict_bool = true};

pt_code pt_message_check(const ProtobufCMessageDescriptor *type, pt_slice bytes, const pt_limits *limits, pt_status *st) {
    return pt_check_message(&OPS, type, bytes, limits, st);
}
