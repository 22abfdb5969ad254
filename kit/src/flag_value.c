#include "flag_value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct unit {
    const char *name;
    uint64_t factor;
} unit;

static const unit no_units[] = {{NULL, 0}};
static const unit time_units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {NULL, 0}};
static const unit byte_units[] = {{"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}, {NULL, 0}};

static const unit *units_of(pt_flag_kind kind) {
    if (kind == PT_FLAG_MS) return time_units;
    if (kind == PT_FLAG_BYTES) return byte_units;
    return no_units;
}

static const char *expected_form(pt_flag_kind kind) {
    if (kind == PT_FLAG_MS) return "a time such as 1500, 250ms, 5s or 2m";
    if (kind == PT_FLAG_BYTES) return "a size such as 4096, 64KiB or 4MiB";
    return "a whole number";
}

/* Factor of a suffix; 0: there is no such unit. */
static uint64_t unit_factor(const unit *units, const char *suffix) {
    if (!*suffix) return 1;
    for (const unit *u = units; u->name; u++) {
        if (!strcmp(u->name, suffix)) return u->factor;
    }
    return 0;
}

static pt_code parse_number(const pt_flag *flag, const char *label, const char *text, uint64_t *ret_number, pt_status *st) {
    char *end = NULL;
    errno = 0;
    uint64_t digits = strtoull(text, &end, 10);
    uint64_t factor = isdigit((unsigned char)text[0]) ? unit_factor(units_of(flag->kind), end) : 0;
    if (factor == 0) {
        return pt_status_set(st, PT_INVALID_ARGUMENT, "%s: '%s' is not %s", label, text, expected_form(flag->kind));
    }
    uint64_t most = flag->kind == PT_FLAG_BYTES ? UINT64_MAX : UINT32_MAX;
    if (flag->max && flag->max < most) most = flag->max;
    if (errno == ERANGE || digits > UINT64_MAX / factor || digits * factor > most || digits * factor < flag->min) {
        return pt_status_set(st, PT_INVALID_ARGUMENT, "%s: %s is out of range, %" PRIu64 " to %" PRIu64, label, text, flag->min,
                             most);
    }
    *ret_number = digits * factor;
    return PT_OK;
}

static pt_code parse_bool(const char *label, const char *text, bool *ret_value, pt_status *st) {
    if (!strcmp(text, "true") || !strcmp(text, "1")) {
        *ret_value = true;
    } else if (!strcmp(text, "false") || !strcmp(text, "0")) {
        *ret_value = false;
    } else {
        return pt_status_set(st, PT_INVALID_ARGUMENT, "%s: '%s' is neither true nor false", label, text);
    }
    return PT_OK;
}

static pt_code parse_choice(const pt_flag *flag, const char *label, const char *text, uint32_t *ret_index, pt_status *st) {
    pt_buf all = PT_BUF_INIT(1024);
    for (uint32_t i = 0; flag->choices[i]; i++) {
        if (!strcmp(flag->choices[i], text)) {
            *ret_index = i;
            pt_buf_done(&all);
            return PT_OK;
        }
        if (pt_buf_printf(&all, "%s%s", i ? ", " : "", flag->choices[i])) break;
    }
    pt_code code = pt_status_set(st, PT_INVALID_ARGUMENT, "%s: '%s' is none of: %.*s", label, text, (int)all.len,
                                 all.len ? (const char *)all.ptr : "");
    pt_buf_done(&all);
    return code;
}

static pt_code append_item(pt_flag_list *list, const char *label, const char *text, pt_status *st) {
    if (!*text) return pt_status_set(st, PT_INVALID_ARGUMENT, "%s: an empty value", label);
    if (list->n_items == PT_FLAG_LIST_MAX) {
        return pt_status_set(st, PT_INVALID_ARGUMENT, "%s: more than %d values", label, PT_FLAG_LIST_MAX);
    }
    list->items[list->n_items++] = text;
    return PT_OK;
}

pt_code pt_flag_set(const pt_flag *flag, const char *label, const char *text, pt_status *st) {
    uint64_t number = 0;
    pt_code code;
    switch (flag->kind) {
    case PT_FLAG_TEXT: *(const char **)flag->value = text; return PT_OK;
    case PT_FLAG_LIST: return append_item(flag->value, label, text, st);
    case PT_FLAG_BOOL: return parse_bool(label, text, flag->value, st);
    case PT_FLAG_CHOICE: return parse_choice(flag, label, text, flag->value, st);
    case PT_FLAG_BYTES: return parse_number(flag, label, text, flag->value, st);
    case PT_FLAG_U32:
    case PT_FLAG_MS:
        code = parse_number(flag, label, text, &number, st);
        if (!code) *(uint32_t *)flag->value = (uint32_t)number;
        return code;
    }
    return pt_status_set(st, PT_INTERNAL, "%s: its table entry has no kind", label);
}

pt_code pt_flag_set_env(const pt_flag *flag, const char *label, const char *text, pt_status *st) {
    if (flag->kind != PT_FLAG_LIST) return pt_flag_set(flag, label, text, st);
    pt_flag_list *list = flag->value;
    pt_flag_list_done(list);
    list->split = strdup(text);
    if (!list->split) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", label);
    for (char *rest = list->split, *item; (item = strsep(&rest, ",")) != NULL;) {
        pt_code code = append_item(list, label, item, st);
        if (code) return code;
    }
    return PT_OK;
}

void pt_flag_list_done(pt_flag_list *list) {
    free(list->split);
    *list = (pt_flag_list){.n_items = 0};
}

bool pt_flag_is_empty(const pt_flag *flag) {
    if (flag->kind == PT_FLAG_LIST) return ((const pt_flag_list *)flag->value)->n_items == 0;
    if (flag->kind != PT_FLAG_TEXT) return false;
    const char *text = *(const char *const *)flag->value;
    return !text || !*text;
}

/* The largest unit that divides the number, as a person would write it. */
static pt_code print_number(const unit *units, uint64_t number, pt_buf *out) {
    const unit *best = NULL;
    for (const unit *u = units; u->name; u++) {
        if (number && number % u->factor == 0) best = u;
    }
    if (best) return pt_buf_printf(out, "%" PRIu64 "%s", number / best->factor, best->name);
    return pt_buf_printf(out, "%" PRIu64, number);
}

static pt_code print_list(const pt_flag_list *list, pt_buf *out) {
    for (size_t i = 0; i < list->n_items; i++) {
        pt_code code = pt_buf_printf(out, "%s%s", i ? "," : "", list->items[i]);
        if (code) return code;
    }
    return PT_OK;
}

pt_code pt_flag_print(const pt_flag *flag, pt_buf *out) {
    switch (flag->kind) {
    case PT_FLAG_TEXT: return pt_flag_is_empty(flag) ? PT_OK : pt_buf_append_str(out, *(const char *const *)flag->value);
    case PT_FLAG_LIST: return print_list(flag->value, out);
    case PT_FLAG_BOOL: return pt_buf_append_str(out, *(const bool *)flag->value ? "true" : "");
    case PT_FLAG_CHOICE: return pt_buf_append_str(out, flag->choices[*(const uint32_t *)flag->value]);
    case PT_FLAG_BYTES: return print_number(byte_units, *(const uint64_t *)flag->value, out);
    case PT_FLAG_U32: return print_number(no_units, *(const uint32_t *)flag->value, out);
    case PT_FLAG_MS: return print_number(time_units, *(const uint32_t *)flag->value, out);
    }
    return PT_OK;
}

void pt_flag_list_begin(pt_flag_list *list) {
    if (list->given) return;
    pt_flag_list_done(list);
    list->given = true;
}

void pt_flag_variable(const char *program, const char *name, char *ret_variable) {
    snprintf(ret_variable, PT_FLAG_VARIABLE_BYTES, "%s_%s", program, name);
    for (char *c = ret_variable; *c; c++)
        *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
}
