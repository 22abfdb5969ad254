/* Where a reader or writer stands, and how it says that something is wrong there: `items[3].price: expected a number, byte
 * 118`. */
#ifndef PT_JSON_REPORT_H
#define PT_JSON_REPORT_H

#include "partie/schema.h"

#define PT_JSON_NO_INDEX SIZE_MAX

/* One step from the root to the current value. Steps lie in the frames of the functions that walk, linked upwards. */
typedef struct pt_json_step {
    const struct pt_json_step *parent; /* NULL: this is the outermost */
    const pt_field *field;             /* NULL: `key` is the name of a member */
    size_t index;                      /* place in a list, or PT_JSON_NO_INDEX */
    pt_slice key;                      /* of a map's entry, or a member; ptr NULL: none */
} pt_json_step;

typedef struct pt_json_report {
    const uint8_t *start; /* bytes are counted from here */
    pt_json_step *step;   /* NULL: the root */
    pt_status *st;        /* may be NULL */
    pt_code code;         /* PT_OK until something was wrong */
} pt_json_report;

/* Records `PATH: FORMAT, byte N`, N being the place of `at`. Returns false, so that a function can end with it. */
bool pt_json_fail(pt_json_report *report, pt_code code, const uint8_t *at, const char *format, ...) PT_PRINTF(4, 5);

/* Records `PATH: WHAT, byte N, found ...` as INVALID_ARGUMENT: what stands at `at`, in a text that goes up to `end`.
 * Returns false. */
bool pt_json_refuse(pt_json_report *report, const uint8_t *at, const uint8_t *end, const char *format, ...) PT_PRINTF(4, 5);

/* Records that memory or the output's ceiling is exhausted. Returns false. */
bool pt_json_no_room(pt_json_report *report);

#endif
