/* What proto3 JSON accepts, and what it comes to: shown as the canonical text that the bytes are written back as, and, where
 * that would hide something, as the bytes. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "json/testing.h"

static void check(const char *type, const char *json, const char *expected) {
    pt_buf wire = PT_BUF_INIT(PT_JSON_TESTING_BYTES), text = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_json_testing_read(type, json, NULL, &wire, &st), PT_OK, "%s: %s", json, st.message);
    cr_assert_eq(pt_json_testing_write(type, pt_buf_slice(&wire), NULL, &text, &st), PT_OK, "%s: %s", json, st.message);
    const char *got = pt_buf_cstr(&text);
    cr_assert_str_eq(got, expected);
    pt_buf_done(&wire);
    pt_buf_done(&text);
}

typedef struct sample {
    const char *json, *expected; /* expected NULL: the same */
} sample;

static void check_all(const sample *samples, size_t n) {
    for (size_t i = 0; i < n; i++)
        check("Shapes", samples[i].json, samples[i].expected ? samples[i].expected : samples[i].json);
}
#define CHECK_ALL(samples) check_all((samples), sizeof(samples) / sizeof *(samples))

Test(read, integers) {
    static const sample samples[] = {
        {"{\"i32\":-2147483648}", NULL},
        {"{\"i32\":2147483647.0}", "{\"i32\":2147483647}"},
        {"{\"i32\":\"1\"}", "{\"i32\":1}"},
        {"{\"i32\":1e2}", "{\"i32\":100}"},
        {"{\"i32\":\"1e2\"}", "{\"i32\":100}"},
        {"{\"i32\":-0}", "{}"},
        {"{\"i64\":\"-9223372036854775808\"}", NULL},
        {"{\"i64\":9223372036854775807}", "{\"i64\":\"9223372036854775807\"}"},
        {"{\"u64\":18446744073709551615}", "{\"u64\":\"18446744073709551615\"}"},
        {"{\"u32\":4294967295}", NULL},
        {"{\"x64\":\"1\",\"x32\":2,\"sx32\":-3,\"sx64\":\"-4\",\"s32\":-2147483648,\"s64\":\"-9223372036854775808\"}", NULL},
    };
    CHECK_ALL(samples);
}

Test(read, reals) {
    static const sample samples[] = {
        {"{\"f64\":1.7976931348623157e+308}", NULL},
        {"{\"f64\":1e-400}", "{}"},
        {"{\"f64\":-0.0}", "{\"f64\":-0}"},
        {"{\"f64\":\"NaN\",\"f32\":\"Infinity\"}", NULL},
        {"{\"f64\":\"-Infinity\",\"f32\":\"NaN\"}", NULL},
        {"{\"f64\":\"1.5\",\"f32\":\"-2\"}", "{\"f64\":1.5,\"f32\":-2}"},
        {"{\"f32\":3.4028235e+38}", NULL},
        {"{\"f32\":0.1}", NULL},
        {"{\"f64\":0.1}", NULL},
        {"{\"f64\":123456789012345678901234567890}", "{\"f64\":1.2345678901234568e+29}"},
    };
    CHECK_ALL(samples);
}

Test(read, bools_strings_and_bytes) {
    static const sample samples[] = {
        {"{\"yes\":true}", NULL},
        {"{\"yes\":false,\"text\":\"\",\"blob\":\"\"}", "{}"},
        {"{\"text\":\"a\\u0041\\n\\/\"}", "{\"text\":\"aA\\n/\"}"},
        {"{\"text\":\"\\u0000\"}", NULL},
        {"{\"text\":\"\\ud83d\\ude00\"}", "{\"text\":\"\xf0\x9f\x98\x80\"}"},
        {"{\"blob\":\"AQID\"}", NULL},
        {"{\"blob\":\"_-8\"}", "{\"blob\":\"/+8=\"}"},
        {"{\"blob\":\"\\/+8=\"}", "{\"blob\":\"/+8=\"}"},
    };
    CHECK_ALL(samples);
}

