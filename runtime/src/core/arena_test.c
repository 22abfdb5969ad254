#include "partie/arena.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "google/protobuf/struct.pb.h"
#include "support/random.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

Test(arena, gives_aligned_memory_within_the_budget) {
    pt_arena a;
    pt_arena_init(&a, 10000);
    cr_assert_eq(a.used, 0);
    size_t got = 0;
    for (size_t size = 0; size < 4000; size += 13) {
        uint8_t *p = pt_arena_alloc(&a, size);
        if (!p) break;
        cr_assert_eq((uintptr_t)p % _Alignof(max_align_t), 0);
        memset(p, 0xaa, size);
        got += size;
        cr_assert_leq(a.used, 10000);
    }
    cr_assert_gt(got, 5000); /* most of the budget can be used */
    cr_assert_null(pt_arena_alloc(&a, 10000));
    cr_assert_null(pt_arena_alloc(&a, SIZE_MAX));
    cr_assert_null(pt_arena_alloc(&a, SIZE_MAX / 2));
    pt_arena_done(&a);
    cr_assert_eq(a.used, 0);
}

Test(arena, zero_bytes_have_an_address) {
    pt_arena a;
    pt_arena_init(&a, 1 << 16);
    cr_assert_not_null(pt_arena_alloc(&a, 0));
    cr_assert_neq(pt_arena_alloc(&a, 0), pt_arena_alloc(&a, 0));
    cr_assert_not_null(pt_arena_copy(&a, NULL, 0));
    pt_arena_done(&a);
}

Test(arena, a_budget_below_a_block_still_serves) {
    pt_arena a;
    pt_arena_init(&a, 256);
    cr_assert_not_null(pt_arena_alloc(&a, 64));
    cr_assert_leq(a.used, 256);
    cr_assert_null(pt_arena_alloc(&a, 256));
    pt_arena_done(&a);
    pt_arena_init(&a, 0);
    cr_assert_null(pt_arena_alloc(&a, 0));
    pt_arena_done(&a);
    pt_arena_done(NULL);
}

Test(arena, calloc_clears_and_sees_overflow) {
    pt_arena a;
    pt_arena_init(&a, 1 << 20);
    memset(pt_arena_alloc(&a, 1000), 0xff, 1000);
    pt_arena_reset(&a);
    uint8_t *p = pt_arena_calloc(&a, 10, 100);
    for (size_t i = 0; i < 1000; i++)
        cr_assert_eq(p[i], 0);
    cr_assert_null(pt_arena_calloc(&a, SIZE_MAX / 4, 8));
    pt_arena_done(&a);
}

Test(arena, copies_texts) {
    pt_arena a;
    pt_arena_init(&a, 1 << 20);
    cr_assert_str_eq(pt_arena_strdup(&a, "abc"), "abc");
    cr_assert_str_eq(pt_arena_strndup(&a, "abcdef", 4), "abcd");
    cr_assert_str_eq(pt_arena_strndup(&a, NULL, 0), "");
    cr_assert_arr_eq(pt_arena_copy(&a, "\0\1", 2), "\0\1", 2);
    cr_assert_str_eq(pt_arena_printf(&a, "%s-%d", "x", 12), "x-12");
    cr_assert_null(pt_arena_printf(&a, "%2000000d", 1));
    cr_assert_null(pt_arena_strndup(&a, "", SIZE_MAX));
    pt_arena_done(&a);
}

Test(arena, a_large_piece_takes_what_it_needs_and_leaves_the_block_in_use) {
    pt_arena a;
    pt_arena_init(&a, 1 << 20);
    uint8_t *first = pt_arena_alloc(&a, 16);
    size_t used = a.used;
    cr_assert_not_null(pt_arena_alloc(&a, 300000));
    cr_assert_leq(a.used - used, 300000 + 256);
    uint8_t *second = pt_arena_alloc(&a, 16);
    cr_assert_lt(second - first, 256);
    pt_arena_done(&a);
}

