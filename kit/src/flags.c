#include "partie/kit/flags.h"

#include <stdio.h>
#include <stdlib.h>

#include "flag_value.h"

#define MAX_NAMES 128 /* flags among which the nearest is looked for */
#define MAX_NAME 64   /* longest name that is compared with others for likeness */

/* One run of the parser over the command line. */
typedef struct parser {
    const pt_flags *flags;
    int argc;
    char **argv;
    int next;        /* argument to look at */
    int n_arguments; /* arguments moved to the front so far */
} parser;

static const pt_flag *find_flag(const pt_flags *flags, const char *name, size_t len) {
    for (size_t g = 0; g < flags->n_groups; g++) {
        for (size_t i = 0; i < flags->groups[g].n_flags; i++) {
            const pt_flag *flag = &flags->groups[g].flags[i];
            if (strlen(flag->name) == len && memcmp(flag->name, name, len) == 0) return flag;
        }
    }
    return NULL;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Insertions, deletions and replacements from one name to the other. Both are shorter than MAX_NAME. */
static size_t edit_distance(const char *a, const char *b) {
    size_t row[MAX_NAME + 1];
    size_t len_b = strlen(b);
    for (size_t j = 0; j <= len_b; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= len_b; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = smaller(replaced, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[len_b];
}

const char *pt_nearest_name(const char *name, const char *const *names, size_t n) {
    const char *best = NULL;
    size_t len = strlen(name);
    if (len >= MAX_NAME) return NULL;
    size_t best_distance = len / 3 + 2; /* further away is no slip */
    for (size_t i = 0; i < n; i++) {
        if (strlen(names[i]) >= MAX_NAME) continue;
        size_t distance = edit_distance(name, names[i]);
        if (distance >= best_distance) continue;
        best = names[i];
        best_distance = distance;
    }
    return best;
}

static pt_code unknown_flag(const pt_flags *flags, const char *text, size_t len, pt_status *st) {
    const char *names[MAX_NAMES] = {"help", "version"};
    size_t n = 2;
    for (size_t g = 0; g < flags->n_groups; g++) {
        for (size_t i = 0; i < flags->groups[g].n_flags && n < MAX_NAMES; i++)
            names[n++] = flags->groups[g].flags[i].name;
    }
    char name[MAX_NAME];
    snprintf(name, sizeof name, "%.*s", (int)len, text);
    const char *nearest = pt_nearest_name(name, names, n);
    return nearest ? pt_status_set(st, PT_INVALID_ARGUMENT, "--%s: there is no such flag; did you mean --%s?", name, nearest)
                   : pt_status_set(st, PT_INVALID_ARGUMENT, "--%s: there is no such flag; see --help", name);
}

/* What `--no-NAME` turns off; NULL where there is no BOOL of that name. */
static const pt_flag *find_negated(const pt_flags *flags, const char *name, size_t len) {
    if (len <= 3 || memcmp(name, "no-", 3) != 0) return NULL;
    const pt_flag *flag = find_flag(flags, name + 3, len - 3);
    return flag && flag->kind == PT_FLAG_BOOL ? flag : NULL;
}

static pt_code take_bool(const pt_flag *flag, bool on, const char *value, pt_status *st) {
    if (value) return pt_status_set(st, PT_INVALID_ARGUMENT, "--%s: takes no value", flag->name);
    *(bool *)flag->value = on;
    return PT_OK;
}

/* Takes the flag at argv[next], of which `name` is the part behind the dashes. */
static pt_code take_flag(parser *p, const char *name, pt_status *st) {
    size_t len = strcspn(name, "=");
    const char *value = name[len] ? name + len + 1 : NULL;
    const pt_flag *flag = find_flag(p->flags, name, len);
    if (!flag) {
        const pt_flag *negated = find_negated(p->flags, name, len);
        return negated ? take_bool(negated, false, value, st) : unknown_flag(p->flags, name, len, st);
    }
    if (flag->kind == PT_FLAG_BOOL) return take_bool(flag, true, value, st);
    if (!value && p->next < p->argc) value = p->argv[p->next++];
    if (!value) return pt_status_set(st, PT_INVALID_ARGUMENT, "--%s: needs a value, %s", flag->name, flag->arg);
    if (flag->kind == PT_FLAG_LIST) pt_flag_list_begin(flag->value);
    char label[MAX_NAME + 2];
    snprintf(label, sizeof label, "--%s", flag->name);
    return pt_flag_set(flag, label, value, st);
}

/* Keeps the order of the arguments: everything between moves one place back. */
static void move_to_front(parser *p, int from) {
    char *argument = p->argv[from];
    p->n_arguments++;
    memmove(&p->argv[p->n_arguments + 1], &p->argv[p->n_arguments], (size_t)(from - p->n_arguments) * sizeof *p->argv);
    p->argv[p->n_arguments] = argument;
}

static pt_code take_argument(parser *p, pt_status *st) {
    if (!p->flags->arguments) {
        return pt_status_set(st, PT_INVALID_ARGUMENT, "'%s': this program takes flags only; see --help", p->argv[p->next - 1]);
    }
    move_to_front(p, p->next - 1);
    return PT_OK;
}

static pt_code take_command_line(parser *p, pt_status *st) {
    bool flags_ended = false;
    while (p->next < p->argc) {
        const char *text = p->argv[p->next++];
        pt_code code = PT_OK;
        if (!flags_ended && !strcmp(text, "--")) {
            flags_ended = true;
        } else if (!flags_ended && text[0] == '-' && text[1] == '-') {
            code = take_flag(p, text + 2, st);
        } else if (!flags_ended && text[0] == '-' && text[1]) {
            code = pt_status_set(st, PT_INVALID_ARGUMENT, "%s: flags start with two dashes; see --help", text);
        } else {
            code = take_argument(p, st);
            flags_ended = flags_ended || p->flags->stop_early;
        }
        if (code) return code;
    }
    return PT_OK;
}

static pt_code take_environment(const pt_flags *flags, pt_status *st) {
    for (size_t g = 0; g < flags->n_groups; g++) {
        for (size_t i = 0; i < flags->groups[g].n_flags; i++) {
            const pt_flag *flag = &flags->groups[g].flags[i];
            char variable[PT_FLAG_VARIABLE_BYTES];
            pt_flag_variable(flags->program, flag->name, variable);
            const char *text = getenv(variable);
            if (!text || !*text) continue;
            pt_code code = pt_flag_set_env(flag, variable, text, st);
            if (code) return code;
        }
    }
    return PT_OK;
}

static pt_code check_required(const pt_flags *flags, pt_status *st) {
    for (size_t g = 0; g < flags->n_groups; g++) {
        for (size_t i = 0; i < flags->groups[g].n_flags; i++) {
            const pt_flag *flag = &flags->groups[g].flags[i];
            if (!flag->required || !pt_flag_is_empty(flag)) continue;
            char variable[PT_FLAG_VARIABLE_BYTES];
            pt_flag_variable(flags->program, flag->name, variable);
            return pt_status_set(st, PT_INVALID_ARGUMENT, "--%s %s: must be given (or %s set)", flag->name, flag->arg,
                                 variable);
        }
    }
    return PT_OK;
}

/* --help and --version stand over everything else, wherever they are among the flags. */
static pt_flags_action asked_action(const pt_flags *flags, int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (!strcmp(argv[i], "--help")) return PT_FLAGS_HELP;
        if (!strcmp(argv[i], "--version")) return PT_FLAGS_VERSION;
        if (flags->stop_early && argv[i][0] != '-') break;
    }
    return PT_FLAGS_RUN;
}

pt_code pt_flags_parse(const pt_flags *flags, int argc, char **argv, pt_flags_action *ret_action, int *ret_n_arguments,
                       pt_status *st) {
    pt_flags_action action = asked_action(flags, argc, argv);
    parser p = {.flags = flags, .argc = argc, .argv = argv, .next = 1};
    if (action == PT_FLAGS_RUN) {
        pt_code code = take_environment(flags, st);
        if (!code) code = take_command_line(&p, st);
        if (!code) code = check_required(flags, st);
        if (code) return code;
    }
    *ret_action = action;
    *ret_n_arguments = p.n_arguments;
    return PT_OK;
}
