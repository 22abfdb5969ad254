/* Memory of one call: many allocations, one release, and a budget that outside bytes can't exceed.
 *
 * It stands behind protobuf-c through ProtobufCAllocator, so that unpacked messages and what a handler adds to its reply
 * go away together. */
#ifndef PARTIE_ARENA_H
#define PARTIE_ARENA_H

#include <protobuf-c/protobuf-c.h>

#include "partie/buf.h"

typedef struct pt_arena_block pt_arena_block;

/* Lives in its owner's storage and must not move once used. Not thread-safe. Fields are private. */
typedef struct pt_arena {
    ProtobufCAllocator allocator;
    pt_arena_block *blocks;
    uint8_t *next, *end; /* free part of the newest block */
    size_t used;         /* bytes taken from malloc */
    size_t budget;       /* most that `used` may become */
} pt_arena;

/* Starts an empty arena that takes at most `budget` bytes from malloc. Allocates nothing. */
void pt_arena_init(pt_arena *a, size_t budget);

/* Frees everything that came from it; it can be used again with the same budget. One block may be kept for reuse. */
void pt_arena_reset(pt_arena *a);

/* Frees everything. `a` may be NULL. */
void pt_arena_done(pt_arena *a);

/* `size` bytes, aligned for any type, not cleared; 0 gives a valid pointer. NULL: over the budget, or no memory. */
void *pt_arena_alloc(pt_arena *a, size_t size);

/* count * size bytes, cleared. NULL: as above, or the product overflows. */
void *pt_arena_calloc(pt_arena *a, size_t count, size_t size);

/* Copies. NULL: as above. The text gets a NUL. */
void *pt_arena_copy(pt_arena *a, const void *bytes, size_t len);
char *pt_arena_strdup(pt_arena *a, const char *text);
char *pt_arena_strndup(pt_arena *a, const char *text, size_t len);
char *pt_arena_printf(pt_arena *a, const char *format, ...) PT_PRINTF(2, 3);

/* For protobuf-c's unpack: its free does nothing. Valid as long as the arena. */
static inline ProtobufCAllocator *pt_arena_protobuf(pt_arena *a) {
    return &a->allocator;
}

#endif
