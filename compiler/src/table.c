#include "table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a. Short, where uthash's own is a page at each use. */
static unsigned hash_bytes(const void *key, size_t len) {
    uint32_t hash = UINT32_C(0x811c9dc5);
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ ((const uint8_t *)key)[i]) * UINT32_C(0x01000193);
    return hash;
}

#define HASH_FUNCTION(key, len, hash) ((hash) = hash_bytes(key, len))
#define uthash_malloc(size) pt_grow(NULL, size) /* ends the process when there is no memory */
#include <uthash.h>

struct pt_table_entry {
    const void *value;
    UT_hash_handle hh;
};

const void *pt_table_get(const pt_table *table, const void *key, size_t len) {
    const pt_table_entry *entry = NULL;
    HASH_FIND(hh, table->entries, key, len, entry);
    return entry ? entry->value : NULL;
}

/* NOLINTNEXTLINE(readability-function-size): one macro of uthash */
void pt_table_put(pt_table *table, pt_pool *pool, const void *key, size_t len, const void *value) {
    pt_table_entry *entry = pt_pool_alloc(pool, 1, sizeof *entry);
    entry->value = value;
    HASH_ADD_KEYPTR(hh, table->entries, key, len, entry);
}

const void *pt_table_find(const pt_table *table, const char *name) {
    return pt_table_get(table, name, strlen(name));
}

void pt_table_add(pt_table *table, pt_pool *pool, const char *name, const void *value) {
    pt_table_put(table, pool, name, strlen(name), value);
}

void pt_table_done(pt_table *table) {
    HASH_CLEAR(hh, table->entries);
}
