#include "partie/metadata.h"

#define FIRST_PAIRS 8

void pt_metadata_init(pt_metadata *md, pt_arena *arena) {
    *md = (pt_metadata){.arena = arena};
}

/* Copies the key to `to` in lower case. False: empty, or a character that no key has. */
static bool lower_key(const char *key, size_t len, char *to) {
    for (size_t i = 0; i < len; i++) {
        char c = key[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.') return false;
        to[i] = c;
    }
    to[len] = '\0';
    return len > 0;
}

static bool is_binary(const char *key, size_t len) {
    return len >= 4 && memcmp(key + len - 4, "-bin", 4) == 0;
}

static bool is_printable(pt_slice value) {
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] < 0x20 || value.ptr[i] > 0x7e) return false;
    return true;
}

/* Makes room for one more pair. */
static pt_code grow(pt_metadata *md) {
    if (md->n_pairs < md->cap_pairs) return PT_OK;
    size_t cap = md->cap_pairs ? md->cap_pairs * 2 : FIRST_PAIRS;
    pt_metadata_pair *pairs = pt_arena_calloc(md->arena, cap, sizeof *pairs);
    if (!pairs) return PT_RESOURCE_EXHAUSTED;
    if (md->n_pairs) memcpy(pairs, md->pairs, md->n_pairs * sizeof *pairs);
    md->pairs = pairs;
    md->cap_pairs = cap;
    return PT_OK;
}

pt_code pt_metadata_add(pt_metadata *md, const char *key, pt_slice value) {
    size_t len = strlen(key), left = PT_METADATA_MAX_BYTES - md->bytes;
    if (md->n_pairs == PT_METADATA_MAX_PAIRS || len > left || value.len > left - len) return PT_RESOURCE_EXHAUSTED;
    char *own_key = pt_arena_alloc(md->arena, len + 1);
    if (!own_key) return PT_RESOURCE_EXHAUSTED;
    if (!lower_key(key, len, own_key)) return PT_INVALID_ARGUMENT;
    if (!is_binary(own_key, len) && !is_printable(value)) return PT_INVALID_ARGUMENT;
    char *own_value = pt_arena_strndup(md->arena, (const char *)value.ptr, value.len);
    if (!own_value || grow(md)) return PT_RESOURCE_EXHAUSTED;
    md->pairs[md->n_pairs++] = (pt_metadata_pair){own_key, pt_slice_of(own_value, value.len)};
    md->bytes += len + value.len;
    return PT_OK;
}

pt_code pt_metadata_add_str(pt_metadata *md, const char *key, const char *value) {
    return pt_metadata_add(md, key, pt_slice_str(value));
}

const pt_slice *pt_metadata_get(const pt_metadata *md, const char *key) {
    for (size_t i = 0; i < md->n_pairs; i++)
        if (strcmp(md->pairs[i].key, key) == 0) return &md->pairs[i].value;
    return NULL;
}

const char *pt_metadata_get_str(const pt_metadata *md, const char *key) {
    const pt_slice *value = is_binary(key, strlen(key)) ? NULL : pt_metadata_get(md, key);
    return value ? (const char *)value->ptr : NULL;
}
