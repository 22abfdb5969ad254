/* One value of a field: strings, bytes, JSON text, messages, lists. */
#include "json/base64.h"
#include "json/read.h"

bool pt_json_resolve(pt_json_reader *r, pt_slice escaped, pt_buf *hold, pt_slice *ret) {
    pt_buf_clear(hold);
    if (pt_buf_reserve(hold, escaped.len)) return pt_json_no_room(&r->x.report);
    hold->len = (size_t)(pt_json_unescape(escaped, hold->ptr) - hold->ptr);
    *ret = pt_buf_slice(hold);
    return true;
}

bool pt_json_take_string(pt_json_reader *r, pt_slice *ret) {
    pt_json_string string;
    return pt_json_read_string(&r->x, &string) && pt_json_plain(r, string, &r->scratch, ret);
}

bool pt_json_store_bytes(pt_json_reader *r, uint32_t number, pt_slice bytes) {
    if (!pt_json_room(r, 2 * PT_VARINT_MAX_BYTES + bytes.len)) return false;
    uint8_t *p = pt_write_tag(r->out->ptr + r->out->len, number, PT_WIRE_LEN);
    p = pt_write_varint(p, bytes.len);
    if (bytes.len) memcpy(p, bytes.ptr, bytes.len);
    pt_json_wrote(r, p + bytes.len);
    return true;
}

bool pt_json_store_varint(pt_json_reader *r, uint32_t number, uint64_t value) {
    if (value == 0) return true;
    if (!pt_json_room(r, 2 * PT_VARINT_MAX_BYTES)) return false;
    uint8_t *p = pt_write_tag(r->out->ptr + r->out->len, number, PT_WIRE_VARINT);
    pt_json_wrote(r, pt_write_varint(p, value));
    return true;
}

bool pt_json_begin(pt_json_reader *r, uint32_t number, size_t *ret_mark) {
    if (!pt_json_room(r, 2 * PT_VARINT_MAX_BYTES)) return false;
    pt_json_wrote(r, pt_write_tag(r->out->ptr + r->out->len, number, PT_WIRE_LEN));
    *ret_mark = r->out->len++; /* most lengths take one byte; pt_json_end makes room for those that take more */
    return true;
}

int pt_json_end(pt_json_reader *r, size_t mark) {
    size_t first = mark + 1, len = r->out->len - first, moved = pt_varint_size(len) - 1;
    if (moved) {
        if (!pt_json_room(r, moved)) return -1;
        memmove(r->out->ptr + first + moved, r->out->ptr + first, len);
        r->out->len += moved;
    }
    pt_write_varint(r->out->ptr + mark, len);
    return (int)moved;
}

bool pt_json_enter(pt_json_reader *r, uint8_t bracket, const char *expected) {
    if (pt_json_peek(&r->x) != bracket) return pt_json_expected(&r->x, expected);
    if (r->depth == 0) {
        return pt_json_fail(&r->x.report, PT_RESOURCE_EXHAUSTED, r->x.pos, "nested deeper than %u", (unsigned)r->options.depth);
    }
    r->depth--;
    r->x.pos++;
    return true;
}

static bool read_text(pt_json_reader *r, const pt_field *field, pt_json_place place) {
    pt_json_string string;
    if (!pt_json_read_string(&r->x, &string)) return false;
    if (place == PT_JSON_IMPLICIT && string.text.len == 0) return true;
    pt_slice text;
    return pt_json_plain(r, string, &r->scratch, &text) && pt_json_store_bytes(r, field->number, text);
}

bool pt_json_store_base64(pt_json_reader *r, const pt_field *field, pt_slice text, const uint8_t *at, pt_json_place place) {
    if (place == PT_JSON_IMPLICIT && text.len == 0) return true;
    size_t mark;
    const uint8_t *bad;
    if (!pt_json_begin(r, field->number, &mark) || !pt_json_room(r, text.len)) return false;
    uint8_t *end = pt_base64_read(r->out->ptr + r->out->len, text, &bad);
    if (!end) return pt_json_refuse(&r->x.report, at, r->x.end, "expected base64");
    pt_json_wrote(r, end);
    return pt_json_end(r, mark) >= 0;
}

bool pt_json_read_raw(pt_json_reader *r, uint32_t number) {
    size_t mark;
    return pt_json_begin(r, number, &mark) && pt_json_pass_value(&r->x, r->depth, r->out) && pt_json_end(r, mark) >= 0;
}

static bool is_raw(const pt_json_reader *r, const pt_field *field) {
    return field->json_form == PT_JSON_RAW && r->options.annotations;
}

static bool read_message(pt_json_reader *r, const pt_field *field) {
    size_t mark;
    return pt_json_begin(r, field->number, &mark) && pt_json_read_content(r, field->message) && pt_json_end(r, mark) >= 0;
}

bool pt_json_read_single(pt_json_reader *r, const pt_field *field, pt_json_place place) {
    const uint8_t *at = r->x.pos;
    uint64_t bits;
    pt_slice text;
    switch (field->type) {
    case PT_TYPE_STRING: return is_raw(r, field) ? pt_json_read_raw(r, field->number) : read_text(r, field, place);
    case PT_TYPE_BYTES: return pt_json_take_string(r, &text) && pt_json_store_base64(r, field, text, at, place);
    case PT_TYPE_MESSAGE: return read_message(r, field);
    case PT_TYPE_GROUP: return pt_json_fail(&r->x.report, PT_INVALID_ARGUMENT, at, "a group has no JSON form");
    default: return pt_json_read_bits(r, field, &bits) && (r->skipped || pt_json_store_bits(r, field, bits, place));
    }
}

bool pt_json_null_counts(const pt_json_reader *r, const pt_field *field) {
    if (field->repeated) return false;
    if (field->type == PT_TYPE_MESSAGE) return field->message->well_known == PT_WK_VALUE;
    if (field->type == PT_TYPE_ENUM) return field->enumeration->null_value;
    return is_raw(r, field);
}

static bool read_elements(pt_json_reader *r, const pt_field *field, pt_json_step *step) {
    pt_json_place place = field->packed ? PT_JSON_BARE : PT_JSON_TAGGED;
    bool more;
    for (step->index = 0;; step->index++) {
        if (!pt_json_next_element(&r->x, step->index == 0, &more)) return false;
        if (!more) return true;
        if (!pt_json_read_single(r, field, place)) return false;
        r->skipped = false;
    }
}

static bool read_list(pt_json_reader *r, const pt_field *field) {
    pt_json_step *step = r->x.report.step;
    size_t before = r->out->len, mark = 0;
    if (!pt_json_enter(r, '[', "a list")) return false;
    if (field->packed && !pt_json_begin(r, field->number, &mark)) return false;
    if (!read_elements(r, field, step)) return false;
    step->index = PT_JSON_NO_INDEX;
    pt_json_leave(r);
    if (!field->packed) return true;
    if (r->out->len > mark + 1) return pt_json_end(r, mark) >= 0;
    r->out->len = before;
    return true;
}

bool pt_json_read_whole(pt_json_reader *r, const pt_field *field) {
    if (field->map) return pt_json_read_map(r, field);
    if (field->repeated) return read_list(r, field);
    bool ok = pt_json_read_single(r, field, field->presence ? PT_JSON_TAGGED : PT_JSON_IMPLICIT);
    r->skipped = false;
    return ok;
}
