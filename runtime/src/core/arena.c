#include "partie/arena.h"

#include <stdio.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PT_ARENA_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define PT_ARENA_ASAN 1
#endif

#ifdef PT_ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(ptr, len) ASAN_POISON_MEMORY_REGION(ptr, len)
#define UNPOISON(ptr, len) ASAN_UNPOISON_MEMORY_REGION(ptr, len)
#define RED_ZONE 16 /* poisoned bytes behind each allocation, so that reads beyond it are seen */
#else
#define POISON(ptr, len) ((void)(ptr), (void)(len))
#define UNPOISON(ptr, len) ((void)(ptr), (void)(len))
#define RED_ZONE 0
#endif

#define ALIGN _Alignof(max_align_t)
#define FIRST_BLOCK ((size_t)4096)
#define LAST_BLOCK ((size_t)65536) /* blocks double from first to last; also the largest that a reset keeps */
#define OWN_BLOCK (LAST_BLOCK / 4) /* from here on an allocation gets a block of its own, so that little is left unused */

struct pt_arena_block {
    pt_arena_block *next;
    size_t size; /* bytes from malloc, with this header */
    _Alignas(max_align_t) uint8_t data[];
};

static void *protobuf_alloc(void *data, size_t size) {
    return pt_arena_alloc(data, size);
}

static void protobuf_free(void *data, void *pointer) {
    (void)data;
    (void)pointer;
}

void pt_arena_init(pt_arena *a, size_t budget) {
    *a = (pt_arena){.allocator = {protobuf_alloc, protobuf_free, a}, .budget = budget};
}

static void free_block(pt_arena *a, pt_arena_block *block) {
    a->used -= block->size;
    UNPOISON(block, block->size);
    free(block);
}

/* Makes all of the block free for bumping. */
static void open_block(pt_arena *a, pt_arena_block *block) {
    a->next = block->data;
    a->end = (uint8_t *)block + block->size;
    POISON(a->next, (size_t)(a->end - a->next));
}

void pt_arena_reset(pt_arena *a) {
    pt_arena_block *kept = NULL;
    for (pt_arena_block *block = a->blocks, *next; block; block = next) {
        next = block->next;
        if (!kept && block->size <= LAST_BLOCK)
            kept = block;
        else
            free_block(a, block);
    }
    a->blocks = kept;
    a->next = a->end = NULL;
    if (!kept) return;
    kept->next = NULL;
    open_block(a, kept);
}

void pt_arena_done(pt_arena *a) {
    if (!a) return;
    pt_arena_reset(a);
    if (a->blocks) free_block(a, a->blocks);
    a->blocks = NULL;
    a->next = a->end = NULL;
}

/* A block of `size` bytes with its header, within the budget; not yet in the list. */
static pt_arena_block *new_block(pt_arena *a, size_t size) {
    if (size > a->budget - a->used) return NULL;
    pt_arena_block *block = malloc(size);
    if (!block) return NULL;
    block->size = size;
    a->used += size;
    return block;
}

static void *alloc_own(pt_arena *a, size_t need) {
    pt_arena_block *block = new_block(a, sizeof *block + need);
    if (!block) return NULL;
    /* Behind the newest block, which goes on serving. */
    pt_arena_block **place = a->blocks ? &a->blocks->next : &a->blocks;
    block->next = *place;
    *place = block;
    POISON(block->data, need);
    return block->data;
}

static pt_code add_block(pt_arena *a, size_t need) {
    size_t least = sizeof(pt_arena_block) + need, left = a->budget - a->used;
    size_t size = a->end ? a->blocks->size * 2 : FIRST_BLOCK;
    if (size > LAST_BLOCK) size = LAST_BLOCK;
    while (size < least)
        size *= 2;
    if (size > left) size = left & ~(ALIGN - 1); /* near the budget a smaller one will do */
    if (size < least) return PT_RESOURCE_EXHAUSTED;
    pt_arena_block *block = new_block(a, size);
    if (!block) return PT_RESOURCE_EXHAUSTED;
    block->next = a->blocks;
    a->blocks = block;
    open_block(a, block);
    return PT_OK;
}

void *pt_arena_alloc(pt_arena *a, size_t size) {
    if (size > SIZE_MAX / 2) return NULL;
    size_t need = ((size ? size : 1) + ALIGN - 1 + RED_ZONE) & ~(ALIGN - 1);
    size_t room = a->end ? (size_t)(a->end - a->next) : 0;
    uint8_t *ptr;
    if (need > room && need >= OWN_BLOCK) {
        ptr = alloc_own(a, need);
        if (!ptr) return NULL;
    } else {
        if (need > room && add_block(a, need)) return NULL;
        ptr = a->next;
        a->next += need;
    }
    UNPOISON(ptr, size);
    return ptr;
}

void *pt_arena_calloc(pt_arena *a, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) return NULL;
    void *ptr = pt_arena_alloc(a, total);
    return ptr ? memset(ptr, 0, total) : NULL;
}

void *pt_arena_copy(pt_arena *a, const void *bytes, size_t len) {
    void *ptr = pt_arena_alloc(a, len);
    if (ptr && len) memcpy(ptr, bytes, len);
    return ptr;
}

char *pt_arena_strdup(pt_arena *a, const char *text) {
    return pt_arena_strndup(a, text, strlen(text));
}

char *pt_arena_strndup(pt_arena *a, const char *text, size_t len) {
    if (len == SIZE_MAX) return NULL;
    char *copy = pt_arena_alloc(a, len + 1);
    if (!copy) return NULL;
    if (len) memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *pt_arena_printf(pt_arena *a, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) return NULL;
    char *text = pt_arena_alloc(a, (size_t)len + 1);
    if (!text) return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}
