#include <criterion/criterion.h>
#include <stdlib.h>

#include "partie/buf.h"

Test(buf, appends_up_to_its_ceiling) {
    pt_buf b = PT_BUF_INIT(10);
    cr_assert_eq(pt_buf_append(&b, "01234567", 8), PT_OK);
    cr_assert_eq(pt_buf_append_str(&b, "89x"), PT_RESOURCE_EXHAUSTED);
    cr_assert_eq(b.len, 8);
    cr_assert_eq(pt_buf_append_byte(&b, '8'), PT_OK);
    cr_assert_eq(pt_buf_append_byte(&b, '9'), PT_OK);
    cr_assert_eq(pt_buf_append_byte(&b, '!'), PT_RESOURCE_EXHAUSTED);
    cr_assert_eq(pt_buf_append(&b, NULL, 0), PT_OK);
    cr_assert_str_eq(pt_buf_cstr(&b), "0123456789"); /* the NUL has room though the buffer is full */
    cr_assert_gt(b.cap, b.len);
    cr_assert_eq(b.len, 10);
    pt_buf_done(&b);
    cr_assert_eq(b.cap, 0);
    pt_buf_done(NULL);
}

Test(buf, reserve_cannot_wrap) {
    pt_buf b = PT_BUF_INIT(SIZE_MAX);
    cr_assert_eq(pt_buf_append(&b, "abc", 3), PT_OK);
    cr_assert_eq(pt_buf_reserve(&b, SIZE_MAX - 1), PT_RESOURCE_EXHAUSTED);
    cr_assert_eq(pt_buf_reserve(&b, SIZE_MAX - 2), PT_RESOURCE_EXHAUSTED);
    cr_assert_eq(b.len, 3);
    cr_assert_arr_eq(b.ptr, "abc", 3);
    pt_buf_done(&b);
}

Test(buf, reserve_makes_room_to_write_by_hand) {
    pt_buf b = PT_BUF_INIT(1000);
    for (size_t n = 1; n <= 1000; n++) {
        cr_assert_eq(pt_buf_reserve(&b, n), PT_OK);
        memset(b.ptr, (int)n, n);
    }
    cr_assert_eq(pt_buf_reserve(&b, 1001), PT_RESOURCE_EXHAUSTED);
    cr_assert_leq(b.cap, 1001);
    pt_buf_done(&b);
}

Test(buf, printf_fills_it_exactly) {
    pt_buf b = PT_BUF_INIT(300);
    cr_assert_eq(pt_buf_printf(&b, "%0298d", 7), PT_OK);
    cr_assert_eq(pt_buf_printf(&b, "%s", "abc"), PT_RESOURCE_EXHAUSTED);
    cr_assert_eq(b.len, 298);
    cr_assert_eq(pt_buf_printf(&b, "%s", "ab"), PT_OK);
    cr_assert_eq(b.len, 300);
    cr_assert_eq(memcmp(b.ptr + 296, "07ab", 4), 0);
    cr_assert_eq(pt_buf_printf(&b, "%s", ""), PT_OK);
    pt_buf_done(&b);
}

Test(buf, clear_keeps_memory_and_take_gives_it_away) {
    pt_buf b = PT_BUF_INIT(100);
    size_t len = 77;
    cr_assert_null(pt_buf_take(&b, &len));
    cr_assert_eq(len, 0);
    cr_assert_eq(pt_buf_append_str(&b, "abc"), PT_OK);
    uint8_t *kept = b.ptr;
    pt_buf_clear(&b);
    cr_assert_eq(b.len, 0);
    cr_assert_eq(b.ptr, kept);
    cr_assert_str_eq(pt_buf_cstr(&b), "");
    cr_assert_null(pt_buf_take(&b, &len)); /* empty again: nothing to take, nothing leaks */
    cr_assert_eq(pt_buf_append_str(&b, "abc"), PT_OK);
    uint8_t *taken = pt_buf_take(&b, &len);
    cr_assert_eq(len, 3);
    cr_assert_arr_eq(taken, "abc", 3);
    cr_assert_eq(b.cap, 0);
    cr_assert_eq(pt_buf_append_str(&b, "again"), PT_OK);
    free(taken);
    pt_buf_done(&b);
}

Test(buf, an_empty_one_has_an_empty_text) {
    pt_buf b = PT_BUF_INIT(0);
    cr_assert_str_eq(pt_buf_cstr(&b), "");
    cr_assert_eq(pt_buf_append_byte(&b, 1), PT_RESOURCE_EXHAUSTED);
    pt_buf_done(&b);
}

Test(buf, slices_compare_by_content) {
    cr_assert(pt_slice_equal(pt_slice_str("abc"), pt_slice_of("abcd", 3)));
    cr_assert_not(pt_slice_equal(pt_slice_str("abc"), pt_slice_str("abd")));
    cr_assert(pt_slice_equal(pt_slice_str(NULL), pt_slice_of("x", 0)));
}
