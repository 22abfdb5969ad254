#include <criterion/criterion.h>

#include "http/access_log.h"

static const pt_access sample = {
    .time = {.tv_sec = 1709294400, .tv_nsec = 12345678},
    .method = "GET",
    .path = {(const uint8_t *)"/a\"b\n\x80", 6},
    .status = 200,
    .bytes = 12,
    .duration_us = 345,
    .request_id = "r-1",
    .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    .rpc = "a.v1.A/Get",
    .client = "127.0.0.1",
};

static void expect(pt_access_format format, const pt_access *access, const char *want) {
    pt_buf out = PT_BUF_INIT(4096);
    cr_assert_eq(pt_access_log_line(format, access, &out), PT_OK);
    cr_expect_str_eq(pt_buf_cstr(&out), want);
    pt_buf_done(&out);
}

Test(access_log, json_escapes_what_clients_send) {
    expect(PT_ACCESS_JSON, &sample,
           "{\"time\":\"2024-03-01T12:00:00.012345Z\",\"method\":\"GET\",\"path\":\"/a\\\"b\\n\xef\xbf\xbd\",\"status\":200,"
           "\"bytes\":12,\"duration_us\":345,\"request_id\":\"r-1\",\"traceparent\":"
           "\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\",\"rpc\":\"a.v1.A/Get\",\"client\":\"127.0.0.1\"}\n");
}

Test(access_log, a_request_without_route_has_no_rpc) {
    pt_access access = sample;
    access.rpc = NULL;
    pt_buf out = PT_BUF_INIT(4096);
    cr_assert_eq(pt_access_log_line(PT_ACCESS_JSON, &access, &out), PT_OK);
    cr_expect_null(strstr(pt_buf_cstr(&out), "rpc"));
    pt_buf_done(&out);
}

Test(access_log, text_is_for_people_and_stays_one_line) {
    expect(PT_ACCESS_TEXT, &sample,
           "2024-03-01T12:00:00.012345Z 200 \"GET\" \"/a\\\"b\\n\xef\xbf\xbd\" a.v1.A/Get 12 bytes 345 us 127.0.0.1 r-1\n");
}

Test(access_log, off_writes_nothing) {
    expect(PT_ACCESS_OFF, &sample, "");
}

Test(access_log, a_line_that_does_not_fit_is_not_begun) {
    pt_buf out = PT_BUF_INIT(200);
    cr_assert_eq(pt_buf_append_str(&out, "before\n"), PT_OK);
    cr_expect_eq(pt_access_log_line(PT_ACCESS_JSON, &sample, &out), PT_RESOURCE_EXHAUSTED);
    cr_expect_eq(out.len, 7);
    pt_buf_done(&out);
}
