#include "probe.h"

#include "wire.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <partie/json.h>
#include <stdio.h>
#include <stdlib.h>

/* For calls that should be answered at once, on a machine that is busy with other tests. */
#define ANSWER_MS 10000

static const char *must_env(const char *name) {
    const char *value = getenv(name);
    cr_assert(value && *value, "%s is not set: run the suite through its own main", name);
    return value;
}

static void add_file(pt_schema *schema, const pt_file *file) {
    pt_status st = PT_STATUS_INIT;
    for (size_t i = 0; i < file->n_imports; i++)
        add_file(schema, file->imports[i]);
    pt_code code = pt_schema_add_file(schema, pt_slice_of(file->descriptor, file->descriptor_len), &st);
    cr_assert_eq(code, PT_OK, "%s: %s", file->name, st.message);
}

static const pt_rpc *find_rpc(const pt_probe *p, const char *method) {
    char name[512];
    snprintf(name, sizeof name, "%s/%s", p->service->name, method);
    const pt_rpc *rpc = pt_schema_rpc(p->schema, name);
    cr_assert(rpc, "%s: not in the contract; run scripts/generate", name);
    return rpc;
}

void pt_probe_init(pt_probe *p, const pt_service *service, const char *method, const char *check) {
    char salt[512];
    pt_status st = PT_STATUS_INIT;
    *p = (pt_probe){.service = service,
                    .target = must_env(PT_ENV_SERVICE_URL),
                    .gateway = must_env(PT_ENV_GATEWAY_URL),
                    .seed = strtoull(must_env(PT_ENV_SEED), NULL, 10)};
    p->schema = pt_schema_new();
    cr_assert(p->schema, "schema: out of memory");
    add_file(p->schema, service->file);
    if (method) {
        p->rpc = find_rpc(p, method);
        pt_requests_load(getenv(PT_ENV_CASES), p->schema, p->rpc, &p->cases);
    }
    snprintf(salt, sizeof salt, "%s/%s %s", service->name, method ? method : "", check);
    pt_draw_seed(&p->draw, p->seed, salt);
    pt_code code = pt_channel_open(p->target, NULL, &p->channel, &st);
    cr_assert_eq(code, PT_OK, "%s: %s", p->target, st.message);
}

void pt_probe_done(pt_probe *p) {
    pt_channel_close(p->channel);
    pt_requests_done(&p->cases);
    pt_schema_free(p->schema);
}

pt_code pt_probe_call(pt_probe *p, const char *method, pt_slice request, uint32_t timeout_ms, pt_answer *ret_answer) {
    pt_context_init(&ret_answer->ctx);
    ret_answer->ctx.timeout_ms = timeout_ms;
    ret_answer->ctx.wait_for_ready = false; /* it listens, or it has died */
    ret_answer->reply = (pt_slice){0};
    return pt_call_wait(p->channel, &ret_answer->ctx, method, request, &ret_answer->reply);
}

void pt_probe_skip_unwritten(pt_probe *p) {
    pt_answer answer;
    pt_code code = pt_probe_call(p, p->rpc->full_name, (pt_slice){0}, ANSWER_MS, &answer);
    pt_context_done(&answer.ctx);
    if (code != PT_UNIMPLEMENTED) return;
    char name[512];
    snprintf(name, sizeof name, "%s", p->rpc->full_name);
    pt_probe_done(p);
    cr_skip_test("%s is not written yet", name);
}

/* A process that died stays as a zombie until the suite's main waits for it. */
static bool process_lives(const char *pid) {
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    bool read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    const char *state = read ? strrchr(line, ')') : NULL;
    return state && strlen(state) > 2 && state[2] != 'Z';
}

