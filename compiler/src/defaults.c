#include "defaults.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scalar.h"

static bool is(const pt_gen_field *field, const char *type) {
    return strcmp(field->scalar->name, type) == 0;
}

static bool is_c_type(const pt_gen_field *field, const char *c_type) {
    return field->scalar->c_type && strcmp(field->scalar->c_type, c_type) == 0;
}

static bool is_floating(const pt_gen_field *field) {
    return is(field, "float") || is(field, "double");
}

/* Parses all of `text`; a sign is only for the signed. */
static bool parse_signed(const char *text, int64_t min, int64_t max, int64_t *ret_value) {
    char *end;
    errno = 0;
    int64_t value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < min || value > max) return false;
    *ret_value = value;
    return true;
}

static bool parse_unsigned(const char *text, uint64_t max, uint64_t *ret_value) {
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || value > max) return false;
    *ret_value = value;
    return true;
}

static bool parse_floating(const char *text, double *ret_value) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end) return false;
    *ret_value = value;
    return true;
}

bool pt_default_is_valid(const pt_gen_field *field) {
    const char *text = field->default_text;
    int64_t number;
    uint64_t natural;
    double real;
    if (field->enumeration || field->message || is(field, "string") || is(field, "bytes")) return true;
    if (is(field, "bool")) return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
    if (is_floating(field)) return parse_floating(text, &real);
    if (is_c_type(field, "int32_t")) return parse_signed(text, INT32_MIN, INT32_MAX, &number);
    if (is_c_type(field, "int64_t")) return parse_signed(text, INT64_MIN, INT64_MAX, &number);
    return parse_unsigned(text, is_c_type(field, "uint32_t") ? UINT32_MAX : UINT64_MAX, &natural);
}

bool pt_default_needs_math(const pt_gen_field *field) {
    double value;
    return field->default_text && is_floating(field) && parse_floating(field->default_text, &value) && !isfinite(value);
}

static void print_floating(pt_printer *out, const pt_gen_field *field) {
    double value = 0;
    parse_floating(field->default_text, &value);
    if (isnan(value))
        pt_print(out, "NAN");
    else if (isinf(value))
        pt_print(out, "%sINFINITY", value < 0 ? "-" : "");
    else
        pt_print(out, is(field, "float") ? "(float)%.9g" : "%.17g", value);
}

static void print_signed(pt_printer *out, const pt_gen_field *field) {
    int64_t value = 0;
    bool wide = is_c_type(field, "int64_t");
    parse_signed(field->default_text, INT64_MIN, INT64_MAX, &value);
    if (value == (wide ? INT64_MIN : INT32_MIN)) /* its digits alone are too large for the type */
        pt_print(out, wide ? "INT64_MIN" : "INT32_MIN");
    else
        pt_print(out, wide ? "INT64_C(%" PRId64 ")" : "%" PRId64, value);
}

void pt_print_default(pt_printer *out, const pt_gen_field *field) {
    uint64_t natural = 0;
    if (field->default_enum) {
        pt_print(out, "%s", field->default_enum->c_name);
    } else if (is(field, "bool")) {
        pt_print(out, "%d", strcmp(field->default_text, "true") == 0);
    } else if (is_floating(field)) {
        print_floating(out, field);
    } else if (is_c_type(field, "int32_t") || is_c_type(field, "int64_t")) {
        print_signed(out, field);
    } else {
        parse_unsigned(field->default_text, UINT64_MAX, &natural);
        pt_print(out, is_c_type(field, "uint32_t") ? "%" PRIu64 "u" : "UINT64_C(%" PRIu64 ")", natural);
    }
}

static unsigned char escaped(const char **text) {
    static const char letters[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
    const char *at = *text;
    if (*at >= '0' && *at <= '7') {
        unsigned value = 0;
        for (int i = 0; i < 3 && *at >= '0' && *at <= '7'; i++)
            value = value * 8 + (unsigned)(*at++ - '0');
        *text = at;
        return (unsigned char)value;
    }
    const char *letter = strchr(letters, *at);
    *text = at + 1;
    return (unsigned char)(letter && *at ? values[letter - letters] : *at);
}

unsigned char *pt_default_bytes(pt_pool *pool, const char *text, size_t *ret_len) {
    unsigned char *bytes = pt_pool_alloc(pool, strlen(text) + 1, 1);
    size_t len = 0;
    while (*text) {
        if (*text == '\\' && text[1]) {
            text++;
            bytes[len++] = escaped(&text);
        } else {
            bytes[len++] = (unsigned char)*text++;
        }
    }
    *ret_len = len;
    return bytes;
}