Test(read, names) {
    static const sample samples[] = {
        {"{\"twoWords\":\"a\"}", NULL},
        {"{\"two_words\":\"a\"}", "{\"twoWords\":\"a\"}"},
        {"{\"tw\\u006fWords\":\"a\"}", "{\"twoWords\":\"a\"}"},
        {"{\"an \\\"odd\\\" name\":\"a\"}", NULL},
        {"{\"named\":\"a\"}", "{\"an \\\"odd\\\" name\":\"a\"}"},
    };
    CHECK_ALL(samples);
}

Test(read, enums) {
    static const sample samples[] = {
        {"{\"color\":\"COLOR_RED\"}", NULL},
        {"{\"color\":\"COLOR_CRIMSON\"}", "{\"color\":\"COLOR_RED\"}"},
        {"{\"color\":1}", "{\"color\":\"COLOR_RED\"}"},
        {"{\"color\":-1}", "{\"color\":\"COLOR_BACK\"}"},
        {"{\"color\":77}", NULL},
        {"{\"color\":0}", "{}"},
        {"{\"manyColor\":[0,\"COLOR_RED\",77]}", "{\"manyColor\":[\"COLOR_UNSPECIFIED\",\"COLOR_RED\",77]}"},
    };
    CHECK_ALL(samples);
}

Test(read, lists_and_maps) {
    static const sample samples[] = {
        {"{\"manyF64\":[1,2.5,\"NaN\"],\"manyI32\":[0,-1,\"2\"]}", "{\"manyF64\":[1,2.5,\"NaN\"],\"manyI32\":[0,-1,2]}"},
        {"{\"manyI32\":[],\"manyText\":[],\"texts\":{},\"children\":[]}", "{}"},
        {"{\"manyText\":[\"\",\"a\"],\"manyBlob\":[\"\",\"AQ==\"],\"children\":[{},{\"i32\":1}],\"loose\":[1,2]}", NULL},
        {"{\"texts\":{\"\":\"\",\"a\":\"b\"}}", NULL},
        {"{\"shapes\":{\"-1\":{},\"2\":{\"shapes\":{\"3\":{}}}}}", NULL},
        {"{\"shapes\":{\"1e1\":{}}}", "{\"shapes\":{\"10\":{}}}"},
        {"{\"colors\":{\"true\":\"COLOR_RED\",\"false\":0}}",
         "{\"colors\":{\"true\":\"COLOR_RED\",\"false\":\"COLOR_UNSPECIFIED\"}}"},
        {"{\"numbers\":{\"18446744073709551615\":1.5}}", NULL},
        {"{\"values\":{\"a\":null,\"b\":[1]}}", NULL},
    };
    CHECK_ALL(samples);
}

Test(read, null_is_unset) {
    static const sample samples[] = {
        {"{\"i32\":null,\"text\":null,\"child\":null,\"manyI32\":null,\"texts\":null,\"time\":null,\"wrappedI64\":null,\"any\":"
         "null}",
         "{}"},
        {"{\"value\":null}", NULL},
        {"{\"nullValue\":null}", "{}"},
        {"{\"chosenNull\":null}", NULL},
        {"{\"chosenNull\":\"NULL_VALUE\"}", "{\"chosenNull\":null}"},
        {"{\"chosenValue\":null}", NULL},
        {"{\"chosenText\":null,\"chosenI32\":1}", "{\"chosenI32\":1}"},
        {"{\"chosenI32\":1,\"chosenShape\":null}", "{\"chosenI32\":1}"},
        {"{\"manyValue\":null}", "{}"},
        {"{\"manyValue\":[null,null]}", NULL},
    };
    CHECK_ALL(samples);
}

Test(read, presence) {
    static const sample samples[] = {
        {"{\"maybeI32\":0,\"maybeText\":\"\"}", NULL},
        {"{\"chosenText\":\"\"}", NULL},
        {"{\"chosenI32\":0}", NULL},
        {"{\"chosenShape\":{}}", NULL},
        {"{\"child\":{}}", NULL},
    };
    CHECK_ALL(samples);
}

