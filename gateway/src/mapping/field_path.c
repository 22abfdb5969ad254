#include "mapping/field_path.h"

#include "partie/json.h"
#include "partie/wire.h"

static pt_code unknown(const pt_type *type, pt_slice part, pt_status *st) {
    return pt_status_set(st, PT_INVALID_ARGUMENT, "\"%.*s\" is no field of %s", (int)part.len, (const char *)part.ptr,
                         type->name);
}

static bool is_single_message(const pt_field *f) {
    return f->type == PT_TYPE_MESSAGE && !f->repeated && !f->map;
}

/* Splits off what stands before the first '.', which *ret_more says was there. */
static pt_slice next_part(pt_slice *rest, bool *ret_more) {
    pt_slice part = *rest;
    const uint8_t *dot = rest->len ? memchr(rest->ptr, '.', rest->len) : NULL;
    *ret_more = dot;
    if (!dot) return part;
    part.len = (size_t)(dot - rest->ptr);
    rest->ptr = dot + 1;
    rest->len -= part.len + 1;
    return part;
}

pt_code pt_field_path_find(const pt_type *type, pt_slice dotted, pt_arena *arena, pt_field_path *ret_path, pt_status *st) {
    const pt_field *fields[PT_FIELD_PATH_MAX];
    uint32_t n = 0;
    bool more = true;
    while (more) {
        pt_slice part = next_part(&dotted, &more);
        const pt_field *f = part.len ? pt_type_field_json(type, (const char *)part.ptr, part.len) : NULL;
        if (!f) return unknown(type, part, st);
        if (more && !is_single_message(f))
            return pt_status_set(st, PT_INVALID_ARGUMENT, "%s is no single message, so nothing inside it can be named",
                                 f->name);
        if (n == PT_FIELD_PATH_MAX)
            return pt_status_set(st, PT_INVALID_ARGUMENT, "more than %d parts in the path of a field", PT_FIELD_PATH_MAX);
        fields[n++] = f;
        type = f->message;
    }
    const pt_field **kept = pt_arena_copy(arena, fields, n * sizeof *fields);
    if (!kept) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    *ret_path = (pt_field_path){.fields = kept, .n_fields = n};
    return PT_OK;
}

static size_t tag_size(const pt_field *f) {
    return pt_varint_size((uint64_t)f->number << 3);
}

pt_code pt_field_path_put(const pt_field_path *path, pt_slice text, pt_buf *scratch, pt_buf *out, pt_status *st) {
    size_t sizes[PT_FIELD_PATH_MAX]; /* of what stands inside the i-th message */
    if (text.len && (memchr(text.ptr, 0, text.len) || !pt_utf8_valid(text)))
        return pt_status_set(st, PT_INVALID_ARGUMENT, "expected UTF-8 text without NUL");
    pt_buf_clear(scratch);
    pt_code code = pt_json_read_text(pt_field_path_last(path), text, scratch, st);
    if (code) return code;
    size_t size = scratch->len;
    for (uint32_t i = path->n_fields - 1; i-- > 0;) {
        sizes[i] = size;
        size += tag_size(path->fields[i]) + pt_varint_size(size);
    }
    if (pt_buf_reserve(out, size)) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "the request is too large");
    uint8_t *p = out->ptr + out->len;
    for (uint32_t i = 0; i + 1 < path->n_fields; i++) {
        p = pt_write_tag(p, path->fields[i]->number, PT_WIRE_LEN);
        p = pt_write_varint(p, sizes[i]);
    }
    if (scratch->len) memcpy(p, scratch->ptr, scratch->len);
    out->len += size;
    return PT_OK;
}

/* The last occurrence of a field, tag and value apart. */
static bool last_occurrence(const pt_field *f, pt_slice wire, pt_slice *ret_whole, pt_slice *ret_value) {
    pt_reader r = pt_reader_of(wire);
    bool found = false;
    while (pt_reader_left(&r)) {
        const uint8_t *start = r.pos;
        uint32_t number;
        unsigned wire_type;
        if (!pt_read_tag(&r, &number, &wire_type)) return false;
        const uint8_t *value = r.pos;
        if (!pt_skip_scalar(&r, wire_type)) return false;
        if (number != f->number) continue;
        found = true;
        *ret_whole = pt_slice_of(start, (size_t)(r.pos - start));
        *ret_value = pt_slice_of(value, (size_t)(r.pos - value));
    }
    return found;
}

static bool is_zero(pt_slice value) {
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i]) return false;
    return true;
}

bool pt_field_path_get(const pt_field_path *path, pt_slice wire, pt_slice *ret_value) {
    pt_slice whole, value;
    for (uint32_t i = 0; i < path->n_fields; i++) {
        const pt_field *f = path->fields[i];
        if (!last_occurrence(f, wire, &whole, &value)) return false;
        if (i + 1 == path->n_fields) {
            if (!f->presence && is_zero(value)) return false;
            *ret_value = whole;
            return true;
        }
        pt_reader r = pt_reader_of(value);
        if (!pt_read_bytes(&r, &wire)) return false;
    }
    return false;
}
