/* Map entries as objects, and as members of the enclosing object. */
#include "json/write.h"

/* A map while it is written. */
typedef struct map_state {
    const pt_field *field, *key, *value;
    pt_json_scope scope; /* its keys, while `repeats`; their notes say which entry came last */
    bool repeats;        /* a key comes more than once: only the last entry of each counts */
} map_state;

/* One entry: what it has come to when all its bytes are read. Absent parts have the value that an unset field has. */
typedef struct entry {
    pt_slice key_text;
    uint64_t key_bits;
    pt_slice value_bytes;
    uint64_t value_bits;
    pt_range parts; /* of a message */
} entry;

static bool read_key(const map_state *m, pt_reader *in, entry *e) {
    return m->key->type == PT_TYPE_STRING ? pt_read_bytes(in, &e->key_text) : pt_read_bits(in, m->key, &e->key_bits);
}

static bool read_value(pt_json_writer *w, const map_state *m, pt_reader *in, entry *e) {
    switch (m->value->type) {
    case PT_TYPE_STRING:
    case PT_TYPE_BYTES: return pt_read_bytes(in, &e->value_bytes);
    case PT_TYPE_MESSAGE: e->parts.n++; return pt_read_bytes(in, &e->value_bytes) && pt_json_push_part(w, e->value_bytes);
    default: return pt_read_bits(in, m->value, &e->value_bits);
    }
}

/* Reads one field of an entry. */
static bool read_part(pt_json_writer *w, const map_state *m, pt_reader *in, bool values, entry *e) {
    const uint8_t *at = in->pos;
    uint32_t number;
    unsigned wire_type;
    if (!pt_read_tag(in, &number, &wire_type)) {
        return pt_json_fail(&w->report, PT_INVALID_ARGUMENT, at, "expected a field's tag");
    }
    bool read = true;
    if (number == m->key->number && pt_wire_fits(m->key, wire_type)) {
        read = read_key(m, in, e);
    } else if (values && number == m->value->number && pt_wire_fits(m->value, wire_type)) {
        read = read_value(w, m, in, e);
    } else {
        return pt_pass_value(in, number, wire_type) || pt_json_bad_value(w, at, number);
    }
    return read || w->report.code || pt_json_bad_value(w, at, number);
}

/* Reads an entry; `values`: its value too, whose parts are pushed. */
static bool read_entry(pt_json_writer *w, const map_state *m, pt_slice bytes, bool values, entry *ret) {
    pt_reader in = pt_reader_of(bytes);
    *ret = (entry){.parts = {w->fields.n_parts, 0}};
    while (in.pos < in.end) {
        if (!read_part(w, m, &in, values, ret)) return false;
    }
    return true;
}

static pt_code note_key(pt_json_writer *w, map_state *m, const entry *e, size_t *ret_place) {
    const uint8_t *base = w->report.start;
    size_t offset = e->key_text.len ? (size_t)(e->key_text.ptr - base) : 0;
    pt_json_key key =
        m->key->type == PT_TYPE_STRING ? pt_json_key_text(base, offset, e->key_text.len) : pt_json_key_number(e->key_bits);
    return pt_json_scope_add(&w->keys, &m->scope, base, key, ret_place);
}

/* Looks at all keys before anything is written. */
static bool find_repeats(pt_json_writer *w, map_state *m, pt_range runs) {
    pt_values values = pt_values_of(runs);
    unsigned wire_type;
    pt_slice bytes;
    entry e;
    while (pt_next_value(&w->fields, &values, &wire_type)) {
        size_t place;
        if (!pt_read_bytes(&values.in, &bytes) || !read_entry(w, m, bytes, false, &e)) return false;
        pt_code code = note_key(w, m, &e, &place);
        if (code && code != PT_ALREADY_EXISTS) return pt_json_no_room(&w->report);
        m->repeats |= code == PT_ALREADY_EXISTS;
        w->keys.all[m->scope.base + place].note = (uint64_t)(uintptr_t)values.in.pos;
    }
    return true;
}

