/* Options of both directions, the forms of the REST mapping, single fields and plain texts. */
#include <criterion/criterion.h>

#include "json/testing.h"

static const pt_json_read_options loose = {.depth = 10, .annotations = true};
static const pt_json_write_options loose_out = {.depth = 10, .annotations = true};

/* Reads and writes with the REST mapping. */
static void check_loose(const char *json, const char *expected) {
    pt_buf wire = PT_BUF_INIT(PT_JSON_TESTING_BYTES), text = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_json_testing_read("Loose", json, &loose, &wire, &st), PT_OK, "%s: %s", json, st.message);
    cr_assert_eq(pt_json_testing_write("Loose", pt_buf_slice(&wire), &loose_out, &text, &st), PT_OK, "%s: %s", json,
                 st.message);
    const char *got = pt_buf_cstr(&text);
    cr_assert_str_eq(got, expected);
    pt_buf_done(&wire);
    pt_buf_done(&text);
}

static void check_refused(const char *type, const char *json, const pt_json_read_options *options, pt_code code,
                          const char *message) {
    pt_buf wire = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_json_testing_read(type, json, options, &wire, &st), code, "%s: %s", json, st.message);
    cr_assert(strstr(st.message, message), "%s: %s", json, st.message);
    cr_assert_eq(wire.len, 0);
    pt_buf_done(&wire);
}

Test(raw, any_value_is_kept_digit_by_digit) {
    check_loose("{\"data\":{\"a\":1.50,\"b\":[1e400,-0,\"\\u0041\"]}}", "{\"data\":{\"a\":1.50,\"b\":[1e400,-0,\"\\u0041\"]}}");
    check_loose("{\"data\" : [ 1 , { \"a b\" : null } ] }", "{\"data\":[1,{\"a b\":null}]}");
    check_loose("{\"data\":\"text\"}", "{\"data\":\"text\"}");
    check_loose("{\"data\":0.10}", "{\"data\":0.10}");
    check_loose("{\"data\":null}", "{\"data\":null}");
    check_loose("{\"note\":{},\"data\":true}", "{\"data\":true,\"note\":{}}");
}

Test(raw, is_checked_on_the_way_in) {
    check_refused("Loose", "{\"data\":{\"a\":01}}", &loose, PT_INVALID_ARGUMENT,
                  "data: expected a number without leading zeros, byte 13");
    check_refused("Loose", "{\"data\":[1,]}", &loose, PT_INVALID_ARGUMENT, "data: expected a value, byte 11");
    check_refused("Loose", "{\"data\":\"\\ud800\"}", &loose, PT_INVALID_ARGUMENT, "data: lone surrogate");
    check_refused("Loose", "{\"data\":[[[[[[[[[[[1]]]]]]]]]]]}", &loose, PT_RESOURCE_EXHAUSTED, "data: nested deeper");
    check_refused("Loose", "{\"data\":1,\"data_base64\":\"\"}", &loose, PT_INVALID_ARGUMENT, "another member of oneof payload");
}

/* Writes bytes of Loose. */
static pt_code write_loose(const char *wire, size_t len, const pt_json_write_options *options, pt_buf *text, pt_status *st) {
    return pt_json_testing_write("Loose", pt_slice_of(wire, len), options, text, st);
}

Test(raw, is_checked_on_the_way_out) {
    static const char *const bad[] = {"\x12\x03{\"a",
                                      "\x12\x03"
                                      "1 2",
                                      "\x12\x03"
                                      "nan",
                                      "\x12\x03\"\xff\"", "\x22\x03],["};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pt_buf text = PT_BUF_INIT(1000);
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(write_loose(bad[i], 5, &loose_out, &text, &st), PT_INVALID_ARGUMENT, "%zu", i);
        cr_assert(strstr(st.message, i == 4 ? "note: the field doesn't hold JSON text, byte "
                                            : "data: the field doesn't hold JSON text, byte "),
                  "%s", st.message);
        cr_assert_eq(text.len, 0);
        pt_buf_done(&text);
    }
}

