#include "fault.h"

#include "draw_value.h"
#include "wire.h"

#include <stdio.h>

#define MAX_PATH 16
#define FAULT_DEPTH 3

/* Where in the message the fault is put: the fields from the top down. */
typedef struct site {
    const pt_field *path[MAX_PATH];
    size_t depth;
    pt_fault_fn *fn;
    void *arg;
    size_t count;
} site;

/* Puts `content` into the fields path[from] to path[to - 1], the last of them innermost. */
static void wrap(const pt_field *const *path, size_t from, size_t to, pt_buf *content) {
    pt_buf outer = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    while (to-- > from) {
        pt_buf_clear(&outer);
        pt_put_len(&outer, path[to]->number, pt_buf_slice(content));
        pt_buf swap = *content;
        *content = outer;
        outer = swap;
    }
    pt_buf_done(&outer);
}

static void name_site(const site *s, const pt_field *f, const char *what, char *ret_text, size_t cap) {
    size_t used = 0;
    for (size_t i = 0; i < s->depth; i++) {
        int n = snprintf(ret_text + used, cap - used, "%s.", s->path[i]->name);
        if (n > 0 && (size_t)n < cap - used) used += (size_t)n;
    }
    snprintf(ret_text + used, cap - used, "%s: %s", f ? f->name : "message", what);
}

/* Hands out `inner`, which stands for the content of the innermost message of the site, and empties it. */
static void give(site *s, const pt_field *f, const char *what, bool limit, pt_buf *inner) {
    char text[256];
    name_site(s, f, what, text, sizeof text);
    wrap(s->path, 0, s->depth, inner);
    s->fn(&(pt_fault){.what = text, .bytes = pt_buf_slice(inner), .limit = limit}, s->arg);
    s->count++;
    pt_buf_clear(inner);
}

static bool packable(const pt_field *f) {
    return f->repeated && !f->map && pt_field_wire_type(f) != PT_WIRE_LEN;
}

static void give_wrong_wire_types(site *s, const pt_field *f, pt_buf *b) {
    static const unsigned types[] = {PT_WIRE_VARINT, PT_WIRE_FIXED64, PT_WIRE_LEN, PT_WIRE_FIXED32};
    for (size_t i = 0; i < 4; i++) {
        if (types[i] == pt_field_wire_type(f) || (types[i] == PT_WIRE_LEN && packable(f))) continue;
        char what[32];
        snprintf(what, sizeof what, "wire type %u", types[i]);
        pt_put_tag(b, f->number, types[i]);
        if (types[i] == PT_WIRE_FIXED64)
            pt_put_fixed64(b, 1);
        else if (types[i] == PT_WIRE_FIXED32)
            pt_put_fixed32(b, 1);
        else
            pt_put_varint(b, 0);
        give(s, f, what, false, b);
    }
}

static void give_bad_text(site *s, const pt_field *f, pt_buf *b) {
    static const struct {
        const char *what;
        pt_slice bytes;
    } texts[] = {{"byte 0xFF", {(const uint8_t *)"a\xFF", 2}},
                 {"overlong UTF-8", {(const uint8_t *)"\xC0\xAF", 2}},
                 {"a surrogate", {(const uint8_t *)"\xED\xA0\x80", 3}},
                 {"UTF-8 cut short", {(const uint8_t *)"\xE6\x97", 2}},
                 {"NUL within", {(const uint8_t *)"a\0b", 3}}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        pt_put_len(b, f->number, texts[i].bytes);
        give(s, f, texts[i].what, false, b);
    }
}

static void give_overruns(site *s, const pt_field *f, pt_buf *b) {
    static const uint64_t lengths[] = {2, 1u << 20, (1ULL << 31) - 1, 1ULL << 32, UINT64_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        pt_put_tag(b, f->number, PT_WIRE_LEN);
        pt_put_varint(b, lengths[i]);
        pt_put_text(b, "a");
        give(s, f, "length beyond the end", false, b);
    }
}

static void give_broken_list(site *s, const pt_field *f, pt_buf *b) {
    bool fixed = pt_field_wire_type(f) != PT_WIRE_VARINT;
    pt_put_len(b, f->number, pt_slice_str(fixed ? "abc" : "\x80"));
    give(s, f, "packed list cut within an element", false, b);
}

