/* What bytes come to, in whatever order and shape they stand. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "core/wire.h"
#include "json/testing.h"

/* Bytes put together field by field. */
typedef struct bytes {
    uint8_t ptr[4096];
    size_t len;
} bytes;

static void put_varint(bytes *b, uint32_t number, uint64_t value) {
    uint8_t *p = pt_write_tag(b->ptr + b->len, number, PT_WIRE_VARINT);
    b->len = (size_t)(pt_write_varint(p, value) - b->ptr);
}

static void put_text(bytes *b, uint32_t number, const void *text, size_t len) {
    uint8_t *p = pt_write_varint(pt_write_tag(b->ptr + b->len, number, PT_WIRE_LEN), len);
    memcpy(p, text, len);
    b->len = (size_t)(p + len - b->ptr);
}

static void put_str(bytes *b, uint32_t number, const char *text) {
    put_text(b, number, text, strlen(text));
}

static void put_message(bytes *b, uint32_t number, const bytes *message) {
    put_text(b, number, message->ptr, message->len);
}

static void put_fixed64(bytes *b, uint32_t number, uint64_t value) {
    b->len = (size_t)(pt_write_fixed64(pt_write_tag(b->ptr + b->len, number, PT_WIRE_I64), value) - b->ptr);
}

static void put_fixed32(bytes *b, uint32_t number, uint32_t value) {
    b->len = (size_t)(pt_write_fixed32(pt_write_tag(b->ptr + b->len, number, PT_WIRE_I32), value) - b->ptr);
}

static void check(const char *type, const bytes *b, const char *expected) {
    pt_buf text = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_json_testing_write(type, pt_slice_of(b->ptr, b->len), NULL, &text, &st), PT_OK, "%s", st.message);
    cr_assert_str_eq(pt_buf_cstr(&text), expected);
    pt_buf_done(&text);
}

static void check_refused(const char *type, const bytes *b, const char *message) {
    pt_buf text = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_json_testing_write(type, pt_slice_of(b->ptr, b->len), NULL, &text, &st), PT_INVALID_ARGUMENT, "%s: %s",
                 message, st.message);
    cr_assert(strstr(st.message, message), "%s", st.message);
    cr_assert_eq(text.len, 0);
    pt_buf_done(&text);
}

Test(write, members_in_the_order_of_numbers) {
    bytes b = {.len = 0};
    put_str(&b, 9, "a");
    put_varint(&b, 5, 1);
    put_varint(&b, 8, 1);
    put_varint(&b, 3, 1);
    check("Shapes", &b, "{\"i64\":\"1\",\"i32\":1,\"yes\":true,\"text\":\"a\"}");
}

Test(write, the_last_scalar_counts) {
    bytes b = {.len = 0};
    put_varint(&b, 5, 1);
    put_varint(&b, 5, 2);
    put_str(&b, 9, "a");
    put_varint(&b, 5, 3);
    put_str(&b, 9, "");
    check("Shapes", &b, "{\"i32\":3}");
    put_varint(&b, 5, 0);
    check("Shapes", &b, "{}");
}

Test(write, repeated_fields_are_gathered) {
    bytes b = {.len = 0}, one = {.len = 0};
    put_str(&b, 23, "a");
    put_varint(&b, 22, 1);
    put_text(&b, 22, "\x02\x03", 2);
    put_str(&b, 23, "b");
    put_text(&b, 22, "", 0);
    put_text(&b, 27, "\x04\x05", 2);
    put_varint(&b, 27, 6);
    put_varint(&one, 5, 1);
    put_message(&b, 26, &one);
    put_varint(&b, 5, 7);
    put_text(&b, 26, "", 0);
    check("Shapes", &b,
          "{\"i32\":7,\"manyI32\":[1,2,3],\"manyText\":[\"a\",\"b\"],\"children\":[{\"i32\":1},{}],\"loose\":[4,5,6]}");
}

Test(write, an_empty_packed_list_is_left_out) {
    bytes b = {.len = 0};
    put_text(&b, 22, "", 0);
    put_varint(&b, 5, 1);
    check("Shapes", &b, "{\"i32\":1}");
}

Test(write, split_messages_are_merged) {
    bytes b = {.len = 0}, first = {.len = 0}, second = {.len = 0}, inner = {.len = 0};
    put_varint(&first, 5, 1);
    put_str(&first, 23, "a");
    put_varint(&inner, 3, 1);
    put_message(&first, 17, &inner);
    put_varint(&second, 5, 2);
    put_str(&second, 23, "b");
    inner.len = 0;
    put_varint(&inner, 4, 2);
    put_message(&second, 17, &inner);
    put_message(&b, 17, &first);
    put_varint(&b, 5, 9);
    put_message(&b, 17, &second);
    check("Shapes", &b, "{\"i32\":9,\"child\":{\"i32\":2,\"child\":{\"i64\":\"1\",\"u64\":\"2\"},\"manyText\":[\"a\",\"b\"]}}");
}

