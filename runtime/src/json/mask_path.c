#include "json/mask_path.h"

static bool is_upper(uint8_t c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(uint8_t c) {
    return c >= 'a' && c <= 'z';
}

uint8_t *pt_mask_path_to_snake(uint8_t *to, pt_slice path) {
    if (path.len == 0) return NULL;
    for (size_t i = 0; i < path.len; i++) {
        uint8_t c = path.ptr[i];
        if (c == '_') return NULL;
        if (is_upper(c)) *to++ = '_';
        *to++ = is_upper(c) ? c | 0x20 : c;
    }
    return to;
}

uint8_t *pt_mask_path_to_camel(uint8_t *to, pt_slice path) {
    if (path.len == 0) return NULL;
    for (size_t i = 0; i < path.len; i++) {
        uint8_t c = path.ptr[i];
        if (is_upper(c) || c == ',') return NULL;
        if (c != '_') {
            *to++ = c;
            continue;
        }
        if (++i == path.len || !is_lower(path.ptr[i])) return NULL;
        *to++ = path.ptr[i] & (uint8_t)~0x20;
    }
    return to;
}
