/* Room in a buffer, without a call while there is some. */
#ifndef PT_JSON_ROOM_H
#define PT_JSON_ROOM_H

#include "partie/buf.h"

/* Makes sure that `more` bytes may be written behind len. False: over the ceiling, or no memory. */
static inline bool pt_json_make_room(pt_buf *b, size_t more) {
    size_t limit = b->cap < b->max ? b->cap : b->max; /* a buffer may have a byte beyond its ceiling, for a NUL */
    return __builtin_expect(limit - b->len >= more, 1) || pt_buf_reserve(b, more) == PT_OK;
}

#endif
