/* A growing list of named things with lookup by name. What was added last can be taken back, which makes loading a set of
 * files all or nothing. */
#ifndef PT_SCHEMA_SYMBOLS_H
#define PT_SCHEMA_SYMBOLS_H

#include "schema/names.h"

typedef enum pt_symbol_kind { PT_SYMBOL_FILE, PT_SYMBOL_TYPE, PT_SYMBOL_ENUM, PT_SYMBOL_SERVICE, PT_SYMBOL_RPC } pt_symbol_kind;

typedef struct pt_symbol {
    const char *name; /* borrowed */
    size_t len;
    pt_symbol_kind kind;
    const void *target; /* borrowed: what the kind says */
} pt_symbol;

typedef struct pt_symbols {
    pt_symbol *items; /* owned (malloc) */
    size_t n, cap;
    pt_names names; /* its slots are owned (malloc) */
} pt_symbols;

/* A growing list of borrowed things. Zeroed storage is an empty one. */
typedef struct pt_list {
    const void **items; /* owned (malloc) */
    size_t n, cap;
} pt_list;

/* Appends. RESOURCE_EXHAUSTED: no memory. */
pt_code pt_list_add(pt_list *list, const void *item) PT_MUST_CHECK;

/* Frees the list. */
void pt_list_done(pt_list *list);

/* Starts an empty list. RESOURCE_EXHAUSTED: no memory. */
pt_code pt_symbols_init(pt_symbols *symbols, pt_name_seed seed) PT_MUST_CHECK;

/* Frees everything. May be called on zeroed storage. */
void pt_symbols_done(pt_symbols *symbols);

/* Adds a symbol. ALREADY_EXISTS: the name is there; RESOURCE_EXHAUSTED: no memory. */
pt_code pt_symbols_add(pt_symbols *symbols, pt_symbol symbol) PT_MUST_CHECK;

/* Finds by name; NULL: none. Borrowed until the next change. */
const pt_symbol *pt_symbols_find(const pt_symbols *symbols, const char *name, size_t len);

/* Takes back all but the first n symbols. */
void pt_symbols_truncate(pt_symbols *symbols, size_t n);

#endif
