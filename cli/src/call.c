/* partie call TARGET METHOD [JSON] */
#include <stdio.h>

#include "command.h"
#include "partie/json.h"
#include "target.h"

#define MAX_REQUEST_BYTES (64u << 20)

static uint32_t timeout_ms = PT_DEFAULT_TIMEOUT_MS;
static pt_flag_list metadata;
static bool rest_form, zero_fields;

static const pt_flag own_flags[] = {
    {.name = "timeout",
     .kind = PT_FLAG_MS,
     .value = &timeout_ms,
     .arg = "TIME",
     .help = "longest wait",
     .min = 1,
     .max = 3600000},
    {.name = "metadata", .kind = PT_FLAG_LIST, .value = &metadata, .arg = "KEY=VALUE", .help = "sent with the call"},
    {.name = "rest", .kind = PT_FLAG_BOOL, .value = &rest_form, .help = "JSON as the gateway has it, not strictly proto3's"},
    {.name = "zero-fields", .kind = PT_FLAG_BOOL, .value = &zero_fields, .help = "show fields that are zero or empty as well"},
};
static const pt_flag_group groups[] = {{"Flags", own_flags, sizeof own_flags / sizeof *own_flags}};
static const pt_flags flags = {.program = "partie call",
                               .summary = "calls an rpc of a running service, request and reply as JSON",
                               .arguments = "TARGET METHOD [JSON]",
                               .epilog =
                                   "METHOD is a full name (events.v1.EventService/GetEvent) or an rpc's own name. JSON is the "
                                   "request; `-` reads it from stdin;\nwithout it the request is empty.",
                               .groups = groups,
                               .n_groups = 1};

static pt_code read_stdin(pt_buf *out, pt_status *st) {
    char block[65536];
    for (size_t n; (n = fread(block, 1, sizeof block, stdin)) > 0;) {
        if (pt_buf_append(out, block, n)) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "stdin: more than 64 MiB");
    }
    return ferror(stdin) ? pt_status_set(st, PT_UNKNOWN, "stdin: %m") : PT_OK;
}

static pt_code read_request(const pt_target *target, const pt_rpc *rpc, const char *text, pt_buf *out, pt_status *st) {
    const pt_json_read_options options = {.schema = target->schema, .depth = 100, .annotations = rest_form};
    pt_buf typed = PT_BUF_INIT(MAX_REQUEST_BYTES);
    pt_code code = PT_OK;
    if (text && strcmp(text, "-") == 0) {
        code = read_stdin(&typed, st);
        if (!code) code = pt_json_read(rpc->input, pt_buf_slice(&typed), &options, out, st);
    } else if (text) {
        code = pt_json_read(rpc->input, pt_slice_str(text), &options, out, st);
    }
    if (code) pt_status_prefix(st, "request (%s)", rpc->input->name);
    pt_buf_done(&typed);
    return code;
}

static pt_code add_metadata(pt_context *ctx, pt_status *st) {
    for (size_t i = 0; i < metadata.n_items; i++) {
        char key[256];
        const char *pair = metadata.items[i], *equals = strchr(pair, '=');
        if (!equals || (size_t)(equals - pair) >= sizeof key)
            return pt_status_set(st, PT_INVALID_ARGUMENT, "--metadata %s: expected KEY=VALUE", pair);
        snprintf(key, sizeof key, "%.*s", (int)(equals - pair), pair);
        if (pt_metadata_add_str(&ctx->metadata, key, equals + 1))
            return pt_status_set(st, PT_INVALID_ARGUMENT, "--metadata %s: not a key and value that can be sent", pair);
    }
    return PT_OK;
}

static pt_code print_reply(const pt_target *target, const pt_rpc *rpc, pt_slice reply, pt_status *st) {
    const pt_json_write_options options = {
        .schema = target->schema, .depth = 100, .annotations = rest_form, .zero_fields = zero_fields};
    pt_buf json = PT_BUF_INIT(MAX_REQUEST_BYTES);
    pt_code code = pt_json_write(rpc->output, reply, &options, &json, st);
    if (!code && (printf("%.*s\n", (int)json.len, (const char *)json.ptr) < 0 || fflush(stdout)))
        code = pt_status_set(st, PT_UNKNOWN, "stdout: %m");
    pt_buf_done(&json);
    return code;
}

static pt_code call(pt_target *target, const char *method, const char *text, pt_status *st) {
    const pt_rpc *rpc;
    pt_buf request = PT_BUF_INIT(MAX_REQUEST_BYTES);
    pt_context ctx;
    pt_slice reply;
    pt_target_context(target, &ctx);
    pt_code code = pt_target_reflect(target, st);
    if (!code) code = pt_target_rpc(target, method, &rpc, st);
    if (!code && rpc->kind != PT_UNARY)
        code = pt_status_set(st, PT_UNIMPLEMENTED, "%s streams; only unary rpcs can be called", rpc->full_name);
    if (!code) code = read_request(target, rpc, text, &request, st);
    if (!code) code = add_metadata(&ctx, st);
    if (!code) {
        code = pt_call_wait(target->channel, &ctx, rpc->full_name, pt_buf_slice(&request), &reply);
        if (code)
            pt_status_copy(st, &ctx.status);
        else
            code = print_reply(target, rpc, reply, st);
    }
    pt_context_done(&ctx);
    pt_buf_done(&request);
    return code;
}

int pt_command_call(int argc, char **argv) {
    int n, exit_code;
    pt_target target = PT_TARGET_INIT;
    pt_status st = PT_STATUS_INIT;
    if (!pt_command_parse(&flags, argc, argv, 2, 3, &n, &exit_code)) return exit_code;
    pt_code code = pt_target_open(&target, argv[1], timeout_ms, &st);
    if (!code) code = call(&target, argv[2], n > 2 ? argv[3] : NULL, &st);
    if (code) pt_target_fail(flags.program, &st);
    pt_status_done(&st);
    pt_target_done(&target);
    pt_flag_list_done(&metadata);
    return code ? PT_EXIT_FAILURE : PT_EXIT_OK;
}
