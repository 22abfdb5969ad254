#include "mapping/query.h"

#include "routing/percent.h"

static pt_slice next_piece(pt_query *query) {
    pt_slice piece = query->rest;
    const uint8_t *end = piece.len ? memchr(piece.ptr, '&', piece.len) : NULL;
    if (end) {
        piece.len = (size_t)(end - piece.ptr);
        query->rest = pt_slice_of(end + 1, query->rest.len - piece.len - 1);
    } else {
        query->rest = (pt_slice){0};
    }
    return piece;
}

static pt_code decode(pt_slice raw, pt_arena *arena, pt_slice *ret_text, pt_status *st) {
    if (!raw.len || (!memchr(raw.ptr, '%', raw.len) && !memchr(raw.ptr, '+', raw.len))) {
        *ret_text = raw;
        return PT_OK;
    }
    uint8_t *text = pt_arena_alloc(arena, raw.len);
    size_t len;
    if (!text) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "query: out of memory");
    if (!pt_percent_decode(raw, PT_PERCENT_QUERY, text, &len))
        return pt_status_set(st, PT_INVALID_ARGUMENT, "query: a %% without two hexadecimal digits behind it in \"%.*s\"",
                             (int)(raw.len < 100 ? raw.len : 100), (const char *)raw.ptr);
    *ret_text = pt_slice_of(text, len);
    return PT_OK;
}

pt_code pt_query_next(pt_query *query, pt_arena *arena, pt_query_pair *ret_pair, bool *ret_found, pt_status *st) {
    pt_slice piece = {0};
    while (!piece.len && query->rest.len)
        piece = next_piece(query);
    if (!piece.len) {
        *ret_found = false;
        return PT_OK;
    }
    pt_slice name = piece, value = {0};
    const uint8_t *equals = memchr(piece.ptr, '=', piece.len);
    if (equals) {
        name.len = (size_t)(equals - piece.ptr);
        value = pt_slice_of(equals + 1, piece.len - name.len - 1);
    }
    pt_query_pair pair;
    pt_code code = decode(name, arena, &pair.name, st);
    if (!code) code = decode(value, arena, &pair.value, st);
    if (code) return code;
    *ret_pair = pair;
    *ret_found = true;
    return PT_OK;
}
