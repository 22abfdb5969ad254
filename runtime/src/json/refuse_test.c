/* What the reader refuses, and how it says so. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "json/testing.h"

/* The status must hold `expected`, and nothing may stay appended. */
static void check_with(const char *type, const char *json, const pt_json_read_options *options, pt_code code,
                       const char *expected) {
    pt_buf wire = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    pt_status st = PT_STATUS_INIT;
    pt_code got = pt_json_testing_read(type, json, options, &wire, &st);
    cr_assert_eq(got, code, "%s: %s: %s", json, pt_code_name(got), st.message);
    cr_assert_eq(st.code, code);
    cr_assert(strstr(st.message, expected), "%s:\n\"%s\" is not in\n\"%s\"", json, expected, st.message);
    cr_assert_eq(wire.len, 0);
    pt_buf_done(&wire);
    pt_status_done(&st);
}

typedef struct sample {
    const char *json, *message;
} sample;

static void check_all(const sample *samples, size_t n) {
    for (size_t i = 0; i < n; i++)
        check_with("Shapes", samples[i].json, NULL, PT_INVALID_ARGUMENT, samples[i].message);
}
#define CHECK_ALL(samples) check_all((samples), sizeof(samples) / sizeof *(samples))

Test(refuse, with_path_byte_and_what_was_found) {
    static const sample samples[] = {
        {"{\"children\":[{},{},{},{\"f64\":\"abc\"}]}", "children[3].f64: expected a number, byte 29, found \"abc\""},
        {"{\"shapes\":{\"7\":{\"child\":{\"yes\":1}}}}", "shapes[\"7\"].child.yes: expected true or false, byte 31, found 1"},
        {"{\"i32\":{}}", "i32: expected a number, byte 7, found an object"},
        {"{\"i32\":[]}", "i32: expected a number, byte 7, found a list"},
        {"{\"manyI32\":[1,true]}", "manyI32[1]: expected a number, byte 14, found true"},
        {"{\"manyI32\":1}", "manyI32: expected a list, byte 11, found 1"},
        {"{\"texts\":[]}", "texts: expected an object, byte 9, found a list"},
        {"{\"child\":\"\"}", "child: expected an object, byte 9, found \"\""},
        {"{\"nope\":1}", "nope: unknown member, byte 1"},
        {"{\"child\":{\"nope\":1}}", "child.nope: unknown member, byte 10"},
        {"{\"object\":{\"a\":[{\"b\":nope}]}}", "object.a[0].b: expected a value, byte 21, found nope"},
        {"{\"values\":{\"a\":{\"b\":x}}}", "values[\"a\"].b: expected a value"},
        {"[]", "expected an object, byte 0, found a list"},
        {"", "expected an object, byte 0, found the end"},
        {"{\"i32\":1} x", "expected the end, byte 10, found x"},
        {"\xef\xbb\xbf{}", "without a byte order mark, byte 0"},
    };
    CHECK_ALL(samples);
}

Test(refuse, numbers) {
    static const sample samples[] = {
        {"{\"i32\":2147483648}", "i32: out of range for a 32-bit integer, byte 7, found 2147483648"},
        {"{\"i32\":-2147483649}", "out of range"},
        {"{\"i32\":1.5}", "expected a whole number for a 32-bit integer"},
        {"{\"i32\":\"\"}", "expected a number"},
        {"{\"i32\":\" 1\"}", "expected a number"},
        {"{\"i32\":\"1 \"}", "expected a number"},
        {"{\"i32\":\"0x1\"}", "expected a number"},
        {"{\"i32\":\"01\"}", "expected a number"},
        {"{\"i32\":01}", "without leading zeros"},
        {"{\"i32\":true}", "expected a number"},
        {"{\"i32\":NaN}", "expected a number"},
        {"{\"i32\":\"NaN\"}", "expected a number"},
        {"{\"u32\":-1}", "u32: out of range for an unsigned 32-bit integer"},
        {"{\"u32\":4294967296}", "out of range"},
        {"{\"u64\":18446744073709551616}", "out of range for an unsigned 64-bit integer"},
        {"{\"i64\":9223372036854775808}", "out of range for a 64-bit integer"},
        {"{\"s32\":2147483648}", "out of range"},
        {"{\"sx32\":2147483648}", "out of range"},
        {"{\"x32\":-1}", "out of range"},
        {"{\"f64\":1e309}", "f64: out of range for a double"},
        {"{\"f32\":3.5e38}", "f32: out of range for a float"},
        {"{\"f32\":-1e300}", "out of range for a float"},
        {"{\"f64\":NaN}", "expected a number"},
        {"{\"f64\":\"nan\"}", "expected a number"},
        {"{\"f64\":\"+Infinity\"}", "expected a number"},
        {"{\"f64\":1.}", "expected a number"},
        {"{\"f64\":.5}", "expected a number"},
        {"{\"value\":1e309}", "value: out of range for a double"},
    };
    CHECK_ALL(samples);
}

