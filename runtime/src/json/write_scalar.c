/* One value as text. */
#include <math.h>

#include "json/base64.h"
#include "json/format.h"
#include "json/lexer.h"
#include "json/write.h"

static double double_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float float_of(uint64_t bits) {
    uint32_t narrow = (uint32_t)bits;
    float value;
    memcpy(&value, &narrow, sizeof value);
    return value;
}

static bool put_real(pt_json_writer *w, pt_field_type type, uint64_t bits) {
    double value = type == PT_TYPE_DOUBLE ? double_of(bits) : (double)float_of(bits);
    if (isnan(value)) return pt_json_put_word(w, "\"NaN\"");
    if (isinf(value)) return pt_json_put_word(w, value < 0 ? "\"-Infinity\"" : "\"Infinity\"");
    if (!pt_json_space_for(w, PT_FORMAT_NUMBER_BYTES)) return false;
    uint8_t *p = w->out->ptr + w->out->len;
    pt_json_put_end(w, type == PT_TYPE_DOUBLE ? pt_format_double(p, value) : pt_format_float(p, float_of(bits)));
    return true;
}

static bool put_integer(pt_json_writer *w, uint64_t bits, bool is_signed, bool quoted) {
    if (!pt_json_space_for(w, PT_FORMAT_NUMBER_BYTES)) return false;
    uint8_t *p = w->out->ptr + w->out->len;
    if (quoted) *p++ = '"';
    p = is_signed ? pt_format_i64(p, (int64_t)bits) : pt_format_u64(p, bits);
    if (quoted) *p++ = '"';
    pt_json_put_end(w, p);
    return true;
}

static bool put_enum(pt_json_writer *w, const pt_enum *type, uint64_t bits) {
    if (type->null_value) return pt_json_put_word(w, "null");
    const pt_enum_value *value = w->options.enum_numbers ? NULL : pt_enum_numbered(type, (int32_t)(int64_t)bits);
    return value ? pt_json_put_text(w, pt_slice_str(value->name)) : put_integer(w, bits, true, false);
}

bool pt_json_put_bits(pt_json_writer *w, const pt_field *field, uint64_t bits, bool quoted) {
    bool wide_quoted = quoted || !w->options.int64_numbers;
    switch (field->type) {
    case PT_TYPE_DOUBLE:
    case PT_TYPE_FLOAT: return put_real(w, field->type, bits);
    case PT_TYPE_BOOL:
        if (quoted) return pt_json_put_word(w, bits ? "\"true\"" : "\"false\"");
        return pt_json_put_word(w, bits ? "true" : "false");
    case PT_TYPE_ENUM: return put_enum(w, field->enumeration, bits);
    case PT_TYPE_UINT64:
    case PT_TYPE_FIXED64: return put_integer(w, bits, false, wide_quoted);
    case PT_TYPE_INT64:
    case PT_TYPE_SINT64:
    case PT_TYPE_SFIXED64: return put_integer(w, bits, true, wide_quoted);
    case PT_TYPE_UINT32:
    case PT_TYPE_FIXED32: return put_integer(w, bits, false, quoted);
    default: return put_integer(w, bits, true, quoted);
    }
}

/* Nothing at all stands for null, so that an empty field is no broken text. */
bool pt_json_put_raw(pt_json_writer *w, pt_slice text) {
    if (text.len == 0) return pt_json_put_word(w, "null");
    pt_json_lexer x = {.pos = text.ptr, .end = text.ptr + text.len, .report = {.start = text.ptr}};
    if (pt_json_pass_text(&x, w->depth, w->out)) return true;
    if (x.report.code == PT_RESOURCE_EXHAUSTED) return pt_json_no_room(&w->report);
    return pt_json_fail(&w->report, PT_INVALID_ARGUMENT, x.pos, "the field doesn't hold JSON text");
}

static bool put_base64(pt_json_writer *w, pt_slice bytes) {
    if (!pt_json_space_for(w, pt_base64_length(bytes.len) + 2)) return false;
    uint8_t *p = w->out->ptr + w->out->len;
    *p++ = '"';
    p = pt_base64_write(p, bytes);
    *p++ = '"';
    pt_json_put_end(w, p);
    return true;
}

bool pt_json_put_blob(pt_json_writer *w, const pt_field *field, pt_slice bytes) {
    if (field->type == PT_TYPE_BYTES) return put_base64(w, bytes);
    if (field->json_form == PT_JSON_RAW && w->options.annotations) return pt_json_put_raw(w, bytes);
    return pt_json_put_text(w, bytes);
}

bool pt_json_put_zero(pt_json_writer *w, const pt_field *field) {
    if (field->map) return pt_json_put_word(w, "{}");
    if (field->repeated) return pt_json_put_word(w, "[]");
    switch (field->type) {
    case PT_TYPE_STRING:
    case PT_TYPE_BYTES: return pt_json_put_blob(w, field, (pt_slice){NULL, 0});
    case PT_TYPE_MESSAGE: return pt_json_put_word(w, "null");
    case PT_TYPE_GROUP: return pt_json_fail(&w->report, PT_INVALID_ARGUMENT, w->report.start, "a group has no JSON form");
    default: return pt_json_put_bits(w, field, 0, false);
    }
}
