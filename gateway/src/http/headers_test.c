#include <criterion/criterion.h>

#include "http/headers.h"

static pt_arena arena;

static void start(void) {
    pt_arena_init(&arena, 1 << 20);
}

static void stop(void) {
    pt_arena_done(&arena);
}

TestSuite(headers, .init = start, .fini = stop);

Test(headers, json_content_types) {
    const char *good[] = {"application/json",
                          "Application/JSON",
                          "application/json; charset=utf-8",
                          "application/json;charset=UTF-8",
                          "application/json ; charset=\"utf-8\"",
                          "application/cloudevents+json",
                          "application/merge-patch+json; charset=utf-8"};
    const char *bad[] = {NULL,
                         "",
                         "text/json",
                         "application/jsonx",
                         "application/x-www-form-urlencoded",
                         "application/+json",
                         "application/json; charset=latin1",
                         "application/json; charset=utf-8; q=1",
                         "application/json; charset=\"utf-8",
                         "application/json; boundary=x",
                         "application/xml+json+xml"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(pt_content_type_is_json(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(pt_content_type_is_json(bad[i]), "%s", bad[i]);
}

Test(headers, grpc_timeouts) {
    const struct {
        const char *text;
        uint64_t ms;
    } good[] = {{"1S", 1000}, {"250m", 250}, {"1u", 1}, {"1000001n", 2}, {"2M", 120000}, {"99999999H", 99999999ull * 3600000},
                {"0m", 1}};
    const char *bad[] = {"", "S", "1", "1s", "1SS", "-1S", "1.5S", "123456789S", " 1S"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint64_t ms = 0;
        cr_expect(pt_grpc_timeout_parse(good[i].text, &ms), "%s", good[i].text);
        cr_expect_eq(ms, good[i].ms, "%s: %lu", good[i].text, (unsigned long)ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint64_t ms = 7;
        cr_expect_not(pt_grpc_timeout_parse(bad[i], &ms), "%s", bad[i]);
        cr_expect_eq(ms, 7, "%s", bad[i]);
    }
}

Test(headers, only_the_rule_lets_headers_through) {
    pt_metadata md;
    pt_metadata_init(&md, &arena);
    const char *passed_over[] = {"Cookie",
                                 "X-Forwarded-For",
                                 "Partie-Metadata-Traceparent",
                                 "Partie-Metadata-partie-hops",
                                 "Partie-Metadata-X-Request-Id",
                                 "Partie-Metadata-grpc-status",
                                 "Partie-Metadata-Authorization",
                                 "Partie-Metadata-key-bin"};
    for (size_t i = 0; i < sizeof passed_over / sizeof *passed_over; i++)
        cr_expect_eq(pt_header_to_metadata(passed_over[i], "v", &md, NULL), PT_OK);
    cr_expect_eq(md.n_pairs, 0);
    cr_expect_eq(pt_header_to_metadata("AUTHORIZATION", "Bearer t", &md, NULL), PT_OK);
    cr_expect_eq(pt_header_to_metadata("partie-metadata-Tenant", "acme", &md, NULL), PT_OK);
    cr_expect_str_eq(pt_metadata_get_str(&md, "authorization"), "Bearer t");
    cr_expect_str_eq(pt_metadata_get_str(&md, "tenant"), "acme");
}

Test(headers, metadata_that_can_not_be_is_refused_by_name) {
    pt_metadata md;
    pt_status st = PT_STATUS_INIT;
    pt_metadata_init(&md, &arena);
    cr_expect_eq(pt_header_to_metadata("Partie-Metadata-a", "caf\xc3\xa9", &md, &st), PT_INVALID_ARGUMENT);
    cr_expect(strstr(st.message, "Partie-Metadata-a"), "%s", st.message);
    cr_expect_eq(pt_header_to_metadata("Partie-Metadata-a b", "x", &md, &st), PT_INVALID_ARGUMENT);
    cr_expect_eq(pt_header_to_metadata("Partie-Metadata-", "x", &md, &st), PT_INVALID_ARGUMENT);
    for (int i = 0; i < PT_METADATA_MAX_PAIRS; i++)
        cr_assert_eq(pt_header_to_metadata("Partie-Metadata-a", "x", &md, &st), PT_OK);
    cr_expect_eq(pt_header_to_metadata("Partie-Metadata-a", "x", &md, &st), PT_RESOURCE_EXHAUSTED);
}

static bool to_header(const char *key, const void *bytes, size_t len, const char **ret_name, const char **ret_value) {
    pt_metadata_pair pair = {.key = key, .value = pt_slice_of(pt_arena_strndup(&arena, bytes, len), len)};
    return pt_metadata_to_header(PT_TRAILER_HEADER, &pair, &arena, ret_name, ret_value);
}

Test(headers, answers_become_headers) {
    const char *name, *value;
    cr_assert(to_header("etag", "abc", 3, &name, &value));
    cr_expect_str_eq(name, "Partie-Trailer-etag");
    cr_expect_str_eq(value, "abc");
}

Test(headers, no_header_can_be_injected) {
    const char *name = "untouched", *value = "untouched";
    cr_expect_not(to_header("a", "x\r\nSet-Cookie: y", 16, &name, &value));
    cr_expect_not(to_header("a", "x\0y", 3, &name, &value));
    cr_expect_not(to_header("a\r\nb", "x", 1, &name, &value));
    cr_expect_not(to_header("a: b", "x", 1, &name, &value));
    cr_expect_not(to_header("", "x", 1, &name, &value));
    cr_expect_not(to_header("partie-hops", "x", 1, &name, &value));
    cr_expect_not(to_header("key-bin", "x", 1, &name, &value));
    cr_expect_str_eq(name, "untouched");
    cr_expect_str_eq(value, "untouched");
}
