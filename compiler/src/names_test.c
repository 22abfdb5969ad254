#include "names.h"

#include <criterion/criterion.h>

static pt_pool pool = PT_POOL_INIT;

static void free_pool(void) {
    pt_pool_done(&pool);
}

TestSuite(names, .fini = free_pool);

Test(names, follow_protobuf_c) {
    cr_expect_str_eq(pt_name_type(&pool, "my_pkg.V1beta.Foo_BarHTTP2Thing"), "MyPkg__V1beta__FooBarHTTP2Thing");
    cr_expect_str_eq(pt_name_lower(&pool, "my_pkg.V1beta.Foo_BarHTTP2Thing"), "my_pkg__v1beta__foo__bar_http2_thing");
    cr_expect_str_eq(pt_name_upper(&pool, "my_pkg.V1beta.Foo_BarHTTP2Thing"), "MY_PKG__V1BETA__FOO__BAR_HTTP2_THING");
    cr_expect_str_eq(pt_name_member(&pool, "fooBar"), "foobar");
}

Test(names, reserved_words_get_an_underscore) {
    static const char *const words[] = {"int",    "default", "register", "class", "errno", "linux",           "unix",
                                        "stdin",  "assert",  "xor_eq",   "and",   "NULL",  "typeof",          "thread_local",
                                        "si_pid", "BUFSIZ",  "alignas",  "while", "EOF",   "reinterpret_cast"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cr_expect(pt_name_is_reserved(words[i]), "%s", words[i]);
    cr_expect_str_eq(pt_name_member(&pool, "Int"), "int_");
    cr_expect_str_eq(pt_name_type(&pool, "NULL"), "NULL_");
    cr_expect_not(pt_name_is_reserved("integer"));
    cr_expect_not(pt_name_is_reserved(""));
    cr_expect_not(pt_name_is_reserved("zzz"));
}

Test(names, files_have_a_stem_a_symbol_and_a_guard) {
    cr_expect_str_eq(pt_name_stem(&pool, "events/v1/events.proto"), "events/v1/events");
    cr_expect_str_eq(pt_name_stem(&pool, "events"), "events");
    cr_expect_str_eq(pt_name_file(&pool, "events/v1/Big-events.proto"), "events__v1__big_events");
    cr_expect_str_eq(pt_name_file(&pool, "2024/x.proto"), "f2024__x");
    cr_expect_str_neq(pt_name_guard(&pool, "a/b_c"), pt_name_guard(&pool, "a_b/c"));
}
