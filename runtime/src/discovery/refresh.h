/* When to look again: at intervals while it goes well, after growing pauses while it fails, sooner on a wish, never too often.
 * Time and random numbers are parameters; nanoseconds of a clock that doesn't go back. */
#ifndef PT_DISCOVERY_REFRESH_H
#define PT_DISCOVERY_REFRESH_H

#include <stdbool.h>
#include <stdint.h>

typedef struct pt_refresh_policy {
    uint64_t interval_ns;                /* after a success; a tenth is added or taken at random */
    uint64_t retry_min_ns, retry_max_ns; /* after the first failure, and what doubling it ends at; half of it is random */
    uint64_t spacing_ns;                 /* at least, between two looks, whatever is wished */
} pt_refresh_policy;

/* Fields are private. */
typedef struct pt_refresh {
    const pt_refresh_policy *policy;
    uint64_t last_ns, next_ns;
    uint32_t n_failures; /* in a row */
    bool looked;
} pt_refresh;

/* The first look is due at once. `policy` outlives it. */
void pt_refresh_init(pt_refresh *r, const pt_refresh_policy *policy);

/* When the next look is due. */
static inline uint64_t pt_refresh_due_ns(const pt_refresh *r) {
    return r->next_ns;
}

/* There was a look. */
void pt_refresh_looked(pt_refresh *r, bool well, uint64_t now_ns, uint64_t random);

/* Something speaks for a look soon, such as an endpoint that failed. */
void pt_refresh_wish(pt_refresh *r, uint64_t now_ns);

#endif
