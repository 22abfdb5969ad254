#include "schema/symbols.h"

#include <stdlib.h>

#define FIRST_CAP 64

pt_code pt_list_add(pt_list *list, const void *item) {
    if (list->n == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : FIRST_CAP;
        const void **items = realloc(list->items, cap * sizeof *items);
        if (!items) return PT_RESOURCE_EXHAUSTED;
        list->items = items;
        list->cap = cap;
    }
    list->items[list->n++] = item;
    return PT_OK;
}

void pt_list_done(pt_list *list) {
    free(list->items);
    *list = (pt_list){0};
}

/* Fills the table anew from the items. */
static void rebuild(pt_symbols *symbols, pt_name_slot *slots, uint32_t n_slots) {
    pt_names_init(&symbols->names, slots, n_slots, symbols->names.seed);
    for (size_t i = 0; i < symbols->n; i++)
        pt_names_put(&symbols->names, symbols->items[i].name, symbols->items[i].len, (uint32_t)i);
}

static pt_code grow(pt_symbols *symbols, size_t cap) {
    if (cap > UINT32_MAX / 4) return PT_RESOURCE_EXHAUSTED;
    uint32_t n_slots = pt_names_slots(cap);
    pt_name_slot *slots = calloc(n_slots, sizeof *slots);
    pt_symbol *items = slots ? realloc(symbols->items, cap * sizeof *items) : NULL;
    if (!items) {
        free(slots);
        return PT_RESOURCE_EXHAUSTED;
    }
    symbols->items = items;
    symbols->cap = cap;
    free(symbols->names.slots);
    rebuild(symbols, slots, n_slots);
    return PT_OK;
}

pt_code pt_symbols_init(pt_symbols *symbols, pt_name_seed seed) {
    *symbols = (pt_symbols){.names.seed = seed};
    return grow(symbols, FIRST_CAP);
}

void pt_symbols_done(pt_symbols *symbols) {
    free(symbols->items);
    free(symbols->names.slots);
    *symbols = (pt_symbols){0};
}

pt_code pt_symbols_add(pt_symbols *symbols, pt_symbol symbol) {
    if (pt_names_find(&symbols->names, symbol.name, symbol.len)) return PT_ALREADY_EXISTS;
    if (symbols->n == symbols->cap) {
        pt_code code = grow(symbols, symbols->cap * 2);
        if (code) return code;
    }
    pt_names_put(&symbols->names, symbol.name, symbol.len, (uint32_t)symbols->n);
    symbols->items[symbols->n++] = symbol;
    return PT_OK;
}

const pt_symbol *pt_symbols_find(const pt_symbols *symbols, const char *name, size_t len) {
    const pt_name_slot *slot = pt_names_find(&symbols->names, name, len);
    return slot ? &symbols->items[slot->value] : NULL;
}

void pt_symbols_truncate(pt_symbols *symbols, size_t n) {
    if (n == symbols->n) return;
    symbols->n = n;
    memset(symbols->names.slots, 0, ((size_t)symbols->names.mask + 1) * sizeof *symbols->names.slots);
    rebuild(symbols, symbols->names.slots, symbols->names.mask + 1);
}
