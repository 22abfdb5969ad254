/* Finds the functions of a C file well enough to tell which are there: it knows comments, strings, preprocessor lines and
 * braces, and nothing of types. */
#ifndef PARTIE_CLI_C_SCAN_H
#define PARTIE_CLI_C_SCAN_H

#include <stdbool.h>

#include "partie/buf.h"

/* A function at file level. Everything is borrowed from the text. */
typedef struct pt_c_function {
    pt_slice name;
    pt_slice text; /* from the comment that stands directly above it to its last character */
    bool has_body; /* false: only declared */
} pt_c_function;

/* Where a scan is. Start it with {.rest = text}. */
typedef struct pt_c_scan {
    pt_slice rest;
} pt_c_scan;

/* Gives the next function. False: there are no more; unfinished text at the end counts as nothing. */
bool pt_c_scan_next(pt_c_scan *scan, pt_c_function *ret_function);

/* True when `text` defines a function of that name; with `ret_function` not NULL it tells where. */
bool pt_c_defines(pt_slice text, pt_slice name, pt_c_function *ret_function);

#endif
