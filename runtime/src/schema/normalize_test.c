/* pt_type_normalize: each rule by itself, and the limits. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "core/wire.h"
#include "kinds.pb.h"
#include "partie/limits.h"
#include "partie/schema.h"

static pt_schema *schema;
static const pt_type *kinds;

static void start(void) {
    pt_status st = PT_STATUS_INIT;
    schema = pt_schema_new();
    cr_assert_eq(pt_schema_add_file(schema, pt_slice_of(kinds__file.descriptor, kinds__file.descriptor_len), &st), PT_OK);
    kinds = pt_schema_type(schema, "partie.testdata.Kinds");
}

static void stop(void) {
    pt_schema_free(schema);
}

TestSuite(normalize, .init = start, .fini = stop);

/* Bytes as text: two hexadecimal digits each, blanks where one likes. Returns their number. */
static size_t bytes_of(const char *text, uint8_t *ret_bytes) {
    size_t len = 0;
    for (const char *p = text; *p; p += 2) {
        unsigned byte;
        while (*p == ' ')
            p++;
        cr_assert_eq(sscanf(p, "%2x", &byte), 1, "%s", text);
        ret_bytes[len++] = (uint8_t)byte;
    }
    return len;
}

static void expect(const char *wire, const char *canonical) {
    uint8_t in[128];
    char got[512] = "";
    size_t len = bytes_of(wire, in);
    pt_buf out = PT_BUF_INIT(128);
    pt_limits limits = PT_LIMITS_INIT;
    pt_status st = PT_STATUS_INIT;
    pt_code code = pt_type_normalize(kinds, pt_slice_of(in, len), &limits, &out, &st);
    for (size_t i = 0; i < out.len; i++)
        snprintf(got + 3 * i - (i > 0), 4, "%s%02x", i ? " " : "", out.ptr[i]);
    cr_expect(!code && !strcmp(got, canonical), "%s: %s, not %s %s", wire, got, canonical, st.message);
    pt_buf_done(&out);
}

Test(normalize, fields_stand_in_order_and_the_last_value_counts) {
    expect("", "");
    expect("40 01 28 02", "28 02 40 01");
    expect("28 01 40 01 28 02", "28 02 40 01");
    expect("4a 01 61 4a 02 62 63", "4a 02 62 63");
    expect("8a 01 04 40 01 28 02", "8a 01 04 28 02 40 01");
}

Test(normalize, zero_is_written_where_it_is_told_from_unset) {
    expect("28 01 28 00", "");
    expect("4a 00", "");
    expect("09 00 00 00 00 00 00 00 00", "");
    expect("09 00 00 00 00 00 00 00 80", "09 00 00 00 00 00 00 00 80"); /* -0.0 */
    expect("98 03 00", "98 03 00");
    expect("a2 03 00", "a2 03 00");
    expect("aa 03 00", "aa 03 00");
    expect("f8 03 00", "f8 03 00");
}

Test(normalize, numbers_are_minimal_and_cut_to_their_width) {
    expect("28 81 00", "28 01");
    expect("a8 00 01", "28 01");
    expect("4a 81 00 61", "4a 01 61");
    expect("40 82 80 01", "40 01");
    expect("58 81 80 80 80 10", "58 01");
    expect("28 81 80 80 80 10", "28 01");
    expect("28 ff ff ff ff 0f", "28 ff ff ff ff ff ff ff ff ff 01");
    expect("60 ff ff ff ff 0f", "60 ff ff ff ff ff ff ff ff ff 01");
    expect("78 81 80 80 80 10", "78 01");
    expect("80 01 ff ff ff ff ff ff ff ff ff 01", "80 01 ff ff ff ff ff ff ff ff ff 01");
    expect("3d 01 00 00 80", "3d 01 00 00 80");
}

