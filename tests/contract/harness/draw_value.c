#include "draw_value.h"

#include "wire.h"

#include <float.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

void pt_draw_seed(pt_random *d, uint64_t seed, const char *salt) {
    uint64_t hash = 0xCBF29CE484222325u ^ seed;
    for (; *salt; salt++)
        hash = (hash ^ (uint8_t)*salt) * 0x100000001B3u;
    pt_random_seed(d, hash);
}

static uint32_t below(pt_random *d, size_t bound) {
    return (uint32_t)pt_random_below(d, bound);
}

bool pt_draw_one_in(pt_random *d, uint32_t n) {
    return below(d, n) == 0;
}

static uint64_t draw_int(pt_random *d, pt_draw_style style, bool wide, bool is_signed) {
    static const int64_t edges[] = {INT8_MAX,  INT8_MAX + 1, INT16_MAX, INT32_MAX,       -1,
                                    INT32_MIN, INT64_MAX,    INT64_MIN, (1LL << 53) + 1, 1LL << 35};
    if (style == PT_DRAW_PATIENT) return wide ? 1ULL << 40 : 1;
    uint64_t value = below(d, 20) + (style == PT_DRAW_FULL);
    if (style == PT_DRAW_MIXED && pt_draw_one_in(d, 3)) value = (uint64_t)edges[below(d, COUNT(edges))];
    if (wide) return value;
    return is_signed ? (uint64_t)(int64_t)(int32_t)value : (uint32_t)value;
}

static uint64_t double_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint32_t float_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* google.protobuf.Value takes no infinity and no NaN, so `finite` leaves them out. */
static void draw_double(pt_random *d, bool finite, pt_buf *out) {
    static const double values[] = {1.5,     -2.25, 0.1, 1e21, DBL_MAX, DBL_TRUE_MIN, -DBL_MIN, 9007199254740993.0,
                                    1.0 / 3, -0.0,  3,   100,  1e-7};
    static const uint64_t special[] = {0x7FF0000000000000u, 0xFFF0000000000000u, 0x7FF8000000000000u};
    uint32_t n = below(d, COUNT(values) + (finite ? 0 : COUNT(special)));
    pt_put_fixed64(out, n < COUNT(values) ? double_bits(values[n]) : special[n - COUNT(values)]);
}

static void draw_float(pt_random *d, pt_buf *out) {
    static const float values[] = {1.5f, -2.25f, 0.1f, FLT_MAX, FLT_TRUE_MIN, -FLT_MIN, 16777217.0f, 1.0f / 3, -0.0f, 3};
    static const uint32_t special[] = {0x7F800000u, 0xFF800000u, 0x7FC00000u};
    uint32_t n = below(d, COUNT(values) + COUNT(special));
    pt_put_fixed32(out, n < COUNT(values) ? float_bits(values[n]) : special[n - COUNT(values)]);
}

static void draw_json_string(pt_random *d, pt_buf *out) {
    static const char *const texts[] = {
        "\"\"",     "\"a b\"",         "\"caf\xC3\xA9\"", "\"\xF0\x9F\x98\x80\"", "\"1 \\\"2\\\"\"", "\"\\u0001\\n\\\\\"",
        "\"null\"", "\"a/b?c=d&e%2F\""};
    pt_put_text(out, texts[below(d, COUNT(texts))]);
}

static void draw_json_scalar(pt_random *d, pt_buf *out) {
    static const char *const texts[] = {"0",    "-1",    "12345678901234567890", "1.50", "6.02e23",
                                        "true", "false", "9007199254740993"};
    if (pt_draw_one_in(d, 2))
        draw_json_string(d, out);
    else
        pt_put_text(out, texts[below(d, COUNT(texts))]);
}

void pt_draw_json(pt_random *d, unsigned depth, pt_buf *out) {
    static const char *const names[] = {"\"a\":", "\"b c\":", "\"\xC3\xA9\":", "\"nested\":"};
    uint32_t kind = depth ? below(d, 3) : 0;
    if (kind == 0) {
        draw_json_scalar(d, out);
        return;
    }
    uint32_t n = below(d, COUNT(names) + 1);
    pt_put_text(out, kind == 1 ? "[" : "{");
    for (uint32_t i = 0; i < n; i++) {
        if (i) pt_put_text(out, ",");
        if (kind == 2) pt_put_text(out, names[i]);
        pt_draw_json(d, depth - 1, out);
    }
    pt_put_text(out, kind == 1 ? "]" : "}");
}

static void put_sized(pt_buf *out, pt_slice bytes) {
    pt_put_varint(out, bytes.len);
    pt_put_raw(out, bytes.ptr, bytes.len);
}

