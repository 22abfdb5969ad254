#include <criterion/criterion.h>

#include "mapping/query.h"

static pt_arena arena;

static void start(void) {
    pt_arena_init(&arena, 1 << 20);
}

static void stop(void) {
    pt_arena_done(&arena);
}

TestSuite(query, .init = start, .fini = stop);

/* Writes the pairs as "name>value|"; a '!' where one is refused. */
static const char *read_all(const char *text) {
    pt_query query = pt_query_of(pt_slice_str(text));
    const char *all = "";
    for (;;) {
        pt_query_pair pair;
        bool found = false;
        if (pt_query_next(&query, &arena, &pair, &found, NULL)) return pt_arena_printf(&arena, "%s!", all);
        if (!found) return all;
        all = pt_arena_printf(&arena, "%s%.*s>%.*s|", all, (int)pair.name.len, (const char *)pair.name.ptr, (int)pair.value.len,
                              (const char *)pair.value.ptr);
    }
}

Test(query, splits_and_decodes) {
    cr_expect_str_eq(read_all(""), "");
    cr_expect_str_eq(read_all("&&"), "");
    cr_expect_str_eq(read_all("a=1&b=2"), "a>1|b>2|");
    cr_expect_str_eq(read_all("a=1&&b=&c&"), "a>1|b>|c>|");
    cr_expect_str_eq(read_all("a=b=c"), "a>b=c|");
    cr_expect_str_eq(read_all("a=x;b=y"), "a>x;b=y|");
    cr_expect_str_eq(read_all("a%2Eb=x+y%2B%26"), "a.b>x y+&|");
    cr_expect_str_eq(read_all("=x"), ">x|");
}

Test(query, malformed_escapes_are_refused_where_they_stand) {
    cr_expect_str_eq(read_all("a=1&b=%zz&c=3"), "a>1|!");
    cr_expect_str_eq(read_all("a%=1"), "!");
    pt_query query = pt_query_of(pt_slice_str("b=%4"));
    pt_query_pair pair;
    bool found;
    pt_status st = PT_STATUS_INIT;
    cr_expect_eq(pt_query_next(&query, &arena, &pair, &found, &st), PT_INVALID_ARGUMENT);
    cr_expect(strstr(st.message, "\"%4\""), "%s", st.message);
}