Test(write, a_split_timestamp_is_merged) {
    bytes b = {.len = 0}, part = {.len = 0};
    put_varint(&part, 1, 5);
    put_message(&b, 51, &part);
    part.len = 0;
    put_varint(&part, 2, 500000000);
    put_message(&b, 51, &part);
    check("Shapes", &b, "{\"time\":\"1970-01-01T00:00:05.500Z\"}");
}

Test(write, the_last_member_of_a_oneof_counts) {
    bytes b = {.len = 0}, first = {.len = 0}, second = {.len = 0};
    put_varint(&first, 5, 1);
    put_varint(&second, 3, 1);
    put_message(&b, 44, &first);
    put_str(&b, 43, "a");
    put_message(&b, 44, &second);
    check("Shapes", &b, "{\"chosenShape\":{\"i64\":\"1\"}}");
    put_message(&b, 44, &first);
    check("Shapes", &b, "{\"chosenShape\":{\"i64\":\"1\",\"i32\":1}}");
    put_varint(&b, 47, 0);
    put_varint(&b, 5, 3);
    check("Shapes", &b, "{\"i32\":3,\"chosenI32\":0}");
    put_varint(&b, 45, 0);
    check("Shapes", &b, "{\"i32\":3,\"chosenNull\":null}");
}

Test(write, map_entries_in_every_shape) {
    bytes b = {.len = 0}, entry = {.len = 0}, value = {.len = 0};
    put_text(&b, 31, "", 0); /* neither key nor value */
    put_str(&entry, 2, "v"); /* value first, key twice, and a field that entries don't have */
    put_varint(&entry, 7, 1);
    put_str(&entry, 1, "x");
    put_str(&entry, 1, "k");
    put_message(&b, 31, &entry);
    entry.len = 0;
    put_varint(&entry, 1, (uint64_t)-1);
    put_varint(&value, 5, 1);
    put_message(&entry, 2, &value);
    value.len = 0;
    put_varint(&value, 3, 2);
    put_message(&entry, 2, &value);
    put_message(&b, 32, &entry);
    put_text(&b, 33, "", 0);
    put_text(&b, 35, "\x0a\x01z", 3);
    check("Shapes", &b,
          "{\"texts\":{\"\":\"\",\"k\":\"v\"},\"shapes\":{\"-1\":{\"i64\":\"2\",\"i32\":1}},"
          "\"colors\":{\"false\":\"COLOR_UNSPECIFIED\"},\"values\":{\"z\":null}}");
}

static void put_pair(bytes *b, const char *key, const char *value) {
    bytes entry = {.len = 0};
    put_str(&entry, 1, key);
    put_str(&entry, 2, value);
    put_message(b, 31, &entry);
}

Test(write, the_last_entry_of_a_key_counts) {
    bytes b = {.len = 0}, entry = {.len = 0};
    put_pair(&b, "a", "1");
    put_pair(&b, "b", "2");
    put_pair(&b, "a", "3");
    put_varint(&b, 5, 1);
    put_pair(&b, "a", "4");
    for (uint64_t key = 1; key < 300; key += 256) { /* another spelling of the same number */
        entry.len = 0;
        put_varint(&entry, 1, key | UINT64_C(1) << 40);
        put_message(&b, 32, &entry);
    }
    entry.len = 0;
    put_varint(&entry, 1, 1);
    put_text(&entry, 2, "\x28\x05", 2);
    put_message(&b, 32, &entry);
    for (uint64_t yes = 1; yes < 4; yes++) {
        entry.len = 0;
        put_varint(&entry, 1, yes);
        put_message(&b, 33, &entry);
    }
    check("Shapes", &b,
          "{\"i32\":1,\"texts\":{\"b\":\"2\",\"a\":\"4\"},\"shapes\":{\"257\":{},\"1\":{\"i32\":5}},\"colors\":{\"true\":"
          "\"COLOR_UNSPECIFIED\"}}");
}

