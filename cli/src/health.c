/* partie health TARGET [SERVICE] */
#include <stdio.h>

#include "command.h"
#include "grpc/health/v1/health.rpc.h"
#include "target.h"

static uint32_t timeout_ms = PT_DEFAULT_TIMEOUT_MS;

static const pt_flag own_flags[] = {
    {.name = "timeout",
     .kind = PT_FLAG_MS,
     .value = &timeout_ms,
     .arg = "TIME",
     .help = "longest wait",
     .min = 1,
     .max = 3600000},
};
static const pt_flag_group groups[] = {{"Flags", own_flags, sizeof own_flags / sizeof *own_flags}};
static const pt_flags flags = {.program = "partie health",
                               .summary = "asks a running service whether it serves; exit code 0 only if it does",
                               .arguments = "TARGET [SERVICE]",
                               .epilog =
                                   "SERVICE is a full name (events.v1.EventService); without it the whole server is meant.",
                               .groups = groups,
                               .n_groups = 1};

static const char *name_of(int serving_status) {
    switch (serving_status) {
    case GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING: return "SERVING";
    case GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING: return "NOT_SERVING";
    case GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN: return "SERVICE_UNKNOWN";
    default: return "UNKNOWN";
    }
}

static pt_code check(const pt_target *target, char *service, bool *ret_serving, pt_status *st) {
    pt_context ctx;
    Grpc__Health__V1__HealthCheckRequest request = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    Grpc__Health__V1__HealthCheckResponse *reply;
    if (service) request.service = service;
    pt_target_context(target, &ctx);
    pt_code code = grpc__health__v1__health__check(target->channel, &ctx, &request, &reply);
    if (code) {
        pt_status_copy(st, &ctx.status);
    } else {
        puts(name_of((int)reply->status));
        *ret_serving = reply->status == GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
    }
    pt_context_done(&ctx);
    return code;
}

int pt_command_health(int argc, char **argv) {
    int n, exit_code;
    bool serving = false;
    pt_target target = PT_TARGET_INIT;
    pt_status st = PT_STATUS_INIT;
    if (!pt_command_parse(&flags, argc, argv, 1, 2, &n, &exit_code)) return exit_code;
    pt_code code = pt_target_open(&target, argv[1], timeout_ms, &st);
    if (!code) code = check(&target, n > 1 ? argv[2] : NULL, &serving, &st);
    if (code) pt_target_fail(flags.program, &st);
    pt_status_done(&st);
    pt_target_done(&target);
    return serving && !fflush(stdout) ? PT_EXIT_OK : PT_EXIT_FAILURE;
}