Test(raw, nothing_is_null_and_whitespace_goes) {
    pt_buf text = PT_BUF_INIT(1000);
    cr_assert_eq(write_loose("\x12\x00", 2, &loose_out, &text, NULL), PT_OK);
    cr_assert_str_eq(pt_buf_cstr(&text), "{\"data\":null}");
    cr_assert_eq(write_loose("\x12\x07 [ 1 ]\n", 9, &loose_out, &text, NULL), PT_OK);
    cr_assert_str_eq(pt_buf_cstr(&text), "{\"data\":[1]}");
    pt_buf_done(&text);
}

Test(raw, is_a_plain_string_without_annotations) {
    pt_buf wire = PT_BUF_INIT(1000), text = PT_BUF_INIT(1000);
    const char *json = "{\"data\":\"{\\\"a\\\":1}\",\"extensions\":{\"x\":\"1\"}}";
    cr_assert_eq(pt_json_testing_read("Loose", json, NULL, &wire, NULL), PT_OK);
    cr_assert_eq(pt_json_testing_write("Loose", pt_buf_slice(&wire), NULL, &text, NULL), PT_OK);
    cr_assert_str_eq(pt_buf_cstr(&text), json);
    cr_assert_eq(pt_json_testing_write("Loose", pt_buf_slice(&wire), &loose_out, &text, NULL), PT_OK);
    cr_assert_str_eq(pt_buf_cstr(&text), "{\"data\":{\"a\":1},\"x\":1}");
    pt_buf_done(&wire);
    pt_buf_done(&text);
}

Test(inlined, members_that_no_field_takes_become_entries) {
    check_loose("{\"b\":1.0,\"id\":\"x\",\"a\":{\"c\":[true]}}", "{\"id\":\"x\",\"b\":1.0,\"a\":{\"c\":[true]}}");
    check_loose("{\"a\\u0062\":\"\\u0063\"}", "{\"ab\":\"\\u0063\"}");
    check_loose("{\"a\":null,\"b\":2}", "{\"b\":2}");
    check_loose("{\"\":1}", "{\"\":1}");
}

Test(inlined, names_may_not_meet) {
    check_refused("Loose", "{\"a\":1,\"a\":2}", &loose, PT_INVALID_ARGUMENT, "a: this key is there twice, byte 7");
    check_refused("Loose", "{\"extensions\":{}}", &loose, PT_INVALID_ARGUMENT,
                  "extensions: its entries are members of the enclosing object");
    pt_buf text = PT_BUF_INIT(1000);
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(write_loose("\x2a\x07\x0a\x02id\x12\x01"
                             "1",
                             9, &loose_out, &text, &st),
                 PT_INVALID_ARGUMENT);
    cr_assert(strstr(st.message, "extensions[\"id\"]: an entry has the name of a field of partie.testdata.json.Loose"), "%s",
              st.message);
    cr_assert_eq(write_loose("\x2a\x06\x0a\x01x\x12\x01"
                             "1"
                             "\x2a\x06\x0a\x01x\x12\x01"
                             "2",
                             16, &loose_out, &text, &st),
                 PT_OK);
    cr_assert_str_eq(pt_buf_cstr(&text), "{\"x\":2}");
    cr_assert_eq(write_loose("\x2a\x06\x0a\x01x\x12\x01"
                             "}",
                             8, &loose_out, &text, &st),
                 PT_INVALID_ARGUMENT);
    pt_buf_done(&text);
}

