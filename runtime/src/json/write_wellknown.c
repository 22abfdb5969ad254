/* Messages of google.protobuf that have a JSON form of their own. Their field numbers are part of protobuf. */
#include <math.h>

#include "json/mask_path.h"
#include "json/time_text.h"
#include "json/write.h"

enum { SECONDS = 1, NANOS = 2, MASK_PATHS = 1, ANY_TYPE_URL = 1, ANY_VALUE = 2 };
enum { VALUE_NULL = 1, VALUE_NUMBER, VALUE_STRING, VALUE_BOOL, VALUE_STRUCT, VALUE_LIST };

static const uint8_t *place_of(const pt_json_writer *w, pt_range parts) {
    return parts.n && w->fields.parts[parts.first].ptr ? w->fields.parts[parts.first].ptr : w->report.start;
}

static bool put_time(pt_json_writer *w, const pt_type *type, pt_range runs, const uint8_t *at) {
    static const pt_field seconds = {.type = PT_TYPE_INT64}, nanos = {.type = PT_TYPE_INT32};
    uint64_t whole = 0, fraction = 0;
    if (!pt_last_bits(&w->fields, &seconds, pt_runs_of(&w->fields, runs, SECONDS), &whole)) return false;
    if (!pt_last_bits(&w->fields, &nanos, pt_runs_of(&w->fields, runs, NANOS), &fraction)) return false;
    if (!pt_json_space_for(w, PT_TIME_TEXT_BYTES + 2)) return false;
    pt_seconds time = {(int64_t)whole, (int32_t)(int64_t)fraction};
    uint8_t *p = w->out->ptr + w->out->len;
    *p++ = '"';
    p = type->well_known == PT_WK_TIMESTAMP ? pt_timestamp_write(p, time) : pt_duration_write(p, time);
    if (!p) return pt_json_fail(&w->report, PT_INVALID_ARGUMENT, at, "out of range for %s", type->name);
    *p++ = '"';
    pt_json_put_end(w, p);
    return true;
}

static bool put_path(pt_json_writer *w, pt_slice path, bool first) {
    if (!pt_utf8_valid(path)) return pt_json_fail(&w->report, PT_INVALID_ARGUMENT, path.ptr, "a string isn't UTF-8");
    if (!pt_json_space_for(w, 2 * path.len + 1)) return false;
    uint8_t *p = w->out->ptr + w->out->len;
    if (!first) *p++ = ',';
    uint8_t *end = pt_mask_path_to_camel(p, path);
    if (!end) return pt_json_fail(&w->report, PT_INVALID_ARGUMENT, path.ptr, "a path that has no lowerCamelCase form");
    pt_json_put_end(w, end);
    return true;
}

/* The paths are joined at the end of the output, and then quoted behind themselves and moved down, since they may hold
 * anything. */
static bool put_mask(pt_json_writer *w, pt_range runs) {
    pt_values values = pt_values_of(runs);
    size_t start = w->out->len;
    unsigned wire_type;
    pt_slice path;
    for (bool first = true; pt_next_value(&w->fields, &values, &wire_type); first = false) {
        if (!pt_read_bytes(&values.in, &path) || !put_path(w, path, first)) return false;
    }
    size_t len = w->out->len - start;
    pt_buf joined = PT_BUF_INIT(len);
    if (pt_buf_append(&joined, w->out->ptr + start, len)) return pt_json_no_room(&w->report);
    w->out->len = start;
    bool ok = pt_json_put_text(w, pt_buf_slice(&joined));
    pt_buf_done(&joined);
    return ok;
}

static bool put_wrapped(pt_json_writer *w, const pt_type *type, pt_range runs) {
    const pt_field *field = &type->fields[0];
    pt_slice bytes = {NULL, 0};
    uint64_t bits = 0;
    if (field->type == PT_TYPE_STRING || field->type == PT_TYPE_BYTES) {
        return pt_last_bytes(&w->fields, runs, &bytes) && pt_json_put_blob(w, field, bytes);
    }
    return pt_last_bits(&w->fields, field, runs, &bits) && pt_json_put_bits(w, field, bits, false);
}

static bool put_number(pt_json_writer *w, const pt_field *field, pt_range runs) {
    uint64_t bits = 0;
    double value;
    if (!pt_last_bits(&w->fields, field, runs, &bits)) return false;
    memcpy(&value, &bits, sizeof value);
    if (isfinite(value)) return pt_json_put_bits(w, field, bits, false);
    return pt_json_fail(&w->report, PT_INVALID_ARGUMENT, w->fields.runs[runs.first].start,
                        "a Value can't hold NaN or an infinity");
}

