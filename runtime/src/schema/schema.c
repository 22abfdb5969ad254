#include "partie/schema.h"

#include <stdlib.h>

#include "schema/load.h"

#define MAX_SET_BYTES ((size_t)64 << 20)

/* Memory that a set may take: loading multiplies it, by some 10 for dense contracts. */
#define MEMORY_FACTOR 32
#define MEMORY_BASE ((size_t)1 << 20)
#define MEMORY_MAX ((size_t)512 << 20)

/* The memory of one loading. */
typedef struct batch {
    struct batch *next;
    pt_arena arena;
} batch;

struct pt_schema {
    pt_catalog catalog;
    pt_name_seed seed;
    batch *batches;
};

static void free_batch(batch *b) {
    pt_arena_done(&b->arena);
    free(b);
}

void pt_schema_free(pt_schema *schema) {
    if (!schema) return;
    pt_symbols_done(&schema->catalog.files);
    pt_symbols_done(&schema->catalog.names);
    pt_list_done(&schema->catalog.types);
    pt_list_done(&schema->catalog.services);
    pt_list_done(&schema->catalog.rpcs);
    for (batch *b = schema->batches, *next; b; b = next) {
        next = b->next;
        free_batch(b);
    }
    free(schema);
}

/* Makes the catalog what it was. */
static void take_back(pt_catalog *catalog, const pt_catalog *before) {
    pt_symbols_truncate(&catalog->files, before->files.n);
    pt_symbols_truncate(&catalog->names, before->names.n);
    catalog->types.n = before->types.n;
    catalog->services.n = before->services.n;
    catalog->rpcs.n = before->rpcs.n;
}

static batch *new_batch(size_t descriptor_bytes) {
    batch *b = calloc(1, sizeof *b);
    size_t budget = MEMORY_BASE + descriptor_bytes * MEMORY_FACTOR;
    if (b) pt_arena_init(&b->arena, budget < MEMORY_MAX ? budget : MEMORY_MAX);
    return b;
}

/* Loads what `read` finds in the bytes, or nothing. */
static pt_code add(pt_schema *schema, pt_slice bytes, void (*read)(pt_load *load, pt_slice bytes), pt_status *st) {
    if (bytes.len > MAX_SET_BYTES)
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "descriptors of %zu bytes are over the limit of %zu", bytes.len,
                             MAX_SET_BYTES);
    batch *b = new_batch(bytes.len);
    if (!b) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "schema: out of memory");
    pt_catalog before = schema->catalog;
    pt_load load = {.catalog = &schema->catalog, .arena = &b->arena, .seed = schema->seed, .st = st, .base = bytes.ptr};
    load.last_file = &load.files;
    load.last_type = &load.types;
    read(&load, bytes);
    pt_load_imports(&load);
    pt_load_types(&load);
    pt_load_fields(&load);
    pt_load_services(&load);
    if (load.code) goto fail;
    b->next = schema->batches;
    schema->batches = b;
    return PT_OK;
fail:
    take_back(&schema->catalog, &before);
    free_batch(b);
    return load.code;
}

pt_schema *pt_schema_new(void) {
    pt_schema *schema = calloc(1, sizeof *schema);
    if (!schema) return NULL;
    schema->seed = pt_name_seed_new();
    if (pt_symbols_init(&schema->catalog.files, schema->seed) || pt_symbols_init(&schema->catalog.names, schema->seed))
        goto fail;
    if (add(schema, (pt_slice){0}, pt_load_built_in, NULL)) goto fail;
    return schema;
fail:
    pt_schema_free(schema);
    return NULL;
}

pt_code pt_schema_add_set(pt_schema *schema, pt_slice file_descriptor_set, pt_status *st) {
    return add(schema, file_descriptor_set, pt_load_files, st);
}

pt_code pt_schema_add_file(pt_schema *schema, pt_slice file_descriptor, pt_status *st) {
    return add(schema, file_descriptor, pt_load_file, st);
}

static const void *find(const pt_schema *schema, const char *name, size_t len, pt_symbol_kind kind) {
    const pt_symbol *symbol = pt_symbols_find(&schema->catalog.names, name, len);
    return symbol && symbol->kind == kind ? symbol->target : NULL;
}

const pt_type *pt_schema_type(const pt_schema *schema, const char *name) {
    return pt_schema_type_n(schema, name, strlen(name));
}

const pt_type *pt_schema_type_n(const pt_schema *schema, const char *name, size_t len) {
    return find(schema, name, len, PT_SYMBOL_TYPE);
}

const pt_enum *pt_schema_enum(const pt_schema *schema, const char *name) {
    return find(schema, name, strlen(name), PT_SYMBOL_ENUM);
}

const pt_rpc *pt_schema_rpc(const pt_schema *schema, const char *full_name) {
    return find(schema, full_name, strlen(full_name), PT_SYMBOL_RPC);
}

const pt_rpc *const *pt_schema_rpcs(const pt_schema *schema, size_t *ret_n) {
    *ret_n = schema->catalog.rpcs.n;
    return (const pt_rpc *const *)schema->catalog.rpcs.items;
}

const pt_type *const *pt_schema_types(const pt_schema *schema, size_t *ret_n) {
    *ret_n = schema->catalog.types.n;
    return (const pt_type *const *)schema->catalog.types.items;
}

const char *const *pt_schema_services(const pt_schema *schema, size_t *ret_n) {
    *ret_n = schema->catalog.services.n;
    return (const char *const *)schema->catalog.services.items;
}
