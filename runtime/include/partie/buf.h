/* Views of bytes, and a growable buffer that is born with a ceiling. */
#ifndef PARTIE_BUF_H
#define PARTIE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "partie/status.h"

/* Borrowed bytes: valid as long as their owner says. `ptr` may be NULL when `len` is 0. */
typedef struct pt_slice {
    const uint8_t *ptr;
    size_t len; /* bytes */
} pt_slice;

static inline pt_slice pt_slice_of(const void *ptr, size_t len) {
    return (pt_slice){(const uint8_t *)ptr, len};
}

/* The text without its NUL. `text` may be NULL: an empty slice. */
static inline pt_slice pt_slice_str(const char *text) {
    return (pt_slice){(const uint8_t *)text, text ? strlen(text) : 0};
}

static inline bool pt_slice_equal(pt_slice a, pt_slice b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* A growable buffer. The owner reads ptr and len; only the functions here change them. Not thread-safe. */
typedef struct pt_buf {
    uint8_t *ptr; /* owned (malloc); NULL while cap is 0 */
    size_t len;   /* bytes used */
    size_t cap;   /* bytes allocated */
    size_t max;   /* ceiling of len */
} pt_buf;

/* An empty buffer that never holds more than `max` bytes. */
#define PT_BUF_INIT(max_bytes)                                                                                                 \
    { .ptr = NULL, .len = 0, .cap = 0, .max = (max_bytes) }

/* Frees the memory; the buffer is empty again and can be used further. `b` may be NULL. */
void pt_buf_done(pt_buf *b);

/* Empties it and keeps its memory. */
void pt_buf_clear(pt_buf *b);

/* Makes room for `more` bytes behind len, so that b->ptr + b->len may be written to and len raised by hand.
 * RESOURCE_EXHAUSTED: over the ceiling, or no memory; the buffer is unchanged. */
pt_code pt_buf_reserve(pt_buf *b, size_t more) PT_MUST_CHECK;

/* Append. RESOURCE_EXHAUSTED as pt_buf_reserve; then nothing was appended. */
pt_code pt_buf_append(pt_buf *b, const void *bytes, size_t len) PT_MUST_CHECK;
pt_code pt_buf_append_str(pt_buf *b, const char *text) PT_MUST_CHECK;
pt_code pt_buf_append_byte(pt_buf *b, uint8_t byte) PT_MUST_CHECK;
pt_code pt_buf_printf(pt_buf *b, const char *format, ...) PT_PRINTF(2, 3) PT_MUST_CHECK;

/* Puts a NUL behind the content without counting it and returns the text. NULL: no room. Borrowed until the next change. */
const char *pt_buf_cstr(pt_buf *b);

/* Moves the memory out; the caller frees it with free(). The buffer is empty afterwards. NULL when it was empty. */
uint8_t *pt_buf_take(pt_buf *b, size_t *ret_len);

/* The content as a view, valid until the next change. */
static inline pt_slice pt_buf_slice(const pt_buf *b) {
    return (pt_slice){b->ptr, b->len};
}

/* True when the bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF). */
bool pt_utf8_valid(pt_slice text);

#endif
