#include "json/keys.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "json/pow10.h"
#include "json/scan.h"

static uint64_t secrets[3];

static void make_secrets(void) {
    if (getrandom(secrets, sizeof secrets, GRND_NONBLOCK) == (ssize_t)sizeof secrets) return;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    secrets[0] = (uint64_t)now.tv_nsec * UINT64_C(0x9e3779b97f4a7c15);
    secrets[1] = (uint64_t)(uintptr_t)&now ^ ~secrets[0];
    secrets[2] = secrets[0] ^ (uint64_t)now.tv_sec << 32;
}

static uint64_t mix(uint64_t a, uint64_t b) {
    uint64_t low, high = pt_mul_high(a ^ secrets[0], b ^ secrets[1], &low);
    return high ^ low;
}

/* Up to 7 bytes as a number. Which bytes overlap depends only on the length, which is hashed too. */
static uint64_t short_word(const uint8_t *p, size_t len) {
    uint32_t first, last;
    if (len < 4) return len ? (uint64_t)p[0] | (uint64_t)p[len / 2] << 8 | (uint64_t)p[len - 1] << 16 : 0;
    memcpy(&first, p, sizeof first);
    memcpy(&last, p + len - sizeof last, sizeof last);
    return (uint64_t)first << 32 | last;
}

static uint64_t hash_bytes(const uint8_t *p, size_t len) {
    uint64_t hash = secrets[2] ^ len;
    if (len < 8) return mix(hash, short_word(p, len));
    const uint8_t *last = p + len - 8;
    for (; p < last; p += 8)
        hash = mix(hash, pt_load_word(p));
    return mix(hash, pt_load_word(last));
}

void pt_json_keys_init(pt_json_keys *keys) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_secrets);
    keys->all = keys->first;
    keys->n = 0;
    keys->cap = PT_JSON_KEYS_INLINE;
}

void pt_json_keys_done(pt_json_keys *keys) {
    if (keys->all != keys->first) free(keys->all);
}

void pt_json_scope_begin(const pt_json_keys *keys, pt_json_scope *scope) {
    *scope = (pt_json_scope){.base = keys->n};
}

void pt_json_scope_end(pt_json_keys *keys, pt_json_scope *scope) {
    free(scope->table);
    keys->n = scope->base;
}

pt_json_key pt_json_key_text(const uint8_t *base, size_t offset, size_t len) {
    return (pt_json_key){.value = offset, .len = (uint32_t)len, .hash = (uint32_t)hash_bytes(base + offset, len)};
}

pt_json_key pt_json_key_number(uint64_t number) {
    return (pt_json_key){.value = number, .len = PT_JSON_KEY_NUMBER, .hash = (uint32_t)mix(secrets[2], number)};
}

static bool equal(const uint8_t *base, const pt_json_key *a, const pt_json_key *b) {
    if (a->hash != b->hash || a->len != b->len) return false;
    if (a->len == PT_JSON_KEY_NUMBER) return a->value == b->value;
    return memcmp(base + a->value, base + b->value, a->len) == 0;
}

static void enter(const pt_json_scope *scope, uint32_t hash, size_t place) {
    size_t slot = hash & (scope->slots - 1);
    while (scope->table[slot])
        slot = (slot + 1) & (scope->slots - 1);
    scope->table[slot] = (uint32_t)place + 1;
}

/* The place in the scope of the equal key, or SIZE_MAX. */
static size_t find(const pt_json_keys *keys, const pt_json_scope *scope, const uint8_t *base, const pt_json_key *key) {
    const pt_json_key *own = keys->all + scope->base;
    size_t n = keys->n - scope->base;
    if (!scope->table) {
        for (size_t i = 0; i < n; i++) {
            if (equal(base, own + i, key)) return i;
        }
        return SIZE_MAX;
    }
    for (size_t slot = key->hash & (scope->slots - 1); scope->table[slot]; slot = (slot + 1) & (scope->slots - 1)) {
        size_t place = scope->table[slot] - 1;
        if (equal(base, own + place, key)) return place;
    }
    return SIZE_MAX;
}

/* Makes the table at most half full with one key more. */
static pt_code widen(const pt_json_keys *keys, pt_json_scope *scope) {
    size_t n = keys->n - scope->base;
    if (n < PT_JSON_KEYS_INLINE || 2 * n < scope->slots) return PT_OK;
    if (n >= UINT32_MAX / 8) return PT_RESOURCE_EXHAUSTED;
    size_t slots = scope->slots ? scope->slots * 2 : 4 * PT_JSON_KEYS_INLINE;
    uint32_t *table = calloc(slots, sizeof *table);
    if (!table) return PT_RESOURCE_EXHAUSTED;
    free(scope->table);
    scope->table = table;
    scope->slots = slots;
    for (size_t i = 0; i < n; i++)
        enter(scope, keys->all[scope->base + i].hash, i);
    return PT_OK;
}

static pt_code make_room(pt_json_keys *keys) {
    if (keys->n < keys->cap) return PT_OK;
    bool moved = keys->all != keys->first;
    pt_json_key *all = realloc(moved ? keys->all : NULL, 2 * keys->cap * sizeof *all);
    if (!all) return PT_RESOURCE_EXHAUSTED;
    if (!moved) memcpy(all, keys->first, sizeof keys->first);
    keys->all = all;
    keys->cap *= 2;
    return PT_OK;
}

pt_code pt_json_scope_add(pt_json_keys *keys, pt_json_scope *scope, const uint8_t *base, pt_json_key key, size_t *ret_place) {
    size_t place = find(keys, scope, base, &key);
    if (place != SIZE_MAX) {
        *ret_place = place;
        return PT_ALREADY_EXISTS;
    }
    pt_code code = make_room(keys);
    if (!code) code = widen(keys, scope);
    if (code) return code;
    place = keys->n - scope->base;
    if (scope->table) enter(scope, key.hash, place);
    keys->all[keys->n++] = key;
    *ret_place = place;
    return PT_OK;
}

void pt_json_scope_move(pt_json_keys *keys, const pt_json_scope *scope, size_t place, size_t by) {
    pt_json_key *key = keys->all + scope->base + place;
    if (key->len < PT_JSON_KEY_GONE) key->value += by;
}

void pt_json_scope_forget(pt_json_keys *keys, const pt_json_scope *scope, size_t place) {
    keys->all[scope->base + place].len = PT_JSON_KEY_GONE;
}