/* A Value that holds nothing is written as null: it is the one text that every reader takes there. */
static bool put_value(pt_json_writer *w, pt_range runs) {
    if (runs.n == 0) return pt_json_put_word(w, "null");
    const pt_field *field = w->fields.runs[runs.first].field;
    pt_slice text = {NULL, 0};
    uint64_t bits = 0;
    switch (field->number) {
    case VALUE_NUMBER: return put_number(w, field, runs);
    case VALUE_STRING: return pt_last_bytes(&w->fields, runs, &text) && pt_json_put_text(w, text);
    case VALUE_BOOL: return pt_last_bits(&w->fields, field, runs, &bits) && pt_json_put_bits(w, field, bits, false);
    case VALUE_STRUCT:
    case VALUE_LIST: return pt_json_put_submessage(w, field->message, runs);
    default: return pt_json_put_word(w, "null");
    }
}

static const pt_type *any_type(pt_json_writer *w, pt_slice url, const uint8_t *at) {
    const uint8_t *slash = url.len ? memrchr(url.ptr, '/', url.len) : NULL;
    const pt_type *type = NULL;
    if (slash && slash != url.ptr && w->options.schema) {
        type = pt_schema_type_n(w->options.schema, (const char *)slash + 1, (size_t)(url.ptr + url.len - slash - 1));
    }
    if (!type) {
        int len = url.len < 100 ? (int)url.len : 100;
        pt_json_fail(&w->report, PT_INVALID_ARGUMENT, at, "unknown type \"%.*s\" in an Any", len, (const char *)url.ptr);
    }
    return type;
}

static bool put_any_content(pt_json_writer *w, const pt_type *type, pt_slice value) {
    pt_range parts = {w->fields.n_parts, 1};
    bool ok = pt_json_push_part(w, value);
    if (ok && type->well_known) {
        ok = pt_json_put_word(w, ",\"value\":") && pt_json_put_message(w, type, parts);
    } else if (ok) {
        ok = pt_json_put_members(w, type, parts);
    }
    w->fields.n_parts = parts.first;
    return ok;
}

static bool put_any(pt_json_writer *w, pt_range runs, const uint8_t *at) {
    pt_slice url = {NULL, 0}, value = {NULL, 0};
    if (!pt_last_bytes(&w->fields, pt_runs_of(&w->fields, runs, ANY_TYPE_URL), &url)) return false;
    if (!pt_last_bytes(&w->fields, pt_runs_of(&w->fields, runs, ANY_VALUE), &value)) return false;
    if (url.len == 0 && value.len == 0) return pt_json_put_word(w, "{}");
    const pt_type *type = any_type(w, url, at);
    if (!type || !pt_json_put_word(w, "{\"@type\":") || !pt_json_put_text(w, url)) return false;
    return put_any_content(w, type, value) && pt_json_put_char(w, '}');
}

static bool put_collected(pt_json_writer *w, const pt_type *type, pt_range runs, const uint8_t *at) {
    pt_range first = pt_runs_of(&w->fields, runs, 1); /* of the messages with one field, all have number 1 */
    switch (type->well_known) {
    case PT_WK_ANY: return put_any(w, runs, at);
    case PT_WK_EMPTY: return pt_json_put_word(w, "{}");
    case PT_WK_FIELD_MASK: return put_mask(w, first);
    case PT_WK_LIST_VALUE: return pt_json_put_list(w, &type->fields[0], first);
    case PT_WK_STRUCT: return pt_json_put_map(w, &type->fields[0], first);
    case PT_WK_VALUE: return put_value(w, runs);
    case PT_WK_WRAPPER: return put_wrapped(w, type, first);
    default: return put_time(w, type, runs, at);
    }
}

bool pt_json_put_wellknown(pt_json_writer *w, const pt_type *type, pt_range parts) {
    pt_range runs;
    const uint8_t *at = place_of(w, parts);
    pt_json_step step = {.parent = w->report.step, .index = PT_JSON_NO_INDEX};
    if (!pt_json_collect(w, type, parts, &runs)) return false;
    w->report.step = &step;
    bool ok = put_collected(w, type, runs, at);
    w->report.step = (pt_json_step *)step.parent;
    pt_release(&w->fields, runs);
    return ok;
}
