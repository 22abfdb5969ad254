#include "rpc/methods.h"

#include <stdlib.h>

#include "core/hash.h"
#include "rpc/batch.h"

/* Index of the first entry whose hash is not below. */
static size_t place_of(const pt_methods *methods, uint64_t hash) {
    size_t low = 0, high = methods->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (methods->entries[middle].method->hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

pt_code pt_methods_add(pt_methods *methods, const pt_method_entry *entry, pt_status *st) {
    size_t place = place_of(methods, entry->method->hash);
    if (place < methods->n && methods->entries[place].method->hash == entry->method->hash)
        return pt_status_set(st, PT_ALREADY_EXISTS, "%s: the server has %s already", entry->method->name,
                             methods->entries[place].method->name);
    if (methods->n == methods->cap) {
        size_t cap = methods->cap ? methods->cap * 2 : 16;
        pt_method_entry *entries = reallocarray(methods->entries, cap, sizeof *entries);
        if (!entries) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", entry->method->name);
        methods->entries = entries;
        methods->cap = cap;
    }
    memmove(&methods->entries[place + 1], &methods->entries[place], (methods->n - place) * sizeof *entry);
    methods->entries[place] = *entry;
    methods->n++;
    return PT_OK;
}

pt_method_entry *pt_methods_by_hash(const pt_methods *methods, uint64_t hash) {
    size_t place = place_of(methods, hash);
    return place < methods->n && methods->entries[place].method->hash == hash ? &methods->entries[place] : NULL;
}

pt_method_entry *pt_methods_by_name(const pt_methods *methods, pt_slice name) {
    pt_method_entry *entry = pt_methods_by_hash(methods, pt_fnv1a(name));
    return entry && pt_slice_equal(pt_slice_str(entry->method->name), name) ? entry : NULL;
}

void pt_methods_done(pt_methods *methods) {
    for (size_t i = 0; i < methods->n; i++)
        pt_batcher_free(methods->entries[i].batcher);
    free(methods->entries);
    *methods = (pt_methods){0};
}
