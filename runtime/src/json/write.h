/* Inside of pt_json_write: what its parts share. Every function that returns bool returns false when it failed, and then the
 * report says why; the caller just hands false on, and what was appended to `out` is dropped at the end.
 *
 * A message is read twice, one level at a time: first its tags, which are noted as runs (a field's consecutive occurrences),
 * then, in the order of field numbers, its values. A message may come in several parts, which count as one behind the other. */
#ifndef PT_JSON_WRITE_H
#define PT_JSON_WRITE_H

#include "core/wire.h"
#include "partie/json.h"
#include "json/keys.h"
#include "json/report.h"
#include "json/room.h"

#define PT_JSON_RUNS_INLINE 48
#define PT_JSON_PARTS_INLINE 16

/* Consecutive occurrences of one field, tags included. */
typedef struct pt_json_run {
    const pt_field *field;
    const uint8_t *start, *end;
    bool settled; /* known to be what its oneof holds in the end */
} pt_json_run;

typedef struct pt_json_writer {
    pt_json_report report;
    pt_buf *out;
    pt_json_write_options options;
    uint32_t depth;    /* messages that may still be entered */
    pt_json_run *runs; /* of all messages that are open; `first_runs` or owned */
    size_t n_runs, cap_runs;
    pt_slice *parts; /* the same for the parts of messages */
    size_t n_parts, cap_parts;
    pt_json_keys keys;
    pt_json_run first_runs[PT_JSON_RUNS_INLINE];
    pt_slice first_parts[PT_JSON_PARTS_INLINE];
} pt_json_writer;

/* A range in writer.runs or writer.parts, which move when they grow. */
typedef struct pt_json_range {
    size_t first, n;
} pt_json_range;

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
    return w->out->ptr[w->out->len - 1] == open || pt_json_put_char(w, ',');
}

/* quote.c: a string with its quotes, and a word without. */
bool pt_json_put_text(pt_json_writer *w, pt_slice text);
bool pt_json_put_word(pt_json_writer *w, const char *word);

/* write_wire.c: the occurrences of a field, one after the other. */
typedef struct pt_json_values {
    size_t run, end; /* runs that are still to come */
    pt_reader in;    /* what is left of the current one */
} pt_json_values;

static inline pt_json_values pt_json_values_of(pt_json_range runs) {
    return (pt_json_values){.run = runs.first, .end = runs.first + runs.n};
}

/* Steps to the next occurrence; values->in then stands behind its tag. False: there is none. */
static inline bool pt_json_next_value(const pt_json_writer *w, pt_json_values *values, unsigned *ret_wire_type) {
    uint32_t number;
    if (values->in.pos == values->in.end) {
        if (values->run == values->end) return false;
        const pt_json_run *run = &w->runs[values->run++];
        values->in = (pt_reader){run->start, run->end};
    }
    return pt_read_tag(&values->in, &number, ret_wire_type);
}

/* The wire type that a single value has. */
static inline unsigned pt_json_wire_type(pt_field_type type) {
    static const uint8_t wire_types[] = {
        [PT_TYPE_DOUBLE] = PT_WIRE_I64,        [PT_TYPE_FIXED64] = PT_WIRE_I64,   [PT_TYPE_SFIXED64] = PT_WIRE_I64,
        [PT_TYPE_FLOAT] = PT_WIRE_I32,         [PT_TYPE_FIXED32] = PT_WIRE_I32,   [PT_TYPE_SFIXED32] = PT_WIRE_I32,
        [PT_TYPE_STRING] = PT_WIRE_LEN,        [PT_TYPE_BYTES] = PT_WIRE_LEN,     [PT_TYPE_MESSAGE] = PT_WIRE_LEN,
        [PT_TYPE_GROUP] = PT_WIRE_START_GROUP, [PT_TYPE_SINT64] = PT_WIRE_VARINT, /* and all others: 0 */
    };
    return wire_types[type];
}

/* True when the field can have a value of this wire type; others are treated as unknown. */
static inline bool pt_json_wire_fits(const pt_field *field, unsigned wire_type) {
    unsigned own = pt_json_wire_type(field->type);
    return wire_type == own || (wire_type == PT_WIRE_LEN && field->repeated && own != PT_WIRE_START_GROUP);
}

/* Reads a number, bool or enum, cut to the width of its type. */
bool pt_json_wire_bits(pt_reader *in, const pt_field *field, uint64_t *ret);
/* The last occurrence of a string or bytes field, or of a number; what it was before when there is none. */
bool pt_json_last_bytes(const pt_json_writer *w, pt_json_range runs, pt_slice *ret);
bool pt_json_last_bits(const pt_json_writer *w, const pt_field *field, pt_json_range runs, uint64_t *ret);
/* Passes over a value of any kind, groups too, or over what pt_skip_scalar left. False: malformed, which is recorded; `at` is
 * its tag. */
bool pt_json_pass_wire(pt_json_writer *w, pt_reader *in, const uint8_t *at, uint32_t number, unsigned wire_type);

/* collect.c: notes the runs of a message in the order of field numbers, with what oneofs overruled taken away. End with
 * pt_json_release. */
bool pt_json_collect(pt_json_writer *w, const pt_type *type, pt_json_range parts, pt_json_range *ret_runs);
static inline void pt_json_release(pt_json_writer *w, pt_json_range runs) {
    w->n_runs = runs.first;
}
/* The runs of the field that the first of `runs` belongs to. */
size_t pt_json_same_field(const pt_json_writer *w, pt_json_range runs);
/* The runs of the field with that number; n is 0 when there are none. */
pt_json_range pt_json_runs_of(const pt_json_writer *w, pt_json_range runs, uint32_t number);
/* Notes one more part. */
bool pt_json_push_part(pt_json_writer *w, pt_slice part);

/* write_scalar.c: one value; `quoted`: as a map's key. Also the value that an unset field has. */
bool pt_json_put_bits(pt_json_writer *w, const pt_field *field, uint64_t bits, bool quoted);
bool pt_json_put_blob(pt_json_writer *w, const pt_field *field, pt_slice bytes);
bool pt_json_put_raw(pt_json_writer *w, pt_slice text);
bool pt_json_put_zero(pt_json_writer *w, const pt_field *field);

/* write_field.c: the values of one field, which has at least one run, with its name, and without. */
bool pt_json_put_member(pt_json_writer *w, const pt_field *field, pt_json_range runs);
bool pt_json_put_name(pt_json_writer *w, const pt_field *field);
bool pt_json_put_list(pt_json_writer *w, const pt_field *field, pt_json_range runs);
bool pt_json_put_submessage(pt_json_writer *w, const pt_type *type, pt_json_range runs);

/* write_map.c: as an object, and as members of the enclosing one. */
bool pt_json_put_map(pt_json_writer *w, const pt_field *field, pt_json_range runs);
bool pt_json_put_inline(pt_json_writer *w, const pt_field *field, pt_json_range runs);

/* write_message.c: a message as a value, and its members into an object that is open. */
bool pt_json_put_message(pt_json_writer *w, const pt_type *type, pt_json_range parts);
bool pt_json_put_members(pt_json_writer *w, const pt_type *type, pt_json_range parts);

/* write_wellknown.c */
bool pt_json_put_wellknown(pt_json_writer *w, const pt_type *type, pt_json_range parts);

#endif
