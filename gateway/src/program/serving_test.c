/* The running gateway: what it answers. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "testing/rig.h"

static pt_rig rig;

static void start(void) {
    pt_rig_start(&rig, PT_ARGS("--body-bytes", "64KiB", "--url-bytes", "2KiB", "--header-bytes", "4KiB", "--timeout", "2s"));
}

static void stop(void) {
    pt_rig_stop(&rig);
}

TestSuite(serving, .init = start, .fini = stop);

static const char *get(const char *target, int status) {
    return pt_rig_send(&rig, "GET", target, NULL, NULL, status);
}

static const char *post(const char *target, const char *body, int status) {
    return pt_rig_send(&rig, "POST", target, PT_ARGS(PT_RIG_JSON), body, status);
}

Test(serving, replies_are_json_with_their_zero_fields) {
    const char *body = get("/v1/shelves/1/books/2", 200);
    cr_expect(strstr(body, "\"name\":\"shelves/1/books/2\""), "%s", body);
    cr_expect(strstr(body, "\"pages\":\"0\",\"authors\":[]"), "%s", body);
    cr_expect_str_eq(pt_rig_header(&rig, "Content-Type"), "application/json");
}

Test(serving, path_body_and_query_make_one_request) {
    const char *body = post("/v1/shelves/7/books?dry_run=true", "{\"name\":\"b\",\"pages\":\"12\"}", 200);
    cr_expect(strstr(body, "\"name\":\"shelves/7/books/b\""), "%s", body);
    cr_expect(strstr(body, "\"pages\":\"12\""), "%s", body);
    body = post("/v1/shelves/7/books/b:move", "{\"toShelf\":\"9\"}", 200);
    cr_expect(strstr(body, "\"name\":\"shelves/7/books/b to 9\""), "%s", body);
    pt_rig_send(&rig, "LOCK", "/v1/shelves/7/books/b", NULL, NULL, 501);
    pt_rig_expect_error(&rig, 12, "");
}

/* A service refuses a message that stands in parts. */
Test(serving, parts_of_one_message_come_together) {
    const char *body = get("/v1/fail/0?after.seconds=0&message=x&after.nanos=1000", 200);
    cr_expect(strstr(body, "\"name\":\"done\""), "%s", body);
    body = pt_rig_send(&rig, "PUT", "/v1/shelves/7/drafts/b", PT_ARGS(PT_RIG_JSON), "{\"pages\":\"12\"}", 200);
    cr_expect(strstr(body, "\"name\":\"shelves/7/books/b\""), "%s", body);
    cr_expect(strstr(body, "\"pages\":\"12\""), "%s", body);
}

