/* Objects as map entries. */
#include "json/read.h"

/* Appends the key as field 1 of the entry and notes it in the scope; `at` is where its string begins. */
static bool put_key(pt_json_reader *r, const pt_field *field, pt_json_scope *scope, pt_slice key, const uint8_t *at,
                    size_t *ret_place) {
    pt_json_key noted;
    if (field->type == PT_TYPE_STRING) {
        if (!pt_json_store_bytes(r, field->number, key)) return false;
        noted = pt_json_key_text(r->out->ptr, r->out->len - key.len, key.len);
    } else {
        uint64_t bits;
        if (!pt_json_word_bits(r, field, key, at, &bits) || !pt_json_store_bits(r, field, bits, PT_JSON_TAGGED)) return false;
        noted = pt_json_key_number(bits);
    }
    pt_code code = pt_json_scope_add(&r->keys, scope, r->out->ptr, noted, ret_place);
    if (code == PT_ALREADY_EXISTS) return pt_json_fail(&r->x.report, PT_INVALID_ARGUMENT, at, "this key is there twice");
    return code == PT_OK || pt_json_no_room(&r->x.report);
}

/* Appends one entry whose value stands next. */
static bool read_entry(pt_json_reader *r, const pt_field *field, pt_json_scope *scope, pt_slice key, const uint8_t *at) {
    const pt_field *parts = field->message->fields;
    bool raw = field->json_form == PT_JSON_INLINE && r->options.annotations;
    size_t start = r->out->len, mark, place;
    if (!pt_json_begin(r, field->number, &mark) || !put_key(r, &parts[0], scope, key, at, &place)) return false;
    if (raw ? !pt_json_read_raw(r, parts[1].number) : !pt_json_read_single(r, &parts[1], PT_JSON_TAGGED)) return false;
    if (r->skipped) {
        r->skipped = false;
        r->out->len = start;
        pt_json_scope_forget(&r->keys, scope, place);
        return true;
    }
    int moved = pt_json_end(r, mark);
    if (moved > 0) pt_json_scope_move(&r->keys, scope, place, (size_t)moved);
    return moved >= 0;
}

static bool read_entries(pt_json_reader *r, const pt_field *field, pt_json_scope *scope) {
    pt_json_step *step = r->x.report.step;
    pt_json_string name;
    pt_slice key;
    for (bool first = true, more;; first = false) {
        if (!pt_json_next_member(&r->x, first, &name, &more)) return false;
        if (!more) return true;
        step->key = name.text;
        if (!pt_json_plain(r, name, &r->name, &key) || !read_entry(r, field, scope, key, name.text.ptr - 1)) return false;
        step->key.ptr = NULL;
    }
}

bool pt_json_read_map(pt_json_reader *r, const pt_field *field) {
    pt_json_scope scope;
    if (!pt_json_enter(r, '{', "an object")) return false;
    pt_json_scope_begin(&r->keys, &scope);
    bool ok = read_entries(r, field, &scope);
    pt_json_scope_end(&r->keys, &scope);
    pt_json_leave(r);
    return ok;
}

bool pt_json_read_inline(pt_json_reader *r, const pt_field *field, pt_json_scope *scope, pt_slice name, const uint8_t *at) {
    if (pt_slice_equal(name, pt_slice_str("@type")))
        return pt_json_unknown_member(r, (pt_json_string){.text = {at + 1, name.len}});
    if (pt_json_peek(&r->x) == 'n' && pt_json_take_word(&r->x, "null")) return true; /* null: unset, as for any member */
    return read_entry(r, field, scope, name, at);
}
