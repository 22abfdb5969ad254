/* 64-bit FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): the hash by which methods are named on the wire. It is part of
 * the protocol, so it never changes; it is no defence against chosen keys. */
#ifndef PT_CORE_HASH_H
#define PT_CORE_HASH_H

#include "partie/buf.h"

#define PT_FNV1A_SEED UINT64_C(0xcbf29ce484222325)

/* Goes on from `hash`, so that parts hash as their concatenation does. Start with PT_FNV1A_SEED. */
static inline uint64_t pt_fnv1a_more(uint64_t hash, pt_slice bytes) {
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ bytes.ptr[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static inline uint64_t pt_fnv1a(pt_slice bytes) {
    return pt_fnv1a_more(PT_FNV1A_SEED, bytes);
}

#endif
