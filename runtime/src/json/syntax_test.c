/* RFC 8259: what is JSON text and what isn't, whatever a type would say to it. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "partie/json.h"
#include "json/lexer.h"

static const char *const texts[] = {
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "-1.5e-7",
    "1E400",
    "\"\"",
    "\"a\"",
    "[]",
    "{}",
    " [ ] ",
    "\t{\r\n}\n",
    "[1,2,3]",
    "[[[]]]",
    "{\"a\":1}",
    "{\"a\":{\"b\":[null,{}]},\"c\":\"d\"}",
    "{\"\":0}",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"",
    "\"\\ud83d\\ude00\"",
    "\"\\uD83D\\uDE00\"",
    "\"\\u0000\"",
    "\"\x7f\"",
    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
    "\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"",
    "[1 , 2]",
    "{\"a\" : 1 , \"b\" : 2}",
    "123456789012345678901234567890",
    "[0.0, -0.0, 0e0]",
    "\"12345678\"",
    "\"1234567\\n\"",
    "\"\\uffff\\ufffe\"",
    "{\"a\":1,\"a\":2}",
};

static const char *const not_texts[] = {
    "",
    " ",
    "nul",
    "nulll",
    "True",
    "NaN",
    "Infinity",
    "-Infinity",
    "+1",
    "01",
    "-01",
    ".5",
    "1.",
    "1.e1",
    "1e",
    "1e+",
    "0x10",
    "--1",
    "- 1",
    "1 2",
    "1,",
    "\"",
    "\"a",
    "'a'",
    "\"\\\"",
    "\"\\x41\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\\u\"",
    "\"\\ud800\"",
    "\"\\udc00\"",
    "\"\\ud800\\u0041\"",
    "\"\\ud800\\ud800\"",
    "\"\\ud800x\"",
    "\"\\udc00\\ud800\"",
    "\"\\udc00\\udc00\"",
    "\"\t\"",
    "\"\n\"",
    "\"\x01\"",
    "\"\037abcdefgh\"",
    "\"\x80\"",
    "\"\xc0\x80\"",
    "\"\xc3\"",
    "\"\xed\xa0\x80\"",
    "\"\xf4\x90\x80\x80\"",
    "\"\xff\"",
    "\"\xe2\x82\"",
    "\"\xf8\x88\x80\x80\x80\"",
    "[",
    "]",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "[,]",
    "[1 2]",
    "[1}",
    "{",
    "}",
    "{]",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":1",
    "{\"a\":1,",
    "{\"a\":1,}",
    "{,}",
    "{\"a\"}",
    "{\"a\" 1}",
    "{\"a\"::1}",
    "{a:1}",
    "{1:1}",
    "{null:1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":}",
    "[]]",
    "{}}",
    "[][]",
    "// a\n1",
    "/* a */ 1",
    "1 // a",
    "\357\273\2771", /* a byte order mark */
    "\2401",
    "\f1",
    "\v1",
    "[\"a\":1]",
    "{\"a\",1}",
    "truefalse",
    "nullnull",
    "\"a\"\"b\"",
    "\"a\" b",
    "[1]x",
    "1e5.5",
    "1-1",
    "1_000",
    "tru e",
};

Test(syntax, takes_json_text) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(pt_json_check(pt_slice_str(texts[i]), 10, &st), PT_OK, "%s: %s", texts[i], st.message);
    }
}

Test(syntax, refuses_what_is_none_and_names_the_byte) {
    for (size_t i = 0; i < sizeof not_texts / sizeof *not_texts; i++) {
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(pt_json_check(pt_slice_str(not_texts[i]), 10, &st), PT_INVALID_ARGUMENT, "%s was taken", not_texts[i]);
        cr_assert(strstr(st.message, ", byte "), "%s: %s", not_texts[i], st.message);
    }
}

Test(syntax, a_nul_byte_is_no_end) {
    cr_assert_eq(pt_json_check(pt_slice_of("1\0", 2), 10, NULL), PT_INVALID_ARGUMENT);
    cr_assert_eq(pt_json_check(pt_slice_of("\0", 1), 10, NULL), PT_INVALID_ARGUMENT);
    cr_assert_eq(pt_json_check(pt_slice_of("\"\0\"", 3), 10, NULL), PT_INVALID_ARGUMENT);
    cr_assert_eq(pt_json_check(pt_slice_of("\"\\\0\"", 4), 10, NULL), PT_INVALID_ARGUMENT);
}

