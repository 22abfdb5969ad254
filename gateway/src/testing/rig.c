#include "testing/rig.h"

#include <criterion/criterion.h>
#include <string.h>

#include "support/clock.h"

#define MAX_ARGS 32
#define WAIT_MS 10000

void pt_rig_start_gateway(pt_rig *rig, const char *backend, const char *const *args) {
    const char *all[MAX_ARGS] = {"--listen", "127.0.0.1:0", "--workers", "2", "--backend", backend};
    size_t n = 6;
    for (size_t i = 0; args && args[i]; i++) {
        cr_assert_lt(n, MAX_ARGS - 1);
        all[n++] = args[i];
    }
    rig->gateway = pt_program_start("partie-gateway", all, NULL);
    rig->http = pt_http_new(pt_program_url(rig->gateway, 0));
}

typedef struct awaited {
    pt_rig *rig;
    const char *target;
    int status;
} awaited;

static bool has_status(void *arg) {
    const awaited *a = arg;
    return pt_http_send(a->rig->http, "GET", a->target, NULL, NULL, 0, &a->rig->reply) && a->rig->reply.status == a->status;
}

void pt_rig_wait_status(pt_rig *rig, const char *target, int status) {
    awaited a = {.rig = rig, .target = target, .status = status};
    cr_assert(pt_wait_until(has_status, &a, WAIT_MS), "%s: still %d %s %s, not %d", target, rig->reply.status, rig->reply.body,
              rig->reply.problem, status);
}

void pt_rig_start(pt_rig *rig, const char *const *args) {
    *rig = (pt_rig){.shelf = pt_shelf_start("tcp://127.0.0.1:0")};
    pt_rig_start_gateway(rig, pt_shelf_url(rig->shelf), args);
    pt_rig_wait_status(rig, "/v1/books/ready", 200);
}

void pt_rig_stop(pt_rig *rig) {
    if (pt_program_running(rig->gateway)) pt_program_stop(rig->gateway);
    pt_program_free(rig->gateway);
    pt_http_free(rig->http);
    pt_http_reply_done(&rig->reply);
    pt_shelf_stop(rig->shelf);
}

const char *pt_rig_send(pt_rig *rig, const char *method, const char *target, const char *const *headers, const char *body,
                        int status) {
    bool answered = pt_http_send(rig->http, method, target, headers, body, body ? strlen(body) : 0, &rig->reply);
    cr_assert(answered, "%s %s: %s", method, target, rig->reply.problem);
    cr_assert_eq(rig->reply.status, status, "%s %s: %d %s", method, target, rig->reply.status, rig->reply.body);
    return rig->reply.body;
}

const char *pt_rig_header(const pt_rig *rig, const char *name) {
    static char value[1024];
    return pt_http_header(&rig->reply, name, value, sizeof value) ? value : "";
}

void pt_rig_expect_error(pt_rig *rig, int code, const char *text) {
    json_error_t problem;
    json_t *error = json_loads(rig->reply.body, 0, &problem);
    const char *message = json_string_value(json_object_get(error, "message"));
    bool whole = json_object_size(error) == 3 && message && json_is_array(json_object_get(error, "details"));
    bool right = whole && json_integer_value(json_object_get(error, "code")) == code && strstr(message, text);
    cr_expect(right, "not code %d with \"%s\": %s %s", code, text, rig->reply.body, error ? "" : problem.text);
    cr_expect_str_eq(pt_rig_header(rig, "Content-Type"), "application/json");
    json_decref(error);
}
