/* The paths of google.protobuf.FieldMask: snake_case in the message, lowerCamelCase in JSON. */
#ifndef PT_JSON_MASK_PATH_H
#define PT_JSON_MASK_PATH_H

#include "partie/buf.h"

/* Writes the other form of one path to `to` and returns the place behind it; room for twice path.len. NULL: the path would not
 * come back as it was. */
uint8_t *pt_mask_path_to_snake(uint8_t *to, pt_slice path);
uint8_t *pt_mask_path_to_camel(uint8_t *to, pt_slice path);

#endif
