/* Messages of google.protobuf that have a JSON form of their own. Their field numbers are part of protobuf. */
#include "json/mask_path.h"
#include "json/read.h"
#include "json/time_text.h"

enum {
    SECONDS = 1,
    NANOS = 2,
    MASK_PATHS = 1,
    STRUCT_FIELDS = 1,
    ENTRY_KEY = 1,
    ENTRY_VALUE = 2,
    LIST_VALUES = 1,
    VALUE_NULL = 1,
    VALUE_NUMBER = 2,
    VALUE_STRING = 3,
    VALUE_BOOL = 4,
    VALUE_STRUCT = 5,
    VALUE_LIST = 6,
};

static bool read_value(pt_json_reader *r);

static bool put_seconds(pt_json_reader *r, pt_seconds time) {
    return pt_json_store_varint(r, SECONDS, (uint64_t)time.seconds) &&
           pt_json_store_varint(r, NANOS, (uint64_t)(int64_t)time.nanos);
}

static bool put_path(pt_json_reader *r, pt_slice path, const uint8_t *at) {
    size_t mark;
    if (!pt_json_begin(r, MASK_PATHS, &mark) || !pt_json_room(r, 2 * path.len)) return false;
    uint8_t *end = pt_mask_path_to_snake(r->out->ptr + r->out->len, path);
    if (!end) return pt_json_refuse(&r->x.report, at, r->x.end, "expected lowerCamelCase paths with commas between");
    pt_json_wrote(r, end);
    return pt_json_end(r, mark) >= 0;
}

static bool put_mask(pt_json_reader *r, pt_slice text, const uint8_t *at) {
    while (text.len) {
        const uint8_t *comma = memchr(text.ptr, ',', text.len);
        size_t len = comma ? (size_t)(comma - text.ptr) : text.len;
        if (!put_path(r, pt_slice_of(text.ptr, len), at)) return false;
        if (!comma) break;
        text = pt_slice_of(comma + 1, text.len - len - 1);
        if (text.len == 0) return put_path(r, text, at); /* a path is missing behind the comma, which this reports */
    }
    return true;
}

bool pt_json_text_wellknown(pt_json_reader *r, const pt_type *type, pt_slice text, const uint8_t *at) {
    pt_seconds time;
    switch (type->well_known) {
    case PT_WK_TIMESTAMP:
        if (pt_timestamp_read(text, &time)) return put_seconds(r, time);
        return pt_json_refuse(&r->x.report, at, r->x.end, "expected a time such as 2024-03-15T12:34:56.789Z");
    case PT_WK_DURATION:
        if (pt_duration_read(text, &time)) return put_seconds(r, time);
        return pt_json_refuse(&r->x.report, at, r->x.end, "expected a duration such as 1.5s");
    default: return put_mask(r, text, at);
    }
}

static bool read_text_form(pt_json_reader *r, const pt_type *type) {
    const uint8_t *at = r->x.pos;
    pt_slice text;
    return pt_json_take_string(r, &text) && pt_json_text_wellknown(r, type, text, at);
}

/* Reads one member of a Struct as a map entry. */
static bool read_struct_entry(pt_json_reader *r, pt_json_scope *scope, pt_json_string name) {
    size_t entry, value, place;
    pt_slice key;
    if (!pt_json_begin(r, STRUCT_FIELDS, &entry) || !pt_json_plain(r, name, &r->name, &key)) return false;
    if (!pt_json_store_bytes(r, ENTRY_KEY, key)) return false;
    pt_json_key noted = pt_json_key_text(r->out->ptr, r->out->len - key.len, key.len);
    pt_code code = pt_json_scope_add(&r->keys, scope, r->out->ptr, noted, &place);
    if (code == PT_ALREADY_EXISTS) {
        return pt_json_fail(&r->x.report, PT_INVALID_ARGUMENT, name.text.ptr - 1, "this key is there twice");
    }
    if (code) return pt_json_no_room(&r->x.report);
    if (!pt_json_begin(r, ENTRY_VALUE, &value) || !read_value(r) || pt_json_end(r, value) < 0) return false;
    int moved = pt_json_end(r, entry);
    if (moved > 0) pt_json_scope_move(&r->keys, scope, place, (size_t)moved);
    return moved >= 0;
}

