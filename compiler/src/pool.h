/* Memory of one run of the generator: everything that the model holds, freed at once.
 *
 * A generator can do nothing useful without memory and holds nothing that others need, so running out ends the process: one
 * line on stderr, exit status 1, nothing written. That keeps every caller free of a case that it could only pass on. */
#ifndef PARTIE_COMPILER_POOL_H
#define PARTIE_COMPILER_POOL_H

#include <stdarg.h>
#include <stddef.h>

typedef struct pt_pool_block pt_pool_block;

/* Start with PT_POOL_INIT, end with pt_pool_done. Fields are private. */
typedef struct pt_pool {
    pt_pool_block *blocks;
    unsigned char *next, *end;
} pt_pool;

#define PT_POOL_INIT                                                                                                           \
    { .blocks = NULL }

/* Frees everything that came from the pool. */
void pt_pool_done(pt_pool *pool);

/* count * size bytes, zeroed, aligned for any type, as long as the pool lives. Never NULL. */
void *pt_pool_alloc(pt_pool *pool, size_t count, size_t size);

/* A copy with a NUL after it. */
char *pt_pool_strndup(pt_pool *pool, const char *text, size_t len);

/* A formatted string. */
char *pt_pool_printf(pt_pool *pool, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *pt_pool_vprintf(pt_pool *pool, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* realloc that ends the process when there is no memory, for memory outside a pool. Free with free(). */
void *pt_grow(void *memory, size_t size);

#endif
