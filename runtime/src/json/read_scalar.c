/* Numbers, bools and enums. */
#include "json/read.h"

static bool refuse(pt_json_reader *r, const uint8_t *at, const char *what) {
    return pt_json_refuse(&r->x.report, at, r->x.end, "%s", what);
}

static bool fits(pt_json_reader *r, const uint8_t *at, pt_json_number_fit fit, const char *type) {
    if (fit == PT_JSON_NUMBER_FITS) return true;
    const char *what = fit == PT_JSON_NUMBER_FRACTION ? "expected a whole number" : "out of range";
    return pt_json_refuse(&r->x.report, at, r->x.end, "%s for %s", what, type);
}

static bool signed_bits(pt_json_reader *r, const pt_field *field, const pt_json_number *n, const uint8_t *at, uint64_t *ret) {
    bool narrow = field->type == PT_TYPE_INT32 || field->type == PT_TYPE_SINT32 || field->type == PT_TYPE_SFIXED32 ||
                  field->type == PT_TYPE_ENUM;
    int64_t value;
    pt_json_number_fit fit = pt_json_number_i64(n, &value);
    if (!fit && narrow && (value < INT32_MIN || value > INT32_MAX)) fit = PT_JSON_NUMBER_RANGE;
    if (!fits(r, at, fit, narrow ? "a 32-bit integer" : "a 64-bit integer")) return false;
    if (field->type == PT_TYPE_SINT32 || field->type == PT_TYPE_SINT64) {
        *ret = pt_zigzag(value);
    } else {
        *ret = field->type == PT_TYPE_SFIXED32 ? (uint32_t)value : (uint64_t)value;
    }
    return true;
}

static bool unsigned_bits(pt_json_reader *r, const pt_field *field, const pt_json_number *n, const uint8_t *at, uint64_t *ret) {
    bool narrow = field->type == PT_TYPE_UINT32 || field->type == PT_TYPE_FIXED32;
    uint64_t value;
    pt_json_number_fit fit = pt_json_number_u64(n, &value);
    if (!fit && narrow && value > UINT32_MAX) fit = PT_JSON_NUMBER_RANGE;
    if (!fits(r, at, fit, narrow ? "an unsigned 32-bit integer" : "an unsigned 64-bit integer")) return false;
    *ret = value;
    return true;
}

static uint64_t double_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t float_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static bool real_bits(pt_json_reader *r, const pt_field *field, const pt_json_number *n, const uint8_t *at, uint64_t *ret) {
    double wide;
    float narrow;
    if (field->type == PT_TYPE_DOUBLE) {
        if (!pt_json_number_double(n, &wide)) return refuse(r, at, "out of range for a double");
        *ret = double_bits(wide);
        return true;
    }
    if (!pt_json_number_float(n, &narrow)) return refuse(r, at, "out of range for a float");
    *ret = float_bits(narrow);
    return true;
}

static bool number_bits(pt_json_reader *r, const pt_field *field, const pt_json_number *n, const uint8_t *at, uint64_t *ret) {
    switch (field->type) {
    case PT_TYPE_DOUBLE:
    case PT_TYPE_FLOAT: return real_bits(r, field, n, at, ret);
    case PT_TYPE_UINT32:
    case PT_TYPE_UINT64:
    case PT_TYPE_FIXED32:
    case PT_TYPE_FIXED64: return unsigned_bits(r, field, n, at, ret);
    default: return signed_bits(r, field, n, at, ret);
    }
}

static bool enum_number(pt_json_reader *r, const pt_field *field, const pt_json_number *n, const uint8_t *at, uint64_t *ret) {
    if (!signed_bits(r, field, n, at, ret)) return false;
    if (!field->enumeration->closed || pt_enum_numbered(field->enumeration, (int32_t)*ret)) return true;
    return pt_json_refuse(&r->x.report, at, r->x.end, "%s has no such value", field->enumeration->name);
}

static bool enum_name(pt_json_reader *r, const pt_enum *type, pt_slice name, const uint8_t *at, uint64_t *ret) {
    const pt_enum_value *value = pt_enum_named(type, (const char *)name.ptr, name.len);
    if (value) {
        *ret = (uint64_t)(int64_t)value->number;
        return true;
    }
    if (!r->options.ignore_unknown) return pt_json_refuse(&r->x.report, at, r->x.end, "%s has no such value", type->name);
    r->skipped = true;
    *ret = 0;
    return true;
}

