#include "core/wire.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/hash.h"

Test(wire, varints_go_there_and_back) {
    for (unsigned bit = 0; bit <= 64; bit++) {
        for (int off = -1; off <= 1; off++) {
            uint64_t value = (bit < 64 ? UINT64_C(1) << bit : 0) + (uint64_t)(int64_t)off, back = 0;
            uint8_t bytes[PT_VARINT_MAX_BYTES];
            size_t len = (size_t)(pt_write_varint(bytes, value) - bytes);
            cr_assert_eq(len, pt_varint_size(value));
            pt_reader r = pt_reader_of(pt_slice_of(bytes, len));
            cr_assert(pt_read_varint(&r, &back));
            cr_assert_eq(back, value);
            cr_assert_eq(pt_reader_left(&r), 0);
            for (size_t cut = 0; cut < len; cut++) {
                r = pt_reader_of(pt_slice_of(bytes, cut));
                cr_assert_not(pt_read_varint(&r, &back));
                cr_assert_eq(r.pos, bytes);
            }
        }
    }
}

Test(wire, varints_have_at_most_ten_bytes) {
    uint8_t padded[11] = {0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x00};
    uint64_t value = 0;
    pt_reader r = pt_reader_of(pt_slice_of(padded, sizeof padded));
    cr_assert(pt_read_varint(&r, &value));
    cr_assert_eq(value, 1);
    padded[9] = 0x80;
    r = pt_reader_of(pt_slice_of(padded, sizeof padded));
    cr_assert_not(pt_read_varint(&r, &value));
    r = pt_reader_of(pt_slice_of(NULL, 0));
    cr_assert_not(pt_read_varint(&r, &value));
}

/* protobuf-c and protobuf's own parsers take no more than 5 bytes of tag or length, so neither do we. */
Test(wire, tags_and_lengths_have_at_most_five_bytes) {
    uint32_t field = 0;
    unsigned wire_type = 9;
    pt_slice bytes;
    static const uint8_t five[] = {0x8a, 0x80, 0x80, 0x80, 0x00}, six[] = {0x8a, 0x80, 0x80, 0x80, 0x80, 0x00};
    pt_reader r = pt_reader_of(pt_slice_of(five, sizeof five));
    cr_assert(pt_read_tag(&r, &field, &wire_type));
    cr_assert_eq(field, 1);
    cr_assert_eq(wire_type, PT_WIRE_LEN);
    r = pt_reader_of(pt_slice_of(six, sizeof six));
    cr_assert_not(pt_read_tag(&r, &field, &wire_type));
    cr_assert_eq(r.pos, six);
    static const uint8_t long_length[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
    r = pt_reader_of(pt_slice_of(long_length, sizeof long_length));
    cr_assert_not(pt_read_bytes(&r, &bytes));
    cr_assert_eq(r.pos, long_length);
}

Test(wire, tags_that_there_are_not) {
    static const struct {
        uint8_t bytes[5];
        size_t len;
    } bad[] = {{{0x00}, 1}, {{0x07}, 1}, {{0x0e}, 1}, {{0x0f}, 1}, {{0x80}, 1}, {{0x80, 0x80, 0x80, 0x80, 0x10}, 5}};
    uint32_t field = 77;
    unsigned wire_type = 77;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pt_reader r = pt_reader_of(pt_slice_of(bad[i].bytes, bad[i].len));
        cr_assert_not(pt_read_tag(&r, &field, &wire_type), "%zu", i);
        cr_assert_eq(field, 77);
        cr_assert_eq(wire_type, 77);
    }
    uint8_t last[PT_VARINT_MAX_BYTES];
    size_t len = (size_t)(pt_write_tag(last, PT_FIELD_NUMBER_MAX, PT_WIRE_I32) - last);
    pt_reader r = pt_reader_of(pt_slice_of(last, len));
    cr_assert(pt_read_tag(&r, &field, &wire_type));
    cr_assert_eq(field, PT_FIELD_NUMBER_MAX);
}

Test(wire, fixed_widths_are_little_endian) {
    uint8_t bytes[8];
    uint32_t word = 0;
    uint64_t wide = 0;
    cr_assert_eq(pt_write_fixed64(bytes, UINT64_C(0x0807060504030201)), bytes + 8);
    for (int i = 0; i < 8; i++)
        cr_assert_eq(bytes[i], i + 1);
    pt_reader r = pt_reader_of(pt_slice_of(bytes, 8));
    cr_assert(pt_read_fixed64(&r, &wide));
    cr_assert_eq(wide, UINT64_C(0x0807060504030201));
    for (size_t len = 0; len < 8; len++) {
        r = pt_reader_of(pt_slice_of(bytes, len));
        cr_assert_not(pt_read_fixed64(&r, &wide));
        cr_assert_eq(r.pos, bytes);
        cr_assert_eq(pt_read_fixed32(&r, &word), len >= 4);
    }
    cr_assert_eq(word, 0x04030201);
}

Test(wire, skipping_passes_over_exactly_one_value) {
    static const struct {
        unsigned wire_type;
        uint8_t bytes[8];
        size_t len;
    } values[] = {{PT_WIRE_VARINT, {0x80, 0x01}, 2},
                  {PT_WIRE_I64, {1, 2, 3, 4, 5, 6, 7, 8}, 8},
                  {PT_WIRE_LEN, {2, 'a', 'b'}, 3},
                  {PT_WIRE_I32, {1, 2, 3, 4}, 4}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        pt_reader r = pt_reader_of(pt_slice_of(values[i].bytes, values[i].len));
        cr_assert(pt_skip_scalar(&r, values[i].wire_type));
        cr_assert_eq(pt_reader_left(&r), 0);
        for (size_t len = 0; len < values[i].len; len++) {
            r = pt_reader_of(pt_slice_of(values[i].bytes, len));
            cr_assert_not(pt_skip_scalar(&r, values[i].wire_type));
        }
    }
    pt_reader r = pt_reader_of(pt_slice_of("\1\1", 2));
    cr_assert_not(pt_skip_scalar(&r, PT_WIRE_START_GROUP));
    cr_assert_not(pt_skip_scalar(&r, PT_WIRE_END_GROUP));
}

Test(wire, zigzag) {
    static const struct {
        int64_t value;
        uint64_t written;
    } pairs[] = {{0, 0}, {-1, 1}, {1, 2}, {-2, 3}, {INT64_MAX, UINT64_MAX - 1}, {INT64_MIN, UINT64_MAX}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        cr_assert_eq(pt_zigzag(pairs[i].value), pairs[i].written);
        cr_assert_eq(pt_unzigzag(pairs[i].written), pairs[i].value);
    }
}

/* Vectors of the authors' test suite: the hash is part of the protocol. */
Test(hash, fnv1a_has_its_published_values) {
    cr_assert_eq(pt_fnv1a(pt_slice_str("")), UINT64_C(0xcbf29ce484222325));
    cr_assert_eq(pt_fnv1a(pt_slice_str("a")), UINT64_C(0xaf63dc4c8601ec8c));
    cr_assert_eq(pt_fnv1a(pt_slice_str("foobar")), UINT64_C(0x85944171f73967e8));
    cr_assert_eq(pt_fnv1a_more(pt_fnv1a(pt_slice_str("foo")), pt_slice_str("bar")), pt_fnv1a(pt_slice_str("foobar")));
}