/* Each text cut off anywhere is malformed, and is never read beyond its end: the copies have no byte behind them. */
Test(syntax, no_prefix_of_an_object_is_taken) {
    static const char whole[] = "{\"a\":[1.5e3,\"\\ud83d\\ude00\\n\xe2\x82\xac\",true],\"b\":null}";
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        uint8_t *copy = malloc(len + !len);
        memcpy(copy, whole, len);
        cr_assert_eq(pt_json_check(pt_slice_of(copy, len), 10, NULL), PT_INVALID_ARGUMENT, "%.*s", (int)len, whole);
        free(copy);
    }
}

/* A special byte is found at any place of the words that the scan goes by. */
Test(syntax, a_bad_byte_is_found_anywhere) {
    char text[64];
    for (size_t len = 1; len < 40; len++) {
        for (size_t at = 1; at <= len; at++) {
            memset(text, 'a', sizeof text);
            text[0] = text[len + 1] = '"';
            cr_assert_eq(pt_json_check(pt_slice_of(text, len + 2), 10, NULL), PT_OK);
            text[at] = '\x01';
            cr_assert_eq(pt_json_check(pt_slice_of(text, len + 2), 10, NULL), PT_INVALID_ARGUMENT, "%zu of %zu", at, len);
            text[at] = '\xff';
            cr_assert_eq(pt_json_check(pt_slice_of(text, len + 2), 10, NULL), PT_INVALID_ARGUMENT, "%zu of %zu", at, len);
            text[at] = '"';
            cr_assert_eq(pt_json_check(pt_slice_of(text, len + 2), 10, NULL), PT_INVALID_ARGUMENT, "%zu of %zu", at, len);
        }
    }
}

Test(syntax, depth_is_limited) {
    static char text[2 * (PT_JSON_DEPTH_MAX + 1)];
    for (uint32_t depth = 1; depth <= PT_JSON_DEPTH_MAX; depth += depth < 70 ? 1 : 93) {
        memset(text, '[', depth + 1);
        memset(text + depth + 1, ']', depth + 1);
        cr_assert_eq(pt_json_check(pt_slice_of(text + 1, 2 * depth), depth, NULL), PT_OK, "%u", (unsigned)depth);
        cr_assert_eq(pt_json_check(pt_slice_of(text, 2 * depth + 2), depth, NULL), PT_RESOURCE_EXHAUSTED, "%u",
                     (unsigned)depth);
    }
    memset(text, '[', sizeof text);
    cr_assert_eq(pt_json_check(pt_slice_of(text, sizeof text), UINT32_MAX, NULL), PT_RESOURCE_EXHAUSTED,
                 "an absurd limit is cut");
}

Test(syntax, brackets_match_at_every_depth) {
    static char text[400];
    for (size_t depth = 1; depth < 200; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        cr_assert_eq(pt_json_check(pt_slice_of(text, 2 * depth), 200, NULL), PT_OK);
        text[depth + depth / 2] = '}';
        cr_assert_eq(pt_json_check(pt_slice_of(text, 2 * depth), 200, NULL), PT_INVALID_ARGUMENT);
    }
}

static void check_compact(const char *text, const char *expected) {
    pt_buf out = PT_BUF_INIT(1000);
    pt_json_lexer x = {.pos = (const uint8_t *)text, .end = (const uint8_t *)text + strlen(text)};
    x.report.start = x.pos;
    cr_assert(pt_json_pass_text(&x, 10, &out), "%s", text);
    cr_assert_str_eq(pt_buf_cstr(&out), expected);
    pt_buf_done(&out);
}

Test(syntax, text_is_kept_without_its_whitespace) {
    check_compact(" [ 1.50 , { } , [ ] , \"a b\\u0041\" , -0e+00 ] ", "[1.50,{},[],\"a b\\u0041\",-0e+00]");
    check_compact("{ \"a\" : { \"b\" : [ true , null ] } , \"c\\n\" : 123456789012345678901234567890 }",
                  "{\"a\":{\"b\":[true,null]},\"c\\n\":123456789012345678901234567890}");
    check_compact("\n7\n", "7");
}

static void check_unescape(const char *text, const char *expected, size_t len) {
    uint8_t to[64];
    uint8_t *end = pt_json_unescape(pt_slice_str(text), to);
    cr_assert(pt_slice_equal(pt_slice_of(to, (size_t)(end - to)), pt_slice_of(expected, len)), "%s", text);
}

Test(syntax, escapes_are_resolved) {
    check_unescape("a\\\"b\\\\c\\/d", "a\"b\\c/d", 7);
    check_unescape("\\b\\f\\n\\r\\t", "\b\f\n\r\t", 5);
    check_unescape("\\u0000\\u007f\\u0080\\u07ff\\u0800\\uFFFF", "\0\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", 12);
    check_unescape("\\ud800\\udc00\\udbff\\udfff", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8);
}