static bool read_struct_entries(pt_json_reader *r, pt_json_scope *scope, pt_json_step *step) {
    pt_json_string name;
    for (bool first = true, more;; first = false) {
        if (!pt_json_next_member(&r->x, first, &name, &more)) return false;
        if (!more) return true;
        step->key = name.text;
        if (!read_struct_entry(r, scope, name)) return false;
        step->key.ptr = NULL;
    }
}

static bool read_struct(pt_json_reader *r) {
    pt_json_scope scope;
    if (!pt_json_enter(r, '{', "an object")) return false;
    pt_json_step step = {.parent = r->x.report.step, .index = PT_JSON_NO_INDEX};
    r->x.report.step = &step;
    pt_json_scope_begin(&r->keys, &scope);
    bool ok = read_struct_entries(r, &scope, &step);
    pt_json_scope_end(&r->keys, &scope);
    r->x.report.step = (pt_json_step *)step.parent;
    pt_json_leave(r);
    return ok;
}

static bool read_list_elements(pt_json_reader *r, pt_json_step *step) {
    bool more;
    size_t mark;
    for (step->index = 0;; step->index++) {
        if (!pt_json_next_element(&r->x, step->index == 0, &more)) return false;
        if (!more) return true;
        if (!pt_json_begin(r, LIST_VALUES, &mark) || !read_value(r) || pt_json_end(r, mark) < 0) return false;
    }
}

static bool read_list(pt_json_reader *r) {
    if (!pt_json_enter(r, '[', "a list")) return false;
    pt_json_step step = {.parent = r->x.report.step, .index = PT_JSON_NO_INDEX};
    r->x.report.step = &step;
    bool ok = read_list_elements(r, &step);
    r->x.report.step = (pt_json_step *)step.parent;
    pt_json_leave(r);
    return ok;
}

static bool read_nested(pt_json_reader *r, uint32_t number, bool (*read)(pt_json_reader *)) {
    size_t mark;
    return pt_json_begin(r, number, &mark) && read(r) && pt_json_end(r, mark) >= 0;
}

static bool read_number(pt_json_reader *r) {
    static const pt_field number = {.name = "number_value", .number = VALUE_NUMBER, .type = PT_TYPE_DOUBLE};
    uint64_t bits;
    return pt_json_read_bits(r, &number, &bits) && pt_json_store_bits(r, &number, bits, PT_JSON_TAGGED);
}

/* The content of a google.protobuf.Value. A word that isn't one is reported by read_number. */
static bool read_value(pt_json_reader *r) {
    pt_slice text;
    switch (pt_json_peek(&r->x)) {
    case '{': return read_nested(r, VALUE_STRUCT, read_struct);
    case '[': return read_nested(r, VALUE_LIST, read_list);
    case '"': return pt_json_take_string(r, &text) && pt_json_store_bytes(r, VALUE_STRING, text);
    default: break;
    }
    static const pt_field null_value = {.name = "null_value", .number = VALUE_NULL, .type = PT_TYPE_ENUM};
    static const pt_field bool_value = {.name = "bool_value", .number = VALUE_BOOL, .type = PT_TYPE_BOOL};
    if (pt_json_take_word(&r->x, "null")) return pt_json_store_bits(r, &null_value, 0, PT_JSON_TAGGED);
    if (pt_json_take_word(&r->x, "true")) return pt_json_store_bits(r, &bool_value, 1, PT_JSON_TAGGED);
    if (pt_json_take_word(&r->x, "false")) return pt_json_store_bits(r, &bool_value, 0, PT_JSON_TAGGED);
    uint8_t c = pt_json_peek(&r->x);
    return c == '-' || (c >= '0' && c <= '9') ? read_number(r) : pt_json_expected(&r->x, "a value");
}

static bool read_empty(pt_json_reader *r, const pt_type *type) {
    if (!pt_json_enter(r, '{', "an object")) return false;
    bool ok = pt_json_read_members(r, type, false);
    pt_json_leave(r);
    return ok;
}

bool pt_json_read_wellknown(pt_json_reader *r, const pt_type *type) {
    switch (type->well_known) {
    case PT_WK_ANY: return pt_json_read_any(r);
    case PT_WK_EMPTY: return read_empty(r, type);
    case PT_WK_LIST_VALUE: return read_list(r);
    case PT_WK_STRUCT: return read_struct(r);
    case PT_WK_VALUE: return read_value(r);
    case PT_WK_WRAPPER: return pt_json_read_single(r, &type->fields[0], PT_JSON_IMPLICIT);
    default: return read_text_form(r, type);
    }
}
