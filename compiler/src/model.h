/* The contracts of one request as the emitters see them: every reference resolved, every C name decided, comments and places
 * found. Built once by model_build.h; constant afterwards. Everything lives in the model's pool. */
#ifndef PARTIE_COMPILER_MODEL_H
#define PARTIE_COMPILER_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "google/protobuf/descriptor.pb.h"
#include "pool.h"
#include "printer.h"
#include "table.h"

typedef struct pt_gen_file pt_gen_file;
typedef struct pt_gen_message pt_gen_message;
typedef struct pt_gen_field pt_gen_field;

/* What every declaration has. */
typedef struct pt_decl {
    const pt_gen_file *file;
    const int32_t *path; /* as in SourceCodeInfo.Location */
    size_t path_len;
    const char *name;      /* as declared */
    const char *full_name; /* with package and enclosing messages; of a file: its path */
    const char *comment;   /* from the contract, or NULL */
    bool deprecated;
} pt_decl;

typedef struct pt_gen_value {
    pt_decl decl;
    int32_t number;
    const char *c_name; /* EVENTS__V1__KIND__KIND_OTHER */
} pt_gen_value;

typedef struct pt_gen_enum {
    pt_decl decl;
    pt_gen_value *values; /* in the order of the contract */
    size_t n_values;
    const char *c_type;  /* Events__V1__Kind */
    const char *c_lower; /* events__v1__kind */
} pt_gen_enum;

typedef struct pt_gen_oneof {
    pt_decl decl;
    const pt_gen_field **fields; /* in the order of the contract */
    size_t n_fields;
    const char *c_type;    /* type of the case: Events__V1__Event__PayloadCase */
    const char *c_not_set; /* EVENTS__V1__EVENT__PAYLOAD__NOT_SET */
    const char *c_case;    /* member that holds the case: payload_case */
} pt_gen_oneof;

typedef enum pt_presence {
    PT_PRESENCE_REQUIRED, /* proto2 */
    PT_PRESENCE_EXPLICIT, /* proto2 optional, proto3 optional */
    PT_PRESENCE_IMPLICIT, /* proto3 without a label, outside oneofs; messages have it in name only */
    PT_PRESENCE_ONEOF,
    PT_PRESENCE_REPEATED,
} pt_presence;

struct pt_gen_field {
    pt_decl decl;
    uint32_t number;
    pt_presence presence;
    bool packed;
    bool enters_oneof;                /* the first field of its oneof, in the order of the contract */
    const struct pt_scalar *scalar;   /* C type and runtime type; never NULL */
    const pt_gen_message *message;    /* of a message field, else NULL */
    const pt_gen_enum *enumeration;   /* of an enum field, else NULL */
    pt_gen_oneof *oneof;              /* NULL outside oneofs, and for the one that protoc makes up for `optional` */
    const char *c_name;               /* member */
    const char *c_quantifier;         /* member has_X or n_X, or NULL */
    const char *c_enumerator;         /* in a oneof: EVENTS__V1__EVENT__PAYLOAD_DATA */
    const char *default_text;         /* proto2 default as protoc writes it, or NULL */
    const pt_gen_value *default_enum; /* of an enum field with a default, or NULL */
};

struct pt_gen_message {
    pt_decl decl;
    const Google__Protobuf__DescriptorProto *proto;
    const pt_gen_message *parent; /* NULL at file level */
    pt_gen_field *fields;         /* in the order of the contract */
    size_t n_fields;
    const pt_gen_field **by_number; /* the same by number */
    pt_gen_oneof *oneofs;
    size_t n_oneofs;
    bool map_entry;
    const char *c_type;  /* Events__V1__Event */
    const char *c_lower; /* events__v1__event */
    const char *c_upper; /* EVENTS__V1__EVENT */
};

typedef enum pt_streaming {
    PT_STREAMING_NONE = 0,
    PT_STREAMING_SERVER = 1,
    PT_STREAMING_CLIENT = 2,
    PT_STREAMING_BOTH = 3,
} pt_streaming;

typedef struct pt_gen_method {
    pt_decl decl;          /* full_name with dots: events.v1.EventService.GetEvent */
    const char *wire_name; /* events.v1.EventService/GetEvent */
    uint64_t hash;         /* 64-bit FNV-1a of wire_name */
    uint32_t contract;     /* fingerprint.h */
    pt_streaming streaming;
    const Google__Protobuf__MethodDescriptorProto *proto;
    const Google__Protobuf__MethodOptions *options; /* or NULL; extensions are its unknown fields */
    int idempotency;                                /* google.protobuf.MethodOptions.IdempotencyLevel */
    const pt_gen_message *input, *output;
    const char *c_name;   /* events__v1__event_service__get_event */
    const char *c_member; /* get_event */
    const char *c_batch;  /* of a unary method: get_event__batch; else NULL */
} pt_gen_method;

typedef struct pt_gen_service {
    pt_decl decl;
    pt_gen_method *methods; /* in the order of the contract */
    size_t n_methods;
    const char *c_type;  /* Events__V1__EventService */
    const char *c_lower; /* events__v1__event_service */
    const char *c_upper; /* EVENTS__V1__EVENT_SERVICE */
} pt_gen_service;

struct pt_gen_file {
    pt_decl decl;
    const Google__Protobuf__FileDescriptorProto *proto;
    bool generate; /* named on protoc's command line; the others are only imported */
    bool proto3;
    const uint8_t *descriptor; /* serialized FileDescriptorProto without source locations */
    size_t descriptor_len;
    const pt_gen_file **imports; /* in the order of the contract */
    bool *import_is_public;
    size_t n_imports;
    pt_gen_message **messages; /* all, an enclosing one before those in it */
    size_t n_messages;
    pt_gen_enum **enums; /* all */
    size_t n_enums;
    pt_gen_service *services;
    size_t n_services;
    const char *stem;    /* events/v1/events */
    const char *c_lower; /* events__v1__events */
    pt_table places;     /* Google__Protobuf__SourceCodeInfo__Location by path */
};

typedef struct pt_model {
    pt_pool pool;
    pt_gen_file *files; /* each after those that it imports */
    size_t n_files;
    pt_table types;    /* pt_symbol by full name */
    pt_table globals;  /* pt_decl by the C names that linker or preprocessor see */
    pt_printer errors; /* a line each: file:line:column: what is wrong, and what to do */
    size_t n_errors;
} pt_model;

/* Adds an error at a declaration; `decl` may be NULL where there is none. */
void pt_model_error(pt_model *model, const pt_decl *decl, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
