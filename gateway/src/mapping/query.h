/* The pairs of a query string: `a=1&b=2`. Only '&' parts them; pieces without any text are passed over. */
#ifndef PT_MAPPING_QUERY_H
#define PT_MAPPING_QUERY_H

#include "partie/arena.h"

typedef struct pt_query {
    pt_slice rest; /* what is not read yet */
} pt_query;

typedef struct pt_query_pair {
    pt_slice name, value; /* decoded; in the arena */
} pt_query_pair;

/* `text` is what stands behind the '?', raw and borrowed. */
static inline pt_query pt_query_of(pt_slice text) {
    return (pt_query){text};
}

/* Reads the next pair; *ret_found: there was one. A piece without '=' is a name with an empty value.
 * INVALID_ARGUMENT: a malformed escape; the message quotes the piece. RESOURCE_EXHAUSTED: the arena. */
pt_code pt_query_next(pt_query *query, pt_arena *arena, pt_query_pair *ret_pair, bool *ret_found, pt_status *st) PT_MUST_CHECK;

#endif