Test(normalize, parts_of_a_message_are_merged_at_every_level) {
    expect("8a 01 02 28 01 8a 01 02 40 01", "8a 01 04 28 01 40 01");
    expect("8a 01 05 8a 01 02 28 01 28 07 8a 01 05 8a 01 02 40 01", "28 07 8a 01 07 8a 01 04 28 01 40 01");
    expect("aa 03 02 28 01 aa 03 00", "aa 03 02 28 01");
    expect("8a 01 05 ca 01 02 61 61 8a 01 04 ca 01 01 62", "8a 01 09 ca 01 02 61 61 ca 01 01 62");
    expect("ea 01 02 28 01 ea 01 02 40 01", "ea 01 02 28 01 ea 01 02 40 01"); /* elements of a list are not */
}

Test(normalize, the_last_member_of_a_oneof_counts) {
    expect("ea 03 01 61 f8 03 01", "f8 03 01");
    expect("f8 03 01 ea 03 01 61", "ea 03 01 61");
    expect("f2 03 02 28 01 f2 03 02 40 01", "f2 03 04 28 01 40 01");
    expect("f2 03 02 28 01 f8 03 01 f2 03 02 40 01", "f2 03 02 40 01");
    expect("8a 01 03 f8 03 01 8a 01 04 ea 03 01 61", "8a 01 04 ea 03 01 61");
    expect("8a 01 05 f2 03 02 28 01 8a 01 05 f2 03 02 40 01", "8a 01 07 f2 03 04 28 01 40 01");
}

Test(normalize, lists_are_packed_as_the_contract_says) {
    expect("c0 01 01 c2 01 02 00 05 c0 01 80 00", "c2 01 04 01 00 01 00");
    expect("c2 01 00", "");
    expect("f2 01 02 01 02 f0 01 03", "f0 01 01 f0 01 02 f0 01 03");
    expect("f2 01 00", "");
    expect("da 01 05 ff ff ff ff 0f", "da 01 0a ff ff ff ff ff ff ff ff ff 01");
    expect("ca 01 01 61 ca 01 00", "ca 01 01 61 ca 01 00");
}

Test(normalize, maps_have_whole_entries_by_key_and_the_last_of_each) {
    expect("d2 02 00", "d2 02 04 08 00 12 00");
    expect("d2 02 02 08 01", "d2 02 04 08 01 12 00");
    expect("d2 02 03 12 01 61", "d2 02 05 08 00 12 01 61");
    expect("d2 02 05 12 01 61 08 01", "d2 02 05 08 01 12 01 61");
    expect("d2 02 05 08 01 12 01 61 d2 02 05 08 00 12 01 62 d2 02 05 08 01 12 01 63",
           "d2 02 05 08 00 12 01 62 d2 02 05 08 01 12 01 63");
    expect("d2 02 05 08 01 12 01 61 d2 02 0e 08 ff ff ff ff ff ff ff ff ff 01 12 01 62",
           "d2 02 0e 08 ff ff ff ff ff ff ff ff ff 01 12 01 62 d2 02 05 08 01 12 01 61");
    expect("ca 02 03 0a 01 62 ca 02 04 0a 02 61 61 ca 02 03 0a 01 61",
           "ca 02 05 0a 01 61 12 00 ca 02 06 0a 02 61 61 12 00 ca 02 05 0a 01 62 12 00");
    expect("ca 02 0b 12 02 28 01 0a 01 61 12 02 40 01", "ca 02 09 0a 01 61 12 04 28 01 40 01");
}

Test(normalize, unknown_fields_follow_as_they_stand) {
    expect("c0 44 01 28 01 c0 44 81 00", "28 01 c0 44 01 c0 44 81 00");
    expect("c3 44 28 01 cb 44 cc 44 c4 44 28 02", "28 02 c3 44 28 01 cb 44 cc 44 c4 44");
    expect("8a 01 05 c0 44 01 28 01 8a 01 03 c2 44 00", "8a 01 08 28 01 c0 44 01 c2 44 00");
}

