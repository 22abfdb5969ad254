#include "c_scan.h"

#include <criterion/criterion.h>

static const char handler[] = "/* file */\n"
                              "#include \"x.h\"\n"
                              "#define GLOB \"a/*\" // don't\n"
                              "#define OPEN(a) { \\\n   (a\n"
                              "\n"
                              "struct point { int x; };\n"
                              "static const char *brace = \"}{ not_here() {\";\n"
                              "typedef int (*callback)(int);\n"
                              "int declared(void);\n"
                              "\n"
                              "/* int commented(void) { return 0; } */\n"
                              "\n"
                              "// Makes one.\n"
                              "// Twice.\n"
                              "pt_code create(void *self, const struct point *p) {\n"
                              "    if (p->x == '}') { return called(self); } // }\n"
                              "    return 0;\n"
                              "}\n"
                              "__attribute__((weak)) int marked(int (*f)(void))\n"
                              "{ return f(); }\n"
                              "static const struct point table[] = {{1}, {2}};\n"
                              "#if 1\n"
                              "int last(void) { return 1; }\n"
                              "#endif\n";

static bool defines(const char *text, const char *name) {
    return pt_c_defines(pt_slice_str(text), pt_slice_str(name), NULL);
}

Test(c_scan, finds_definitions) {
    cr_assert(defines(handler, "create"));
    cr_assert(defines(handler, "marked"));
    cr_assert(defines(handler, "last"));
}

Test(c_scan, takes_no_mention_for_a_definition) {
    static const char *const names[] = {"declared", "commented", "not_here", "called", "f",
                                        "callback", "OPEN",      "brace",    "point"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_assert_not(defines(handler, names[i]), "%s", names[i]);
}

Test(c_scan, gives_the_text_with_its_comment) {
    pt_c_function f;
    cr_assert(pt_c_defines(pt_slice_str(handler), pt_slice_str("create"), &f));
    cr_assert(memcmp(f.text.ptr, "// Makes one.", 13) == 0, "%.*s", (int)f.text.len, (const char *)f.text.ptr);
    cr_assert_eq(f.text.ptr[f.text.len - 1], '}');
}

Test(c_scan, leaves_a_comment_that_stands_apart) {
    pt_c_function f;
    cr_assert(pt_c_defines(pt_slice_str("/* apart */\n\nint f(void) {}\n"), pt_slice_str("f"), &f));
    cr_assert_eq(f.text.len, strlen("int f(void) {}"));
}

Test(c_scan, lists_declarations_too) {
    pt_c_scan scan = {.rest = pt_slice_str("int a(void);\nextern int table;\nint b(int c) { return c; }\n")};
    pt_c_function f;
    cr_assert(pt_c_scan_next(&scan, &f));
    cr_assert(pt_slice_equal(f.name, pt_slice_str("a")) && !f.has_body);
    cr_assert(pt_c_scan_next(&scan, &f));
    cr_assert(pt_slice_equal(f.name, pt_slice_str("b")) && f.has_body);
    cr_assert_not(pt_c_scan_next(&scan, &f));
}

Test(c_scan, survives_unfinished_text) {
    static const char *const texts[] = {"",           "/*",   "\"", "'\\", "int f(", "int f(void) {",
                                        "#define \\", "//\\", "{",  "}",   ")",      "int f(void) { \"}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert_not(defines(texts[i], "f"), "%s", texts[i]);
}
