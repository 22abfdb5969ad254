/* What a client gets for wrong input, through the gateway and the real services: a status that says whose fault it is, and a
 * text that names the place. Nothing of it is stored, and everything stays up. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/system.h"

static pt_system sys;

static void start(void) {
    pt_system_start(&sys);
}

/* After whatever was sent: both services and the gateway run, and nothing was stored. */
static void stop_unharmed(void) {
    json_t *status = pt_http_get_json(sys.http, "/ingest/status", 200);
    cr_expect_eq(pt_json_uint64(status, "eventCount"), 0u, "something of it was stored");
    json_decref(status);
    cr_expect(pt_program_running(sys.ingest) && pt_program_running(sys.query) && pt_program_running(sys.gateway));
    pt_system_stop(&sys);
}

static void stop(void) {
    pt_system_stop(&sys);
}

/* A request that must be refused with `status`, in a text that holds `named`. */
static void expect_refusal(const char *method, const char *target, const char *type, const void *body, size_t len, int status,
                           const char *named) {
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    cr_expect(pt_http_send(sys.http, method, target, type ? PT_ARGS(type) : NULL, body, len, &reply), "%s %s: %s", method,
              target, reply.problem);
    cr_expect_eq(reply.status, status, "%s %s %.200s: HTTP %d instead of %d: %s", method, target,
                 body ? (const char *)body : "", reply.status, status, reply.body);
    json_t *error = json_loads(reply.body ? reply.body : "", 0, NULL);
    const char *message = json_string_value(json_object_get(error, "message"));
    cr_expect(message && strstr(message, named), "%s %s %.200s: the text does not name %s: %s", method, target,
              body ? (const char *)body : "", named, reply.body);
    json_decref(error);
    pt_http_reply_done(&reply);
}

#define JSON "Content-Type: application/json"

static void post_refused(const char *body, const char *named) {
    expect_refusal("POST", "/ingest/events", JSON, body, strlen(body), 400, named);
}

Test(refusal, what_is_not_json, .init = start, .fini = stop_unharmed, .timeout = 120) {
    post_refused("", "");
    post_refused("{", "byte");
    post_refused("{\"id\":\"1\"", "byte");
    post_refused("{\"id\":'1'}", "byte");
    post_refused("{\"id\":\"1\",}", "byte");
    post_refused("{\"id\":\"1\"} x", "byte");
    post_refused("{\"id\":\"\\ud800\"}", "id");
    post_refused("{\"id\":\"\xff\xfe\"}", "UTF-8");
    post_refused("{\"id\":\"a\tb\"}", "byte");
    post_refused("nonsense", "byte");
}

Test(refusal, what_is_no_event, .init = start, .fini = stop_unharmed, .timeout = 120) {
    post_refused("[]", "");
    post_refused("\"text\"", "");
    post_refused("{\"specversion\":\"1.0\",\"id\":7,\"source\":\"/s\",\"type\":\"t\"}", "id");
    post_refused("{\"specversion\":\"1.0\",\"id\":[\"1\"],\"source\":\"/s\",\"type\":\"t\"}", "id");
    post_refused("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"time\":\"yesterday\"}", "time");
    post_refused("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"time\":12}", "time");
    post_refused("{\"specversion\":\"0.3\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}", "specversion");
    post_refused("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"Bad-Name\":\"x\"}", "Bad-Name");
    post_refused("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"ext\":{\"a\":1}}", "ext");
    post_refused("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"data_base64\":\"?\"}",
                 "data_base64");
    post_refused("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"data\":1,\"data_base64\":\"AA==\"}",
                 "data");
    post_refused("{\"specversion\":\"1.0\",\"id\":\"1\",\"id\":\"2\",\"source\":\"/s\",\"type\":\"t\"}", "id");
}