Test(refuse, strings_bytes_enums_and_bools) {
    static const sample samples[] = {
        {"{\"text\":1}", "text: expected a string, byte 8, found 1"},
        {"{\"text\":\"\xff\"}", "text: a string isn't UTF-8, byte 9"},
        {"{\"text\":\"\\ud800\"}", "text: lone surrogate in a string, byte 9"},
        {"{\"text\":\"\\q\"}", "text: bad escape in a string, byte 9"},
        {"{\"text\":\"\n\"}", "text: control character 0x0a in a string, byte 9"},
        {"{\"text\":\"a", "text: string without closing quote, byte 8"},
        {"{\"\xff\":1}", "a string isn't UTF-8, byte 2"},
        {"{\"blob\":\"a\"}", "blob: expected base64, byte 8"},
        {"{\"blob\":\"a b=\"}", "expected base64"},
        {"{\"blob\":1}", "blob: expected a string"},
        {"{\"color\":\"NOPE\"}", "color: partie.testdata.json.Color has no such value, byte 9, found \"NOPE\""},
        {"{\"color\":\"color_red\"}", "has no such value"},
        {"{\"color\":\"1\"}", "has no such value"},
        {"{\"color\":1.5}", "whole number"},
        {"{\"color\":2147483648}", "out of range"},
        {"{\"color\":true}", "expected a name or number of an enum"},
        {"{\"yes\":\"true\"}", "expected true or false"},
        {"{\"yes\":truex}", "expected true or false"},
        {"{\"yes\":0}", "expected true or false"},
        {"{\"nullValue\":false}", "expected a name or number of an enum"},
    };
    CHECK_ALL(samples);
}

Test(refuse, what_comes_twice) {
    static const sample samples[] = {
        {"{\"i32\":1,\"i32\":1}", "i32: this member is there twice, byte 9"},
        {"{\"i32\":null,\"i32\":1}", "this member is there twice"},
        {"{\"twoWords\":\"a\",\"two_words\":\"a\"}", "twoWords: this member is there twice, byte 16"},
        {"{\"i32\":1,\"\\u006932\":1}", "this member is there twice"},
        {"{\"chosenText\":\"\",\"chosenI32\":0}", "chosenI32: another member of oneof choice is set, byte 17"},
        {"{\"chosenText\":\"\",\"chosenNull\":null}", "another member of oneof choice is set"},
        {"{\"texts\":{\"a\":\"b\",\"a\":\"b\"}}", "texts[\"a\"]: this key is there twice, byte 18"},
        {"{\"texts\":{\"a\":\"b\",\"\\u0061\":\"b\"}}", "this key is there twice"},
        {"{\"shapes\":{\"1\":{\"texts\":{\"1\":\"\"}},\"1.0\":{}}}", "this key is there twice"},
        {"{\"colors\":{\"true\":0,\"true\":0}}", "this key is there twice"},
        {"{\"object\":{\"a\":1,\"a\":1}}", "object.a: this key is there twice, byte 17"},
        {"{\"any\":{\"@type\":\"a/google.protobuf.Empty\",\"value\":{},\"value\":{}}}", "twice"},
        {"{\"any\":{\"@type\":\"a/google.protobuf.Empty\",\"@type\":\"a/google.protobuf.Empty\"}}", "twice"},
        {"{\"any\":{\"@type\":\"a/partie.testdata.json.Bar\",\"@type\":\"a/partie.testdata.json.Event\"}}", "twice"},
    };
    CHECK_ALL(samples);
}

Test(refuse, a_key_twice_behind_many_others) {
    static char json[40000];
    size_t len = (size_t)snprintf(json, sizeof json, "{\"texts\":{");
    for (int i = 0; i < 1000; i++)
        len += (size_t)snprintf(json + len, sizeof json - len, "\"key %d\":\"value %d\",", i, i);
    snprintf(json + len, sizeof json - len, "\"key 700\":\"\"}}");
    check_with("Shapes", json, NULL, PT_INVALID_ARGUMENT, "texts[\"key 700\"]: this key is there twice");
}

/* A long value moves the key that stands in front of it, once its length is known. */
Test(refuse, a_key_twice_behind_a_long_value) {
    static char json[1000];
    snprintf(json, sizeof json, "{\"texts\":{\"a\":\"%0200d\",\"a\":\"\"}}", 0);
    check_with("Shapes", json, NULL, PT_INVALID_ARGUMENT, "texts[\"a\"]: this key is there twice, byte 217");
    snprintf(json, sizeof json, "{\"object\":{\"a\":\"%0200d\",\"a\":\"\"}}", 0);
    check_with("Shapes", json, NULL, PT_INVALID_ARGUMENT, "object.a: this key is there twice, byte 218");
}