Test(read, times_and_masks) {
    static const sample samples[] = {
        {"{\"time\":\"2024-03-15T12:34:56.789Z\"}", NULL},
        {"{\"time\":\"1970-01-01T00:00:00Z\"}", NULL},
        {"{\"time\":\"2024-03-15T12:34:56+02:00\"}", "{\"time\":\"2024-03-15T10:34:56Z\"}"},
        {"{\"time\":\"2024-03-15T12:34:56\\u005a\"}", "{\"time\":\"2024-03-15T12:34:56Z\"}"},
        {"{\"span\":\"-1.5s\"}", "{\"span\":\"-1.500s\"}"},
        {"{\"span\":\"0s\"}", NULL},
        {"{\"mask\":\"\"}", NULL},
        {"{\"mask\":\"a,fooBar.bazQux\"}", NULL},
        {"{\"times\":[\"1970-01-01T00:00:00Z\"]}", NULL},
    };
    CHECK_ALL(samples);
}

Test(read, structs) {
    static const sample samples[] = {
        {"{\"object\":{\"a\":1,\"b\":\"c\",\"d\":[true,false,null,{}],\"\":{\"e\":[]}}}", NULL},
        {"{\"value\":\"a\"}", NULL},
        {"{\"value\":[[[]]]}", NULL},
        {"{\"value\":{\"a\":{\"b\":-0.5}}}", NULL},
        {"{\"list\":[]}", NULL},
        {"{\"list\":[1,\"2\",[3]]}", NULL},
        {"{\"empty\":{}}", NULL},
    };
    CHECK_ALL(samples);
}

Test(read, wrappers) {
    static const sample samples[] = {
        {"{\"wrappedF64\":0,\"wrappedI64\":\"0\",\"wrappedText\":\"\",\"wrappedBlob\":\"\",\"wrappedBool\":false}", NULL},
        {"{\"wrappedF64\":1.5,\"wrappedI64\":7,\"wrappedText\":\"a\",\"wrappedBlob\":\"AQ\",\"wrappedBool\":true}",
         "{\"wrappedF64\":1.5,\"wrappedI64\":\"7\",\"wrappedText\":\"a\",\"wrappedBlob\":\"AQ==\",\"wrappedBool\":true}"},
    };
    CHECK_ALL(samples);
}

Test(read, well_known_types_alone) {
    check(".Value", "[1,null]", "[1,null]");
    check(".Struct", "{\"a\":1}", "{\"a\":1}");
    check(".ListValue", "[]", "[]");
    check(".Timestamp", "\"1970-01-01T00:00:01Z\"", "\"1970-01-01T00:00:01Z\"");
    check(".StringValue", "\"\"", "\"\"");
    check(".Empty", "{}", "{}");
}

#define URL "type.googleapis.com/"

Test(read, any) {
    static const sample samples[] = {
        {"{\"any\":{}}", NULL},
        {"{\"any\":{\"@type\":\"" URL "partie.testdata.json.Shapes\"}}", NULL},
        {"{\"any\":{\"@type\":\"" URL "partie.testdata.json.Shapes\",\"i32\":1}}", NULL},
        {"{\"any\":{\"i32\":1,\"child\":{\"any\":{}},\"@type\":\"" URL "partie.testdata.json.Shapes\"}}",
         "{\"any\":{\"@type\":\"" URL "partie.testdata.json.Shapes\",\"i32\":1,\"child\":{\"any\":{}}}}"},
        {"{\"any\":{\"\\u0040type\":\"any\\/google.protobuf.Duration\",\"value\":\"1s\"}}",
         "{\"any\":{\"@type\":\"any/google.protobuf.Duration\",\"value\":\"1s\"}}"},
        {"{\"any\":{\"value\":\"1.500s\",\"@type\":\"" URL "google.protobuf.Duration\"}}",
         "{\"any\":{\"@type\":\"" URL "google.protobuf.Duration\",\"value\":\"1.500s\"}}"},
        {"{\"any\":{\"@type\":\"" URL "google.protobuf.Value\",\"value\":null}}", NULL},
        {"{\"any\":{\"@type\":\"" URL "google.protobuf.Empty\",\"value\":{}}}", NULL},
        {"{\"any\":{\"@type\":\"" URL "google.protobuf.Empty\"}}",
         "{\"any\":{\"@type\":\"" URL "google.protobuf.Empty\",\"value\":{}}}"},
        {"{\"any\":{\"@type\":\"" URL "google.protobuf.Any\",\"value\":{\"@type\":\"" URL
         "google.protobuf.Int32Value\",\"value\":5}}}",
         NULL},
        {"{\"any\":{\"@type\":\"" URL "google.protobuf.Int32Value\",\"value\":0}}", NULL},
    };
    CHECK_ALL(samples);
}

