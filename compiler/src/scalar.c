#include "scalar.h"

#include <stddef.h>

#include "google/protobuf/descriptor.pb.h"

#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

static const pt_scalar scalars[] = {
    [TYPE(DOUBLE)] = {"double", "double", "PROTOBUF_C_TYPE_DOUBLE", true, false},
    [TYPE(FLOAT)] = {"float", "float", "PROTOBUF_C_TYPE_FLOAT", true, false},
    [TYPE(INT64)] = {"int64", "int64_t", "PROTOBUF_C_TYPE_INT64", true, false},
    [TYPE(UINT64)] = {"uint64", "uint64_t", "PROTOBUF_C_TYPE_UINT64", true, false},
    [TYPE(INT32)] = {"int32", "int32_t", "PROTOBUF_C_TYPE_INT32", true, false},
    [TYPE(FIXED64)] = {"fixed64", "uint64_t", "PROTOBUF_C_TYPE_FIXED64", true, false},
    [TYPE(FIXED32)] = {"fixed32", "uint32_t", "PROTOBUF_C_TYPE_FIXED32", true, false},
    [TYPE(BOOL)] = {"bool", "protobuf_c_boolean", "PROTOBUF_C_TYPE_BOOL", true, false},
    [TYPE(STRING)] = {"string", "char *", "PROTOBUF_C_TYPE_STRING", false, true},
    [TYPE(MESSAGE)] = {"message", NULL, "PROTOBUF_C_TYPE_MESSAGE", false, true},
    [TYPE(BYTES)] = {"bytes", "ProtobufCBinaryData", "PROTOBUF_C_TYPE_BYTES", false, false},
    [TYPE(UINT32)] = {"uint32", "uint32_t", "PROTOBUF_C_TYPE_UINT32", true, false},
    [TYPE(ENUM)] = {"enum", NULL, "PROTOBUF_C_TYPE_ENUM", true, false},
    [TYPE(SFIXED32)] = {"sfixed32", "int32_t", "PROTOBUF_C_TYPE_SFIXED32", true, false},
    [TYPE(SFIXED64)] = {"sfixed64", "int64_t", "PROTOBUF_C_TYPE_SFIXED64", true, false},
    [TYPE(SINT32)] = {"sint32", "int32_t", "PROTOBUF_C_TYPE_SINT32", true, false},
    [TYPE(SINT64)] = {"sint64", "int64_t", "PROTOBUF_C_TYPE_SINT64", true, false},
};

const pt_scalar *pt_scalar_of(int type) {
    if (type < 0 || (size_t)type >= sizeof scalars / sizeof *scalars || !scalars[type].name) return NULL;
    return &scalars[type];
}