static bool is_last(pt_json_writer *w, map_state *m, const entry *e, const uint8_t *end, bool *ret) {
    size_t place;
    if (note_key(w, m, e, &place) != PT_ALREADY_EXISTS) return pt_json_no_room(&w->report);
    *ret = w->keys.all[m->scope.base + place].note == (uint64_t)(uintptr_t)end;
    return true;
}

static bool put_key(pt_json_writer *w, const map_state *m, const entry *e) {
    if (!pt_json_put_comma(w, '{')) return false;
    bool ok =
        m->key->type == PT_TYPE_STRING ? pt_json_put_text(w, e->key_text) : pt_json_put_bits(w, m->key, e->key_bits, true);
    return ok && pt_json_put_char(w, ':');
}

static bool put_value(pt_json_writer *w, const map_state *m, const entry *e) {
    switch (m->value->type) {
    case PT_TYPE_STRING:
    case PT_TYPE_BYTES:
        if (m->field->json_form == PT_JSON_INLINE && w->options.annotations) return pt_json_put_raw(w, e->value_bytes);
        return pt_json_put_blob(w, m->value, e->value_bytes);
    case PT_TYPE_MESSAGE: return pt_json_put_message(w, m->value->message, e->parts);
    default: return pt_json_put_bits(w, m->value, e->value_bits, false);
    }
}

/* An entry that would read back as a field, or as the type of an Any, can't be a member. */
static bool check_inline_name(pt_json_writer *w, const map_state *m, const entry *e) {
    const pt_type *type = m->field->parent;
    bool field = pt_type_field_json(type, (const char *)e->key_text.ptr, e->key_text.len);
    if (!field && !pt_slice_equal(e->key_text, pt_slice_str("@type"))) return true;
    return pt_json_fail(&w->report, PT_INVALID_ARGUMENT, e->key_text.ptr, "an entry has the name of a field of %s", type->name);
}

static bool put_entry(pt_json_writer *w, const map_state *m, const entry *e) {
    return put_key(w, m, e) && put_value(w, m, e);
}

/* One entry as a member of the enclosing object; null means unset there, so that one is left out. */
static bool put_inline_entry(pt_json_writer *w, const map_state *m, const entry *e) {
    size_t before = w->out->len;
    if (!check_inline_name(w, m, e) || !put_key(w, m, e)) return false;
    size_t value = w->out->len;
    if (!put_value(w, m, e)) return false;
    if (pt_slice_equal(pt_slice_of(w->out->ptr + value, w->out->len - value), pt_slice_str("null"))) w->out->len = before;
    return true;
}

static bool put_entries(pt_json_writer *w, map_state *m, pt_range runs, bool inlined) {
    pt_values values = pt_values_of(runs);
    pt_json_step *step = w->report.step;
    unsigned wire_type;
    pt_slice bytes;
    entry e;
    while (pt_next_value(&w->fields, &values, &wire_type)) {
        bool counts = true;
        if (!pt_read_bytes(&values.in, &bytes) || !read_entry(w, m, bytes, true, &e)) return false;
        if (m->repeats && !is_last(w, m, &e, values.in.pos, &counts)) return false;
        if (counts) {
            step->key = e.key_text;
            if (inlined ? !put_inline_entry(w, m, &e) : !put_entry(w, m, &e)) return false;
            step->key.ptr = NULL;
        }
        w->fields.n_parts = e.parts.first;
    }
    return true;
}

static bool put_map(pt_json_writer *w, const pt_field *field, pt_range runs, bool inlined) {
    map_state m = {.field = field, .key = &field->message->fields[0], .value = &field->message->fields[1]};
    pt_json_scope_begin(&w->keys, &m.scope);
    bool ok = find_repeats(w, &m, runs) && put_entries(w, &m, runs, inlined);
    pt_json_scope_end(&w->keys, &m.scope);
    return ok;
}

bool pt_json_put_map(pt_json_writer *w, const pt_field *field, pt_range runs) {
    return pt_json_put_char(w, '{') && put_map(w, field, runs, false) && pt_json_put_char(w, '}');
}

bool pt_json_put_inline(pt_json_writer *w, const pt_field *field, pt_range runs) {
    return put_map(w, field, runs, true);
}
