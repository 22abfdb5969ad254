#include "common/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void wrong_usage(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static void wrong_usage(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, args);
    fprintf(stderr, "; see --help\n");
    va_end(args);
    exit(2);
}

static void take(const pt_option *option, const char *value) {
    char *end = NULL;
    double number = option->text ? 0 : strtod(value, &end);
    bool whole = end && end != value && !*end;
    if (option->text) {
        if (!*value) wrong_usage("%s: empty", option->name);
        *option->text = value;
    } else if (option->count) {
        if (!whole || number < 1 || number > option->most || number != (unsigned)number)
            wrong_usage("%s %s: not a number from 1 to %u", option->name, value, option->most);
        *option->count = (unsigned)number;
    } else {
        if (!whole || !(number > 0) || number > 3600)
            wrong_usage("%s %s: not a number of seconds, at most 3600", option->name, value);
        *option->seconds = number;
    }
}

void pt_options_read(int argc, char **argv, const char *usage, const pt_option *options, size_t n) {
    for (int i = 1; i < argc; i += 2) {
        const pt_option *option = options;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(usage, stdout);
            exit(0);
        }
        while (option < options + n && strcmp(option->name, argv[i]) != 0)
            option++;
        if (option == options + n) wrong_usage("%s: no such option", argv[i]);
        if (i + 1 == argc) wrong_usage("%s: a value must follow", argv[i]);
        take(option, argv[i + 1]);
    }
}

bool pt_list_next(const char **list, char *ret_word, size_t size) {
    if (!**list) return false;
    size_t n = strcspn(*list, ",");
    snprintf(ret_word, size, "%.*s", (int)n, *list);
    *list += n + ((*list)[n] == ',');
    return true;
}

bool pt_list_has(const char *list, const char *word) {
    char element[64];
    while (pt_list_next(&list, element, sizeof element)) {
        if (strcmp(element, word) == 0) return true;
    }
    return false;
}

void pt_list_check(const char *option, const char *list, const char *const *known) {
    char element[64];
    while (pt_list_next(&list, element, sizeof element)) {
        const char *const *name = known;
        while (*name && strcmp(*name, element) != 0)
            name++;
        if (!*name) wrong_usage("%s: %s: there is no such thing here", option, element);
    }
}
