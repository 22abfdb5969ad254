/* Key-value pairs beside a call: headers and trailers (gRPC custom metadata).
 *
 * Keys are a-z 0-9 _ - . and are lower-cased on the way in. A key that ends in "-bin" takes any bytes, others printable
 * ASCII (0x20-0x7E). Keys that start with "partie-" belong to the runtime. */
#ifndef PARTIE_METADATA_H
#define PARTIE_METADATA_H

#include "partie/arena.h"

/* Ceilings of one set: RESOURCE_EXHAUSTED beyond them. */
#define PT_METADATA_MAX_PAIRS 64
#define PT_METADATA_MAX_BYTES 8192 /* keys and values together */

typedef struct pt_metadata_pair {
    const char *key; /* NUL-terminated */
    pt_slice value;  /* followed by a NUL that is not counted, so ASCII values can be printed */
} pt_metadata_pair;

/* A set in the order of adding; a key may stand more than once. Its memory is its arena's. Not thread-safe. */
typedef struct pt_metadata {
    pt_arena *arena;
    pt_metadata_pair *pairs;
    size_t n_pairs, cap_pairs;
    size_t bytes;
} pt_metadata;

/* An empty set. `arena` must outlive it. */
void pt_metadata_init(pt_metadata *md, pt_arena *arena);

/* Adds copies of key and value. INVALID_ARGUMENT: not a key, or the value does not fit its key (nothing added);
 * RESOURCE_EXHAUSTED: over a ceiling, or the arena is at its budget. */
pt_code pt_metadata_add(pt_metadata *md, const char *key, pt_slice value) PT_MUST_CHECK;
pt_code pt_metadata_add_str(pt_metadata *md, const char *key, const char *value) PT_MUST_CHECK;

/* The first value of `key` (lower case), or NULL. Borrowed from the set. */
const pt_slice *pt_metadata_get(const pt_metadata *md, const char *key);

/* The same as text for ASCII keys; NULL where it is absent. */
const char *pt_metadata_get_str(const pt_metadata *md, const char *key);

#endif
