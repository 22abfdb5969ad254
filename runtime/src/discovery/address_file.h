/* Lists of addresses as text. */
#ifndef PT_DISCOVERY_ADDRESS_FILE_H
#define PT_DISCOVERY_ADDRESS_FILE_H

#include "discovery/address.h"

/* Largest file that is read. */
#define PT_ADDRESS_FILE_BYTES (4u << 20)

/* Adds the addresses of a text to `found`: each line a URL and, after blanks, optionally its weight. Empty lines and what
 * follows a # at the beginning of a line or after a blank are passed over. INVALID_ARGUMENT names the line: "line 3: ...";
 * RESOURCE_EXHAUSTED: no memory, or too many. */
pt_code pt_address_text_read(pt_slice text, pt_address_builder *found, pt_status *st) PT_MUST_CHECK;

/* The same for a file. NOT_FOUND, PERMISSION_DENIED, UNAVAILABLE: it can't be read; RESOURCE_EXHAUSTED: it is too large. */
pt_code pt_address_file_read(const char *path, pt_address_builder *found, pt_status *st) PT_MUST_CHECK;

#endif
