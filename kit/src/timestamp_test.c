#include "partie/kit/timestamp.h"

#include <criterion/criterion.h>

Test(timestamp, there_and_back) {
    static const struct {
        int64_t us, seconds;
        int32_t nanos;
    } cases[] = {{0, 0, 0}, {1, 0, 1000}, {-1, -1, 999999000}, {-1000000, -1, 0}, {1700000000123456, 1700000000, 123456000}};
    pt_arena arena;
    pt_arena_init(&arena, 65536);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Google__Protobuf__Timestamp *t = pt_timestamp_new(cases[i].us, &arena);
        cr_assert_not_null(t);
        cr_expect_eq(t->seconds, cases[i].seconds);
        cr_expect_eq(t->nanos, cases[i].nanos);
        cr_expect_eq(pt_timestamp_us(t), cases[i].us);
    }
    pt_arena_done(&arena);
}

Test(timestamp, no_memory) {
    pt_arena arena;
    pt_arena_init(&arena, 0);
    cr_expect_null(pt_timestamp_new(1, &arena));
    pt_arena_done(&arena);
}
