#include "command.h"

#include <stdio.h>

#include "partie/version.h"

#define HELP_BYTES 65536
#define MAX_COMMANDS 32

static int print_help(const pt_flags *flags) {
    pt_buf help = PT_BUF_INIT(HELP_BYTES);
    pt_code code = pt_flags_help(flags, &help);
    if (!code) fwrite(help.ptr, 1, help.len, stdout);
    pt_buf_done(&help);
    return code || fflush(stdout) ? PT_EXIT_FAILURE : PT_EXIT_OK;
}

static int usage_error(const char *program, const char *message) {
    fprintf(stderr, "%s: %s\nTry `%s --help`.\n", program, message, program);
    return PT_EXIT_USAGE;
}

bool pt_command_parse(const pt_flags *flags, int argc, char **argv, int least, int most, int *ret_n, int *ret_exit) {
    pt_status st = PT_STATUS_INIT;
    pt_flags_action action = PT_FLAGS_RUN;
    if (pt_flags_parse(flags, argc, argv, &action, ret_n, &st)) {
        *ret_exit = usage_error(flags->program, st.message);
    } else if (action == PT_FLAGS_HELP) {
        *ret_exit = print_help(flags);
    } else if (action == PT_FLAGS_VERSION) {
        *ret_exit = puts("partie " PT_VERSION) < 0 ? PT_EXIT_FAILURE : PT_EXIT_OK;
    } else if (*ret_n < least || *ret_n > most) {
        *ret_exit = usage_error(flags->program, *ret_n < least ? "an argument is missing" : "too many arguments");
    } else {
        return true;
    }
    return false;
}

int pt_command_fail(const char *program, const char *message) {
    fprintf(stderr, "%s: %s\n", program, message);
    return PT_EXIT_FAILURE;
}

static int unknown_command(const char *program, const pt_command *commands, size_t n, const char *name) {
    const char *names[MAX_COMMANDS];
    char message[256];
    for (size_t i = 0; i < n; i++)
        names[i] = commands[i].name;
    const char *nearest = pt_nearest_name(name, names, n);
    if (nearest)
        snprintf(message, sizeof message, "there is no `%.64s`; did you mean `%s`?", name, nearest);
    else
        snprintf(message, sizeof message, "there is no `%.64s`", name);
    return usage_error(program, message);
}

static int print_commands(const char *program, const char *summary, const char *epilog, const pt_command *commands, size_t n) {
    printf("%s: %s\n\nUsage: %s COMMAND ...\n\nCommands:\n", program, summary, program);
    for (size_t i = 0; i < n; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    printf("\n`%s COMMAND --help` says more about one; `--version` gives name and version.\n"
           "Exit codes: 0 done, 1 failed, 2 wrong usage.\n%s",
           program, epilog);
    return fflush(stdout) ? PT_EXIT_FAILURE : PT_EXIT_OK;
}

int pt_command_choose(const char *program, const char *summary, const char *epilog, const pt_command *commands, size_t n,
                      int argc, char **argv) {
    if (argc < 2) return usage_error(program, "a command is missing");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return print_commands(program, summary, epilog, commands, n);
    if (strcmp(argv[1], "--version") == 0) return puts("partie " PT_VERSION) < 0 ? PT_EXIT_FAILURE : PT_EXIT_OK;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(commands[i].name, argv[1]) == 0) return commands[i].run(argc - 1, argv + 1);
    }
    return unknown_command(program, commands, n, argv[1]);
}