Test(refusal, a_missing_attribute_is_named, .init = start, .fini = stop_unharmed, .timeout = 120) {
    post_refused("{\"specversion\":\"1.0\",\"source\":\"/s\",\"type\":\"t\"}", "id");
    post_refused("{\"specversion\":\"1.0\",\"id\":\"1\",\"type\":\"t\"}", "source");
    post_refused("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\"}", "type");
    post_refused("{\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}", "specversion");
    post_refused("{\"specversion\":\"1.0\",\"id\":\"\",\"source\":\"/s\",\"type\":\"t\"}", "id");
}

/* An event whose data are `depth` lists in each other. */
static char *deep_event(unsigned depth, const char *id) {
    char *text = NULL;
    char *lists = malloc(2 * (size_t)depth + 1);
    cr_assert_not_null(lists);
    memset(lists, '[', depth);
    memset(lists + depth, ']', depth);
    lists[2 * (size_t)depth] = '\0';
    cr_assert_geq(
        asprintf(&text, "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/s\",\"type\":\"t\",\"data\":%s}", id, lists), 0);
    free(lists);
    return text;
}

Test(refusal, depth_is_limited, .init = start, .fini = stop_unharmed, .timeout = 120) {
    for (unsigned depth = 101; depth < 1000000; depth *= 10) {
        char *body = deep_event(depth, "deep");
        expect_refusal("POST", "/ingest/events", JSON, body, strlen(body), 413, "event.data: nested deeper");
        free(body);
    }
}

Test(refusal, ten_megabytes_are_413, .init = start, .fini = stop_unharmed, .timeout = 120) {
    size_t len = 10u << 20;
    char *body = malloc(len + 1);
    cr_assert_not_null(body);
    memset(body, ' ', len);
    body[len] = '\0';
    expect_refusal("POST", "/ingest/events", JSON, body, len, 413, "");
    free(body);
}

Test(refusal, other_content_types_are_415, .init = start, .fini = stop_unharmed, .timeout = 120) {
    static const char body[] = "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}";
    expect_refusal("POST", "/ingest/events", "Content-Type: text/plain", body, sizeof body - 1, 415, "text/plain");
    expect_refusal("POST", "/ingest/events", "Content-Type: application/x-www-form-urlencoded", "id=1", 4, 415, "");
}

Test(refusal, other_methods_are_405_with_allow, .init = start, .fini = stop_unharmed, .timeout = 120) {
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    char allow[128];
    cr_assert(pt_http_send(sys.http, "DELETE", "/ingest/events", NULL, NULL, 0, &reply));
    cr_expect_eq(reply.status, 405, "HTTP %d", reply.status);
    cr_assert(pt_http_header(&reply, "Allow", allow, sizeof allow));
    cr_expect(strstr(allow, "POST"), "Allow: %s", allow);
    cr_assert(pt_http_send(sys.http, "POST", "/query/events", PT_ARGS(JSON), "{}", 2, &reply));
    cr_expect_eq(reply.status, 405, "HTTP %d", reply.status);
    cr_assert(pt_http_header(&reply, "Allow", allow, sizeof allow));
    cr_expect(strstr(allow, "GET"), "Allow: %s", allow);
    pt_http_reply_done(&reply);
    expect_refusal("GET", "/no/such/path", NULL, NULL, 0, 404, "/no/such/path");
}

Test(refusal, query_parameters_are_named, .init = start, .fini = stop_unharmed, .timeout = 120) {
    expect_refusal("GET", "/query/events?nonsense=1", NULL, NULL, 0, 400, "nonsense");
    expect_refusal("GET", "/query/events?page_size=many", NULL, NULL, 0, 400, "page_size");
    expect_refusal("GET", "/query/events?page_size=-1", NULL, NULL, 0, 400, "page_size");
    expect_refusal("GET", "/query/events?start_time=yesterday", NULL, NULL, 0, 400, "start_time");
    expect_refusal("GET", "/query/events?page_token=forged", NULL, NULL, 0, 400, "page_token");
    expect_refusal("GET", "/query/events?type=%ff", NULL, NULL, 0, 400, "type");
    expect_refusal("GET", "/query/events/none", NULL, NULL, 0, 404, "none");
}

