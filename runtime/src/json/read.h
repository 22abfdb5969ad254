/* Inside of pt_json_read: what its parts share. Every function that returns bool returns false when it failed, and then the
 * report says why; the caller just hands false on, and what was appended to `out` is dropped at the end. */
#ifndef PT_JSON_READ_H
#define PT_JSON_READ_H

#include "core/wire.h"
#include "partie/json.h"
#include "json/keys.h"
#include "json/lexer.h"
#include "json/room.h"

typedef struct pt_json_reader {
    pt_json_lexer x; /* x.report.step: where we are */
    pt_buf *out;
    pt_json_read_options options;
    uint32_t depth; /* objects and lists that may still be opened */
    pt_buf scratch; /* the string that was unescaped last */
    pt_buf name;    /* the member's name that was unescaped last */
    pt_json_keys keys;
    bool skipped; /* the value was an enum name that may be ignored; nothing was appended for it */
} pt_json_reader;

/* Whether a value without presence is left out when it is zero, stands in a packed list, or is always written with its tag. */
typedef enum pt_json_place { PT_JSON_IMPLICIT, PT_JSON_TAGGED, PT_JSON_BARE } pt_json_place;

/* Makes sure that `more` bytes fit behind out->len. */
static inline bool pt_json_room(pt_json_reader *r, size_t more) {
    return pt_json_make_room(r->out, more) || pt_json_no_room(&r->x.report);
}

/* Behind a write by hand into the room. */
static inline void pt_json_wrote(pt_json_reader *r, const uint8_t *end) {
    r->out->len = (size_t)(end - r->out->ptr);
}

/* Takes a bracket, one level deeper. pt_json_leave goes back up behind its counterpart. */
bool pt_json_enter(pt_json_reader *r, uint8_t bracket, const char *expected);
static inline void pt_json_leave(pt_json_reader *r) {
    r->depth++;
}

/* Begins a length-delimited field whose length isn't known yet; *ret_mark is for the counterpart, which returns by how many
 * bytes the content was moved to make room for the length, or -1: no room. */
bool pt_json_begin(pt_json_reader *r, uint32_t number, size_t *ret_mark);
int pt_json_end(pt_json_reader *r, size_t mark);

/* Appends a length-delimited field. */
bool pt_json_store_bytes(pt_json_reader *r, uint32_t number, pt_slice bytes);

/* Appends a field with one number, tag included; left out when zero. */
bool pt_json_store_varint(pt_json_reader *r, uint32_t number, uint64_t value);

/* Puts the value of a string with escapes into `hold`. */
bool pt_json_resolve(pt_json_reader *r, pt_slice escaped, pt_buf *hold, pt_slice *ret);

/* The value of a string: a view of the text, or of `hold` when there were escapes. */
static inline bool pt_json_plain(pt_json_reader *r, pt_json_string string, pt_buf *hold, pt_slice *ret) {
    if (string.escaped) return pt_json_resolve(r, string.text, hold, ret);
    ret->ptr = string.text.ptr; /* not *ret: loading both at once would wait for the two stores that made them */
    ret->len = string.text.len;
    return true;
}

/* Reads a string and gives its value, valid until the next one is read. */
bool pt_json_take_string(pt_json_reader *r, pt_slice *ret);

/* read_scalar.c: one number, bool or enum as the 64 bits that its wire form is made of; from the text, or from a word that
 * stands alone (a quoted value, a map's key, a query parameter) at `at`. */
bool pt_json_read_bits(pt_json_reader *r, const pt_field *field, uint64_t *ret);
bool pt_json_word_bits(pt_json_reader *r, const pt_field *field, pt_slice word, const uint8_t *at, uint64_t *ret);
bool pt_json_store_bits(pt_json_reader *r, const pt_field *field, uint64_t bits, pt_json_place place);

/* read_value.c: one value of a field, not looking at `repeated`; and the value of a member with all its elements. */
bool pt_json_read_single(pt_json_reader *r, const pt_field *field, pt_json_place place);
bool pt_json_read_whole(pt_json_reader *r, const pt_field *field);
/* True when null is a value of the field and doesn't just mean that it is unset. */
bool pt_json_null_counts(const pt_json_reader *r, const pt_field *field);
/* The bytes that base64 text stands for, as a field. */
bool pt_json_store_base64(pt_json_reader *r, const pt_field *field, pt_slice text, const uint8_t *at, pt_json_place place);
/* JSON text as a string field: any value, without whitespace. */
bool pt_json_read_raw(pt_json_reader *r, uint32_t number);

/* read_map.c: an object as the entries of a map. */
bool pt_json_read_map(pt_json_reader *r, const pt_field *field);
/* One member as an entry of a PT_JSON_INLINE map. */
bool pt_json_read_inline(pt_json_reader *r, const pt_field *field, pt_json_scope *scope, pt_slice name, const uint8_t *at);

/* read_message.c: the content of a message, without tag and length. */
bool pt_json_read_content(pt_json_reader *r, const pt_type *type);
/* The members of an object whose brace has been taken. `any`: a member "@type" is passed over. */
bool pt_json_read_members(pt_json_reader *r, const pt_type *type, bool any);
/* Passes over an unknown member's value, or refuses it. */
bool pt_json_unknown_member(pt_json_reader *r, pt_json_string name);

/* read_wellknown.c and read_any.c */
bool pt_json_read_wellknown(pt_json_reader *r, const pt_type *type);
bool pt_json_read_any(pt_json_reader *r);
bool pt_json_text_wellknown(pt_json_reader *r, const pt_type *type, pt_slice text, const uint8_t *at);

#endif
