/* Command-line flags by a table: each `--name VALUE` can also come from an environment variable, and the help text is made
 * from the same table.
 *
 *     static const char *db = "events.db";
 *     static uint32_t drain_ms = 10000;
 *     static const pt_flag own[] = {
 *         {.name = "db", .kind = PT_FLAG_TEXT, .value = &db, .arg = "PATH", .help = "database file"},
 *         {.name = "drain", .kind = PT_FLAG_MS, .value = &drain_ms, .arg = "TIME", .help = "longest wait", .max = 60000},
 *     };
 *     static const pt_flag_group groups[] = {{"Flags", own, 2}};
 *     static const pt_flags flags = {.program = "ingest-events", .summary = "...", .groups = groups, .n_groups = 1};
 *
 * `--name=VALUE` and `--name VALUE` are the same; a flag of kind BOOL takes no value, and `--no-name` turns it off; `--` ends
 * the flags. The command line wins over the environment, the environment (INGEST_EVENTS_DB) over the default. `--help` and
 * `--version` are always there. Not thread-safe: parse before threads start. */
#ifndef PARTIE_KIT_FLAGS_H
#define PARTIE_KIT_FLAGS_H

#include <stdbool.h>

#include "partie/buf.h"

#define PT_FLAG_LIST_MAX 64 /* values of one PT_FLAG_LIST */

/* What a PT_FLAG_LIST fills. Its defaults stand in `items`; the first value that is given replaces them all. */
typedef struct pt_flag_list {
    const char *items[PT_FLAG_LIST_MAX]; /* borrowed from argv, or from `split` */
    size_t n_items;
    char *split; /* private: the environment's value, cut at commas; owned */
    bool given;  /* private: the command line gave a value */
} pt_flag_list;

/* Frees what the parser allocated and empties the list. */
void pt_flag_list_done(pt_flag_list *list);

typedef enum pt_flag_kind {
    PT_FLAG_TEXT,   /* value: const char **, borrowed from argv or the environment */
    PT_FLAG_LIST,   /* value: pt_flag_list *; may be given several times, in the environment with commas between */
    PT_FLAG_BOOL,   /* value: bool *; in the environment true, false, 1 or 0 */
    PT_FLAG_U32,    /* value: uint32_t *, decimal */
    PT_FLAG_MS,     /* value: uint32_t * in milliseconds; 1500, 250ms, 5s, 2m, 1h */
    PT_FLAG_BYTES,  /* value: uint64_t * in bytes; 4096, 64KiB, 4MiB, 1GiB */
    PT_FLAG_CHOICE, /* value: uint32_t *, the index in `choices` */
} pt_flag_kind;

typedef struct pt_flag {
    const char *name; /* without dashes: lower-case letters, digits and '-' */
    pt_flag_kind kind;
    bool required;              /* a TEXT that is not empty, a LIST that has an item */
    void *value;                /* what is set; holds the default before. See pt_flag_kind */
    const char *arg;            /* what stands for the value in the help: "PATH"; NULL for BOOL */
    const char *help;           /* one sentence, without full stop */
    uint64_t min, max;          /* for U32, MS and BYTES; max 0: no upper bound of its own */
    const char *const *choices; /* for CHOICE, NULL-terminated */
} pt_flag;

/* Flags under one heading of the help. */
typedef struct pt_flag_group {
    const char *title;
    const pt_flag *flags;
    size_t n_flags;
} pt_flag_group;

typedef struct pt_flags {
    const char *program;   /* "ingest-events"; the environment's prefix is made of it: INGEST_EVENTS_ */
    const char *summary;   /* one sentence: what the program does */
    const char *arguments; /* what follows the flags, for the help ("TARGET METHOD"); NULL: nothing may */
    const char *epilog;    /* further paragraphs at the end of the help; may be NULL */
    bool stop_early;       /* the first argument ends the flags: for programs with subcommands */
    const pt_flag_group *groups;
    size_t n_groups;
} pt_flags;

/* What the command line asks for. */
typedef enum pt_flags_action { PT_FLAGS_RUN, PT_FLAGS_HELP, PT_FLAGS_VERSION } pt_flags_action;

/* Sets the values from environment and command line. Arguments that are no flags are moved to the front, argv[1] to
 * argv[*ret_n_arguments], in their order. With HELP or VERSION nothing else has been checked.
 * INVALID_ARGUMENT: an unknown flag (names it, and the nearest that there is), a value missing, malformed or out of range
 * (names flag or variable, value and what is expected), a required flag missing, an argument where there may be none. Some
 * values may have been set then. */
pt_code pt_flags_parse(const pt_flags *flags, int argc, char **argv, pt_flags_action *ret_action, int *ret_n_arguments,
                       pt_status *st) PT_MUST_CHECK;

/* Appends the help text: usage, each flag with its meaning, default and variable, and the exit codes. Defaults are what the
 * values hold, so call it with the values untouched (pt_flags_parse that ends in HELP leaves them so).
 * RESOURCE_EXHAUSTED: `out` is full. */
pt_code pt_flags_help(const pt_flags *flags, pt_buf *out) PT_MUST_CHECK;

/* Exit codes that every program of partie has; the help says so. */
#define PT_EXIT_OK 0
#define PT_EXIT_FAILURE 1
#define PT_EXIT_USAGE 2

/* The name among `names` that `name` is most likely a slip of; NULL when none is near. `names` has n elements.
 * Also for subcommands. */
const char *pt_nearest_name(const char *name, const char *const *names, size_t n);

#endif
