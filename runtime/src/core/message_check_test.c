#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/check.h"
#include "core/wire.h"
#include "kinds.pb.h"
#include "partie/arena.h"
#include "partie/limits.h"
#include "support/random.h"

#define KINDS &partie__testdata__kinds__descriptor

static pt_code check(const void *bytes, size_t len, pt_status *st) {
    pt_limits limits = PT_LIMITS_INIT;
    return pt_message_check(KINDS, pt_slice_of(bytes, len), &limits, st);
}

static void *unpack(const void *bytes, size_t len, pt_arena *arena) {
    return partie__testdata__kinds__unpack(pt_arena_protobuf(arena), len, bytes);
}

/* Bytes of a table, whose length is that of the literal. */
#define BYTES(text) (text), sizeof(text) - 1

Test(message_check, takes_what_is_well_formed) {
    static const struct {
        const char *bytes;
        size_t len;
    } good[] = {
        {BYTES("")},
        {BYTES("\x28\x01")},                                             /* one_int32: 1 */
        {BYTES("\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},         /* one_int32: -1, in ten bytes */
        {BYTES("\x40\x80\x00")},                                         /* one_bool, padded */
        {BYTES("\x4a\x05plain")},                                        /* one_string */
        {BYTES("\x4a\x04\xf0\x9f\x8d\xb0")},                             /* cake */
        {BYTES("\x52\x02\x00\xff")},                                     /* one_bytes: anything */
        {BYTES("\xba\x01\x03\x01\x80\x01")},                             /* many_int64, packed */
        {BYTES("\xb8\x01\x01")},                                         /* many_int64, unpacked */
        {BYTES("\xb2\x01\x08\x00\x00\x80\x3f\x00\x00\x00\x40")},         /* many_float, packed */
        {BYTES("\xb5\x01\x00\x00\x80\x3f")},                             /* many_float, unpacked */
        {BYTES("\xc2\x01\x02\x00\x01")},                                 /* many_bool, packed */
        {BYTES("\xba\x01\x00")},                                         /* packed, empty */
        {BYTES("\xf2\x01\x02\x01\x02")},                                 /* loose_uint32, packed all the same */
        {BYTES("\xca\x02\x07\x0a\x01k\x12\x02\x28\x01")},                /* kinds_by_name */
        {BYTES("\x8a\x01\x02\x28\x01")},                                 /* one_kinds */
        {BYTES("\xc0\x44\x01\xc5\x44\x31\x32\x33\x34\xc2\x44\x01\xff")}, /* unknown fields of three wire types */
        {BYTES("\xfa\xff\xff\xff\x0f\x01z")},                            /* last, the largest number */
    };
    pt_arena arena;
    pt_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(check(good[i].bytes, good[i].len, &st), PT_OK, "%zu: %s", i, st.message);
        cr_assert_not_null(unpack(good[i].bytes, good[i].len, &arena), "%zu", i);
    }
    pt_arena_done(&arena);
}

Test(message_check, refuses_and_says_where) {
    static const struct {
        const char *bytes;
        size_t len;
        const char *message;
    } bad[] = {
        {BYTES("\x28"), "one_int32: varint is truncated or longer than 10 bytes, byte 1"},
        {BYTES("\x28\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
         "one_int32: varint is truncated or longer than 10 bytes, byte 1"},
        {BYTES("\x28\x01\x00"), "message: malformed tag, byte 2"},
        {BYTES("\x2f"), "message: malformed tag, byte 0"},
        {BYTES("\x88\x80\x80\x80\x80\x00\x01"), "message: malformed tag, byte 0"},
        {BYTES("\x4a\x02x"), "one_string: truncated: it reaches beyond the end of what holds it, byte 1"},
        {BYTES("\x4a\x03x\xffy"), "one_string: string is not UTF-8 or has a NUL, byte 3"},
        {BYTES("\x4a\x03x\0y"), "one_string: string is not UTF-8 or has a NUL, byte 3"},
        {BYTES("\x4a\x02\xc3\xa9\x4a\x03\xed\xa0\x80"), "one_string: string is not UTF-8 or has a NUL, byte 6"},
        {BYTES("\x48\x01"), "one_string: expected a string, found a varint, byte 0"},
        {BYTES("\x2a\x01\x01"), "one_int32: expected a varint, found a length-prefixed value, byte 0"},
        {BYTES("\x2d\x01\x01\x01\x01"), "one_int32: expected a varint, found a 32-bit value, byte 0"},
        {BYTES("\x08\x01"), "one_double: expected 64 bits, found a varint, byte 0"},
        {BYTES("\x11\x01\x02\x03\x04\x05\x06\x07\x08"), "one_float: expected 32 bits, found a 64-bit value, byte 0"},
        {BYTES("\x41\x01\x02\x03\x04\x05\x06\x07\x08"), "one_bool: expected a varint (bool), found a 64-bit value, byte 0"},
        {BYTES("\x50\x01"), "one_bytes: expected bytes, found a varint, byte 0"},
        {BYTES("\x8d\x01\x01\x01\x01\x01"), "one_kinds: expected a message, found a 32-bit value, byte 0"},
        {BYTES("\x09\x01\x02\x03"), "one_double: truncated: it reaches beyond the end of what holds it, byte 1"},
        {BYTES("\xaa\x01\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"),
         "many_double[0]: packed length is no multiple of the element's width, byte 3"},
        {BYTES("\xba\x01\x02\x01\x80"), "many_int64[0]: varint is truncated or longer than 10 bytes, byte 4"},
        {BYTES("\xc2\x01\x02\x01\x02"), "many_bool[0]: packed bool is neither 0 nor 1, byte 4"},
        {BYTES("\xca\x01\x01"
               "a\xca\x01\x01"
               "b\xca\x01\x01\xff"),
         "many_string[2]: string is not UTF-8 or has a NUL, byte 11"},
        {BYTES("\x8a\x01\x06\x8a\x01\x03\x4a\x01\xff"),
         "one_kinds.one_kinds.one_string: string is not UTF-8 or has a NUL, byte 8"},
        {BYTES("\xea\x01\x00\xea\x01\x05\xea\x01\x02\x28\x80"),
         "many_kinds[1].many_kinds[0].one_int32: varint is truncated or longer than 10 bytes, byte 10"},
        {BYTES("\xca\x02\x00\xca\x02\x03\x0a\x01\xff"), "kinds_by_name[1].key: string is not UTF-8 or has a NUL, byte 8"},
        {BYTES("\xca\x02\x05\x12\x03\x4a\x01\xff"),
         "kinds_by_name[0].value.one_string: string is not UTF-8 or has a NUL, byte 7"},
        {BYTES("\xca\x02\x02\x08\x01"), "kinds_by_name[0].key: expected a string, found a varint, byte 3"},
        {BYTES("\xc2\x44\x05"
               "abc"),
         "(field 1096): truncated: it reaches beyond the end of what holds it, byte 2"},
        {BYTES("\xc3\x44\x28\x01\xc4\x44"), "(field 1096): groups are not supported, byte 0"},
        {BYTES("\x2b\x2c"), "one_int32: expected a varint, found a group, byte 0"},
        {BYTES("\x8a\x01\x00\x28\x01\x8a\x01\x00"), "one_kinds: stands twice, and merging is not supported, byte 5"},
        {BYTES("\xc4\x44"), "(field 1096): end of a group that is not open, byte 0"},
        {BYTES("\xba\x04\x02\x08\x80"), "time.seconds: varint is truncated or longer than 10 bytes, byte 4"},
        {BYTES("\x82\xe2\x09\x01\xff"), "_odd__name_3d: string is not UTF-8 or has a NUL, byte 4"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(check(bad[i].bytes, bad[i].len, &st), PT_INVALID_ARGUMENT, "%zu", i);
        cr_assert_str_eq(st.message, bad[i].message);
        cr_assert_eq(check(bad[i].bytes, bad[i].len, NULL), PT_INVALID_ARGUMENT);
    }
}

/* one_kinds within one_kinds: `depth` messages within the whole. The bytes grow from the end of `room`. */
static pt_slice nest(uint8_t *room, size_t size, unsigned depth) {
    uint8_t head[2 * PT_VARINT_MAX_BYTES], *start = room + size;
    for (unsigned i = 0; i < depth; i++) {
        size_t len = (size_t)(pt_write_varint(pt_write_tag(head, 17, PT_WIRE_LEN), (uint64_t)(room + size - start)) - head);
        start -= len;
        memcpy(start, head, len);
    }
    return pt_slice_of(start, (size_t)(room + size - start));
}

Test(message_check, depth_has_a_limit) {
    static uint8_t room[1 << 16];
    static const uint32_t depths[] = {1, 100, 1000};
    for (size_t i = 0; i < 3; i++) {
        pt_limits limits = PT_LIMITS_INIT;
        pt_status st = PT_STATUS_INIT;
        limits.depth = depths[i];
        cr_assert_eq(pt_message_check(KINDS, nest(room, sizeof room, depths[i]), &limits, &st), PT_OK);
        cr_assert_eq(pt_message_check(KINDS, nest(room, sizeof room, depths[i] + 1), &limits, &st), PT_RESOURCE_EXHAUSTED);
        char want[64];
        snprintf(want, sizeof want, "one_kinds: nested deeper than the limit of %u, byte ", depths[i]);
        cr_assert_not_null(strstr(st.message, want), "%s", st.message);
    }
    pt_limits limits = PT_LIMITS_INIT;
    limits.depth = 1u << 31; /* not more than the engine has frames for */
    cr_assert_eq(pt_message_check(KINDS, nest(room, sizeof room, 9000), &limits, NULL), PT_RESOURCE_EXHAUSTED);
}

/* An error far down names the innermost fields; the path is cut in front. */
Test(message_check, long_paths_keep_their_end) {
    static uint8_t room[1 << 16];
    pt_limits limits = PT_LIMITS_INIT;
    pt_slice bytes = nest(room, sizeof room, 100);
    pt_status st = PT_STATUS_INIT;
    room[sizeof room - 1] = 1; /* the innermost length: beyond the end */
    cr_assert_eq(pt_message_check(KINDS, bytes, &limits, &st), PT_INVALID_ARGUMENT);
    cr_assert_eq(strncmp(st.message, "...one_kinds.", 13), 0, "%s", st.message);
    cr_assert_not_null(strstr(st.message, ".one_kinds: truncated"));
}

Test(message_check, fields_have_a_limit) {
    pt_limits limits = PT_LIMITS_INIT;
    pt_status st = PT_STATUS_INIT;
    limits.fields = 3;
    static const char three[] = "\x8a\x01\x02\x28\x01\xc0\x44\x01", four[] = "\x8a\x01\x02\x28\x01\xc0\x44\x01\x28\x01";
    cr_assert_eq(pt_message_check(KINDS, pt_slice_of(three, sizeof three - 1), &limits, &st), PT_OK);
    cr_assert_eq(pt_message_check(KINDS, pt_slice_of(four, sizeof four - 1), &limits, &st), PT_RESOURCE_EXHAUSTED);
    cr_assert_str_eq(st.message, "one_int32: more fields than the limit of 3, byte 8");
}

Test(message_check, size_has_a_limit) {
    pt_limits limits = PT_LIMITS_INIT;
    pt_status st = PT_STATUS_INIT;
    limits.message_bytes = 2;
    cr_assert_eq(pt_message_check(KINDS, pt_slice_of("\x28\x01", 2), &limits, &st), PT_OK);
    cr_assert_eq(pt_message_check(KINDS, pt_slice_of("\x28\x01\x28", 3), &limits, &st), PT_RESOURCE_EXHAUSTED);
    cr_assert_str_eq(st.message, "message of 3 bytes is over the limit of 2");
}

/* What is allowed to stand twice, and fields whose numbers are 64 apart, which share a bit. */
Test(message_check, only_single_messages_stand_once) {
    static const char good[] = "\xea\x01\x00\xea\x01\x00"  /* many_kinds */
                               "\x28\x01\x28\x02"          /* one_int32 */
                               "\xba\x04\x00\xc2\x3e\x00"  /* time (71) and inner (1000), of one frame */
                               "\x8a\x01\x03\x8a\x01\x00"; /* one_kinds within one_kinds */
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(check(good, sizeof good - 1, &st), PT_OK, "%s", st.message);
    pt_check_frame frame = {(const uint8_t *)good, (const uint8_t *)good + sizeof good - 1, KINDS, 0, 0, 0, 0};
    cr_assert_not(pt_check_again(&frame, 1000 + 64, frame.end));
    cr_assert_not(pt_check_again(&frame, 1000 + 128, frame.end));
    cr_assert(pt_check_again(&frame, 1000, frame.end));
}

/* Writes a random message of the type: fields in any order, packed or not, known and unknown. */
static void write_message(pt_random *random, const ProtobufCMessageDescriptor *type, int depth, pt_buf *b);

static void write_number(pt_random *random, ProtobufCType type, pt_buf *b) {
    uint8_t bytes[PT_VARINT_MAX_BYTES], *end;
    uint64_t value = pt_random_next(random) >> pt_random_below(random, 64);
    switch (type) {
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64: end = pt_write_fixed64(bytes, value); break;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32: end = pt_write_fixed32(bytes, (uint32_t)value); break;
    case PROTOBUF_C_TYPE_BOOL: end = pt_write_varint(bytes, value & 1); break;
    default: end = pt_write_varint(bytes, value); break;
    }
    cr_assert_eq(pt_buf_append(b, bytes, (size_t)(end - bytes)), PT_OK);
}

static unsigned wire_type_of(ProtobufCType type) {
    switch (type) {
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64: return PT_WIRE_I64;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32: return PT_WIRE_I32;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE: return PT_WIRE_LEN;
    default: return PT_WIRE_VARINT;
    }
}

static void write_tag(uint32_t number, unsigned wire_type, pt_buf *b) {
    uint8_t bytes[PT_VARINT_MAX_BYTES];
    cr_assert_eq(pt_buf_append(b, bytes, (size_t)(pt_write_tag(bytes, number, wire_type) - bytes)), PT_OK);
}

static void write_content(pt_random *random, const ProtobufCFieldDescriptor *field, int depth, pt_buf *content) {
    static const char *const texts[] = {"", "plain", "caf\u00e9 \u20ac \U0001F370",
                                        "a text that is longer than one word of eight"};
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        write_message(random, field->descriptor, depth - 1, content);
    } else if (wire_type_of(field->type) == PT_WIRE_LEN) {
        cr_assert_eq(pt_buf_append_str(content, texts[pt_random_below(random, 4)]), PT_OK);
    } else {
        for (uint64_t n = pt_random_below(random, 6); n > 0; n--)
            write_number(random, field->type, content);
    }
}

static void write_field(pt_random *random, const ProtobufCFieldDescriptor *field, int depth, pt_buf *b) {
    uint8_t len[PT_VARINT_MAX_BYTES];
    unsigned wire_type = wire_type_of(field->type);
    bool packed = wire_type != PT_WIRE_LEN && field->label == PROTOBUF_C_LABEL_REPEATED && pt_random_below(random, 2);
    if (wire_type != PT_WIRE_LEN && !packed) {
        write_tag(field->id, wire_type, b);
        write_number(random, field->type, b);
        return;
    }
    pt_buf content = PT_BUF_INIT(1 << 20);
    write_content(random, field, depth, &content);
    write_tag(field->id, PT_WIRE_LEN, b);
    cr_assert_eq(pt_buf_append(b, len, (size_t)(pt_write_varint(len, content.len) - len)), PT_OK);
    cr_assert_eq(pt_buf_append(b, content.ptr, content.len), PT_OK);
    pt_buf_done(&content);
}

static void write_message(pt_random *random, const ProtobufCMessageDescriptor *type, int depth, pt_buf *b) {
    bool seen[64] = {false};
    cr_assert_lt(type->n_fields, 64);
    if (depth == 0) return;
    for (uint64_t n = pt_random_below(random, 5); n > 0; n--) {
        if (pt_random_below(random, 10) == 0) {
            write_tag(9999, PT_WIRE_I32, b);
            write_number(random, PROTOBUF_C_TYPE_FIXED32, b);
            continue;
        }
        const ProtobufCFieldDescriptor *field = &type->fields[pt_random_below(random, type->n_fields)];
        bool single = field->type == PROTOBUF_C_TYPE_MESSAGE && field->label != PROTOBUF_C_LABEL_REPEATED;
        if (single && seen[field - type->fields]) continue;
        seen[field - type->fields] = true;
        write_field(random, field, depth, b);
    }
}

Test(message_check, takes_every_message_of_the_type) {
    pt_random random;
    pt_random_init(&random);
    pt_arena arena;
    pt_arena_init(&arena, 16 << 20);
    for (int round = 0; round < 5000; round++) {
        pt_buf b = PT_BUF_INIT(1 << 20);
        pt_status st = PT_STATUS_INIT;
        write_message(&random, KINDS, 6, &b);
        cr_assert_eq(check(b.ptr, b.len, &st), PT_OK, "%s", st.message);
        cr_assert_not_null(unpack(b.ptr, b.len, &arena));
        pt_arena_reset(&arena);
        pt_buf_done(&b);
    }
    pt_arena_done(&arena);
}

/* Whatever is changed: what passes the check, unpack takes, and what it holds is text. */
Test(message_check, what_passes_can_be_unpacked) {
    pt_random random;
    pt_random_init(&random);
    pt_arena arena;
    pt_arena_init(&arena, 16 << 20);
    int passed = 0, refused = 0;
    for (int round = 0; round < 20000; round++) {
        pt_buf b = PT_BUF_INIT(1 << 20);
        write_message(&random, KINDS, 4, &b);
        for (uint64_t n = pt_random_below(&random, 4); n > 0 && b.len > 0; n--)
            b.ptr[pt_random_below(&random, b.len)] = (uint8_t)pt_random_next(&random);
        size_t len = b.len && pt_random_below(&random, 4) == 0 ? pt_random_below(&random, b.len) : b.len;
        if (check(b.ptr, len, NULL) == PT_OK) {
            passed++;
            cr_assert_not_null(unpack(b.ptr, len, &arena));
        } else {
            pt_status st = PT_STATUS_INIT;
            refused++;
            cr_assert_neq(check(b.ptr, len, &st), PT_OK);
            cr_assert_not_null(strstr(st.message, ", byte "), "%s", st.message);
        }
        pt_arena_reset(&arena);
        pt_buf_done(&b);
    }
    cr_assert_gt(passed, 1000);
    cr_assert_gt(refused, 1000);
    pt_arena_done(&arena);
}