Test(refusal, a_batch_is_taken_whole_or_not_at_all, .init = start, .fini = stop_unharmed, .timeout = 120) {
    static const char one_bad[] = "[{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"},"
                                  "{\"specversion\":\"1.0\",\"id\":\"2\",\"type\":\"t\"}]";
    expect_refusal("POST", "/ingest/events:batch", JSON, one_bad, sizeof one_bad - 1, 400, "events[1].source");
    expect_refusal("POST", "/ingest/events:batch", JSON, "[]", 2, 400, "events");
    expect_refusal("POST", "/ingest/events:batch", JSON, "{}", 2, 400, "");
}

Test(refusal, another_event_under_the_same_id_is_409, .init = start, .fini = stop, .timeout = 120) {
    static const char other[] = "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"other\"}";
    json_decref(pt_http_post_json(sys.http, "/ingest/events",
                                  "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}", 200));
    expect_refusal("POST", "/ingest/events", JSON, other, sizeof other - 1, 409, "1");
}

Test(acceptance, cloudevents_content_types, .init = start, .fini = stop, .timeout = 120) {
    static const char *const types[] = {"Content-Type: application/cloudevents+json",
                                        "Content-Type: application/cloudevents+json; charset=utf-8",
                                        "Content-Type: application/json; charset=UTF-8"};
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char body[256];
        snprintf(body, sizeof body, "{\"specversion\":\"1.0\",\"id\":\"%zu\",\"source\":\"/s\",\"type\":\"t\"}", i);
        cr_assert(pt_http_send(sys.http, "POST", "/ingest/events", PT_ARGS(types[i]), body, strlen(body), &reply));
        cr_expect_eq(reply.status, 200, "%s: HTTP %d: %s", types[i], reply.status, reply.body);
    }
    static const char batch[] = "[{\"specversion\":\"1.0\",\"id\":\"b\",\"source\":\"/s\",\"type\":\"t\"}]";
    cr_assert(pt_http_send(sys.http, "POST", "/ingest/events:batch",
                           PT_ARGS("Content-Type: application/cloudevents-batch+json"), batch, sizeof batch - 1, &reply));
    cr_expect_eq(reply.status, 200, "batch: HTTP %d: %s", reply.status, reply.body);
    pt_http_reply_done(&reply);
}

Test(acceptance, data_come_back_digit_by_digit, .init = start, .fini = stop, .timeout = 120) {
    static const char *const data[] = {"12345678901234567890123456789.000100",
                                       "{\"b\":1e5,\"a\":1E+05,\"\xc3\xa9\":\"\\u00e9\",\"deep\":[[[[{}]]]]}",
                                       "null",
                                       "false",
                                       "\"\\u0000\"",
                                       "[]",
                                       "-0.0"};
    for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
        char *body = NULL, *wanted = NULL;
        char target[128];
        pt_http_reply reply = PT_HTTP_REPLY_INIT;
        cr_assert_geq(asprintf(&body, "{\"specversion\":\"1.0\",\"id\":\"%zu\",\"source\":\"/s\",\"type\":\"t\",\"data\":%s}",
                               i, data[i]),
                      0);
        cr_assert_geq(asprintf(&wanted, "\"data\":%s", data[i]), 0);
        json_t *stored = pt_http_post_json(sys.http, "/ingest/events", body, 200);
        snprintf(target, sizeof target, "/query/events/%zu?min_sequence=%" PRIu64, i, pt_json_uint64(stored, "sequence"));
        json_decref(stored);
        cr_assert(pt_http_send(sys.http, "GET", target, NULL, NULL, 0, &reply));
        cr_expect(reply.status == 200 && strstr(reply.body, wanted), "HTTP %d: %s lacks %s", reply.status, reply.body, wanted);
        pt_http_reply_done(&reply);
        free(body);
        free(wanted);
    }
}

Test(acceptance, depth_up_to_the_limit, .init = start, .fini = stop, .timeout = 120) {
    char *body = deep_event(90, "deep");
    json_decref(pt_http_post_json(sys.http, "/ingest/events", body, 200));
    free(body);
}
