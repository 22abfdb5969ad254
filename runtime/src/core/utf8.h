/* UTF-8 (RFC 3629), told apart byte by byte; the check itself is pt_utf8_valid in buf.h. */
#ifndef PT_CORE_UTF8_H
#define PT_CORE_UTF8_H

#include "partie/buf.h"

/* Bytes of the character at `p`, of which `left` bytes (at least 1) may be read. 0: no well-formed character. */
size_t pt_utf8_char(const uint8_t *p, size_t left);

/* The first byte of the text that starts no well-formed character or is NUL, which a C string can't hold.
 * NULL: there is none. Borrowed from `text`. */
const uint8_t *pt_utf8_find_bad_or_nul(pt_slice text);

/* Makes the bytes well-formed: each byte that belongs to no character becomes '?'. */
void pt_utf8_repair(uint8_t *text, size_t len);

/* The largest length up to `len` that does not cut the last character of well-formed text whose next byte is `text[len]`. */
size_t pt_utf8_cut(const uint8_t *text, size_t len);

#endif
