/* Contracts that are loaded at run time: message types, enums, services and methods out of a FileDescriptorSet. The JSON codec,
 * the gateway and the command line work from these, so nothing is compiled in per service.
 *
 * A schema is built by one thread and constant afterwards; then any number of threads may read it. Everything that the
 * accessors give lives as long as the schema. The structs are open so that codecs can walk them without calls; nobody but
 * the schema writes to them. */
#ifndef PARTIE_SCHEMA_H
#define PARTIE_SCHEMA_H

#include "partie/buf.h"
#include "partie/contract.h"

typedef struct pt_schema pt_schema;
typedef struct pt_type pt_type;
typedef struct pt_field pt_field;
typedef struct pt_enum pt_enum;
typedef struct pt_rpc pt_rpc;

/* google.protobuf.FieldDescriptorProto.Type, same numbers. */
typedef enum pt_field_type {
    PT_TYPE_DOUBLE = 1,
    PT_TYPE_FLOAT = 2,
    PT_TYPE_INT64 = 3,
    PT_TYPE_UINT64 = 4,
    PT_TYPE_INT32 = 5,
    PT_TYPE_FIXED64 = 6,
    PT_TYPE_FIXED32 = 7,
    PT_TYPE_BOOL = 8,
    PT_TYPE_STRING = 9,
    PT_TYPE_GROUP = 10, /* known so that proto2 files load; JSON refuses it */
    PT_TYPE_MESSAGE = 11,
    PT_TYPE_BYTES = 12,
    PT_TYPE_UINT32 = 13,
    PT_TYPE_ENUM = 14,
    PT_TYPE_SFIXED32 = 15,
    PT_TYPE_SFIXED64 = 16,
    PT_TYPE_SINT32 = 17,
    PT_TYPE_SINT64 = 18,
} pt_field_type;

/* partie.v1.JsonForm, same numbers. */
typedef enum pt_json_form { PT_JSON_PLAIN = 0, PT_JSON_RAW = 1, PT_JSON_INLINE = 2 } pt_json_form;

/* Types of google.protobuf that have a JSON form of their own. */
typedef enum pt_well_known {
    PT_WK_NONE,
    PT_WK_ANY,
    PT_WK_DURATION,
    PT_WK_EMPTY,
    PT_WK_FIELD_MASK,
    PT_WK_LIST_VALUE,
    PT_WK_STRUCT,
    PT_WK_TIMESTAMP,
    PT_WK_VALUE,
    PT_WK_WRAPPER, /* the nine wrapper messages: field 1 is the value */
} pt_well_known;

struct pt_field {
    const char *name;      /* as in the contract */
    const char *json_name; /* lowerCamelCase, or what json_name says */
    uint32_t number;
    pt_field_type type;
    pt_json_form json_form;
    bool repeated;              /* a list or a map */
    bool map;                   /* `message` is the entry type: fields[0] key, fields[1] value */
    bool packed;                /* written packed */
    bool presence;              /* proto3 optional, message, or member of a oneof: set or not is told apart from zero */
    int oneof;                  /* index of its oneof in the type; -1: none (a proto3 optional is none) */
    uint32_t index;             /* place in the type's fields */
    const pt_type *message;     /* PT_TYPE_MESSAGE, PT_TYPE_GROUP: its type */
    const pt_enum *enumeration; /* PT_TYPE_ENUM: its type */
    const pt_type *parent;
};

struct pt_type {
    const char *name;       /* full: "events.v1.Event" */
    const pt_field *fields; /* by number, ascending */
    uint32_t n_fields;
    uint32_t n_oneofs;
    const char *const *oneof_names;
    pt_well_known well_known;
    const pt_field *inline_field; /* the one with PT_JSON_INLINE, or NULL */
    bool map_entry;
    const void *index; /* private: lookup tables */
};

typedef struct pt_enum_value {
    const char *name;
    int32_t number;
} pt_enum_value;

struct pt_enum {
    const char *name;            /* full */
    const pt_enum_value *values; /* in the order of the contract; aliases stand behind their first */
    uint32_t n_values;
    bool null_value;   /* google.protobuf.NullValue */
    bool closed;       /* proto2: unknown numbers are refused */
    const void *index; /* private: lookup tables */
};

struct pt_rpc {
    const char *name;      /* "GetEvent" */
    const char *full_name; /* "events.v1.EventService/GetEvent" */
    const char *service;   /* "events.v1.EventService" */
    pt_method_kind kind;
    pt_idempotency idempotency;
    bool deprecated;
    const pt_type *input;
    const pt_type *output;
    pt_slice options; /* serialized google.protobuf.MethodOptions, extensions included; empty: none */
};

