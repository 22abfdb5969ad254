/* What the runtime and C call the types of fields. */
#ifndef PARTIE_COMPILER_SCALAR_H
#define PARTIE_COMPILER_SCALAR_H

#include <stdbool.h>

typedef struct pt_scalar {
    const char *name;         /* in .proto: "sint32"; "message" and "enum" for those */
    const char *c_type;       /* of a single value; of messages and enums NULL, since the type is the field's own */
    const char *runtime_type; /* PROTOBUF_C_TYPE_SINT32 */
    bool packable;
    bool pointer; /* its absence is NULL, so that it needs no has_X */
} pt_scalar;

/* The row of a google.protobuf.FieldDescriptorProto.Type; NULL for groups and for numbers that are no type. */
const pt_scalar *pt_scalar_of(int type);

#endif
