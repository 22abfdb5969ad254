/* What generated code tells the runtime about a contract: files, services, methods. All of it is constant data. */
#ifndef PARTIE_CONTRACT_H
#define PARTIE_CONTRACT_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

/* A .proto file as the compiler saw it. */
typedef struct pt_file {
    const char *name;                     /* path as imported: "events/v1/events.proto" */
    const uint8_t *descriptor;            /* serialized google.protobuf.FileDescriptorProto without source locations */
    size_t descriptor_len;                /* bytes */
    const struct pt_file *const *imports; /* in the order of the file */
    size_t n_imports;
} pt_file;

typedef enum pt_method_kind {
    PT_UNARY,
    PT_SERVER_STREAMING,
    PT_CLIENT_STREAMING,
    PT_BIDI_STREAMING,
} pt_method_kind;

/* google.protobuf.MethodOptions.IdempotencyLevel, same numbers. */
typedef enum pt_idempotency {
    PT_IDEMPOTENCY_UNKNOWN = 0,
    PT_NO_SIDE_EFFECTS = 1, /* may be retried, hedged, cached */
    PT_IDEMPOTENT = 2,      /* may be retried */
} pt_idempotency;

typedef struct pt_method {
    const char *name;  /* full: "events.v1.EventService/GetEvent" */
    uint64_t hash;     /* 64-bit FNV-1a of name */
    uint32_t contract; /* fingerprint of the input and output types, with all that they contain */
    pt_method_kind kind;
    pt_idempotency idempotency;
    const ProtobufCMessageDescriptor *input;
    const ProtobufCMessageDescriptor *output;
} pt_method;

typedef struct pt_service {
    const char *name; /* full: "events.v1.EventService" */
    const pt_file *file;
    const pt_method *methods; /* in the order of the contract */
    size_t n_methods;
} pt_service;

#endif
