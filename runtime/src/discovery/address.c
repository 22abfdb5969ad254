#include "discovery/address.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

struct pt_address_list {
    atomic_size_t refs;
    size_t n;
    pt_address addresses[];
};

/* ---- checking ---- */

static size_t scheme_len(pt_slice url) {
    static const char *const schemes[] = {"tcp://", "tls+tcp://", "ipc://", "inproc://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t len = strlen(schemes[i]);
        if (url.len > len && memcmp(url.ptr, schemes[i], len) == 0) return len;
    }
    return 0;
}

pt_code pt_url_validate(pt_slice url, pt_status *st) {
    if (url.len >= PT_URL_BYTES)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "URL of %zu bytes: at most %d", url.len, PT_URL_BYTES - 1);
    for (size_t i = 0; i < url.len; i++)
        if (url.ptr[i] <= ' ' || url.ptr[i] == 0x7f)
            return pt_status_set(st, PT_INVALID_ARGUMENT, "%.*s: a blank or control character at byte %zu", (int)i,
                                 (const char *)url.ptr, i);
    if (!scheme_len(url))
        return pt_status_set(st, PT_INVALID_ARGUMENT,
                             "%.*s: expected tcp://host:port, tls+tcp://host:port, ipc:///path or inproc://name", (int)url.len,
                             url.len ? (const char *)url.ptr : "");
    return PT_OK;
}

/* ---- building ---- */

static pt_code make_room(pt_address_builder *b) {
    if (b->n < b->cap) return PT_OK;
    size_t cap = b->cap ? b->cap * 2 : 8;
    pt_address *addresses = reallocarray(b->addresses, cap, sizeof *addresses);
    if (!addresses) return PT_RESOURCE_EXHAUSTED;
    b->addresses = addresses;
    b->cap = cap;
    return PT_OK;
}

pt_code pt_address_builder_add(pt_address_builder *b, pt_slice url, uint32_t weight, pt_status *st) {
    pt_code code = pt_url_validate(url, st);
    if (code) return code;
    if (weight < 1 || weight > PT_WEIGHT_MAX)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "weight %" PRIu32 " of %.*s: expected 1 to %d", weight, (int)url.len,
                             (const char *)url.ptr, PT_WEIGHT_MAX);
    if (b->n >= PT_ADDRESSES_MAX) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "more than %d addresses", PT_ADDRESSES_MAX);
    char *copy = make_room(b) ? NULL : strndup((const char *)url.ptr, url.len);
    if (!copy) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "addresses: out of memory");
    b->addresses[b->n++] = (pt_address){copy, weight};
    return PT_OK;
}

/* Of equal URLs the highest weight comes first. */
static int by_url(const void *a, const void *b) {
    const pt_address *x = a, *y = b;
    int order = strcmp(x->url, y->url);
    return order ? order : (x->weight < y->weight) - (x->weight > y->weight);
}

static void free_address(pt_address *address) {
    free((char *)address->url);
}

pt_code pt_address_builder_finish(pt_address_builder *b, pt_address_list **ret_list) {
    pt_address_list *list = malloc(sizeof *list + b->n * sizeof *list->addresses);
    if (!list) return PT_RESOURCE_EXHAUSTED;
    atomic_init(&list->refs, 1);
    list->n = 0;
    if (b->n) qsort(b->addresses, b->n, sizeof *b->addresses, by_url);
    for (size_t i = 0; i < b->n; i++) {
        if (list->n && strcmp(list->addresses[list->n - 1].url, b->addresses[i].url) == 0)
            free_address(&b->addresses[i]);
        else
            list->addresses[list->n++] = b->addresses[i];
    }
    b->n = 0;
    pt_address_builder_done(b);
    *ret_list = list;
    return PT_OK;
}

void pt_address_builder_done(pt_address_builder *b) {
    for (size_t i = 0; i < b->n; i++)
        free_address(&b->addresses[i]);
    free(b->addresses);
    *b = (pt_address_builder)PT_ADDRESS_BUILDER_INIT;
}

/* ---- lists ---- */

const pt_address *pt_address_list_get(const pt_address_list *list, size_t *ret_n) {
    *ret_n = list->n;
    return list->addresses;
}

pt_address_list *pt_address_list_ref(pt_address_list *list) {
    if (list) atomic_fetch_add_explicit(&list->refs, 1, memory_order_relaxed);
    return list;
}

void pt_address_list_unref(pt_address_list *list) {
    if (!list || atomic_fetch_sub_explicit(&list->refs, 1, memory_order_acq_rel) > 1) return;
    for (size_t i = 0; i < list->n; i++)
        free_address(&list->addresses[i]);
    free(list);
}

/* Which of two lists stands at a URL that the other hasn't: below 0 the first, above 0 the second, 0 neither. */
static int order(const pt_address *a, const pt_address *a_end, const pt_address *b, const pt_address *b_end) {
    if (a == a_end) return 1;
    return b == b_end ? -1 : strcmp(a->url, b->url);
}

void pt_address_list_compare(const pt_address_list *before, const pt_address_list *after, const pt_address_difference *visit) {
    const pt_address *a = before ? before->addresses : NULL, *a_end = before ? a + before->n : NULL;
    const pt_address *b = after ? after->addresses : NULL, *b_end = after ? b + after->n : NULL;
    while (a != a_end || b != b_end) {
        int side = order(a, a_end, b, b_end);
        if (side < 0) {
            if (visit->gone) visit->gone(visit->arg, a);
        } else if (side > 0) {
            if (visit->added) visit->added(visit->arg, b);
        } else if (a->weight != b->weight && visit->changed) {
            visit->changed(visit->arg, a, b);
        }
        a += side <= 0;
        b += side >= 0;
    }
}

static void note_gone(void *arg, const pt_address *address) {
    (void)address;
    *(bool *)arg = false;
}

static void note_changed(void *arg, const pt_address *before, const pt_address *after) {
    (void)before, (void)after;
    *(bool *)arg = false;
}

bool pt_address_list_equal(const pt_address_list *a, const pt_address_list *b) {
    bool equal = true;
    pt_address_list_compare(a, b, &(pt_address_difference){note_gone, note_gone, note_changed, &equal});
    return equal;
}
