/* Random messages of any type that a schema knows: valid by the contract, canonical on the wire (fields by number, packed as
 * declared, nothing where proto3 writes nothing), so that they come back from JSON byte for byte. */
#ifndef PT_CONTRACT_DRAW_H
#define PT_CONTRACT_DRAW_H

#include <partie/schema.h>

#include "support/random.h"

typedef enum pt_draw_style {
    PT_DRAW_MIXED,   /* fields set or unset, values from everyday to the edge of their type */
    PT_DRAW_FULL,    /* every field set, lists with two elements, so that each can be spoilt */
    PT_DRAW_PATIENT, /* PT_DRAW_FULL with what may be a waiting time or a position far off: durations of 20 s, large numbers */
} pt_draw_style;

/* Seeds `d`. `salt` tells the users of one seed apart. */
void pt_draw_seed(pt_random *d, uint64_t seed, const char *salt);

/* True once in `n` times. */
bool pt_draw_one_in(pt_random *d, uint32_t n);

/* Appends a message of `type` to `out`. Ends the program when there is no memory. */
void pt_draw_message(pt_random *d, const pt_type *type, pt_draw_style style, pt_buf *out);

#endif
