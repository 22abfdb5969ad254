#include "draw.h"

#include "draw_value.h"
#include "wire.h"

#include <inttypes.h>
#include <stdio.h>

/* Messages in messages that are drawn at most; deeper ones stay unset. */
#define MAX_NESTING 4

typedef struct drawing {
    pt_random *d;
    pt_draw_style style;
} drawing;

static void draw_body(drawing g, const pt_type *type, unsigned depth, pt_buf *out);

static uint32_t below(drawing g, size_t bound) {
    return (uint32_t)pt_random_below(g.d, bound);
}

static void put_number(pt_buf *out, uint32_t number, int64_t value) {
    if (!value) return;
    pt_put_tag(out, number, PT_WIRE_VARINT);
    pt_put_varint(out, (uint64_t)value);
}

static void draw_timestamp(drawing g, pt_buf *out) {
    static const int64_t seconds[] = {0, 1, -1, 1700000000, -62135596800, 253402300799, 951782400};
    static const uint32_t nanos[] = {0, 1, 500000000, 120000, 999999999};
    int64_t s = g.style == PT_DRAW_MIXED ? seconds[below(g, 7)] : 1700000000;
    uint32_t n = g.style == PT_DRAW_MIXED ? nanos[below(g, 5)] : 500000000;
    put_number(out, 1, s);
    put_number(out, 2, n);
}

/* In full messages a moment, as a service may take it for a wait that everybody has to sit through. */
static void draw_duration(drawing g, pt_buf *out) {
    static const int64_t seconds[] = {0, 1, -1, 3600, 315576000000, -315576000000};
    static const int32_t nanos[] = {0, 1, 500000000, 999999999};
    int64_t s = g.style == PT_DRAW_PATIENT ? 20 : 0, n = g.style == PT_DRAW_FULL ? 5000000 : 0;
    if (g.style == PT_DRAW_MIXED) {
        s = seconds[below(g, 6)];
        n = imaxabs(s) < 315576000000 ? nanos[below(g, 4)] : 0;
    }
    put_number(out, 1, s);
    put_number(out, 2, s < 0 ? -n : n);
}

static void draw_field_mask(drawing g, pt_buf *out) {
    static const char *const paths[] = {"name", "display_name", "address.street_line", "a.b.c"};
    uint32_t n = below(g, 4);
    for (uint32_t i = 0; i < n; i++)
        pt_put_len(out, 1, pt_slice_str(paths[below(g, 4)]));
}

static void draw_any(drawing g, pt_buf *out) {
    pt_buf content = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    bool time = pt_draw_one_in(g.d, 2);
    if (time)
        draw_timestamp(g, &content);
    else
        draw_duration(g, &content);
    pt_put_len(
        out, 1,
        pt_slice_str(time ? "type.googleapis.com/google.protobuf.Timestamp" : "type.googleapis.com/google.protobuf.Duration"));
    if (content.len) pt_put_len(out, 2, pt_buf_slice(&content));
    pt_buf_done(&content);
}

/* A value without its tag; messages with their length. */
static void draw_one(drawing g, const pt_field *f, unsigned depth, pt_buf *out) {
    if (f->type != PT_TYPE_MESSAGE) {
        bool json_text = f->json_form == PT_JSON_RAW;
        pt_draw_scalar(g.d, f, g.style, json_text, out);
        return;
    }
    pt_buf content = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    draw_body(g, f->message, depth + 1, &content);
    pt_put_varint(out, content.len);
    pt_put_raw(out, content.ptr, content.len);
    pt_buf_done(&content);
}

static void draw_list(drawing g, const pt_field *f, unsigned depth, pt_buf *out) {
    uint32_t n = g.style == PT_DRAW_FULL ? 2 : below(g, 4);
    pt_buf packed = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    for (uint32_t i = 0; i < n; i++) {
        if (!f->packed) pt_put_tag(out, f->number, pt_field_wire_type(f));
        draw_one(g, f, depth, f->packed ? &packed : out);
    }
    if (packed.len) pt_put_len(out, f->number, pt_buf_slice(&packed));
    pt_buf_done(&packed);
}

static bool has_key(const pt_buf *keys, size_t n, pt_slice key) {
    pt_slice rest = pt_buf_slice(keys);
    for (size_t i = 0; i < n; i++) {
        if (rest.len >= key.len && memcmp(rest.ptr, key.ptr, key.len) == 0) return true;
        rest = pt_slice_of(rest.ptr + 64, rest.len - 64);
    }
    return false;
}

/* The members of an object that a map shares with its message must not be called like one of its fields. */
static void draw_inline_key(drawing g, const pt_type *object, pt_buf *out) {
    char name[24];
    do {
        snprintf(name, sizeof name, "ext%u", below(g, 1000));
    } while (pt_type_field_json(object, name, strlen(name)));
    pt_put_varint(out, strlen(name));
    pt_put_text(out, name);
}

