#include <criterion/criterion.h>

#include "http/ids.h"

static const char PARENT[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

Test(ids, a_sound_request_id_is_kept) {
    pt_request_ids ids;
    char longest[PT_REQUEST_ID_MAX + 2];
    memset(longest, 'x', sizeof longest);
    longest[PT_REQUEST_ID_MAX] = 0;
    pt_request_ids_take("order-7/a:b.c_d+e=@", NULL, &ids);
    cr_expect_str_eq(ids.request_id, "order-7/a:b.c_d+e=@");
    pt_request_ids_take(longest, NULL, &ids);
    cr_expect_str_eq(ids.request_id, longest);
}

Test(ids, others_become_a_uuid_of_version_7) {
    char too_long[PT_REQUEST_ID_MAX + 2];
    memset(too_long, 'x', sizeof too_long);
    too_long[PT_REQUEST_ID_MAX + 1] = 0;
    const char *bad[] = {NULL, "", "a b", "a\r\nb", "\"x\"", "caf\xc3\xa9", too_long};
    char last[PT_UUID_TEXT + 1] = "";
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pt_request_ids ids;
        pt_request_ids_take(bad[i], NULL, &ids);
        cr_expect_eq(strlen(ids.request_id), PT_UUID_TEXT);
        cr_expect_eq(ids.request_id[14], '7', "%s", ids.request_id);
        cr_expect(strchr("89ab", ids.request_id[19]), "%s", ids.request_id);
        cr_expect_str_neq(ids.request_id, last);
        memcpy(last, ids.request_id, sizeof last);
    }
}

Test(ids, a_trace_goes_on_with_a_new_parent) {
    pt_request_ids ids;
    pt_request_ids_take(NULL, PARENT, &ids);
    cr_expect(ids.trace_continued);
    cr_expect_eq(strlen(ids.traceparent), PT_TRACEPARENT_TEXT);
    cr_expect_eq(memcmp(ids.traceparent, PARENT, 36), 0, "%s", ids.traceparent);
    cr_expect_neq(memcmp(ids.traceparent + 36, PARENT + 36, 16), 0, "%s", ids.traceparent);
    cr_expect_str_eq(ids.traceparent + 52, "-01");
}

Test(ids, a_later_version_is_read_as_ours) {
    pt_request_ids ids;
    pt_request_ids_take(NULL, "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", &ids);
    cr_expect(ids.trace_continued);
    cr_expect_eq(memcmp(ids.traceparent, PARENT, 36), 0, "%s", ids.traceparent);
}

Test(ids, a_malformed_parent_starts_a_new_trace) {
    const char *bad[] = {
        NULL,
        "",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x",
        "00-0af7651916cd43dd8448eb211c80319cxb7ad6b7169203331-01",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pt_request_ids ids;
        pt_request_ids_take(NULL, bad[i], &ids);
        cr_expect_not(ids.trace_continued, "%s", bad[i]);
        cr_expect_eq(strlen(ids.traceparent), PT_TRACEPARENT_TEXT);
        cr_expect_eq(memcmp(ids.traceparent, "00-", 3), 0);
        cr_expect_neq(memcmp(ids.traceparent, PARENT, 36), 0);
    }
}

Test(ids, tracestate_is_printable_and_bounded) {
    char longest[514];
    memset(longest, 'a', sizeof longest);
    longest[513] = 0;
    cr_expect(pt_tracestate_valid("rojo=00f067aa0ba902b7,congo=t61"));
    cr_expect_not(pt_tracestate_valid(NULL));
    cr_expect_not(pt_tracestate_valid(""));
    cr_expect_not(pt_tracestate_valid("a\tb"));
    cr_expect_not(pt_tracestate_valid("a\r\nb"));
    cr_expect_not(pt_tracestate_valid(longest));
    longest[512] = 0;
    cr_expect(pt_tracestate_valid(longest));
}
