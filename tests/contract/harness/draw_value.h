/* Random values of single fields; the half of draw.h that knows no messages. */
#ifndef PT_CONTRACT_DRAW_VALUE_H
#define PT_CONTRACT_DRAW_VALUE_H

#include "draw.h"

/* Appends the value of a scalar or enum field without its tag (strings and bytes with their length). `json_text`: strings
 * hold a JSON scalar each, as json_form asks. Zero values come only in the mixed style. */
void pt_draw_scalar(pt_random *d, const pt_field *field, pt_draw_style style, bool json_text, pt_buf *out);

/* Appends compact JSON text of any kind but null, and, with `depth` 0, a scalar. */
void pt_draw_json(pt_random *d, unsigned depth, pt_buf *out);

/* The value that pt_draw_scalar wrote is the one that a field without presence leaves out. */
bool pt_value_is_zero(pt_slice value);

/* The wire type of a single value of the field. */
unsigned pt_field_wire_type(const pt_field *field);

#endif
