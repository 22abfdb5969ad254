/* Text of one output file, written from templates with named variables.
 *
 *     pt_let(out, "type", message->c_type);
 *     pt_expand(out, "void $lower$__init($type$ *message);\n");
 *
 * Out of memory ends the process, as in pool.h. */
#ifndef PARTIE_COMPILER_PRINTER_H
#define PARTIE_COMPILER_PRINTER_H

#include <stddef.h>

#define PT_PRINTER_VARIABLES 24

/* Start with PT_PRINTER_INIT, end with pt_printer_done. `text` and `len` may be read. */
typedef struct pt_printer {
    char *text; /* NUL-terminated once anything was written, else NULL */
    size_t len; /* bytes without the NUL */
    size_t capacity;
    struct {
        const char *name, *value;
    } variables[PT_PRINTER_VARIABLES];
    size_t n_variables;
} pt_printer;

#define PT_PRINTER_INIT                                                                                                        \
    { .text = NULL }

/* Frees the text. */
void pt_printer_done(pt_printer *out);

/* Writes a formatted string. */
void pt_print(pt_printer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets a variable or replaces its value. Both strings are borrowed until the printer ends. A printer has room for
 * PT_PRINTER_VARIABLES names; one more is a fault of the caller and aborts. */
void pt_let(pt_printer *out, const char *name, const char *value);

/* Writes the template with each $name$ replaced by its value. A name that was never set is a fault of the caller and aborts. */
void pt_expand(pt_printer *out, const char *text);

/* Writes `text` as a C string literal, quotes included. */
void pt_print_string(pt_printer *out, const char *text);

/* Writes a comment of a contract as a C comment, each line after `indent`; nothing if `text` is NULL or blank. */
void pt_print_comment(pt_printer *out, const char *indent, const char *text);

#endif