/* A schema that knows the types of google.protobuf (any, api, descriptor, duration, empty, field_mask, source_context, struct,
 * timestamp, type, wrappers). It takes some 75 us. NULL: no memory. */
pt_schema *pt_schema_new(void);
void pt_schema_free(pt_schema *schema);

/* Adds a serialized google.protobuf.FileDescriptorSet, or one FileDescriptorProto, whose imports were added before or stand in
 * the same set in any order. Nothing of the bytes is kept by reference. The same file twice is taken once, whatever its source
 * locations. The files of google/protobuf/ need not be in the set: they are built in, and copies of them are passed over.
 * Types are taken as protoc resolves them, by their full names. Extensions and custom options but partie's own are not looked
 * at. `st` may be NULL.
 * INVALID_ARGUMENT: not a descriptor, editions, an import or a type is missing, an option contradicts its field; the message
 * names file and declaration. ALREADY_EXISTS: a name is defined twice, or a file of the same name has other content.
 * RESOURCE_EXHAUSTED: over 64 MiB, no memory, or far more memory than the size of the set justifies. On failure the schema is
 * as before. */
pt_code pt_schema_add_set(pt_schema *schema, pt_slice file_descriptor_set, pt_status *st) PT_MUST_CHECK;
pt_code pt_schema_add_file(pt_schema *schema, pt_slice file_descriptor, pt_status *st) PT_MUST_CHECK;

/* Lookups by full name. NULL: none. */
const pt_type *pt_schema_type(const pt_schema *schema, const char *name);
const pt_type *pt_schema_type_n(const pt_schema *schema, const char *name, size_t len);
const pt_enum *pt_schema_enum(const pt_schema *schema, const char *name);
const pt_rpc *pt_schema_rpc(const pt_schema *schema, const char *full_name);

/* All of them, in the order of adding, those of google.protobuf first: *ret_n elements, borrowed until something is added. */
const pt_rpc *const *pt_schema_rpcs(const pt_schema *schema, size_t *ret_n);
const pt_type *const *pt_schema_types(const pt_schema *schema, size_t *ret_n);
const char *const *pt_schema_services(const pt_schema *schema, size_t *ret_n);

/* A field by number, by name in the contract, or by either name as JSON allows. NULL: none. */
const pt_field *pt_type_field(const pt_type *type, uint32_t number);
const pt_field *pt_type_field_named(const pt_type *type, const char *name, size_t len);
const pt_field *pt_type_field_json(const pt_type *type, const char *name, size_t len);

/* An enum value by name or number. NULL: none. */
const pt_enum_value *pt_enum_named(const pt_enum *e, const char *name, size_t len);
const pt_enum_value *pt_enum_numbered(const pt_enum *e, int32_t number);

/* Checks serialized bytes as pt_message_check (limits.h) does, by a loaded type, but with all of protobuf's freedoms: groups
 * are passed over (each counts as depth), a packed bool may be any varint, and parts of one message may stand apart. */
struct pt_limits; /* limits.h */
pt_code pt_type_check(const pt_type *type, pt_slice bytes, const struct pt_limits *limits, pt_status *st) PT_MUST_CHECK;

/* Appends to `out` what `wire` says, written anew in the one canonical way, so that readers that can't merge take it too:
 * known fields in the order of their numbers; of a single value the last, cut to its type's width; parts of one message merged;
 * of a oneof the member that came last; lists in their order, packed where the contract packs them; entries of maps by key, the
 * last of each, with key and value; zeros left out where they mean unset; lengths and varints as short as can be. Unknown
 * fields follow, as they stand and in their order; groups and the bytes in an Any are not looked into. What was written so is
 * written the same again. It takes memory up to limits->arena_bytes, and time in proportion to the bytes (times their logarithm
 * where fields come out of order, and with another copy for each level of nesting at worst). `wire` must not lie in `out`.
 * INVALID_ARGUMENT, RESOURCE_EXHAUSTED: as pt_type_check, which is called first. RESOURCE_EXHAUSTED also: no memory, or `out`
 * is at its ceiling; nothing is appended then. Thread: any. */
pt_code pt_type_normalize(const pt_type *type, pt_slice wire, const struct pt_limits *limits, pt_buf *out,
                          pt_status *st) PT_MUST_CHECK;

#endif
