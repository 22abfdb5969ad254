#include "partie/buf.h"

#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAP ((size_t)256)

void pt_buf_done(pt_buf *b) {
    if (!b) return;
    free(b->ptr);
    b->ptr = NULL;
    b->len = b->cap = 0;
}

void pt_buf_clear(pt_buf *b) {
    b->len = 0;
}

/* Makes cap at least `need`: doubling, so that appending is linear, but not beyond the ceiling and the byte that a NUL takes.
 */
static pt_code grow(pt_buf *b, size_t need) {
    size_t ceiling = b->max < SIZE_MAX ? b->max + 1 : b->max;
    size_t cap = b->cap < FIRST_CAP ? FIRST_CAP : b->cap;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    if (cap > ceiling) cap = ceiling;
    uint8_t *ptr = realloc(b->ptr, cap);
    if (!ptr) return PT_RESOURCE_EXHAUSTED;
    b->ptr = ptr;
    b->cap = cap;
    return PT_OK;
}

pt_code pt_buf_reserve(pt_buf *b, size_t more) {
    if (more > b->max - b->len) return PT_RESOURCE_EXHAUSTED;
    if (more <= b->cap - b->len) return PT_OK;
    return grow(b, b->len + more);
}

pt_code pt_buf_append(pt_buf *b, const void *bytes, size_t len) {
    if (len == 0) return PT_OK;
    pt_code code = pt_buf_reserve(b, len);
    if (code) return code;
    memcpy(b->ptr + b->len, bytes, len);
    b->len += len;
    return PT_OK;
}

pt_code pt_buf_append_str(pt_buf *b, const char *text) {
    return pt_buf_append(b, text, strlen(text));
}

pt_code pt_buf_append_byte(pt_buf *b, uint8_t byte) {
    return pt_buf_append(b, &byte, 1);
}

pt_code pt_buf_printf(pt_buf *b, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || (size_t)len > b->max - b->len) return PT_RESOURCE_EXHAUSTED;
    size_t need = b->len + (size_t)len + 1; /* vsnprintf writes a NUL, for which grow leaves room even at the ceiling */
    pt_code code = need > b->cap ? grow(b, need) : PT_OK;
    if (code) return code;
    va_start(args, format);
    vsnprintf((char *)b->ptr + b->len, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
    return PT_OK;
}

const char *pt_buf_cstr(pt_buf *b) {
    if (b->len == SIZE_MAX || (b->len + 1 > b->cap && grow(b, b->len + 1))) return NULL;
    b->ptr[b->len] = '\0';
    return (const char *)b->ptr;
}

uint8_t *pt_buf_take(pt_buf *b, size_t *ret_len) {
    uint8_t *ptr = b->len ? b->ptr : NULL;
    *ret_len = b->len;
    if (!ptr) free(b->ptr);
    b->ptr = NULL;
    b->len = b->cap = 0;
    return ptr;
}
