#include "flag_value.h"

#define HELP_COLUMN 26 /* where the sentences start */

static pt_code append_usage(const pt_flags *flags, pt_buf *out) {
    pt_code code = pt_buf_printf(out, "%s: %s\n\nUsage: %s [FLAGS]%s%s\n", flags->program, flags->summary, flags->program,
                                 flags->arguments ? " " : "", flags->arguments ? flags->arguments : "");
    return code;
}

/* "  --name ARG" and blanks up to the column; a longer one gets a line of its own. */
static pt_code append_name(const pt_flag *flag, pt_buf *out) {
    size_t start = out->len;
    pt_code code = pt_buf_printf(out, "  --%s%s%s", flag->name, flag->arg ? " " : "", flag->arg ? flag->arg : "");
    if (code) return code;
    size_t width = out->len - start;
    if (width < HELP_COLUMN) return pt_buf_printf(out, "%*s", (int)(HELP_COLUMN - width), "");
    return pt_buf_printf(out, "\n%*s", HELP_COLUMN, "");
}

static pt_code append_choices(const pt_flag *flag, pt_buf *out) {
    for (size_t i = 0; flag->choices && flag->choices[i]; i++) {
        pt_code code = pt_buf_printf(out, "%s%s", i ? ", " : ": ", flag->choices[i]);
        if (code) return code;
    }
    return PT_OK;
}

static pt_code append_default(const pt_flag *flag, pt_buf *out) {
    pt_buf value = PT_BUF_INIT(4096);
    pt_code code = pt_flag_print(flag, &value);
    if (!code && value.len) {
        code = pt_buf_printf(out, ". Default: %.*s", (int)value.len, (const char *)value.ptr);
    } else if (!code && flag->required) {
        code = pt_buf_append_str(out, ". Required");
    }
    pt_buf_done(&value);
    return code;
}

static pt_code append_flag(const pt_flags *flags, const pt_flag *flag, pt_buf *out) {
    char variable[PT_FLAG_VARIABLE_BYTES];
    pt_flag_variable(flags->program, flag->name, variable);
    pt_code code = append_name(flag, out);
    if (!code) code = pt_buf_append_str(out, flag->help);
    if (!code) code = append_choices(flag, out);
    if (!code && flag->kind == PT_FLAG_LIST) code = pt_buf_append_str(out, "; may be given several times");
    if (!code) code = append_default(flag, out);
    if (!code) code = pt_buf_printf(out, " [%s]\n", variable);
    return code;
}

static pt_code append_group(const pt_flags *flags, const pt_flag_group *group, pt_buf *out) {
    pt_code code = pt_buf_printf(out, "\n%s:\n", group->title);
    for (size_t i = 0; !code && i < group->n_flags; i++)
        code = append_flag(flags, &group->flags[i], out);
    return code;
}

pt_code pt_flags_help(const pt_flags *flags, pt_buf *out) {
    pt_code code = append_usage(flags, out);
    for (size_t g = 0; !code && g < flags->n_groups; g++)
        code = append_group(flags, &flags->groups[g], out);
    if (!code) {
        code = pt_buf_printf(out, "\nAlways:\n%-*s%s\n%-*s%s\n", HELP_COLUMN, "  --help", "this text", HELP_COLUMN,
                             "  --version", "name and version");
    }
    if (!code) {
        code = pt_buf_append_str(
            out, "\nA flag that is not given is taken from the environment variable in brackets, then the default "
                 "holds.\nExit codes: 0 done, 1 failed, 2 wrong usage.\n");
    }
    if (!code && flags->epilog) code = pt_buf_printf(out, "\n%s\n", flags->epilog);
    return code;
}
