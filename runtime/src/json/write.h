/* Inside of pt_json_write: what its parts share. Every function that returns bool returns false when it failed, and then the
 * report says why; the caller just hands false on, and what was appended to `out` is dropped at the end.
 */
#ifndef PT_JSON_WRITE_H
#define PT_JSON_WRITE_H

#include "partie/json.h"
#include "schema/collect.h"
#include "json/keys.h"
#include "json/report.h"
#include "json/room.h"

typedef struct pt_json_writer {
    pt_json_report report;
    pt_buf *out;
    pt_json_write_options options;
    uint32_t depth; /* messages that may still be entered */
    pt_collector fields;
    pt_arena arena; /* what the collector outgrows */
    pt_json_keys keys;
} pt_json_writer;

/* Makes sure that `more` bytes fit behind out->len. */
static inline bool pt_json_space_for(pt_json_writer *w, size_t more) {
    return pt_json_make_room(w->out, more) || pt_json_no_room(&w->report);
}

/* Behind a write by hand into the room. */
static inline void pt_json_put_end(pt_json_writer *w, const uint8_t *end) {
    w->out->len = (size_t)(end - w->out->ptr);
}

static inline bool pt_json_put_char(pt_json_writer *w, char c) {
    if (!pt_json_space_for(w, 1)) return false;
    w->out->ptr[w->out->len++] = (uint8_t)c;
    return true;
}

/* A comma, unless the last byte is `open`, the bracket that it would follow. */
static inline bool pt_json_put_comma(pt_json_writer *w, char open) {
    return w->out->ptr[w->out->len - 1] == (uint8_t)open || pt_json_put_char(w, ',');
}

/* quote.c: a string with its quotes, and a word without. */
bool pt_json_put_text(pt_json_writer *w, pt_slice text);
bool pt_json_put_word(pt_json_writer *w, const char *word);

/* write_wire.c: pt_push_part and pt_collect, whose failures are recorded; and the record of a malformed value, whose tag is at
 * `at`. */
bool pt_json_push_part(pt_json_writer *w, pt_slice part);
bool pt_json_collect(pt_json_writer *w, const pt_type *type, pt_range parts, pt_range *ret_runs);
bool pt_json_bad_value(pt_json_writer *w, const uint8_t *at, uint32_t number);

/* write_scalar.c: one value; `quoted`: as a map's key. Also the value that an unset field has. */
bool pt_json_put_bits(pt_json_writer *w, const pt_field *field, uint64_t bits, bool quoted);
bool pt_json_put_blob(pt_json_writer *w, const pt_field *field, pt_slice bytes);
bool pt_json_put_raw(pt_json_writer *w, pt_slice text);
bool pt_json_put_zero(pt_json_writer *w, const pt_field *field);

/* write_field.c: the values of one field, which has at least one run, with its name, and without. */
bool pt_json_put_member(pt_json_writer *w, const pt_field *field, pt_range runs);
bool pt_json_put_name(pt_json_writer *w, const pt_field *field);
bool pt_json_put_list(pt_json_writer *w, const pt_field *field, pt_range runs);
bool pt_json_put_submessage(pt_json_writer *w, const pt_type *type, pt_range runs);

/* write_map.c: as an object, and as members of the enclosing one. */
bool pt_json_put_map(pt_json_writer *w, const pt_field *field, pt_range runs);
bool pt_json_put_inline(pt_json_writer *w, const pt_field *field, pt_range runs);

/* write_message.c: a message as a value, and its members into an object that is open. */
bool pt_json_put_message(pt_json_writer *w, const pt_type *type, pt_range parts);
bool pt_json_put_members(pt_json_writer *w, const pt_type *type, pt_range parts);

/* write_wellknown.c */
bool pt_json_put_wellknown(pt_json_writer *w, const pt_type *type, pt_range parts);

#endif
