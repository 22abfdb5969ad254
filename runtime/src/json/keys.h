/* The keys that an object has had so far, so that a key that comes twice is seen. A few keys are compared one by one, many are
 * hashed with a secret of the process, so that chosen keys don't collide. */
#ifndef PT_JSON_KEYS_H
#define PT_JSON_KEYS_H

#include "partie/buf.h"

#define PT_JSON_KEY_NUMBER UINT32_MAX
#define PT_JSON_KEY_GONE (UINT32_MAX - 1)
#define PT_JSON_KEYS_INLINE 16

/* A key is a text, kept as its place in a buffer that may move, or a number. */
typedef struct pt_json_key {
    uint64_t value; /* offset of the text in the buffer; or the number */
    uint32_t len;   /* bytes of the text; PT_JSON_KEY_NUMBER: a number */
    uint32_t hash;
    uint64_t note; /* the caller's */
} pt_json_key;

/* The keys of all objects that are open, the innermost one's last. */
typedef struct pt_json_keys {
    pt_json_key first[PT_JSON_KEYS_INLINE];
    pt_json_key *all; /* `first`, or owned memory when they outgrow it */
    size_t n, cap;
} pt_json_keys;

/* One object's keys. Scopes end in the reverse order of their beginning. */
typedef struct pt_json_scope {
    size_t base;     /* its first key */
    uint32_t *table; /* place in the scope plus one; NULL while there are few */
    size_t slots;    /* a power of two */
} pt_json_scope;

void pt_json_keys_init(pt_json_keys *keys);
void pt_json_keys_done(pt_json_keys *keys);

void pt_json_scope_begin(const pt_json_keys *keys, pt_json_scope *scope);
void pt_json_scope_end(pt_json_keys *keys, pt_json_scope *scope);

/* A key of a scope: a text at `base + offset`, or a number. */
pt_json_key pt_json_key_text(const uint8_t *base, size_t offset, size_t len);
pt_json_key pt_json_key_number(uint64_t number);

/* Adds a key to the scope. *ret_place: where it stands in the scope, or where its equal stands.
 * ALREADY_EXISTS: there is an equal one, and nothing was added. RESOURCE_EXHAUSTED: no memory; *ret_place is untouched. */
pt_code pt_json_scope_add(pt_json_keys *keys, pt_json_scope *scope, const uint8_t *base, pt_json_key key,
                          size_t *ret_place) PT_MUST_CHECK;

/* The key's text was moved by so many bytes, or is gone and equals no other from now on. */
void pt_json_scope_move(pt_json_keys *keys, const pt_json_scope *scope, size_t place, size_t by);
void pt_json_scope_forget(pt_json_keys *keys, const pt_json_scope *scope, size_t place);

#endif
