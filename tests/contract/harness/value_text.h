/* Values as the plain text of path variables and query parameters. */
#ifndef PT_CONTRACT_VALUE_TEXT_H
#define PT_CONTRACT_VALUE_TEXT_H

#include "wire.h"

#include <partie/schema.h>

/* Appends the text of one value of `field`, as it stands in `part`. False, and nothing appended: its type has no text form. */
bool pt_value_text(const pt_field *field, const pt_part *part, pt_buf *out);

/* Appends `text` percent-encoded; `keep` names characters beside letters, digits and -_.~ that stay. */
void pt_percent_encode(pt_slice text, const char *keep, pt_buf *out);

#endif
