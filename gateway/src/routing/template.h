/* Path templates of google.api.http:
 *
 *     Template  = "/" [ Segments ] [ ":" LITERAL ]
 *     Segments  = Segment { "/" Segment }
 *     Segment   = "*" | "**" | LITERAL | "{" FieldPath [ "=" Segments ] "}"
 *     FieldPath = IDENT { "." IDENT }
 *
 * A `**` takes any number of segments; only literals may stand behind it. */
#ifndef PT_ROUTING_TEMPLATE_H
#define PT_ROUTING_TEMPLATE_H

#include "partie/arena.h"

#define PT_TEMPLATE_MAX_SEGMENTS 64
#define PT_TEMPLATE_MAX_VARIABLES 16

typedef enum pt_segment_kind {
    PT_SEGMENT_LITERAL,
    PT_SEGMENT_ANY,  /* `*`: one segment */
    PT_SEGMENT_REST, /* `**`: those that are left */
} pt_segment_kind;

typedef struct pt_segment {
    pt_segment_kind kind;
    pt_slice literal; /* percent-decoded; empty for the other kinds */
} pt_segment;

typedef struct pt_template_variable {
    const char *field_path; /* "a.b.c" */
    uint32_t first, end;    /* its segments: first to end - 1 */
    bool several;           /* it can span several segments of a path */
} pt_template_variable;

#define PT_TEMPLATE_NO_REST UINT32_MAX

typedef struct pt_template {
    const char *text;
    const pt_segment *segments;
    uint32_t n_segments;
    uint32_t rest; /* index of the `**`, or PT_TEMPLATE_NO_REST */
    const pt_template_variable *variables;
    uint32_t n_variables;
    const char *verb; /* what stands behind the ':'; "" where there is none */
} pt_template;

/* Compiles `text`; everything that *ret_template points to lies in `arena`.
 * INVALID_ARGUMENT: not a template; the message quotes it and says at which byte and why. RESOURCE_EXHAUSTED: the arena. */
pt_code pt_template_parse(pt_arena *arena, const char *text, const pt_template **ret_template, pt_status *st) PT_MUST_CHECK;

#endif
