/* base64 of RFC 4648: writes the standard alphabet with padding, reads that and the URL-safe one, padded or not. */
#ifndef PT_JSON_BASE64_H
#define PT_JSON_BASE64_H

#include "partie/buf.h"

static inline size_t pt_base64_length(size_t bytes) {
    return (bytes + 2) / 3 * 4;
}

/* Writes pt_base64_length(bytes.len) characters to `to` and returns the place behind them. */
uint8_t *pt_base64_write(uint8_t *to, pt_slice bytes);

/* Writes the bytes that the text stands for to `to`, which has room for 3/4 of text.len, and returns the place behind them.
 * NULL: not base64; then *ret_bad is the place of the first wrong character. */
uint8_t *pt_base64_read(uint8_t *to, pt_slice text, const uint8_t **ret_bad);

#endif