Test(arena, reset_keeps_one_block) {
    pt_arena a;
    pt_arena_init(&a, 1 << 20);
    for (int i = 0; i < 100; i++)
        cr_assert_not_null(pt_arena_alloc(&a, 5000));
    cr_assert_not_null(pt_arena_alloc(&a, 300000));
    pt_arena_reset(&a);
    cr_assert_leq(a.used, 65536);
    cr_assert_gt(a.used, 0);
    size_t kept = a.used;
    cr_assert_not_null(pt_arena_alloc(&a, 5000));
    cr_assert_eq(a.used, kept);                                      /* no malloc for the next call */
    cr_assert_not_null(pt_arena_alloc(&a, (1 << 20) - kept - 4096)); /* and the budget is whole again */
    pt_arena_done(&a);
}

Test(arena, reset_without_a_block_worth_keeping) {
    pt_arena a;
    pt_arena_init(&a, 1 << 20);
    pt_arena_reset(&a);
    cr_assert_not_null(pt_arena_alloc(&a, 500000));
    pt_arena_reset(&a);
    cr_assert_eq(a.used, 0);
    cr_assert_not_null(pt_arena_alloc(&a, 500000));
    cr_assert_not_null(pt_arena_alloc(&a, 10));
    pt_arena_done(&a);
}

typedef struct piece {
    uint8_t *ptr;
    size_t len;
    uint8_t fill;
} piece;

/* Allocations of all sizes never overlap, whatever their order. */
Test(arena, random_allocations_stay_apart) {
    pt_random random;
    pt_random_init(&random);
    pt_arena a;
    pt_arena_init(&a, 8 << 20);
    for (int round = 0; round < 50; round++) {
        piece pieces[200];
        size_t n = 0;
        while (n < 200) {
            size_t len = pt_random_below(&random, pt_random_below(&random, 10) ? 300 : 40000);
            uint8_t *ptr = pt_arena_alloc(&a, len);
            if (!ptr) break;
            pieces[n] = (piece){ptr, len, (uint8_t)pt_random_next(&random)};
            memset(ptr, pieces[n].fill, len);
            n++;
        }
        cr_assert_gt(n, 100);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < pieces[i].len; j++)
                if (pieces[i].ptr[j] != pieces[i].fill) cr_assert_fail("piece %zu of round %d", i, round);
        cr_assert_leq(a.used, a.budget);
        pt_arena_reset(&a);
    }
    pt_arena_done(&a);
}

/* 2 bytes of input become a message of some 50: the budget stops it, and unpack gives up cleanly. */
Test(arena, unpack_of_hostile_bytes_stops_at_the_budget) {
    size_t len = 2 << 20;
    uint8_t *bytes = malloc(len);
    for (size_t i = 0; i < len; i += 2)
        memcpy(bytes + i, "\x0a", 2); /* an empty value of a list */
    pt_arena a;
    pt_arena_init(&a, 16 << 20);
    cr_assert_null(google__protobuf__list_value__unpack(pt_arena_protobuf(&a), len, bytes));
    cr_assert_leq(a.used, a.budget);
    pt_arena_reset(&a);
    cr_assert_not_null(google__protobuf__list_value__unpack(pt_arena_protobuf(&a), 2000, bytes));
    pt_arena_done(&a);
    free(bytes);
}

#if defined(__SANITIZE_ADDRESS__)
Test(arena, the_sanitizer_sees_reads_beyond_an_allocation) {
    pt_arena a;
    pt_arena_init(&a, 1 << 20);
    for (size_t len = 1; len < 40000; len = len * 2 + 1) {
        uint8_t *p = pt_arena_alloc(&a, len);
        cr_assert_not(__asan_region_is_poisoned(p, len));
        cr_assert(__asan_address_is_poisoned(p + len));
    }
    uint8_t *p = pt_arena_alloc(&a, 8);
    pt_arena_reset(&a);
    uint8_t *q = pt_arena_alloc(&a, 8);
    cr_assert(p == q || __asan_address_is_poisoned(p));
    pt_arena_done(&a);
}
#endif