Test(refuse, null_inside_lists_and_maps) {
    static const sample samples[] = {
        {"{\"manyI32\":[null]}", "manyI32[0]: expected a number, byte 12, found null"},
        {"{\"manyText\":[null]}", "expected a string"},
        {"{\"children\":[null]}", "expected an object"},
        {"{\"manyColor\":[null]}", "expected a name or number of an enum"},
        {"{\"texts\":{\"a\":null}}", "texts[\"a\"]: expected a string"},
        {"{\"shapes\":{\"1\":null}}", "expected an object"},
        {"{\"times\":[null]}", "expected a string"},
    };
    CHECK_ALL(samples);
}

Test(refuse, keys_of_the_wrong_kind) {
    static const sample samples[] = {
        {"{\"shapes\":{\"a\":{}}}", "shapes[\"a\"]: expected a number, byte 11, found \"a\""},
        {"{\"shapes\":{\"1.5\":{}}}", "whole number"},
        {"{\"shapes\":{\" 1\":{}}}", "expected a number"},
        {"{\"shapes\":{\"2147483648\":{}}}", "out of range"},
        {"{\"shapes\":{1:{}}}", "expected a member's name"},
        {"{\"colors\":{\"1\":0}}", "expected true or false"},
        {"{\"numbers\":{\"-1\":0}}", "out of range"},
    };
    CHECK_ALL(samples);
}

Test(refuse, malformed_structure) {
    static const sample samples[] = {
        {"{\"i32\":1,}", "expected a member's name, byte 9"},
        {"{,}", "expected a member's name or '}', byte 1"},
        {"{\"i32\" 1}", "expected ':', byte 7"},
        {"{\"i32\":1 \"u32\":1}", "expected ',' or '}', byte 9"},
        {"{\"manyI32\":[1,]}", "expected a number, byte 14"},
        {"{\"manyI32\":[1 2]}", "expected ',' or ']'"},
        {"{\"manyI32\":[1}", "expected ',' or ']'"},
        {"{\"texts\":{\"a\":\"b\",}}", "expected a member's name"},
        {"{\"i32\":1", "expected ',' or '}', byte 8, found the end"},
        {"{i32:1}", "expected a member's name or '}', byte 1, found i32"},
    };
    CHECK_ALL(samples);
}

Test(refuse, well_known_types) {
    static const sample samples[] = {
        {"{\"time\":\"yesterday\"}", "time: expected a time such as 2024-03-15T12:34:56.789Z, byte 8, found \"yesterday\""},
        {"{\"time\":1}", "time: expected a string"},
        {"{\"span\":\"1\"}", "span: expected a duration such as 1.5s"},
        {"{\"mask\":\"a_b\"}", "mask: expected lowerCamelCase paths"},
        {"{\"mask\":\"a,,b\"}", "lowerCamelCase"},
        {"{\"mask\":\"a,\"}", "lowerCamelCase"},
        {"{\"mask\":\",a\"}", "lowerCamelCase"},
        {"{\"object\":[]}", "object: expected an object"},
        {"{\"list\":{}}", "list: expected a list"},
        {"{\"value\":x}", "value: expected a value"},
        {"{\"empty\":{\"a\":1}}", "empty.a: unknown member"},
        {"{\"empty\":[]}", "expected an object"},
        {"{\"wrappedBool\":1}", "wrappedBool: expected true or false"},
        {"{\"wrappedI64\":{\"value\":1}}", "expected a number"},
    };
    CHECK_ALL(samples);
}

Test(refuse, any) {
    static const sample samples[] = {
        {"{\"any\":{\"a\":1}}", "any: @type is missing, byte 7"},
        {"{\"any\":{\"@type\":1}}", "any: expected a string"},
        {"{\"any\":{\"@type\":\"\"}}", "expected a type URL"},
        {"{\"any\":{\"@type\":\"google.protobuf.Empty\"}}", "expected a type URL"},
        {"{\"any\":{\"@type\":\"/google.protobuf.Empty\"}}", "expected a type URL"},
        {"{\"any\":{\"@type\":\"a/nope.Nope\"}}", "any: unknown type, byte 16, found \"a/nope.Nope\""},
        {"{\"any\":{\"@type\":\"a/google.protobuf.Duration\"}}", "the member value is missing"},
        {"{\"any\":{\"@type\":\"a/google.protobuf.Duration\",\"value\":\"1s\",\"a\":1}}", "unknown member"},
        {"{\"any\":{\"@type\":\"a/partie.testdata.json.Bar\",\"value\":1}}", "value: unknown member"},
        {"{\"any\":{\"a\":[1,],\"@type\":\"a/partie.testdata.json.Bar\"}}", "expected a value"},
    };
    CHECK_ALL(samples);
    pt_status st = PT_STATUS_INIT;
    pt_buf wire = PT_BUF_INIT(100);
    pt_slice json = pt_slice_str("{\"@type\":\"a/google.protobuf.Empty\"}");
    cr_assert_eq(pt_json_read(pt_json_testing_type(".Any"), json, NULL, &wire, &st), PT_INVALID_ARGUMENT,
                 "no schema was given");
    cr_assert(strstr(st.message, "unknown type"), "%s", st.message);
    pt_buf_done(&wire);
}