static bool on_path(const site *s, const pt_type *type) {
    for (size_t i = 0; i < s->depth; i++) {
        if (s->path[i]->message == type) return true;
    }
    return false;
}

static void give_fields(site *s, const pt_type *type, pt_buf *b) {
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const pt_field *f = &type->fields[i];
        if (f->type == PT_TYPE_GROUP) continue;
        give_wrong_wire_types(s, f, b);
        if (f->type == PT_TYPE_STRING) give_bad_text(s, f, b);
        if (pt_field_wire_type(f) == PT_WIRE_LEN) give_overruns(s, f, b);
        if (packable(f)) give_broken_list(s, f, b);
        if (f->type != PT_TYPE_MESSAGE || s->depth == FAULT_DEPTH || on_path(s, f->message)) continue;
        s->path[s->depth++] = f;
        give_fields(s, f->message, b);
        s->depth--;
    }
}

static uint32_t unknown_number(const pt_type *type) {
    uint32_t number = (1u << 29) - 1;
    while (pt_type_field(type, number))
        number--;
    return number;
}

static void give_broken_form(site *s, const pt_type *type, pt_buf *b) {
    uint32_t unknown = unknown_number(type);
    pt_put_raw(b, "\x00\x00", 2);
    give(s, NULL, "field number 0", false, b);
    for (unsigned wire_type = 6; wire_type <= 7; wire_type++) {
        pt_put_tag(b, unknown, wire_type);
        pt_put_varint(b, 0);
        give(s, NULL, "no such wire type", false, b);
    }
    pt_put_tag(b, unknown, PT_WIRE_EGROUP);
    give(s, NULL, "end of a group that never began", false, b);
    pt_put_tag(b, unknown, PT_WIRE_SGROUP);
    give(s, NULL, "a group without an end", false, b);
    pt_put_tag(b, unknown, PT_WIRE_VARINT);
    pt_put_raw(b, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11);
    give(s, NULL, "a varint of 11 bytes", false, b);
    pt_put_tag(b, unknown, PT_WIRE_VARINT);
    give(s, NULL, "a tag without a value", false, b);
    pt_put_raw(b, "\xFF", 1);
    give(s, NULL, "half a tag", false, b);
}

/* Finds a way from `type` down into a type that stands above it: path[*ret_from] to path[depth - 1] is the loop. */
static bool find_loop(site *s, const pt_type *type, size_t *ret_from) {
    for (uint32_t i = 0; i < type->n_fields && s->depth < MAX_PATH; i++) {
        const pt_field *f = &type->fields[i];
        if (f->type != PT_TYPE_MESSAGE) continue;
        s->path[s->depth++] = f;
        for (size_t from = 0; from < s->depth; from++) {
            if (s->path[from]->parent != f->message) continue;
            *ret_from = from;
            return true;
        }
        if (find_loop(s, f->message, ret_from)) return true;
        s->depth--;
    }
    return false;
}

static void give_deep(site *s, const pt_type *type, pt_buf *b) {
    static const unsigned depths[] = {150, 20000};
    for (size_t i = 0; i < 2; i++) {
        for (unsigned n = 0; n < depths[i]; n++)
            pt_put_tag(b, unknown_number(type), PT_WIRE_SGROUP);
        for (unsigned n = 0; n < depths[i]; n++)
            pt_put_tag(b, unknown_number(type), PT_WIRE_EGROUP);
        give(s, NULL, "groups in groups, too deep", true, b);
    }
    size_t from;
    if (find_loop(s, type, &from)) {
        size_t depth = s->depth;
        for (unsigned n = 0; n < 150; n++)
            wrap(s->path, from, depth, b);
        s->depth = from;
        give(s, s->path[from], "messages in messages, too deep", true, b);
    }
    s->depth = 0;
}

size_t pt_fault_each(const pt_type *type, pt_fault_fn *fn, void *arg) {
    site s = {.fn = fn, .arg = arg};
    pt_buf bytes = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    give_fields(&s, type, &bytes);
    give_broken_form(&s, type, &bytes);
    give_deep(&s, type, &bytes);
    pt_buf_done(&bytes);
    return s.count;
}