Test(unknown, members_and_enum_names_are_passed_over_on_request) {
    static const char *const samples[][2] = {
        {"{\"a\":1,\"b\":{\"c\":[1,{}]},\"i32\":1}", "{\"i32\":1}"},
        {"{\"color\":\"NOPE\",\"i32\":1}", "{\"i32\":1}"},
        {"{\"manyColor\":[\"COLOR_RED\",\"NOPE\",\"COLOR_BACK\"]}", "{\"manyColor\":[\"COLOR_RED\",\"COLOR_BACK\"]}"},
        {"{\"manyColor\":[\"NOPE\"]}", "{}"},
        {"{\"colors\":{\"true\":\"NOPE\",\"false\":\"COLOR_RED\"}}", "{\"colors\":{\"false\":\"COLOR_RED\"}}"},
        {"{\"namedColors\":{\"a\":\"NOPE\",\"a\":\"COLOR_RED\",\"b\":\"NOPE\"}}", "{\"namedColors\":{\"a\":\"COLOR_RED\"}}"},
        {"{\"any\":{\"@type\":\"a/google.protobuf.Duration\",\"value\":\"1s\",\"a\":1}}",
         "{\"any\":{\"@type\":\"a/google.protobuf.Duration\",\"value\":\"1s\"}}"},
        {"{\"empty\":{\"a\":1}}", "{\"empty\":{}}"},
    };
    pt_json_read_options options = PT_JSON_READ_OPTIONS_INIT;
    options.ignore_unknown = true;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        pt_buf wire = PT_BUF_INIT(1000), text = PT_BUF_INIT(1000);
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(pt_json_testing_read("Shapes", samples[i][0], &options, &wire, &st), PT_OK, "%s: %s", samples[i][0],
                     st.message);
        cr_assert_eq(pt_json_testing_write("Shapes", pt_buf_slice(&wire), NULL, &text, &st), PT_OK);
        cr_assert_str_eq(pt_buf_cstr(&text), samples[i][1]);
        pt_buf_done(&wire);
        pt_buf_done(&text);
    }
    check_refused("Shapes", "{\"a\":[1,]}", &options, PT_INVALID_ARGUMENT, "a: expected a value, byte 8");
    check_refused("Shapes", "{\"a\":\"\xff\"}", &options, PT_INVALID_ARGUMENT, "isn't UTF-8");
    check_refused("Shapes", "{\"color\":1.5}", &options, PT_INVALID_ARGUMENT, "whole number");
}

