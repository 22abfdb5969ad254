#include "value_text.h"

#include <inttypes.h>
#include <math.h>
#include <partie/json.h>
#include <stdio.h>

static void put_format(pt_buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put_format(pt_buf *out, const char *format, ...) {
    char text[64];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pt_put_text(out, text);
}

static void put_double(pt_buf *out, double value, int digits) {
    if (isnan(value))
        pt_put_text(out, "NaN");
    else if (isinf(value))
        pt_put_text(out, value > 0 ? "Infinity" : "-Infinity");
    else
        put_format(out, "%.*g", digits, value);
}

static void put_float_bits(pt_buf *out, uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    put_double(out, (double)value, 9);
}

static void put_double_bits(pt_buf *out, uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    put_double(out, value, 17);
}

/* base64url, so that it fits a path */
static void put_base64(pt_buf *out, pt_slice bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (k < n ? bytes.ptr[i + k] : 0);
        for (size_t k = 0; k < 4; k++) {
            char c = k <= n ? digits[group >> (18 - 6 * k) & 63] : '=';
            pt_put_raw(out, &c, 1);
        }
    }
}

static int64_t unzigzag(uint64_t value) {
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static void put_enum(const pt_enum *e, int32_t number, pt_buf *out) {
    const pt_enum_value *value = pt_enum_numbered(e, number);
    if (value)
        pt_put_text(out, value->name);
    else
        put_format(out, "%" PRId32, number);
}

/* Timestamps, durations and field masks: their JSON string holds nothing that needs escaping. */
static bool put_well_known(const pt_type *type, pt_slice bytes, pt_buf *out) {
    pt_buf json = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_status st = PT_STATUS_INIT;
    bool ok = pt_json_write(type, bytes, NULL, &json, &st) == PT_OK && json.len >= 2;
    if (ok) pt_put_raw(out, json.ptr + 1, json.len - 2);
    pt_status_done(&st);
    pt_buf_done(&json);
    return ok;
}

static bool put_message(const pt_type *type, pt_slice bytes, pt_buf *out) {
    pt_part inner = {.number = 1};
    switch (type->well_known) {
    case PT_WK_TIMESTAMP:
    case PT_WK_DURATION:
    case PT_WK_FIELD_MASK: return put_well_known(type, bytes, out);
    case PT_WK_WRAPPER: pt_part_next(&bytes, &inner); return pt_value_text(pt_type_field(type, 1), &inner, out);
    default: return false;
    }
}

bool pt_value_text(const pt_field *field, const pt_part *part, pt_buf *out) {
    if (field->json_form != PT_JSON_PLAIN || field->map) return false;
    switch (field->type) {
    case PT_TYPE_STRING: pt_put_raw(out, part->bytes.ptr, part->bytes.len); return true;
    case PT_TYPE_BYTES: put_base64(out, part->bytes); return true;
    case PT_TYPE_BOOL: pt_put_text(out, part->value ? "true" : "false"); return true;
    case PT_TYPE_ENUM: put_enum(field->enumeration, (int32_t)part->value, out); return true;
    case PT_TYPE_DOUBLE: put_double_bits(out, part->value); return true;
    case PT_TYPE_FLOAT: put_float_bits(out, (uint32_t)part->value); return true;
    case PT_TYPE_UINT32:
    case PT_TYPE_UINT64:
    case PT_TYPE_FIXED32:
    case PT_TYPE_FIXED64: put_format(out, "%" PRIu64, part->value); return true;
    case PT_TYPE_SFIXED32: put_format(out, "%" PRId32, (int32_t)part->value); return true;
    case PT_TYPE_INT32:
    case PT_TYPE_INT64:
    case PT_TYPE_SFIXED64: put_format(out, "%" PRId64, (int64_t)part->value); return true;
    case PT_TYPE_SINT32:
    case PT_TYPE_SINT64: put_format(out, "%" PRId64, unzigzag(part->value)); return true;
    case PT_TYPE_MESSAGE: return put_message(field->message, part->bytes, out);
    case PT_TYPE_GROUP: break;
    }
    return false;
}

void pt_percent_encode(pt_slice text, const char *keep, pt_buf *out) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.ptr[i];
        if (c && (strchr(plain, c) || strchr(keep, c)))
            pt_put_raw(out, &c, 1);
        else
            put_format(out, "%%%02X", text.ptr[i]);
    }
}
