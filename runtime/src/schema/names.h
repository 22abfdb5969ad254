/* A table from names to numbers: open addressing, at most half full, built once. Finding allocates nothing and calls nothing;
 * it stands on the JSON codec's path for every member of every object. */
#ifndef PT_SCHEMA_NAMES_H
#define PT_SCHEMA_NAMES_H

#include "partie/buf.h"

/* Longest name that a contract may have, in bytes; it fits pt_name_slot. */
#define PT_NAME_BYTES 1024

typedef struct pt_name_slot {
    const char *name; /* borrowed; NULL: free */
    uint16_t len;
    uint16_t tag; /* more bits of the hash, so that other names are rarely compared */
    uint32_t value;
} pt_name_slot;

/* Random numbers under which names are hashed, so that nobody can choose names that collide. */
typedef struct pt_name_seed {
    uint64_t a, b;
} pt_name_seed;

typedef struct pt_names {
    pt_name_slot *slots; /* borrowed */
    uint32_t mask;       /* slots - 1; their number is a power of two */
    pt_name_seed seed;
} pt_names;

/* A fresh seed. */
pt_name_seed pt_name_seed_new(void);

/* Slots that a table of n names needs. */
uint32_t pt_names_slots(size_t n);

/* An empty table over cleared slots, whose number is pt_names_slots(n). */
void pt_names_init(pt_names *names, pt_name_slot *slots, uint32_t n_slots, pt_name_seed seed);

/* Adds a name of at most PT_NAME_BYTES, which is borrowed. Of equal names, the one that was put first is found. The caller
 * sees to it that there are no more than n names. */
void pt_names_put(pt_names *names, const char *name, size_t len, uint32_t value);

static inline uint64_t pt_name_load64(const char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline uint32_t pt_name_load32(const char *p) {
    uint32_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline uint64_t pt_name_mix(uint64_t a, uint64_t b) {
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Hash of the name, by words that may overlap. */
static inline uint64_t pt_name_hash(pt_name_seed seed, const char *name, size_t len) {
    uint64_t a, b;
    if (len >= 8) {
        a = pt_name_load64(name);
        b = pt_name_load64(name + len - 8);
        for (size_t i = 8; i + 8 < len; i += 8)
            a = pt_name_mix(a ^ seed.a, pt_name_load64(name + i) ^ seed.b);
    } else if (len >= 4) {
        a = pt_name_load32(name);
        b = pt_name_load32(name + len - 4);
    } else {
        a = len ? (uint64_t)(uint8_t)name[0] << 16 | (uint64_t)(uint8_t)name[len / 2] << 8 | (uint8_t)name[len - 1] : 0;
        b = 0;
    }
    return pt_name_mix(a ^ seed.a, b ^ seed.b ^ len);
}

/* Whether two names of `len` bytes are equal; inline, for most are short. */
static inline bool pt_name_equal(const char *a, const char *b, size_t len) {
    if (len >= 8) {
        for (size_t i = 0; i + 8 < len; i += 8)
            if (pt_name_load64(a + i) != pt_name_load64(b + i)) return false;
        return pt_name_load64(a + len - 8) == pt_name_load64(b + len - 8);
    }
    if (len >= 4) return pt_name_load32(a) == pt_name_load32(b) && pt_name_load32(a + len - 4) == pt_name_load32(b + len - 4);
    for (size_t i = 0; i < len; i++)
        if (a[i] != b[i]) return false;
    return true;
}

/* The slot of a name, or NULL. */
static inline const pt_name_slot *pt_names_find(const pt_names *names, const char *name, size_t len) {
    uint64_t hash = pt_name_hash(names->seed, name, len);
    uint16_t tag = (uint16_t)(hash >> 48);
    for (uint32_t i = (uint32_t)hash & names->mask;; i = (i + 1) & names->mask) {
        const pt_name_slot *slot = &names->slots[i];
        if (!slot->name) return NULL;
        if (slot->tag == tag && slot->len == len && pt_name_equal(slot->name, name, len)) return slot;
    }
}

#endif