Test(options, of_the_writer) {
    static const char wire[] = "\x18\x01\x60\x01\x92\x01\x01"
                               "a"; /* i64 1, color 1, two_words "a" */
    static const struct {
        pt_json_write_options options;
        const char *json;
    } cases[] = {
        {{.depth = 1}, "{\"i64\":\"1\",\"color\":\"COLOR_RED\",\"twoWords\":\"a\"}"},
        {{.depth = 1, .int64_numbers = true}, "{\"i64\":1,\"color\":\"COLOR_RED\",\"twoWords\":\"a\"}"},
        {{.depth = 1, .enum_numbers = true}, "{\"i64\":\"1\",\"color\":1,\"twoWords\":\"a\"}"},
        {{.depth = 1, .proto_names = true}, "{\"i64\":\"1\",\"color\":\"COLOR_RED\",\"two_words\":\"a\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pt_buf text = PT_BUF_INIT(1000);
        cr_assert_eq(pt_json_testing_write("Shapes", pt_slice_of(wire, sizeof wire - 1), &cases[i].options, &text, NULL),
                     PT_OK);
        cr_assert_str_eq(pt_buf_cstr(&text), cases[i].json);
        pt_buf_done(&text);
    }
}

Test(options, zero_fields_in_their_places) {
    pt_buf text = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    pt_json_write_options options = PT_JSON_WRITE_OPTIONS_INIT;
    options.zero_fields = true;
    cr_assert_eq(pt_json_testing_write("Event", pt_slice_of("\x12\x01t", 3), &options, &text, NULL), PT_OK);
    cr_assert_str_eq(
        pt_buf_cstr(&text),
        "{\"id\":\"\",\"type\":\"t\",\"source\":\"\",\"sequence\":\"0\",\"severity\":0,\"message\":\"\",\"labels\":{}}");
    cr_assert_eq(pt_json_testing_write("Bars", pt_slice_of("\x12\x00", 2), &options, &text, NULL), PT_OK);
    cr_assert_str_eq(pt_buf_cstr(&text),
                     "{\"symbol\":\"\",\"bars\":[{\"open\":0,\"high\":0,\"low\":0,\"close\":0,\"volume\":0}]}");
    cr_assert_eq(pt_json_testing_write("Shapes", pt_slice_of("\x28\x00", 2), &options, &text, NULL), PT_OK);
    cr_assert(strstr(pt_buf_cstr(&text), "\"i32\":0,\"x64\":\"0\""), "%s", pt_buf_cstr(&text));
    cr_assert(strstr(pt_buf_cstr(&text), "\"color\":\"COLOR_UNSPECIFIED\""));
    cr_assert(!strstr(pt_buf_cstr(&text), "maybe"), "an unset field with presence isn't zero");
    options.annotations = true;
    cr_assert_eq(pt_json_testing_write("Loose", pt_slice_of(NULL, 0), &options, &text, NULL), PT_OK);
    cr_assert_str_eq(pt_buf_cstr(&text), "{\"id\":\"\",\"note\":null}");
    pt_buf_done(&text);
}

static const pt_field *field_of(const char *name) {
    return pt_type_field_named(pt_json_testing_type("Shapes"), name, strlen(name));
}

Test(field, is_read_alone) {
    static const char *const samples[][3] = {
        {"i32", " 7 ", "{\"i32\":7}"},
        {"child", "{\"i32\":7}", "{\"child\":{\"i32\":7}}"},
        {"many_i32", "[1,2]", "{\"manyI32\":[1,2]}"},
        {"texts", "{\"a\":\"b\"}", "{\"texts\":{\"a\":\"b\"}}"},
        {"i32", "null", "{}"},
        {"value", "null", "{\"value\":null}"},
        {"time", "\"1970-01-01T00:00:00Z\"", "{\"time\":\"1970-01-01T00:00:00Z\"}"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        pt_buf wire = PT_BUF_INIT(1000), text = PT_BUF_INIT(1000);
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(pt_json_read_field(field_of(samples[i][0]), pt_slice_str(samples[i][1]), NULL, &wire, &st), PT_OK, "%s",
                     st.message);
        cr_assert_eq(pt_json_testing_write("Shapes", pt_buf_slice(&wire), NULL, &text, &st), PT_OK, "%s", st.message);
        cr_assert_str_eq(pt_buf_cstr(&text), samples[i][2]);
        pt_buf_done(&wire);
        pt_buf_done(&text);
    }
    pt_status st = PT_STATUS_INIT;
    pt_buf wire = PT_BUF_INIT(1000);
    cr_assert_eq(pt_json_read_field(field_of("many_i32"), pt_slice_str("[1,\"a\"]"), NULL, &wire, &st), PT_INVALID_ARGUMENT);
    cr_assert_str_eq(st.message, "manyI32[1]: expected a number, byte 3, found \"a\"");
    pt_buf_done(&wire);
}

Test(field, is_written_alone_or_as_zero) {
    static const char *const samples[][3] = {
        {"i32", "{\"i32\":7}", "7"},
        {"i64", "{\"i64\":7}", "\"7\""},
        {"child", "{\"child\":{\"i32\":7}}", "{\"i32\":7}"},
        {"many_i32", "{\"manyI32\":[1,2]}", "[1,2]"},
        {"texts", "{\"texts\":{\"a\":\"b\"}}", "{\"a\":\"b\"}"},
        {"time", "{\"time\":\"1970-01-01T00:00:00Z\"}", "\"1970-01-01T00:00:00Z\""},
        {"i32", "{}", "0"},
        {"maybe_i32", "{}", "0"},
        {"color", "{}", "\"COLOR_UNSPECIFIED\""},
        {"text", "{}", "\"\""},
        {"blob", "{}", "\"\""},
        {"yes", "{}", "false"},
        {"child", "{\"i32\":1}", "null"},
        {"many_i32", "{}", "[]"},
        {"texts", "{}", "{}"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        pt_buf wire = PT_BUF_INIT(1000), text = PT_BUF_INIT(1000);
        cr_assert_eq(pt_json_testing_read("Shapes", samples[i][1], NULL, &wire, NULL), PT_OK);
        cr_assert_eq(pt_json_write_field(field_of(samples[i][0]), pt_buf_slice(&wire), NULL, &text, NULL), PT_OK);
        cr_assert_str_eq(pt_buf_cstr(&text), samples[i][2]);
        pt_buf_done(&wire);
        pt_buf_done(&text);
    }
}

Test(text, is_read_as_one_value) {
    static const char *const samples[][3] = {
        {"i32", "7", "{\"i32\":7}"},
        {"i64", "-7", "{\"i64\":\"-7\"}"},
        {"f64", "1.5", "{\"f64\":1.5}"},
        {"f64", "NaN", "{\"f64\":\"NaN\"}"},
        {"yes", "true", "{\"yes\":true}"},
        {"text", "a \"b\"\n", "{\"text\":\"a \\\"b\\\"\\n\"}"},
        {"text", "null", "{\"text\":\"null\"}"},
        {"blob", "_-8", "{\"blob\":\"/+8=\"}"},
        {"color", "COLOR_RED", "{\"color\":\"COLOR_RED\"}"},
        {"color", "-1", "{\"color\":\"COLOR_BACK\"}"},
        {"maybe_i32", "0", "{\"maybeI32\":0}"},
        {"many_i32", "5", "{\"manyI32\":[5]}"},
        {"many_text", "", "{\"manyText\":[\"\"]}"},
        {"wrapped_i64", "7", "{\"wrappedI64\":\"7\"}"},
        {"wrapped_text", "", "{\"wrappedText\":\"\"}"},
        {"time", "1970-01-01T00:00:00Z", "{\"time\":\"1970-01-01T00:00:00Z\"}"},
        {"times", "1970-01-01T00:00:01Z", "{\"times\":[\"1970-01-01T00:00:01Z\"]}"},
        {"span", "1s", "{\"span\":\"1s\"}"},
        {"mask", "a,bC", "{\"mask\":\"a,bC\"}"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        pt_buf wire = PT_BUF_INIT(1000), text = PT_BUF_INIT(1000);
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(pt_json_read_text(field_of(samples[i][0]), pt_slice_str(samples[i][1]), &wire, &st), PT_OK, "%s",
                     st.message);
        cr_assert_eq(pt_json_testing_write("Shapes", pt_buf_slice(&wire), NULL, &text, &st), PT_OK, "%s", st.message);
        cr_assert_str_eq(pt_buf_cstr(&text), samples[i][2]);
        pt_buf_done(&wire);
        pt_buf_done(&text);
    }
}

Test(text, that_is_no_value_is_refused) {
    static const char *const samples[][3] = {
        {"i32", "a", "i32: expected a number, byte 0, found a"},
        {"i32", "", "i32: expected a number"},
        {"i32", "1 ", "i32: expected a number"},
        {"i32", "\"1\"", "i32: expected a number"},
        {"i32", "99999999999", "out of range"},
        {"yes", "1", "yes: expected true or false"},
        {"text", "\xff", "text: the text isn't UTF-8"},
        {"blob", "a", "blob: expected base64"},
        {"color", "NOPE", "Color has no such value"},
        {"time", "now", "time: expected a time"},
        {"child", "{}", "child: partie.testdata.json.Shapes has no text form"},
        {"texts", "a", "has no text form"},
        {"value", "1", "google.protobuf.Value has no text form"},
        {"wrapped_i64", "x", "wrappedI64: expected a number"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        pt_buf wire = PT_BUF_INIT(1000);
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(pt_json_read_text(field_of(samples[i][0]), pt_slice_str(samples[i][1]), &wire, &st), PT_INVALID_ARGUMENT,
                     "%zu", i);
        cr_assert(strstr(st.message, samples[i][2]), "%s", st.message);
        cr_assert_eq(wire.len, 0);
        pt_buf_done(&wire);
    }
}

static void check_quote(const char *text, size_t len, const char *expected) {
    pt_buf out = PT_BUF_INIT(1000);
    cr_assert_eq(pt_json_quote(&out, pt_slice_of(text, len)), PT_OK);
    cr_assert_str_eq(pt_buf_cstr(&out), expected);
    pt_buf_done(&out);
}

Test(quote, any_bytes) {
    check_quote("", 0, "\"\"");
    check_quote("a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\"");
    check_quote("\b\f\n\r\t\0\x1f\x7f", 8, "\"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\"");
    check_quote("\xc3\xa9\xff\xe2\x82", 5, "\"\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    check_quote("\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", 10,
                "\"\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\"");
}

Test(quote, over_the_ceiling_appends_nothing) {
    pt_buf out = PT_BUF_INIT(40);
    pt_slice text = pt_slice_str("\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01");
    cr_assert_eq(pt_buf_append_str(&out, "x"), PT_OK);
    cr_assert_eq(pt_json_quote(&out, text), PT_RESOURCE_EXHAUSTED);
    cr_assert_eq(out.len, 1);
    pt_buf_done(&out);
}