void pt_probe_expect_alive(pt_probe *p) {
    static const uint8_t serving[] = {0x08, 0x01};
    pt_answer answer;
    pt_code code = pt_probe_call(p, "grpc.health.v1.Health/Check", (pt_slice){0}, ANSWER_MS, &answer);
    cr_assert_eq(code, PT_OK, "health check: %s: %s", pt_code_name(code), answer.ctx.status.message);
    cr_assert(pt_slice_equal(answer.reply, pt_slice_of(serving, sizeof serving)), "health check: not SERVING");
    cr_assert(process_lives(must_env(PT_ENV_SERVICE_PID)), "the service's process has ended");
    pt_context_done(&answer.ctx);
}

bool pt_code_is_honest(pt_code code) {
    switch (code) {
    case PT_OK:
    case PT_INVALID_ARGUMENT:
    case PT_NOT_FOUND:
    case PT_ALREADY_EXISTS:
    case PT_PERMISSION_DENIED:
    case PT_RESOURCE_EXHAUSTED:
    case PT_FAILED_PRECONDITION:
    case PT_ABORTED:
    case PT_OUT_OF_RANGE:
    case PT_UNAUTHENTICATED: return true;
    default: return false;
    }
}

bool pt_code_means_wait(pt_code code) {
    return code == PT_DEADLINE_EXCEEDED || code == PT_UNAVAILABLE;
}

void pt_probe_expect_honest(pt_probe *p, const pt_answer *answer, pt_slice request, bool may_wait) {
    const pt_status *st = &answer->ctx.status;
    pt_status check = PT_STATUS_INIT;
    if (st->code != PT_OK) {
        bool right = pt_code_is_honest(st->code) || (may_wait && pt_code_means_wait(st->code));
        cr_assert(right, "%s answered %s: %s\nrequest (seed %" PRIu64 "): %s", p->rpc->full_name, pt_code_name(st->code),
                  st->message, p->seed, pt_probe_show(p, request));
        cr_assert(*st->message, "%s answered %s without a message\nrequest (seed %" PRIu64 "): %s", p->rpc->full_name,
                  pt_code_name(st->code), p->seed, pt_probe_show(p, request));
        return;
    }
    const pt_limits limits = PT_LIMITS_INIT;
    const pt_json_write_options options = {.schema = p->schema, .depth = 100, .annotations = true};
    pt_buf json = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_code code = pt_type_check(p->rpc->output, answer->reply, &limits, &check);
    if (code == PT_OK) code = pt_json_write(p->rpc->output, answer->reply, &options, &json, &check);
    cr_assert_eq(code, PT_OK, "%s: the reply is no %s: %s\nrequest (seed %" PRIu64 "): %s", p->rpc->full_name,
                 p->rpc->output->name, check.message, p->seed, pt_probe_show(p, request));
    pt_buf_done(&json);
}

static void show_bytes(pt_slice bytes, char *ret_text, size_t cap) {
    size_t used = 0;
    for (size_t i = 0; i < bytes.len && used + 3 < cap; i++) {
        snprintf(ret_text + used, cap - used, "%02x ", bytes.ptr[i]);
        used += 3;
    }
}

const char *pt_probe_show(const pt_probe *p, pt_slice request) {
    static char text[600];
    const pt_json_write_options options = {.schema = p->schema, .depth = 100, .annotations = true};
    pt_buf json = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_status st = PT_STATUS_INIT;
    text[0] = '\0';
    if (pt_json_write(p->rpc->input, request, &options, &json, &st) == PT_OK)
        snprintf(text, sizeof text, "%.*s", (int)(json.len < sizeof text ? json.len : sizeof text - 1), (const char *)json.ptr);
    else
        show_bytes(request, text, sizeof text);
    pt_status_done(&st);
    pt_buf_done(&json);
    return text;
}

void pt_probe_request(pt_probe *p, size_t i, pt_draw_style style, pt_buf *out) {
    if (i < p->cases.n)
        pt_put_raw(out, p->cases.items[i].ptr, p->cases.items[i].len);
    else
        pt_draw_message(&p->draw, p->rpc->input, style, out);
}
