/* What discovery finds: where a service listens. */
#ifndef PT_DISCOVERY_ADDRESS_H
#define PT_DISCOVERY_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "partie/buf.h"

/* Most addresses of one list, longest URL with its NUL, and highest weight. */
#define PT_ADDRESSES_MAX 10000
#define PT_URL_BYTES 256
#define PT_WEIGHT_MAX 1000

typedef struct pt_address {
    const char *url;
    uint32_t weight; /* share of the calls beside others; 1 to PT_WEIGHT_MAX */
} pt_address;

/* Sorted by URL, each URL once. Never changed; freed with its last reference. Thread: any. */
typedef struct pt_address_list pt_address_list;

/* Collects addresses for a list. Not thread-safe. Fields are private. */
typedef struct pt_address_builder {
    pt_address *addresses;
    size_t n, cap;
} pt_address_builder;

#define PT_ADDRESS_BUILDER_INIT                                                                                                \
    { .addresses = NULL, .n = 0, .cap = 0 }

/* Whether it is a URL that a channel can connect to: tcp://, tls+tcp://, ipc:// or inproc:// with something behind it, no
 * blanks, no control characters, shorter than PT_URL_BYTES. INVALID_ARGUMENT says what is wrong. */
pt_code pt_url_validate(pt_slice url, pt_status *st) PT_MUST_CHECK;

/* Adds a copy. Of a URL that is added twice the higher weight stays. INVALID_ARGUMENT: not a URL, or a weight out of range;
 * RESOURCE_EXHAUSTED: no memory, or over PT_ADDRESSES_MAX. */
pt_code pt_address_builder_add(pt_address_builder *b, pt_slice url, uint32_t weight, pt_status *st) PT_MUST_CHECK;

/* Makes the list, with one reference, and empties the builder. RESOURCE_EXHAUSTED: no memory; the builder is as before. */
pt_code pt_address_builder_finish(pt_address_builder *b, pt_address_list **ret_list) PT_MUST_CHECK;
void pt_address_builder_done(pt_address_builder *b);

/* The addresses, *ret_n of them; borrowed. */
const pt_address *pt_address_list_get(const pt_address_list *list, size_t *ret_n);

/* One more reference, and one less. NULL is allowed. */
pt_address_list *pt_address_list_ref(pt_address_list *list);
void pt_address_list_unref(pt_address_list *list);

/* Walks the difference between two lists in the order of their URLs: `gone` are in `before` only, `added` in `after` only, or
 * have another weight there (then `changed`). Any of the functions may be NULL, as may either list: it is empty. */
typedef struct pt_address_difference {
    void (*gone)(void *arg, const pt_address *address);
    void (*added)(void *arg, const pt_address *address);
    void (*changed)(void *arg, const pt_address *before, const pt_address *after);
    void *arg;
} pt_address_difference;

void pt_address_list_compare(const pt_address_list *before, const pt_address_list *after, const pt_address_difference *visit);

/* Whether both hold the same. */
bool pt_address_list_equal(const pt_address_list *a, const pt_address_list *b);

#endif
