/* partie list TARGET */
#include <stdio.h>

#include "command.h"
#include "target.h"

static uint32_t timeout_ms = PT_DEFAULT_TIMEOUT_MS;
static bool all;

static const pt_flag own_flags[] = {
    {.name = "timeout",
     .kind = PT_FLAG_MS,
     .value = &timeout_ms,
     .arg = "TIME",
     .help = "longest wait",
     .min = 1,
     .max = 3600000},
    {.name = "all", .kind = PT_FLAG_BOOL, .value = &all, .help = "health and reflection, which every service has, as well"},
};
static const pt_flag_group groups[] = {{"Flags", own_flags, sizeof own_flags / sizeof *own_flags}};
static const pt_flags flags = {.program = "partie list",
                               .summary = "lists the services and rpcs of a running service, one full name a line",
                               .arguments = "TARGET",
                               .groups = groups,
                               .n_groups = 1};

static void print_rpcs(const pt_schema *schema) {
    size_t n;
    const pt_rpc *const *rpcs = pt_schema_rpcs(schema, &n);
    for (size_t i = 0; i < n; i++) {
        if (all || !pt_is_built_in(rpcs[i]->service)) puts(rpcs[i]->full_name);
    }
}

int pt_command_list(int argc, char **argv) {
    int n, exit_code;
    pt_target target = PT_TARGET_INIT;
    pt_status st = PT_STATUS_INIT;
    if (!pt_command_parse(&flags, argc, argv, 1, 1, &n, &exit_code)) return exit_code;
    pt_code code = pt_target_open(&target, argv[1], timeout_ms, &st);
    if (!code) code = pt_target_reflect(&target, &st);
    if (code)
        pt_target_fail(flags.program, &st);
    else
        print_rpcs(target.schema);
    pt_status_done(&st);
    pt_target_done(&target);
    return code || fflush(stdout) ? PT_EXIT_FAILURE : PT_EXIT_OK;
}
