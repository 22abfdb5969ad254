/* What passes the message check, unpack takes; and unpack with too little memory gives up cleanly. */
#include <stdlib.h>

#include "google/protobuf/struct.pb.h"
#include "kinds.pb.h"
#include "partie/arena.h"
#include "partie/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const ProtobufCMessageDescriptor *const types[] = {
        &partie__testdata__kinds__descriptor,
        &google__protobuf__struct__descriptor,
        &google__protobuf__list_value__descriptor,
    };
    if (size < 2) return 0;
    const ProtobufCMessageDescriptor *type = types[data[0] % 3];
    pt_slice bytes = {data + 2, size - 2};
    pt_limits limits = PT_LIMITS_INIT;
    pt_status st = PT_STATUS_INIT;
    pt_code code = pt_message_check(type, bytes, &limits, &st);
    if (code != pt_message_check(type, bytes, &limits, NULL)) abort();
    if ((code == PT_OK) != (st.message[0] == '\0')) abort();
    if (code) return 0;
    pt_arena arena;
    pt_arena_init(&arena, limits.arena_bytes);
    if (!protobuf_c_message_unpack(type, pt_arena_protobuf(&arena), bytes.len, bytes.ptr)) abort();
    pt_arena_done(&arena);
    pt_arena_init(&arena, (size_t)data[1] * 64);
    protobuf_c_message_unpack(type, pt_arena_protobuf(&arena), bytes.len, bytes.ptr);
    if (arena.used > arena.budget) abort();
    pt_arena_done(&arena);
    return 0;
}
