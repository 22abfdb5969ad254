/* Options of the drivers: --name VALUE. */
#ifndef PT_BENCH_OPTIONS_H
#define PT_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct pt_option {
    const char *name; /* "--rounds" */
    /* Where the value goes; one of them. */
    const char **text;
    unsigned *count; /* 1 to `most` */
    unsigned most;
    double *seconds; /* over 0, at most an hour */
} pt_option;

/* Reads the arguments. --help prints `usage` and ends the program with 0; what is wrong is said on stderr and ends it with 2.
 */
void pt_options_read(int argc, char **argv, const char *usage, const pt_option *options, size_t n);

/* Walks a list such as "1,16,64": the next element comes into ret_word (cut to its size), *list moves on. False: there is none.
 */
bool pt_list_next(const char **list, char *ret_word, size_t size);

/* True when `word` is in the list. */
bool pt_list_has(const char *list, const char *word);

/* Ends the program with 2 unless each element of the option's value is one of `known`, which ends with NULL. */
void pt_list_check(const char *option, const char *list, const char *const *known);

#endif
