/* A command of `partie`. To add one, write NAME.c with its function and add a row to the table in main.c. */
#ifndef PARTIE_CLI_COMMAND_H
#define PARTIE_CLI_COMMAND_H

#include "partie/kit/flags.h"

typedef struct pt_command {
    const char *name;
    const char *summary;
    /* Runs it with argv[0] as its name and returns the exit code: PT_EXIT_OK, PT_EXIT_FAILURE or PT_EXIT_USAGE. */
    int (*run)(int argc, char **argv);
} pt_command;

int pt_command_call(int argc, char **argv);
int pt_command_describe(int argc, char **argv);
int pt_command_health(int argc, char **argv);
int pt_command_list(int argc, char **argv);
int pt_command_new(int argc, char **argv);

/* Parses the flags of a command and takes care of --help and --version. True: go on, with `*ret_n` arguments (at least `least`,
 * at most `most`) in argv[1] and further. False: return *ret_exit. */
bool pt_command_parse(const pt_flags *flags, int argc, char **argv, int least, int most, int *ret_n, int *ret_exit);

/* Writes `program: message` to stderr. Returns PT_EXIT_FAILURE. */
int pt_command_fail(const char *program, const char *message);

/* Runs the row of `commands` that argv[1] names, or says which there are. `program` is what stands before it: "partie". */
int pt_command_choose(const char *program, const char *summary, const char *epilog, const pt_command *commands, size_t n,
                      int argc, char **argv);

#endif
