/* Percent-decoding of URLs (RFC 3986 section 2.1), strict: an escape that is none is refused, never passed on. */
#ifndef PT_ROUTING_PERCENT_H
#define PT_ROUTING_PERCENT_H

#include "partie/buf.h"

typedef enum pt_percent_mode {
    PT_PERCENT_ALL,        /* one path segment: every escape, '+' stands for itself */
    PT_PERCENT_KEEP_SLASH, /* several segments: every escape but %2F, which stays as it is written */
    PT_PERCENT_QUERY,      /* query string: every escape, and '+' is a space */
} pt_percent_mode;

/* Decodes `in` to `ret_out`, which has room for in.len bytes and may be where `in` lies. *ret_len: bytes written.
 * False: a '%' without two hexadecimal digits; what was written then means nothing. Thread: any. */
bool pt_percent_decode(pt_slice in, pt_percent_mode mode, uint8_t *ret_out, size_t *ret_len);

#endif
