#include "request.h"

#include <string.h>

#include "partie/wire.h"

#define FIELD_PROTO_FILE 15      /* CodeGeneratorRequest.proto_file */
#define FIELD_SOURCE_CODE_INFO 9 /* FileDescriptorProto.source_code_info */

/* One field on the wire. */
typedef struct wire_field {
    uint32_t number;
    pt_slice whole;   /* with its tag */
    pt_slice payload; /* of length-delimited fields; else empty */
} wire_field;

/* Takes the next field. False: malformed, or a group, which protobuf-c does not read. */
static bool next_field(pt_reader *in, wire_field *ret_field) {
    wire_field field = {.whole.ptr = in->pos};
    unsigned wire_type;
    if (!pt_read_tag(in, &field.number, &wire_type)) return false;
    if (wire_type == PT_WIRE_LEN ? !pt_read_bytes(in, &field.payload) : !pt_skip_scalar(in, wire_type)) return false;
    field.whole.len = (size_t)(in->pos - field.whole.ptr);
    *ret_field = field;
    return true;
}

/* Walks all messages in the request with a stack of its own. NULL: well-formed and not too deep. */
static const char *check_depth(pt_slice bytes) {
    struct {
        const ProtobufCMessageDescriptor *type;
        pt_reader rest;
    } stack[PT_REQUEST_DEPTH] = {{&google__protobuf__compiler__code_generator_request__descriptor, pt_reader_of(bytes)}};
    for (size_t depth = 1; depth;) {
        if (!pt_reader_left(&stack[depth - 1].rest)) {
            depth--;
            continue;
        }
        wire_field field;
        if (!next_field(&stack[depth - 1].rest, &field)) return "the request is not a well-formed CodeGeneratorRequest";
        const ProtobufCFieldDescriptor *known = protobuf_c_message_descriptor_get_field(stack[depth - 1].type, field.number);
        if (!field.payload.len || !known || known->type != PROTOBUF_C_TYPE_MESSAGE) continue;
        if (depth == PT_REQUEST_DEPTH) return "a contract nests message types deeper than 50 levels; move the inner ones out";
        stack[depth].type = known->descriptor;
        stack[depth++].rest = pt_reader_of(field.payload);
    }
    return NULL;
}

/* A copy of a FileDescriptorProto that leaves out its source locations. */
static pt_slice without_locations(pt_pool *pool, pt_slice file) {
    uint8_t *copy = pt_pool_alloc(pool, file.len, 1);
    size_t len = 0;
    wire_field field;
    for (pt_reader in = pt_reader_of(file); pt_reader_left(&in) && next_field(&in, &field);) {
        if (field.number == FIELD_SOURCE_CODE_INFO) continue;
        memcpy(copy + len, field.whole.ptr, field.whole.len);
        len += field.whole.len;
    }
    return (pt_slice){copy, len};
}

const char *pt_request_read(pt_pool *pool, pt_slice bytes, pt_request *ret_request) {
    const char *fault = check_depth(bytes);
    if (fault) return fault;
    pt_request request = {.message = google__protobuf__compiler__code_generator_request__unpack(NULL, bytes.len, bytes.ptr)};
    if (!request.message) return "the request is not a CodeGeneratorRequest, or a required part of it is missing";
    request.descriptors = pt_pool_alloc(pool, request.message->n_proto_file, sizeof *request.descriptors);
    size_t n = 0;
    wire_field field;
    for (pt_reader in = pt_reader_of(bytes); pt_reader_left(&in) && next_field(&in, &field);)
        if (field.number == FIELD_PROTO_FILE && n < request.message->n_proto_file)
            request.descriptors[n++] = without_locations(pool, field.payload);
    *ret_request = request;
    return NULL;
}

void pt_request_done(pt_request *request) {
    if (request->message) google__protobuf__compiler__code_generator_request__free_unpacked(request->message, NULL);
    request->message = NULL;
}
