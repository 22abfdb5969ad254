/* Limits that outside bytes meet before anything else, and their defaults. */
#ifndef PARTIE_LIMITS_H
#define PARTIE_LIMITS_H

#include <protobuf-c/protobuf-c.h>

#include "partie/buf.h"

#define PT_DEFAULT_MESSAGE_BYTES (4u << 20) /* largest message, either direction: 4 MiB, as gRPC */
#define PT_DEFAULT_DEPTH 100                /* messages in messages, as protobuf's own parsers */
#define PT_DEFAULT_FIELDS (1u << 20)        /* fields in one message with all that it contains */
#define PT_DEFAULT_ARENA_BYTES (64u << 20)  /* memory of one call */

typedef struct pt_limits {
    size_t message_bytes; /* 1 to 1 GiB */
    uint32_t depth;       /* 1 to 1000 */
    uint32_t fields;      /* at least 1 */
    size_t arena_bytes;   /* at least 4096 */
} pt_limits;

#define PT_LIMITS_INIT                                                                                                         \
    {                                                                                                                          \
        .message_bytes = PT_DEFAULT_MESSAGE_BYTES, .depth = PT_DEFAULT_DEPTH, .fields = PT_DEFAULT_FIELDS,                     \
        .arena_bytes = PT_DEFAULT_ARENA_BYTES                                                                                  \
    }

/* Checks a serialized message before protobuf-c sees it: well-formed (tags, lengths), each known field has a wire type that it
 * can have, depth, number of fields (those of nested messages too; a packed field is one), strings are UTF-8 without NUL. It
 * does not recurse and allocates nothing; it takes 40 KiB of stack. Of protobuf's freedoms it refuses those that protobuf-c's
 * unpack can't take: groups, a packed bool that is not 0 or 1 in one byte, and a message field that stands twice and is not
 * repeated. So an unpack of what passed fails for want of memory only, or of a required field of proto2. Works from
 * protobuf-c's descriptor, so it serves generated types; see schema.h for types that are loaded at run time. `st` may be NULL.
 * A depth over 1000 counts as 1000. INVALID_ARGUMENT: malformed; the message names field path and byte. RESOURCE_EXHAUSTED:
 * over a limit. Thread: any. */
pt_code pt_message_check(const ProtobufCMessageDescriptor *type, pt_slice bytes, const pt_limits *limits,
                         pt_status *st) PT_MUST_CHECK;

#endif