static void draw_string(pt_random *d, pt_draw_style style, pt_buf *out) {
    static const char *const texts[] = {"a",
                                        "Hello, world",
                                        "caf\xC3\xA9",
                                        "\xE6\x97\xA5\xE6\x9C\xAC",
                                        "\xF0\x9F\x98\x80\xF0\x9F\x87\xA6",
                                        "quote \" back \\ slash / tab \t line \n",
                                        "\x01\x1F\x7F",
                                        "\xE2\x80\xA8\xEF\xBF\xBD\xF4\x8F\xBF\xBF",
                                        "null",
                                        "0",
                                        "a/b?c=d&e=%2F+#f",
                                        " leading and trailing ",
                                        "..",
                                        ""};
    static const char wide[] = "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789ABCDEF";
    uint32_t n = below(d, COUNT(texts) - (style == PT_DRAW_MIXED ? 0 : 1));
    if (style == PT_DRAW_MIXED && pt_draw_one_in(d, 16))
        put_sized(out, pt_slice_str(wide));
    else
        put_sized(out, pt_slice_str(texts[n]));
}

static void draw_bytes(pt_random *d, pt_draw_style style, pt_buf *out) {
    uint32_t len = below(d, 24) + (style == PT_DRAW_FULL);
    pt_put_varint(out, len);
    for (uint32_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)pt_random_next(d);
        pt_put_raw(out, &byte, 1);
    }
}

/* Open enums carry numbers that the contract doesn't name, too. */
static int32_t draw_enum(pt_random *d, const pt_enum *e, pt_draw_style style) {
    if (style == PT_DRAW_MIXED && !e->closed && !e->null_value && pt_draw_one_in(d, 8)) return 1000003;
    uint32_t n = below(d, e->n_values);
    if (style != PT_DRAW_MIXED && e->n_values > 1 && e->values[n].number == 0) n = (n + 1) % e->n_values;
    return e->values[n].number;
}

static uint64_t zigzag(int64_t value) {
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

void pt_draw_scalar(pt_random *d, const pt_field *field, pt_draw_style style, bool json_text, pt_buf *out) {
    pt_buf json = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    switch (field->type) {
    case PT_TYPE_DOUBLE: draw_double(d, field->parent->well_known == PT_WK_VALUE, out); break;
    case PT_TYPE_FLOAT: draw_float(d, out); break;
    case PT_TYPE_INT64:
    case PT_TYPE_UINT64: pt_put_varint(out, draw_int(d, style, true, true)); break;
    case PT_TYPE_INT32: pt_put_varint(out, draw_int(d, style, false, true)); break;
    case PT_TYPE_UINT32: pt_put_varint(out, draw_int(d, style, false, false)); break;
    case PT_TYPE_SINT32: pt_put_varint(out, (uint32_t)zigzag((int64_t)draw_int(d, style, false, true))); break;
    case PT_TYPE_SINT64: pt_put_varint(out, zigzag((int64_t)draw_int(d, style, true, true))); break;
    case PT_TYPE_FIXED32:
    case PT_TYPE_SFIXED32: pt_put_fixed32(out, (uint32_t)draw_int(d, style, false, false)); break;
    case PT_TYPE_FIXED64:
    case PT_TYPE_SFIXED64: pt_put_fixed64(out, draw_int(d, style, true, true)); break;
    case PT_TYPE_BOOL: pt_put_varint(out, style != PT_DRAW_MIXED || pt_draw_one_in(d, 2)); break;
    case PT_TYPE_ENUM: pt_put_varint(out, (uint64_t)(int64_t)draw_enum(d, field->enumeration, style)); break;
    case PT_TYPE_BYTES: draw_bytes(d, style, out); break;
    case PT_TYPE_STRING:
        if (json_text) {
            pt_draw_json(d, field->parent->map_entry ? 0 : 3, &json);
            put_sized(out, pt_buf_slice(&json));
        } else {
            draw_string(d, style, out);
        }
        break;
    case PT_TYPE_GROUP:
    case PT_TYPE_MESSAGE: break;
    }
    pt_buf_done(&json);
}

bool pt_value_is_zero(pt_slice value) {
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i]) return false;
    }
    return true;
}

unsigned pt_field_wire_type(const pt_field *field) {
    switch (field->type) {
    case PT_TYPE_DOUBLE:
    case PT_TYPE_FIXED64:
    case PT_TYPE_SFIXED64: return PT_WIRE_FIXED64;
    case PT_TYPE_FLOAT:
    case PT_TYPE_FIXED32:
    case PT_TYPE_SFIXED32: return PT_WIRE_FIXED32;
    case PT_TYPE_STRING:
    case PT_TYPE_BYTES:
    case PT_TYPE_MESSAGE: return PT_WIRE_LEN;
    case PT_TYPE_GROUP: return PT_WIRE_SGROUP;
    default: return PT_WIRE_VARINT;
    }
}