Test(write, values_are_cut_to_their_types) {
    bytes b = {.len = 0};
    put_varint(&b, 5, UINT64_C(0x100000001));
    put_varint(&b, 8, 256);
    put_varint(&b, 11, UINT64_C(0xfffffffff));
    put_varint(&b, 12, UINT64_C(0xffffffff));
    put_varint(&b, 15, UINT64_C(0x100000001));
    put_varint(&b, 16, UINT64_C(0xffffffffffffffff));
    check("Shapes", &b,
          "{\"i32\":1,\"yes\":true,\"u32\":4294967295,\"color\":\"COLOR_BACK\",\"s32\":-1,\"s64\":\"-9223372036854775808\"}");
    b.len = 0;
    put_fixed32(&b, 13, UINT32_MAX);
    put_fixed64(&b, 14, UINT64_MAX);
    put_fixed64(&b, 6, UINT64_MAX);
    put_varint(&b, 12, 77);
    check("Shapes", &b, "{\"x64\":\"18446744073709551615\",\"color\":77,\"sx32\":-1,\"sx64\":\"-1\"}");
}

Test(write, what_the_type_lacks_is_passed_over) {
    bytes b = {.len = 0};
    put_varint(&b, 500, 1);
    put_str(&b, 501, "a");
    put_fixed32(&b, 502, 1);
    put_fixed64(&b, 503, 1);
    memcpy(b.ptr + b.len, "\xc3\x3e\xcb\x3e\x08\x01\xcc\x3e\xc4\x3e", 10); /* group 1000 with group 1001 inside */
    b.len += 10;
    put_str(&b, 5, "not an int32"); /* a wire type that the field can't have */
    put_varint(&b, 9, 1);
    put_varint(&b, 3, 1);
    check("Shapes", &b, "{\"i64\":\"1\"}");
}

Test(write, strings_are_escaped) {
    bytes b = {.len = 0};
    put_text(&b, 9, "a\"\\/\b\n\x01\0\x7f\xc3\xa9", 11);
    check("Shapes", &b, "{\"text\":\"a\\\"\\\\/\\b\\n\\u0001\\u0000\x7f\xc3\xa9\"}");
    b.len = 0;
    put_str(&b, 19, "x");
    check("Shapes", &b, "{\"an \\\"odd\\\" name\":\"x\"}");
}

