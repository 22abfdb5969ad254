/* What the generated messages put on the wire and take from it, with protoc (libprotobuf) as the judge. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "kinds.pb.h"

#define MAX_BYTES 65536

/* A file in /tmp with the given bytes; the caller unlinks it. */
static void write_temporary(char *path, const void *bytes, size_t len) {
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

/* protoc's output for `input` in the given mode: --encode or --decode. Returns its length. */
static size_t protoc(const char *mode, const char *type, const void *input, size_t len, char output[static MAX_BYTES]) {
    char path[] = "/tmp/partie-roundtrip-XXXXXX", command[1024];
    write_temporary(path, input, len);
    snprintf(command, sizeof command, "exec protoc %s=kinds.v1.%s -I%s/kinds kinds.proto < %s", mode, type, PARTIE_TESTDATA,
             path);
    FILE *out = popen(command, "r");
    cr_assert(out);
    size_t got = fread(output, 1, MAX_BYTES - 1, out);
    cr_assert_eq(pclose(out), 0, "failed: %s", command);
    output[got] = '\0';
    unlink(path);
    return got;
}

static size_t encode(const char *type, const char *text, char bytes[static MAX_BYTES]) {
    return protoc("--deterministic_output --encode", type, text, strlen(text), bytes);
}

/* ---- text that protoc encodes; C reads it and must write the same bytes ---- */

typedef struct sample {
    char type[16];
    char text[1536];
} sample;

#define NUMBERS(form)                                                                                                          \
    form("f_double", "-1.5e300") form("f_float", "0.25") form("f_int32", "-2147483648")                                        \
        form("f_int64", "-9223372036854775808") form("f_uint32", "4294967295") form("f_uint64", "18446744073709551615")        \
            form("f_sint32", "-2147483648") form("f_sint64", "-9223372036854775808") form("f_fixed32", "4294967295")           \
                form("f_fixed64", "18446744073709551615") form("f_sfixed32", "-2147483648")                                    \
                    form("f_sfixed64", "-9223372036854775808") form("f_bool", "true") form("f_kind", "KIND_MINUS")
#define SCALARS(form) NUMBERS(form) form("f_string", "'caf\\303\\251'") form("f_bytes", "'\\000\\377'")
#define ONCE(name, value) name ": " value "\n"
#define TWICE(name, value) ONCE(name, value) ONCE(name, value)

static const sample samples[] = {
    {"Singular", SCALARS(ONCE) "f_leaf { n: 7 text: 'x' }"},
    {"Singular", ""},
    {"Optional", SCALARS(ONCE) "f_leaf { n: 7 text: 'x' }"},
    {"Optional", "f_double: 0 f_float: 0 f_int32: 0 f_int64: 0 f_uint32: 0 f_uint64: 0 f_sint32: 0 f_sint64: 0 f_fixed32: 0 "
                 "f_fixed64: 0 f_sfixed32: 0 f_sfixed64: 0 f_bool: false f_string: '' f_bytes: '' f_kind: 0 f_leaf {}"},
    {"Repeated", SCALARS(TWICE) "f_leaf { n: 7 text: 'x' } f_leaf {}"},
    {"Unpacked", NUMBERS(TWICE)},
    {"Choice", "f_string: ''"},
    {"Choice", "f_bytes: ''"},
    {"Choice", "f_int32: 0"},
    {"Choice", "f_bool: false"},
    {"Choice", "f_kind: KIND_UNSPECIFIED"},
    {"Choice", "f_leaf {}"},
    {"Choice", "f_double: nan"},
    {"Choice", "f_leaf { text: 'deep' }"},
    {"Maps",
     "by_int32 { key: -1 value: 'a' } by_int64 { key: -2 value: 'b' } by_uint32 { key: 3 value: 'c' } by_uint64 { key: 4 "
     "value: 'd' } by_sint32 { key: -5 value: 'e' } by_sint64 { key: -6 value: 'f' } by_fixed32 { key: 7 value: 'g' } "
     "by_fixed64 { key: 8 value: 'h' } by_sfixed32 { key: -9 value: 'i' } by_sfixed64 { key: -10 value: 'j' } by_bool { "
     "key: true value: 'k' } by_string { key: 'l' value: 'l' } to_double { key: 'm' value: inf } to_bytes { key: 'n' "
     "value: '\\000' } to_kind { key: 'o' value: KIND_TWO } to_leaf { key: 'p' value { n: 1 } }"},
    {"WellKnown", "any { type_url: 't/x' value: '\\001' } duration { seconds: -3 nanos: -5 } timestamp { seconds: 1 } "
                  "field_mask { paths: 'a' paths: 'b.c' } struct { fields { key: 'k' value { list_value { values { null_value: "
                  "NULL_VALUE } values { bool_value: false } } } } } value { string_value: '' } string_value { } bool_value { "
                  "value: true }"},
    {"Numbers", "last: 1 first: 2 b: 3 a: 4 third: 5"},
    {"Everything",
     "singular { f_int32: 5 } choices { f_int64: 1 } choices {} repeated { f_int32: 1 } unpacked { f_bool: false }"},
};

ParameterizedTestParameters(roundtrip, writes_what_libprotobuf_wrote) {
    return cr_make_param_array(const sample, samples, sizeof samples / sizeof *samples);
}

static const ProtobufCMessageDescriptor *type_of(const char *name) {
    static const ProtobufCMessageDescriptor *const types[] = {
        &kinds__v1__singular__descriptor,   &kinds__v1__optional__descriptor, &kinds__v1__repeated__descriptor,
        &kinds__v1__unpacked__descriptor,   &kinds__v1__choice__descriptor,   &kinds__v1__maps__descriptor,
        &kinds__v1__well_known__descriptor, &kinds__v1__numbers__descriptor,  &kinds__v1__everything__descriptor,
    };
    size_t i = 0;
    while (i < sizeof types / sizeof *types && strcmp(types[i]->short_name, name) != 0)
        i++;
    cr_assert_lt(i, sizeof types / sizeof *types, "no type %s", name);
    return types[i];
}

ParameterizedTest(const sample *param, roundtrip, writes_what_libprotobuf_wrote) {
    static char bytes[MAX_BYTES], again[MAX_BYTES];
    size_t len = encode(param->type, param->text, bytes);
    ProtobufCMessage *message = protobuf_c_message_unpack(type_of(param->type), NULL, len, (const uint8_t *)bytes);
    cr_assert(message);
    cr_expect_eq(message->n_unknown_fields, 0);
    cr_assert_eq(protobuf_c_message_get_packed_size(message), len);
    cr_assert_eq(protobuf_c_message_pack(message, (uint8_t *)again), len);
    cr_expect_arr_eq(again, bytes, len);
    protobuf_c_message_free_unpacked(message, NULL);
}

/* ---- values that C sets; protoc must read them ---- */

static void expect_text(const ProtobufCMessage *message, const char *expected) {
    static char text[MAX_BYTES];
    static uint8_t bytes[MAX_BYTES];
    size_t len = protobuf_c_message_pack(message, bytes);
    protoc("--decode", message->descriptor->short_name, bytes, len, text);
    cr_expect_str_eq(text, expected);
}

Test(roundtrip, singular_fields_reach_libprotobuf) {
    Kinds__V1__Leaf leaf = KINDS__V1__LEAF__INIT;
    leaf.n = -1;
    Kinds__V1__Singular m = KINDS__V1__SINGULAR__INIT;
    m.f_double = 0.5;
    m.f_float = -INFINITY;
    m.f_int32 = -1;
    m.f_int64 = -2;
    m.f_uint32 = 3;
    m.f_uint64 = 4;
    m.f_sint32 = -5;
    m.f_sint64 = -6;
    m.f_fixed32 = 7;
    m.f_fixed64 = 8;
    m.f_sfixed32 = -9;
    m.f_sfixed64 = -10;
    m.f_bool = 1;
    m.f_string = "text";
    m.f_bytes = (ProtobufCBinaryData){.len = 2, .data = (uint8_t *)"\0\1"};
    m.f_kind = KINDS__V1__KIND__KIND_TWO;
    m.f_leaf = &leaf;
    expect_text(&m.base, "f_double: 0.5\nf_float: -inf\nf_int32: -1\nf_int64: -2\nf_uint32: 3\nf_uint64: 4\nf_sint32: -5\n"
                         "f_sint64: -6\nf_fixed32: 7\nf_fixed64: 8\nf_sfixed32: -9\nf_sfixed64: -10\nf_bool: true\n"
                         "f_string: \"text\"\nf_bytes: \"\\000\\001\"\nf_kind: KIND_TWO\nf_leaf {\n  n: -1\n}\n");
}

Test(roundtrip, zero_with_implicit_presence_is_not_sent) {
    Kinds__V1__Singular m = KINDS__V1__SINGULAR__INIT;
    cr_expect_eq(kinds__v1__singular__get_packed_size(&m), 0);
    cr_expect_str_eq(m.f_string, "");
}

Test(roundtrip, optional_fields_are_sent_when_set_to_zero_and_not_when_unset) {
    Kinds__V1__Optional m = KINDS__V1__OPTIONAL__INIT;
    cr_expect_eq(kinds__v1__optional__get_packed_size(&m), 0);
    cr_expect_null(m.f_string);
    m.has_f_int32 = 1;
    m.has_f_bytes = 1;
    m.has_f_kind = 1;
    m.f_string = (char *)protobuf_c_empty_string;
    expect_text(&m.base, "f_int32: 0\nf_string: \"\"\nf_bytes: \"\"\nf_kind: KIND_UNSPECIFIED\n");
}

Test(roundtrip, the_empty_string_of_a_oneof_is_sent) {
    Kinds__V1__Choice m = KINDS__V1__CHOICE__INIT;
    cr_expect_eq(m.choice_case, KINDS__V1__CHOICE__CHOICE__NOT_SET);
    m.choice_case = KINDS__V1__CHOICE__CHOICE_F_STRING;
    m.f_string = (char *)protobuf_c_empty_string;
    expect_text(&m.base, "f_string: \"\"\n");
}

Test(roundtrip, the_last_member_of_a_oneof_wins) {
    static char bytes[MAX_BYTES];
    size_t len = encode("Choice", "f_string: 'first'", bytes);
    len += encode("Choice", "f_leaf { n: 3 }", bytes + len);
    Kinds__V1__Choice *m = kinds__v1__choice__unpack(NULL, len, (const uint8_t *)bytes);
    cr_assert(m);
    cr_expect_eq(m->choice_case, KINDS__V1__CHOICE__CHOICE_F_LEAF);
    cr_expect_eq(m->f_leaf->n, 3);
    kinds__v1__choice__free_unpacked(m, NULL);
}

Test(roundtrip, repeated_numbers_are_packed_unless_the_contract_says_otherwise) {
    int32_t numbers[] = {1, 2, 3};
    Kinds__V1__Repeated packed = KINDS__V1__REPEATED__INIT;
    packed.n_f_int32 = 3;
    packed.f_int32 = numbers;
    cr_expect_eq(kinds__v1__repeated__get_packed_size(&packed), 5);
    Kinds__V1__Unpacked unpacked = KINDS__V1__UNPACKED__INIT;
    unpacked.n_f_int32 = 3;
    unpacked.f_int32 = numbers;
    cr_expect_eq(kinds__v1__unpacked__get_packed_size(&unpacked), 6);
}

Test(roundtrip, map_entries_are_messages) {
    Kinds__V1__Leaf leaf = KINDS__V1__LEAF__INIT;
    leaf.text = "value";
    Kinds__V1__Maps__ToLeafEntry entry = KINDS__V1__MAPS__TO_LEAF_ENTRY__INIT, *entries[] = {&entry};
    entry.key = "key";
    entry.value = &leaf;
    Kinds__V1__Maps m = KINDS__V1__MAPS__INIT;
    m.n_to_leaf = 1;
    m.to_leaf = entries;
    expect_text(&m.base, "to_leaf {\n  key: \"key\"\n  value {\n    text: \"value\"\n  }\n}\n");
}

Test(roundtrip, fields_are_found_by_name_and_number) {
    const ProtobufCMessageDescriptor *numbers = &kinds__v1__numbers__descriptor;
    cr_expect_eq(protobuf_c_message_descriptor_get_field_by_name(numbers, "third")->id, 3);
    cr_expect_str_eq(protobuf_c_message_descriptor_get_field(numbers, 536870911)->name, "last");
    cr_expect_str_eq(protobuf_c_message_descriptor_get_field(numbers, 16)->name, "b");
    cr_expect_null(protobuf_c_message_descriptor_get_field(numbers, 2));
    cr_expect_null(protobuf_c_message_descriptor_get_field_by_name(numbers, "fourth"));
}