Test(serving, ids_and_chosen_headers_go_to_the_service_and_back) {
    const char *body =
        pt_rig_send(&rig, "GET", "/v1/books/b",
                    PT_ARGS("X-Request-Id: r-1", "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                            "Tracestate: a=b", "Authorization: Bearer t", "Partie-Metadata-Tenant: acme", "Cookie: secret"),
                    NULL, 200);
    cr_expect(strstr(body, "x-request-id=r-1;traceparent=00-0af7651916cd43dd8448eb211c80319c-"), "%s", body);
    cr_expect_null(strstr(body, "b7ad6b7169203331"), "a hop of its own: %s", body);
    cr_expect(strstr(body, "tracestate=a=b;authorization=Bearer t;tenant=acme;\""), "%s", body);
    cr_expect_str_eq(pt_rig_header(&rig, "X-Request-Id"), "r-1");
    cr_expect_str_eq(pt_rig_header(&rig, "Partie-Metadata-etag"), "abc");
    cr_expect_str_eq(pt_rig_header(&rig, "Partie-Trailer-cost"), "7");
    get("/v1/books/b", 200);
    cr_expect_eq(strlen(pt_rig_header(&rig, "X-Request-Id")), 36, "one is made where none came");
}

Test(serving, codes_of_the_service_have_their_http_status) {
    const int http[] = {200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401};
    for (int code = 1; code < 17; code++) {
        char target[64];
        snprintf(target, sizeof target, "/v1/fail/%d?message=why+%d", code, code);
        get(target, http[code]);
        snprintf(target, sizeof target, "why %d", code);
        pt_rig_expect_error(&rig, code, target);
    }
}

Test(serving, retry_after_is_what_the_service_says) {
    get("/v1/fail/14", 503);
    cr_expect_str_eq(pt_rig_header(&rig, "Retry-After"), "1");
    const char *body = get("/v1/fail/14?retry=7", 503);
    cr_expect(strstr(body, "{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"7s\"}"), "%s", body);
    cr_expect_str_eq(pt_rig_header(&rig, "Retry-After"), "7");
    get("/v1/fail/8?retry=3", 429);
    cr_expect_str_eq(pt_rig_header(&rig, "Retry-After"), "3");
    get("/v1/fail/5", 404);
    cr_expect_str_eq(pt_rig_header(&rig, "Retry-After"), "");
}

Test(serving, bad_input_is_400_and_names_the_place) {
    get("/v1/fail/x", 400);
    pt_rig_expect_error(&rig, 3, "path variable code");
    get("/v1/fail/1?nope=1", 400);
    pt_rig_expect_error(&rig, 3, "query parameter \"nope\"");
    get("/v1/books/%zz", 400);
    pt_rig_expect_error(&rig, 3, "hexadecimal");
    get("/v1/books/%FF", 400);
    pt_rig_expect_error(&rig, 3, "UTF-8");
    post("/v1/shelves/7/books", "{\"name\":", 400);
    pt_rig_expect_error(&rig, 3, "byte");
    post("/v1/shelves/7/books", "{\"pages\":\"x\"}", 400);
    pt_rig_expect_error(&rig, 3, "pages");
    post("/v1/shelves/7/books", "{\"nope\":1}", 400);
    pt_rig_expect_error(&rig, 3, "nope");
    post("/v1/shelves/7/books/b:move", "{\"name\":\"other\"}", 400);
    pt_rig_expect_error(&rig, 3, "the body says otherwise");
    pt_rig_send(&rig, "GET", "/v1/books/b", PT_ARGS("Grpc-Timeout: soon"), NULL, 400);
    pt_rig_expect_error(&rig, 3, "Grpc-Timeout");
    pt_rig_send(&rig, "GET", "/v1/books/b", PT_ARGS(PT_RIG_JSON), "{}", 400);
    pt_rig_expect_error(&rig, 3, "takes none");
}

Test(serving, unknown_paths_and_methods) {
    get("/nope", 404);
    pt_rig_expect_error(&rig, 5, "/nope");
    get("/v1/books", 404);
    pt_rig_send(&rig, "DELETE", "/v1/books/b", NULL, NULL, 405);
    pt_rig_expect_error(&rig, 12, "DELETE");
    cr_expect_str_eq(pt_rig_header(&rig, "Allow"), "GET, HEAD, OPTIONS");
    pt_rig_send(&rig, "OPTIONS", "/v1/shelves/1/books/2", NULL, NULL, 204);
    cr_expect_str_eq(pt_rig_header(&rig, "Allow"), "GET, HEAD, LOCK, OPTIONS");
    cr_expect_eq(rig.reply.body_len, 0);
    pt_rig_send(&rig, "OPTIONS", "/nope", NULL, NULL, 404);
    get("/v1/watch/b", 501);
    pt_rig_expect_error(&rig, 12, "streaming");
}

Test(serving, a_body_must_be_json) {
    pt_rig_send(&rig, "POST", "/v1/shelves/7/books", PT_ARGS("Content-Type: text/plain"), "{}", 415);
    pt_rig_expect_error(&rig, 3, "text/plain");
    pt_rig_send(&rig, "POST", "/v1/shelves/7/books", PT_ARGS("Content-Type: application/json; charset=latin1"), "{}", 415);
    pt_rig_send(&rig, "POST", "/v1/shelves/7/books", PT_ARGS("Content-Type: application/x.y+json; charset=utf-8"), "{}", 200);
    pt_rig_send(&rig, "POST", "/v1/shelves/7/books/b:move", NULL, NULL, 200);
}

/* `n` bytes of text between two pieces; the caller frees it. */
static char *padded(const char *before, size_t n, const char *after) {
    size_t size = strlen(before) + n + strlen(after) + 1;
    char *text = malloc(size), *filling = malloc(n + 1);
    cr_assert(text && filling);
    memset(filling, 'x', n);
    filling[n] = 0;
    snprintf(text, size, "%s%s%s", before, filling, after);
    free(filling);
    return text;
}

Test(serving, limits_have_their_own_status) {
    char *path = padded("/v1/books/", 3000, ""), *header = padded("X-Long: ", 5000, ""),
         *body = padded("{\"name\":\"", 70000, "\"}"), *fits = padded("{\"name\":\"", 60000, "\"}");
    get(path, 414);
    pt_rig_expect_error(&rig, 3, "--url-bytes");
    pt_rig_send(&rig, "GET", "/v1/books/b", PT_ARGS(header), NULL, 431);
    pt_rig_expect_error(&rig, 3, "--header-bytes");
    post("/v1/shelves/7/books", body, 413);
    pt_rig_expect_error(&rig, 8, "65536 bytes");
    pt_rig_send(&rig, "POST", "/v1/shelves/7/books", PT_ARGS(PT_RIG_JSON, "Transfer-Encoding: chunked"), body, 413);
    pt_rig_send(&rig, "POST", "/v1/shelves/7/books", PT_ARGS(PT_RIG_JSON, "Transfer-Encoding: chunked"), fits, 200);
    post("/v1/shelves/7/books", fits, 200);
    free(path);
    free(header);
    free(body);
    free(fits);
}

Test(serving, nesting_is_bounded) {
    char body[1024] = "";
    for (int i = 0; i < 150; i++)
        memcpy(body + i, "[", 2);
    post("/v1/shelves/7/books", body, 400);
    pt_rig_expect_error(&rig, 3, "");
}

Test(serving, head_is_get_without_body) {
    pt_http_set_timeout(rig.http, 5000);
    pt_rig_send(&rig, "HEAD", "/v1/books/b", NULL, NULL, 200);
    cr_expect_eq(rig.reply.body_len, 0);
    cr_expect_gt(strtol(pt_rig_header(&rig, "Content-Length"), NULL, 10), 0);
}

Test(serving, a_slow_service_is_504) {
    get("/v1/fail/0?after=3s", 504);
    pt_rig_expect_error(&rig, 4, "");
    pt_rig_send(&rig, "GET", "/v1/fail/0?after=3s", PT_ARGS("Grpc-Timeout: 100m"), NULL, 504);
    pt_rig_send(&rig, "GET", "/v1/fail/0?after=0.01s", PT_ARGS("Grpc-Timeout: 99999999H"), NULL, 200);
}

Test(serving, health_names_the_backends) {
    json_t *health = pt_http_get_json(rig.http, "/healthz", 200);
    json_t *backend = json_array_get(json_object_get(health, "backends"), 0);
    cr_expect_str_eq(json_string_value(json_object_get(health, "status")), "SERVING");
    cr_expect_str_eq(json_string_value(json_object_get(backend, "state")), "up");
    cr_expect_str_eq(json_string_value(json_object_get(backend, "url")), pt_shelf_url(rig.shelf));
    json_decref(health);
}

Test(serving, each_request_is_one_line_of_the_log) {
    pt_rig_send(&rig, "GET", "/v1/books/b?secret=1", PT_ARGS("X-Request-Id: find-me"), NULL, 400);
    pt_program_signal(rig.gateway, 0);
    get("/healthz", 200);
    char *text = pt_program_stderr(rig.gateway), *line = strstr(text, "find-me");
    cr_assert(line, "%s", text);
    while (line > text && line[-1] != '\n')
        line--;
    line[strcspn(line, "\n")] = 0;
    json_t *entry = json_loads(line, 0, NULL);
    cr_assert(entry, "%s", line);
    cr_expect_str_eq(json_string_value(json_object_get(entry, "path")), "/v1/books/b", "%s", line);
    cr_expect_eq(json_integer_value(json_object_get(entry, "status")), 400);
    cr_expect_str_eq(json_string_value(json_object_get(entry, "rpc")), "shelf.v1.ShelfService/GetBook");
    cr_expect_str_eq(json_string_value(json_object_get(entry, "client")), "127.0.0.1");
    json_decref(entry);
    free(text);
}
