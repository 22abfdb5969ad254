/* A map from names, or other keys of bytes, to what they stand for. */
#ifndef PARTIE_COMPILER_TABLE_H
#define PARTIE_COMPILER_TABLE_H

#include "pool.h"

typedef struct pt_table_entry pt_table_entry;

/* Start zeroed, end with pt_table_done. The field is private. */
typedef struct pt_table {
    pt_table_entry *entries;
} pt_table;

/* The value of a key of `len` bytes; NULL: it has none. */
const void *pt_table_get(const pt_table *table, const void *key, size_t len);

/* Gives a key that has no value one, which is not NULL. Key and value are borrowed until the table ends; the entry comes from
 * `pool`. */
void pt_table_put(pt_table *table, pt_pool *pool, const void *key, size_t len, const void *value);

/* The same for text without its NUL. */
const void *pt_table_find(const pt_table *table, const char *name);
void pt_table_add(pt_table *table, pt_pool *pool, const char *name, const void *value);

/* Empties the table. Before the pool of its entries ends. */
void pt_table_done(pt_table *table);

#endif
