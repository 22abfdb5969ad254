#include "json/read.h"

/* Offsets and lengths of protobuf end here. */
#define TEXT_MAX ((size_t)INT32_MAX)

static void reader_init(pt_json_reader *r, pt_slice text, const pt_json_read_options *options, pt_buf *out, pt_status *st) {
    static const pt_json_read_options defaults = PT_JSON_READ_OPTIONS_INIT;
    memset(&r->x, 0, sizeof r->x);
    r->x.pos = r->x.report.start = text.len ? text.ptr : (const uint8_t *)"";
    r->x.end = r->x.pos + text.len;
    r->x.report.st = st;
    r->out = out;
    r->options = options ? *options : defaults;
    if (r->options.depth > PT_JSON_DEPTH_MAX) r->options.depth = PT_JSON_DEPTH_MAX;
    r->depth = r->options.depth;
    r->scratch = (pt_buf)PT_BUF_INIT(TEXT_MAX);
    r->name = (pt_buf)PT_BUF_INIT(TEXT_MAX);
    r->skipped = false;
    pt_json_keys_init(&r->keys);
}

/* Ends the reading: on failure nothing stays appended. */
static pt_code reader_done(pt_json_reader *r, size_t before, bool ok) {
    pt_json_keys_done(&r->keys);
    pt_buf_done(&r->scratch);
    pt_buf_done(&r->name);
    if (ok) return PT_OK;
    r->out->len = before;
    return r->x.report.code;
}

/* Goes to where the value begins. */
static bool begin_text(pt_json_reader *r) {
    size_t len = (size_t)(r->x.end - r->x.pos);
    if (len > TEXT_MAX) return pt_json_fail(&r->x.report, PT_RESOURCE_EXHAUSTED, r->x.pos, "a text over 2 GiB");
    if (len >= 3 && memcmp(r->x.pos, "\xef\xbb\xbf", 3) == 0) {
        return pt_json_fail(&r->x.report, PT_INVALID_ARGUMENT, r->x.pos, "expected JSON without a byte order mark");
    }
    pt_json_space(&r->x);
    return true;
}

static bool end_text(pt_json_reader *r) {
    pt_json_space(&r->x);
    return r->x.pos == r->x.end || pt_json_expected(&r->x, "the end");
}

pt_code pt_json_read(const pt_type *type, pt_slice json, const pt_json_read_options *options, pt_buf *out, pt_status *st) {
    pt_json_reader r;
    size_t before = out->len;
    reader_init(&r, json, options, out, st);
    bool ok = begin_text(&r) && pt_json_read_content(&r, type) && end_text(&r);
    return reader_done(&r, before, ok);
}

static bool read_field_value(pt_json_reader *r, const pt_field *field) {
    if (pt_json_peek(&r->x) == 'n' && !pt_json_null_counts(r, field) && pt_json_take_word(&r->x, "null")) return true;
    return pt_json_read_whole(r, field);
}

pt_code pt_json_read_field(const pt_field *field, pt_slice json, const pt_json_read_options *options, pt_buf *out,
                           pt_status *st) {
    pt_json_reader r;
    pt_json_step step = {.field = field, .index = PT_JSON_NO_INDEX};
    size_t before = out->len;
    reader_init(&r, json, options, out, st);
    r.x.report.step = &step;
    bool ok = begin_text(&r) && read_field_value(&r, field) && end_text(&r);
    return reader_done(&r, before, ok);
}

static bool text_message(pt_json_reader *r, const pt_field *field, pt_slice text);

/* One value of a field from text that isn't quoted. */
static bool text_value(pt_json_reader *r, const pt_field *field, pt_slice text, pt_json_place place) {
    uint64_t bits;
    switch (field->type) {
    case PT_TYPE_STRING:
        if (!pt_utf8_valid(text)) return pt_json_fail(&r->x.report, PT_INVALID_ARGUMENT, text.ptr, "the text isn't UTF-8");
        return (place == PT_JSON_IMPLICIT && text.len == 0) || pt_json_store_bytes(r, field->number, text);
    case PT_TYPE_BYTES: return pt_json_store_base64(r, field, text, r->x.pos, place);
    case PT_TYPE_MESSAGE: return text_message(r, field, text);
    case PT_TYPE_GROUP: return pt_json_fail(&r->x.report, PT_INVALID_ARGUMENT, r->x.pos, "a group has no text form");
    default: return pt_json_word_bits(r, field, text, r->x.pos, &bits) && pt_json_store_bits(r, field, bits, place);
    }
}

static bool has_text_form(const pt_field *field) {
    pt_well_known kind = field->message->well_known;
    return !field->map &&
           (kind == PT_WK_WRAPPER || kind == PT_WK_TIMESTAMP || kind == PT_WK_DURATION || kind == PT_WK_FIELD_MASK);
}

static bool text_message(pt_json_reader *r, const pt_field *field, pt_slice text) {
    const pt_type *type = field->message;
    size_t mark;
    if (!has_text_form(field)) {
        return pt_json_fail(&r->x.report, PT_INVALID_ARGUMENT, r->x.pos, "%s has no text form", type->name);
    }
    if (!pt_json_begin(r, field->number, &mark)) return false;
    bool ok = type->well_known == PT_WK_WRAPPER ? text_value(r, &type->fields[0], text, PT_JSON_IMPLICIT)
                                                : pt_json_text_wellknown(r, type, text, r->x.pos);
    return ok && pt_json_end(r, mark) >= 0;
}

pt_code pt_json_read_text(const pt_field *field, pt_slice text, pt_buf *out, pt_status *st) {
    pt_json_reader r;
    pt_json_step step = {.field = field, .index = PT_JSON_NO_INDEX};
    size_t before = out->len;
    reader_init(&r, text, NULL, out, st);
    r.x.report.step = &step;
    text = pt_slice_of(r.x.pos, text.len);
    return reader_done(&r, before, text_value(&r, field, text, PT_JSON_TAGGED));
}
