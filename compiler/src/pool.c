#include "pool.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)64 * 1024)

struct pt_pool_block {
    pt_pool_block *older;
    alignas(max_align_t) unsigned char bytes[];
};

static _Noreturn void out_of_memory(void) {
    fputs("protoc-gen-partie: out of memory; nothing was written\n", stderr);
    exit(EXIT_FAILURE);
}

void *pt_grow(void *memory, size_t size) {
    void *grown = realloc(memory, size);
    if (!grown) out_of_memory();
    return grown;
}

void pt_pool_done(pt_pool *pool) {
    while (pool->blocks) {
        pt_pool_block *older = pool->blocks->older;
        free(pool->blocks);
        pool->blocks = older;
    }
    *pool = (pt_pool)PT_POOL_INIT;
}

static void add_block(pt_pool *pool, size_t at_least) {
    size_t size = at_least > BLOCK_BYTES ? at_least : BLOCK_BYTES;
    if (size > SIZE_MAX - sizeof(pt_pool_block)) out_of_memory();
    pt_pool_block *block = pt_grow(NULL, sizeof *block + size);
    block->older = pool->blocks;
    pool->blocks = block;
    pool->next = block->bytes;
    pool->end = block->bytes + size;
}

void *pt_pool_alloc(pt_pool *pool, size_t count, size_t size) {
    const size_t align = alignof(max_align_t);
    if (size && count > (SIZE_MAX - align) / size) out_of_memory();
    size_t bytes = (count * size + align - 1) / align * align;
    if (!pool->blocks || bytes > (size_t)(pool->end - pool->next)) add_block(pool, bytes);
    void *memory = pool->next;
    pool->next += bytes;
    return memset(memory, 0, bytes);
}

char *pt_pool_strndup(pt_pool *pool, const char *text, size_t len) {
    char *copy = pt_pool_alloc(pool, len + 1, 1);
    if (len) memcpy(copy, text, len);
    return copy;
}

char *pt_pool_vprintf(pt_pool *pool, const char *format, va_list args) {
    char *text;
    int len = vasprintf(&text, format, args);
    if (len < 0) out_of_memory();
    char *kept = pt_pool_strndup(pool, text, (size_t)len);
    free(text);
    return kept;
}

char *pt_pool_printf(pt_pool *pool, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = pt_pool_vprintf(pool, format, args);
    va_end(args);
    return text;
}