Test(write, malformed_bytes_are_refused) {
    static const struct {
        const char *wire;
        size_t len;
        const char *message;
    } cases[] = {
        {"\x28", 1, "the value of field number 5 is malformed or cut off, byte 0"},
        {"\x28\x01\x4a\x05"
         "ab",
         6, "the value of field number 9 is malformed or cut off, byte 2"},
        {"\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, "field number 5"},
        {"\x00\x01", 2, "expected a field's tag, byte 0"},
        {"\x2c", 1, "field number 5"},
        {"\x2e\x01", 2, "expected a field's tag"},
        {"\x80", 1, "expected a field's tag"},
        {"\x2b\x08\x01", 3, "field number 5"},
        {"\x2b\x34", 2, "field number 5"},
        {"\x4a\x01\xff", 3, "text: a string isn't UTF-8, byte 2"},
        {"\xb2\x01\x01\xff", 4, "manyI32[0]: the packed value is malformed or cut off, byte 3"},
        {"\xaa\x01\x09\0\0\0\0\0\0\0\0\0", 12, "manyF64[1]: the packed value"},
        {"\x8a\x01\x02\x8a\x01", 5, "child: the value of field number 17 is malformed or cut off, byte 3"},
        {"\xfa\x01\x01\x0a", 4, "texts: the value of field number 1"},
        {"\xfa\x01\x03\x0a\x01\xff", 6, "texts[\"?\"]: a string isn't UTF-8"},
        {"\xd2\x01\x00\xd2\x01\x03\x4a\x01\xff", 9, "children[1].text: a string isn't UTF-8, byte 8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bytes b = {.len = cases[i].len};
        memcpy(b.ptr, cases[i].wire, b.len);
        check_refused("Shapes", &b, cases[i].message);
    }
}

Test(write, well_known_values_out_of_range_are_refused) {
    bytes b = {.len = 0}, value = {.len = 0};
    put_varint(&value, 1, UINT64_C(253402300800));
    put_message(&b, 51, &value);
    check_refused("Shapes", &b, "time: out of range for google.protobuf.Timestamp, byte 3");
    b.len = value.len = 0;
    put_varint(&value, 1, 1);
    put_varint(&value, 2, (uint64_t)-1);
    put_message(&b, 52, &value);
    check_refused("Shapes", &b, "span: out of range for google.protobuf.Duration");
    b.len = value.len = 0;
    put_fixed64(&value, 2, UINT64_C(0x7ff0000000000000));
    put_message(&b, 55, &value);
    check_refused("Shapes", &b, "value: a Value can't hold NaN or an infinity");
    b.len = value.len = 0;
    put_str(&value, 1, "fooBar");
    put_message(&b, 53, &value);
    check_refused("Shapes", &b, "mask: a path that has no lowerCamelCase form");
}

Test(write, structs_in_every_shape) {
    bytes b = {.len = 0}, value = {.len = 0};
    put_message(&b, 55, &value);
    check("Shapes", &b, "{\"value\":null}");
    put_str(&value, 3, "a");
    put_varint(&value, 4, 1);
    b.len = 0;
    put_message(&b, 55, &value);
    check("Shapes", &b, "{\"value\":true}");
    put_text(&value, 6, "", 0);
    b.len = 0;
    put_message(&b, 55, &value);
    put_text(&b, 54, "\x0a\x03\x0a\x01k", 5);
    check("Shapes", &b, "{\"object\":{\"k\":null},\"value\":[]}");
}

Test(write, any) {
    bytes b = {.len = 0}, any = {.len = 0};
    put_str(&any, 1, "a/partie.testdata.json.Bar");
    put_text(&any, 2, "\x11\0\0\0\0\0\0\xf0\x3f", 9);
    put_message(&b, 57, &any);
    check("Shapes", &b, "{\"any\":{\"@type\":\"a/partie.testdata.json.Bar\",\"open\":1}}");
    put_text(&any, 2, "\x11", 1);
    b.len = 0;
    put_message(&b, 57, &any);
    check_refused("Shapes", &b, "any: the value of field number 2");
    b.len = any.len = 0;
    put_str(&any, 1, "a/nope.Nope");
    put_message(&b, 57, &any);
    check_refused("Shapes", &b, "any: unknown type \"a/nope.Nope\" in an Any, byte 3");
    b.len = any.len = 0;
    put_str(&any, 2, "x");
    put_message(&b, 57, &any);
    check_refused("Shapes", &b, "unknown type \"\"");
}

Test(write, depth_is_limited) {
    static bytes b, outer;
    pt_json_write_options options = PT_JSON_WRITE_OPTIONS_INIT;
    pt_buf text = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    b.len = 0;
    for (int depth = 1; depth < 100; depth++) {
        outer.len = 0;
        put_message(&outer, 17, &b);
        b = outer;
    }
    cr_assert_eq(pt_json_testing_write("Shapes", pt_slice_of(b.ptr, b.len), &options, &text, NULL), PT_OK);
    options.depth = 99;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_json_testing_write("Shapes", pt_slice_of(b.ptr, b.len), &options, &text, &st), PT_RESOURCE_EXHAUSTED);
    cr_assert(strstr(st.message, "nested deeper than 99, byte "), "%s", st.message);
    cr_assert_eq(text.len, 0);
    pt_buf_done(&text);
}

/* Oneofs, keys and order are settled level by level: what is odd at every level costs no more than its bytes. */
Test(write, oddities_at_every_depth_stay_cheap, .timeout = 5) {
    static bytes b, outer;
    b.len = 0;
    for (int depth = 1; depth < 60; depth++) {
        bytes entry = {.len = 0};
        outer.len = 0;
        put_varint(&entry, 1, 1);
        put_message(&entry, 2, &b);
        put_varint(&outer, 47, 1);
        put_text(&outer, 32, "\x08\x01", 2);
        put_message(&outer, 32, &entry);
        put_varint(&outer, 5, 1);
        b = outer;
    }
    pt_buf text = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    cr_assert_eq(pt_json_testing_write("Shapes", pt_slice_of(b.ptr, b.len), NULL, &text, NULL), PT_OK);
    pt_buf_done(&text);
}

Test(write, output_over_its_ceiling) {
    bytes b = {.len = 0};
    put_str(&b, 9, "1234567890");
    put_text(&b, 22, "\x01\x02\x03", 3);
    put_pair(&b, "key", "value");
    put_str(&b, 10, "1234567890");
    pt_buf whole = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    cr_assert_eq(pt_json_testing_write("Shapes", pt_slice_of(b.ptr, b.len), NULL, &whole, NULL), PT_OK);
    for (size_t max = 0; max < whole.len; max++) {
        pt_buf text = PT_BUF_INIT(max);
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(pt_json_testing_write("Shapes", pt_slice_of(b.ptr, b.len), NULL, &text, &st), PT_RESOURCE_EXHAUSTED, "%zu",
                     max);
        cr_assert(strstr(st.message, "limit"), "%s", st.message);
        cr_assert_eq(text.len, 0);
        pt_buf_done(&text);
    }
    pt_buf_done(&whole);
}