Test(refuse, nesting_over_the_limit) {
    static char json[9 * 200 + 200 + 1];
    pt_json_read_options options = PT_JSON_READ_OPTIONS_INIT;
    for (uint32_t depth = 100; depth <= 101; depth++) {
        size_t len = 0;
        for (uint32_t i = 0; i < depth - 1; i++)
            len += (size_t)snprintf(json + len, sizeof json - len, "{\"child\":");
        len += (size_t)snprintf(json + len, sizeof json - len, "{}");
        memset(json + len, '}', depth - 1);
        json[len + depth - 1] = '\0';
        if (depth == 101) check_with("Shapes", json, NULL, PT_RESOURCE_EXHAUSTED, "nested deeper than 100, byte 900");
        options.depth = depth;
        pt_buf wire = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
        cr_assert_eq(pt_json_testing_read("Shapes", json, &options, &wire, NULL), PT_OK);
        pt_buf_done(&wire);
    }
    options.depth = 3;
    check_with("Shapes", "{\"manyValue\":[[1]]}", &(pt_json_read_options){.depth = 2}, PT_RESOURCE_EXHAUSTED,
               "manyValue[0]: nested deeper than 2");
    check_with("Shapes", "{\"object\":{\"a\":{\"b\":{}}}}", &options, PT_RESOURCE_EXHAUSTED,
               "object.a.b: nested deeper than 3");
    check_with("Shapes", "{\"texts\":{}}", &(pt_json_read_options){.depth = 1}, PT_RESOURCE_EXHAUSTED,
               "texts: nested deeper than 1");
    options.ignore_unknown = true;
    check_with("Shapes", "{\"a\":[[[]]]}", &options, PT_RESOURCE_EXHAUSTED, "a: nested deeper than the limit");
}

Test(refuse, output_over_its_ceiling) {
    const char *json =
        "{\"text\":\"1234567890\",\"child\":{\"text\":\"1234567890\"},\"manyI32\":[1,2,3],\"blob\":\"MTIzNDU2Nzg5MA==\"}";
    pt_buf whole = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    cr_assert_eq(pt_json_testing_read("Shapes", json, NULL, &whole, NULL), PT_OK);
    for (size_t max = 0; max < whole.len; max++) {
        pt_buf wire = PT_BUF_INIT(max);
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(pt_json_testing_read("Shapes", json, NULL, &wire, &st), PT_RESOURCE_EXHAUSTED, "%zu", max);
        cr_assert(strstr(st.message, "limit"), "%s", st.message);
        cr_assert_eq(wire.len, 0);
        pt_buf_done(&wire);
    }
    pt_buf_done(&whole);
}

Test(refuse, a_long_path_keeps_its_end) {
    static char json[9 * 90 + 20];
    size_t len = 0;
    for (int i = 0; i < 90; i++)
        len += (size_t)snprintf(json + len, sizeof json - len, "{\"child\":");
    snprintf(json + len, sizeof json - len, "{\"i32\":x}");
    check_with("Shapes", json, NULL, PT_INVALID_ARGUMENT, ".child.child.i32: expected a number, byte 817, found x");
    check_with("Shapes", json, NULL, PT_INVALID_ARGUMENT, "....child");
}

Test(refuse, no_prefix_is_taken) {
    static const char whole[] =
        "{\"children\":[{\"f64\":1.5}],\"any\":{\"@type\":\"a/google.protobuf.Value\",\"value\":[1,\"\\ud83d\\ude00\"]},"
        "\"shapes\":{\"-1\":{}},\"time\":\"2024-03-15T12:34:56Z\",\"blob\":\"AQ==\",\"manyI32\":[1,2]}";
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        char *copy = strndup(whole, len);
        check_with("Shapes", copy, NULL, PT_INVALID_ARGUMENT, "byte ");
        free(copy);
    }
}
