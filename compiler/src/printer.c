#include "printer.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

void pt_printer_done(pt_printer *out) {
    free(out->text);
    *out = (pt_printer)PT_PRINTER_INIT;
}

/* Makes room for `more` bytes and a NUL. */
static char *reserve(pt_printer *out, size_t more) {
    if (out->capacity - out->len <= more) {
        out->capacity = (out->len + more + 1) * 2;
        out->text = pt_grow(out->text, out->capacity);
    }
    return out->text + out->len;
}

static void append(pt_printer *out, const char *text, size_t len) {
    char *at = reserve(out, len);
    if (len) memcpy(at, text, len);
    at[len] = '\0';
    out->len += len;
}

void pt_print(pt_printer *out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) abort();
    char *at = reserve(out, (size_t)len);
    va_start(args, format);
    vsnprintf(at, (size_t)len + 1, format, args);
    va_end(args);
    out->len += (size_t)len;
}

void pt_let(pt_printer *out, const char *name, const char *value) {
    size_t i = 0;
    while (i < out->n_variables && strcmp(out->variables[i].name, name) != 0)
        i++;
    if (i == PT_PRINTER_VARIABLES) abort();
    if (i == out->n_variables) out->n_variables++;
    out->variables[i].name = name;
    out->variables[i].value = value;
}

static const char *value_of(const pt_printer *out, const char *name, size_t len) {
    for (size_t i = 0; i < out->n_variables; i++) {
        const char *candidate = out->variables[i].name;
        if (strncmp(candidate, name, len) == 0 && !candidate[len]) return out->variables[i].value;
    }
    fprintf(stderr, "protoc-gen-partie: a template uses $%.*s$, which nothing sets\n", (int)len, name);
    abort();
}

void pt_expand(pt_printer *out, const char *text) {
    for (;;) {
        size_t plain = strcspn(text, "$");
        append(out, text, plain);
        text += plain;
        if (!*text) return;
        size_t len = strcspn(++text, "$");
        const char *value = value_of(out, text, len);
        append(out, value, strlen(value));
        text += len + 1;
    }
}

void pt_print_string(pt_printer *out, const char *text) {
    append(out, "\"", 1);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\' || c == '?') /* \? keeps trigraphs away */
            pt_print(out, "\\%c", c);
        else if (isprint(c))
            append(out, text, 1);
        else
            pt_print(out, "\\%03o", c);
    }
    append(out, "\"", 1);
}

/* Text of one comment line, with what would open or close a comment taken apart. */
static void comment_line(pt_printer *out, const char *line, size_t len) {
    for (size_t i = 0; i < len; i++) {
        append(out, line + i, 1);
        bool opens = line[i] == '/' && i + 1 < len && line[i + 1] == '*';
        bool closes = line[i] == '*' && i + 1 < len && line[i + 1] == '/';
        if (opens || closes) append(out, " ", 1);
    }
}

static size_t trimmed(const char *line, size_t len) {
    while (len && isspace((unsigned char)line[len - 1]))
        len--;
    return len;
}

void pt_print_comment(pt_printer *out, const char *indent, const char *text) {
    size_t left = text ? trimmed(text, strlen(text)) : 0;
    if (!left) return;
    pt_print(out, "%s/*", indent);
    for (bool first = true; left; first = false) {
        size_t line = strcspn(text, "\n");
        if (line > left) line = left;
        if (!first) pt_print(out, "\n%s *", indent);
        size_t len = trimmed(text, line);
        if (len && text[0] != ' ') append(out, " ", 1);
        comment_line(out, text, len);
        size_t used = line < left ? line + 1 : line;
        text += used;
        left -= used;
    }
    append(out, " */\n", 4);
}
