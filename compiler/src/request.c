#include "request.h"

#include <string.h>

#define FIELD_PROTO_FILE 15      /* CodeGeneratorRequest.proto_file */
#define FIELD_SOURCE_CODE_INFO 9 /* FileDescriptorProto.source_code_info */

/* One field on the wire. */
typedef struct wire_field {
    uint32_t number;
    unsigned wire_type;
    pt_bytes whole;   /* with its tag */
    pt_bytes payload; /* of length-delimited fields */
} wire_field;

static bool read_varint(pt_bytes *in, uint64_t *ret_value) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && in->len; shift += 7) {
        uint8_t byte = *in->data++;
        in->len--;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

/* Takes the next field off `in`. False: malformed, or a group, which protobuf-c does not read. */
static bool next_field(pt_bytes *in, wire_field *ret_field) {
    wire_field field = {.whole = *in};
    uint64_t tag, len;
    if (!read_varint(in, &tag) || tag >> 3 == 0 || tag >> 3 > 0x1fffffff) return false;
    field.number = (uint32_t)(tag >> 3);
    field.wire_type = (unsigned)(tag & 7);
    switch (field.wire_type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        if (!read_varint(in, &len)) return false;
        len = 0;
        break;
    case PROTOBUF_C_WIRE_TYPE_64BIT: len = 8; break;
    case PROTOBUF_C_WIRE_TYPE_32BIT: len = 4; break;
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
        if (!read_varint(in, &len)) return false;
        break;
    default: return false;
    }
    if (len > in->len) return false;
    field.payload = (pt_bytes){in->data, (size_t)len};
    in->data += len;
    in->len -= (size_t)len;
    field.whole.len -= in->len;
    *ret_field = field;
    return true;
}

/* Walks all messages in the request with a stack of its own. NULL: well-formed and not too deep. */
static const char *check_depth(pt_bytes bytes) {
    struct {
        const ProtobufCMessageDescriptor *type;
        pt_bytes rest;
    } stack[PT_REQUEST_DEPTH] = {{&google__protobuf__compiler__code_generator_request__descriptor, bytes}};
    for (size_t depth = 1; depth;) {
        if (!stack[depth - 1].rest.len) {
            depth--;
            continue;
        }
        wire_field field;
        if (!next_field(&stack[depth - 1].rest, &field)) return "the request is not a well-formed CodeGeneratorRequest";
        if (field.wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) continue;
        const ProtobufCFieldDescriptor *known = protobuf_c_message_descriptor_get_field(stack[depth - 1].type, field.number);
        if (!known || known->type != PROTOBUF_C_TYPE_MESSAGE) continue;
        if (depth == PT_REQUEST_DEPTH) return "a contract nests message types deeper than 50 levels; move the inner ones out";
        stack[depth].type = known->descriptor;
        stack[depth++].rest = field.payload;
    }
    return NULL;
}

/* A copy of a FileDescriptorProto that leaves out its source locations. */
static pt_bytes without_locations(pt_pool *pool, pt_bytes file) {
    uint8_t *copy = pt_pool_alloc(pool, file.len, 1);
    size_t len = 0;
    wire_field field;
    while (file.len && next_field(&file, &field)) {
        if (field.number == FIELD_SOURCE_CODE_INFO) continue;
        memcpy(copy + len, field.whole.data, field.whole.len);
        len += field.whole.len;
    }
    return (pt_bytes){copy, len};
}

const char *pt_request_read(pt_pool *pool, pt_bytes bytes, pt_request *ret_request) {
    const char *fault = check_depth(bytes);
    if (fault) return fault;
    pt_request request = {.message = google__protobuf__compiler__code_generator_request__unpack(NULL, bytes.len, bytes.data)};
    if (!request.message) return "the request is not a CodeGeneratorRequest, or a required part of it is missing";
    request.descriptors = pt_pool_alloc(pool, request.message->n_proto_file, sizeof *request.descriptors);
    size_t n = 0;
    wire_field field;
    while (bytes.len && next_field(&bytes, &field))
        if (field.number == FIELD_PROTO_FILE && n < request.message->n_proto_file)
            request.descriptors[n++] = without_locations(pool, field.payload);
    *ret_request = request;
    return NULL;
}

void pt_request_done(pt_request *request) {
    if (request->message) google__protobuf__compiler__code_generator_request__free_unpacked(request->message, NULL);
    request->message = NULL;
}