/* Appends one entry, unless its key is among the `n` that `keys` holds in slots of 64 bytes. */
static bool draw_entry(drawing g, const pt_field *f, unsigned depth, pt_buf *keys, size_t n, pt_buf *out) {
    const pt_field *key = &f->message->fields[0], *value = &f->message->fields[1];
    pt_buf entry = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    bool inlined = f->json_form == PT_JSON_INLINE;
    pt_put_tag(&entry, 1, pt_field_wire_type(key));
    if (inlined)
        draw_inline_key(g, f->parent, &entry);
    else
        pt_draw_scalar(g.d, key, g.style, false, &entry);
    uint8_t slot[64] = {0};
    memcpy(slot, entry.ptr, entry.len < sizeof slot ? entry.len : sizeof slot);
    bool fresh = !has_key(keys, n, pt_slice_of(slot, sizeof slot));
    if (fresh) {
        pt_put_raw(keys, slot, sizeof slot);
        pt_put_tag(&entry, 2, pt_field_wire_type(value));
        if (inlined)
            pt_draw_scalar(g.d, value, g.style, true, &entry);
        else
            draw_one(g, value, depth, &entry);
        pt_put_len(out, f->number, pt_buf_slice(&entry));
    }
    pt_buf_done(&entry);
    return fresh;
}

static void draw_map(drawing g, const pt_field *f, unsigned depth, pt_buf *out) {
    pt_buf keys = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    uint32_t wanted = g.style == PT_DRAW_FULL ? 2 : below(g, 4);
    size_t n = 0;
    for (uint32_t i = 0; i < wanted; i++)
        n += draw_entry(g, f, depth, &keys, n, out);
    pt_buf_done(&keys);
}

static void draw_single(drawing g, const pt_field *f, unsigned depth, pt_buf *out) {
    pt_buf value = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    draw_one(g, f, depth, &value);
    if (f->presence || !pt_value_is_zero(pt_buf_slice(&value))) {
        pt_put_tag(out, f->number, pt_field_wire_type(f));
        pt_put_raw(out, value.ptr, value.len);
    }
    pt_buf_done(&value);
}

/* What can make a call wait: a duration, a position that is not reached yet, and the messages around them. */
static bool may_wait(const pt_field *f) {
    return f->type == PT_TYPE_MESSAGE || f->type == PT_TYPE_INT64 || f->type == PT_TYPE_UINT64;
}

static bool wanted(drawing g, const pt_field *f, unsigned depth) {
    bool nested = f->type == PT_TYPE_MESSAGE;
    if (f->type == PT_TYPE_GROUP || (nested && depth >= MAX_NESTING)) return false;
    if (g.style == PT_DRAW_FULL) return true;
    if (g.style == PT_DRAW_PATIENT) {
        if (nested && f->message->well_known == PT_WK_DURATION) return true;
        return may_wait(f) && pt_draw_one_in(g.d, 2);
    }
    return below(g, 4) != 0;
}

/* Whether `f` is the member to set of its oneof. `choices`: what was drawn for the oneofs of this message. */
static bool chosen(const pt_field *f, const uint64_t *choices) {
    const pt_type *type = f->parent;
    uint32_t n = 0, place = 0;
    for (uint32_t i = 0; i < type->n_fields; i++) {
        if (type->fields[i].oneof != f->oneof) continue;
        if (&type->fields[i] == f) place = n;
        n++;
    }
    return n && choices[f->oneof % 8] % n == place;
}

/* A Value must have a kind. At the bottom it is one of those that need no further nesting: null, number, string, bool. */
static void draw_value_message(drawing g, const pt_type *type, unsigned depth, pt_buf *out) {
    uint32_t kinds = depth >= MAX_NESTING ? 4 : type->n_fields;
    const pt_field *f = &type->fields[below(g, kinds)];
    draw_single(g, f, depth, out);
}

static void draw_fields(drawing g, const pt_type *type, unsigned depth, pt_buf *out) {
    uint64_t choices[8];
    for (size_t i = 0; i < 8; i++)
        choices[i] = pt_random_next(g.d);
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const pt_field *f = &type->fields[i];
        if (!wanted(g, f, depth) || (f->oneof >= 0 && !chosen(f, choices))) continue;
        if (f->map)
            draw_map(g, f, depth, out);
        else if (f->repeated)
            draw_list(g, f, depth, out);
        else
            draw_single(g, f, depth, out);
    }
}

static void draw_body(drawing g, const pt_type *type, unsigned depth, pt_buf *out) {
    switch (type->well_known) {
    case PT_WK_ANY: draw_any(g, out); break;
    case PT_WK_DURATION: draw_duration(g, out); break;
    case PT_WK_TIMESTAMP: draw_timestamp(g, out); break;
    case PT_WK_FIELD_MASK: draw_field_mask(g, out); break;
    case PT_WK_VALUE: draw_value_message(g, type, depth, out); break;
    default: draw_fields(g, type, depth, out); break;
    }
}

void pt_draw_message(pt_random *d, const pt_type *type, pt_draw_style style, pt_buf *out) {
    draw_body((drawing){d, style}, type, 0, out);
}