static bool is_word(pt_slice text, const char *word) {
    return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

static bool special_real(const pt_field *field, pt_slice word, uint64_t *ret) {
    bool wide = field->type == PT_TYPE_DOUBLE;
    bool negative = word.len && word.ptr[0] == '-';
    if (is_word(word, "NaN")) {
        *ret = wide ? UINT64_C(0x7ff8000000000000) : UINT32_C(0x7fc00000);
    } else if (is_word(word, "Infinity") || is_word(word, "-Infinity")) {
        *ret = wide ? UINT64_C(0x7ff0000000000000) : UINT32_C(0x7f800000);
        if (negative) *ret |= UINT64_C(1) << (wide ? 63 : 31);
    } else {
        return false;
    }
    return true;
}

bool pt_json_word_bits(pt_json_reader *r, const pt_field *field, pt_slice word, const uint8_t *at, uint64_t *ret) {
    if (field->type == PT_TYPE_BOOL) {
        bool yes = is_word(word, "true");
        if (!yes && !is_word(word, "false")) return refuse(r, at, "expected true or false");
        *ret = yes;
        return true;
    }
    bool real = field->type == PT_TYPE_DOUBLE || field->type == PT_TYPE_FLOAT;
    if (real && special_real(field, word, ret)) return true;
    pt_json_number n;
    const uint8_t *end = word.ptr + word.len;
    bool number = word.len && pt_json_number_scan(word.ptr, end, &n) == end;
    if (field->type == PT_TYPE_ENUM) {
        return number ? enum_number(r, field, &n, at, ret) : enum_name(r, field->enumeration, word, at, ret);
    }
    return number ? number_bits(r, field, &n, at, ret) : refuse(r, at, "expected a number");
}

static bool read_bool(pt_json_reader *r, uint64_t *ret) {
    bool yes = pt_json_take_word(&r->x, "true");
    if (!yes && !pt_json_take_word(&r->x, "false")) return pt_json_expected(&r->x, "true or false");
    *ret = yes;
    return true;
}

static bool read_enum(pt_json_reader *r, const pt_field *field, uint64_t *ret) {
    const uint8_t *at = r->x.pos;
    uint8_t c = pt_json_peek(&r->x);
    pt_json_number n;
    pt_slice name;
    if (c == '"') return pt_json_take_string(r, &name) && enum_name(r, field->enumeration, name, at, ret);
    if (c == '-' || (c >= '0' && c <= '9')) return pt_json_read_number(&r->x, &n) && enum_number(r, field, &n, at, ret);
    if (field->enumeration->null_value && pt_json_take_word(&r->x, "null")) {
        *ret = 0;
        return true;
    }
    return pt_json_expected(&r->x, "a name or number of an enum");
}

bool pt_json_read_bits(pt_json_reader *r, const pt_field *field, uint64_t *ret) {
    if (field->type == PT_TYPE_BOOL) return read_bool(r, ret);
    if (field->type == PT_TYPE_ENUM) return read_enum(r, field, ret);
    const uint8_t *at = r->x.pos;
    if (pt_json_peek(&r->x) == '"') {
        pt_slice word;
        return pt_json_take_string(r, &word) && pt_json_word_bits(r, field, word, at, ret);
    }
    pt_json_number n;
    return pt_json_read_number(&r->x, &n) && number_bits(r, field, &n, at, ret);
}

bool pt_json_store_bits(pt_json_reader *r, const pt_field *field, uint64_t bits, pt_json_place place) {
    if (place == PT_JSON_IMPLICIT && bits == 0) return true;
    if (!pt_json_room(r, 2 * PT_VARINT_MAX_BYTES)) return false;
    uint8_t *p = r->out->ptr + r->out->len;
    bool tag = place != PT_JSON_BARE;
    switch (field->type) {
    case PT_TYPE_DOUBLE:
    case PT_TYPE_FIXED64:
    case PT_TYPE_SFIXED64:
        if (tag) p = pt_write_tag(p, field->number, PT_WIRE_I64);
        p = pt_write_fixed64(p, bits);
        break;
    case PT_TYPE_FLOAT:
    case PT_TYPE_FIXED32:
    case PT_TYPE_SFIXED32:
        if (tag) p = pt_write_tag(p, field->number, PT_WIRE_I32);
        p = pt_write_fixed32(p, (uint32_t)bits);
        break;
    default:
        if (tag) p = pt_write_tag(p, field->number, PT_WIRE_VARINT);
        p = pt_write_varint(p, bits);
    }
    pt_json_wrote(r, p);
    return true;
}