Test(read, white_space_anywhere) {
    check("Shapes", " { \"i32\" : 1 ,\n\"manyI32\" :\t[ 1 , 2 ] , \"texts\" : { \"a\" : \"b\" } , \"any\" : { } }\r\n",
          "{\"i32\":1,\"manyI32\":[1,2],\"texts\":{\"a\":\"b\"},\"any\":{}}");
}

static void check_wire(const char *json, const char *bytes, size_t len) {
    pt_buf wire = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    cr_assert_eq(pt_json_testing_read("Shapes", json, NULL, &wire, NULL), PT_OK, "%s", json);
    cr_assert(pt_slice_equal(pt_buf_slice(&wire), pt_slice_of(bytes, len)), "%s", json);
    pt_buf_done(&wire);
}

Test(read, bytes_in_the_order_of_the_text) {
    check_wire("{\"text\":\"a\",\"i32\":-1}",
               "\x4a\x01"
               "a\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
               14);
    check_wire("{\"manyI32\":[1,150]}", "\xb2\x01\x03\x01\x96\x01", 6);
    check_wire("{\"loose\":[1,2]}", "\xd8\x01\x01\xd8\x01\x02", 6);
    check_wire("{\"s32\":-1,\"f32\":1,\"sx32\":-1}", "\x78\x01\x15\0\0\x80\x3f\x6d\xff\xff\xff\xff", 12);
    check_wire("{\"texts\":{\"a\":\"\"}}",
               "\xfa\x01\x05\x0a\x01"
               "a\x12\x00",
               8);
    check_wire("{\"time\":\"1970-01-01T00:00:00Z\"}", "\x9a\x03\x00", 3);
    check_wire("{\"any\":{\"@type\":\"a/google.protobuf.Empty\"}}",
               "\xca\x03\x19\x0a\x17"
               "a/google.protobuf.Empty",
               28);
}

/* Lengths of one to three bytes, at several depths. */
Test(read, lengths_are_minimal) {
    static char json[70000], text[20001];
    for (size_t len = 100; len < 20000; len += len < 140 ? 1 : 4999) {
        memset(text, 'x', len);
        text[len] = '\0';
        snprintf(json, sizeof json,
                 "{\"child\":{\"manyBlob\":[\"%.*s\"],\"shapes\":{\"7\":{\"text\":\"%s\"}},\"object\":{\"k\":[\"%s\"]}}}",
                 (int)(len / 4 * 4), text, text, text);
        check("Shapes", json, json);
    }
}

Test(read, many_keys_behind_long_values) {
    static char json[100000];
    size_t len = (size_t)snprintf(json, sizeof json, "{\"texts\":{");
    for (int i = 0; i < 300; i++)
        len += (size_t)snprintf(json + len, sizeof json - len, "%s\"k%d\":\"%0150d\"", i ? "," : "", i, i);
    snprintf(json + len, sizeof json - len, "}}");
    check("Shapes", json, json);
}

Test(read, output_is_appended) {
    pt_buf wire = PT_BUF_INIT(100);
    cr_assert_eq(pt_buf_append_str(&wire, "before"), PT_OK);
    pt_slice json = pt_slice_str("{\"i32\":1}");
    cr_assert_eq(pt_json_read(pt_json_testing_type("Shapes"), json, NULL, &wire, NULL), PT_OK);
    cr_assert(pt_slice_equal(pt_buf_slice(&wire), pt_slice_str("before\x28\x01")));
    pt_buf_done(&wire);
}