Test(normalize, lengths_that_grow_and_shrink) {
    uint8_t in[600], *p;
    pt_buf out = PT_BUF_INIT(1 << 20);
    pt_limits limits = PT_LIMITS_INIT;
    /* each number takes 7 bytes, and then 10 in a packed list */
    p = pt_write_varint(pt_write_tag(in, 17, PT_WIRE_LEN), 126);
    for (int i = 0; i < 18; i++)
        p = pt_write_varint(pt_write_tag(p, 27, PT_WIRE_VARINT), 0xffffffff);
    cr_assert_eq(pt_type_normalize(kinds, pt_slice_of(in, (size_t)(p - in)), &limits, &out, NULL), PT_OK);
    cr_expect_eq(out.len, 2 + 2 + 2 + 2 + 10 * 18);
    pt_buf_clear(&out);
    p = pt_write_varint(pt_write_tag(in, 17, PT_WIRE_LEN), 200);
    for (int i = 0; i < 100; i++)
        p = pt_write_varint(pt_write_tag(p, 5, PT_WIRE_VARINT), 1);
    cr_assert_eq(pt_type_normalize(kinds, pt_slice_of(in, (size_t)(p - in)), &limits, &out, NULL), PT_OK);
    cr_expect(pt_slice_equal(pt_buf_slice(&out), pt_slice_str("\x8a\x01\x02\x28\x01")));
    pt_buf_done(&out);
}

Test(normalize, a_ceiling_may_be_reached) {
    pt_buf out = PT_BUF_INIT(5);
    pt_limits limits = PT_LIMITS_INIT;
    cr_expect_eq(pt_type_normalize(kinds, pt_slice_str("\x8a\x01\x02\x28\x01"), &limits, &out, NULL), PT_OK);
    cr_expect_eq(out.len, 5);
    pt_buf_done(&out);
}

/* What failed leaves what was there. */
static void expect_failure(pt_slice wire, const pt_limits *limits, size_t ceiling, pt_code code, const char *message) {
    pt_buf out = PT_BUF_INIT(ceiling);
    pt_status st = PT_STATUS_INIT;
    pt_code kept = pt_buf_append(&out, "kept", 4), got = pt_type_normalize(kinds, wire, limits, &out, &st);
    bool right = !kept && got == code && strstr(st.message, message);
    cr_expect(right && pt_slice_equal(pt_buf_slice(&out), pt_slice_str("kept")), "%s: %s", pt_code_name(got), st.message);
    pt_buf_done(&out);
}

Test(normalize, what_fails_leaves_nothing_behind) {
    static uint8_t alternating[4 * 4096];
    pt_limits limits = PT_LIMITS_INIT, shallow = PT_LIMITS_INIT, narrow = PT_LIMITS_INIT;
    shallow.depth = 1;
    narrow.arena_bytes = 8192;
    for (size_t i = 0; i < sizeof alternating; i++)
        alternating[i] = i % 4 == 0 ? 0x28 : i % 4 == 2 ? 0x40 : 1;
    pt_slice many = pt_slice_of(alternating, sizeof alternating);
    expect_failure(pt_slice_str("\x28\x01\x8a\x01\x02\x28"), &limits, 100, PT_INVALID_ARGUMENT, "one_kinds");
    expect_failure(pt_slice_str("\x28\x01\x4a\x01\xff"), &limits, 100, PT_INVALID_ARGUMENT, "one_string");
    expect_failure(pt_slice_str("\x8a\x01\x05\x8a\x01\x02\x28\x01"), &shallow, 100, PT_RESOURCE_EXHAUSTED, "one_kinds");
    expect_failure(pt_slice_str("\x28\x01\x4a\x03xyz"), &limits, 8, PT_RESOURCE_EXHAUSTED, "limit");
    expect_failure(many, &narrow, 100, PT_RESOURCE_EXHAUSTED, "limit");
}
