/* The fields of serialized messages, brought together: whoever writes a message in another form (JSON, or its canonical bytes)
 * reads each level twice, first its tags, which are noted as runs, then, in the order of field numbers, its values. A message
 * may come in several parts, which count as one behind the other. */
#ifndef PT_SCHEMA_COLLECT_H
#define PT_SCHEMA_COLLECT_H

#include "core/wire.h"
#include "partie/arena.h"
#include "partie/schema.h"

#define PT_COLLECT_RUNS_INLINE 48
#define PT_COLLECT_PARTS_INLINE 16

/* Consecutive occurrences of one field, tags included. */
typedef struct pt_run {
    const pt_field *field;
    const uint8_t *start, *end;
    bool settled; /* known to be what its oneof holds in the end */
} pt_run;

/* Why collecting stopped. */
typedef struct pt_collect_stop {
    const uint8_t *at; /* the tag of what is malformed; NULL: no memory */
    uint32_t number;   /* of the field whose value is malformed; 0: the tag is */
} pt_collect_stop;

/* The runs and parts of all messages that are open, the innermost one's last. They stand in the collector while they are few
 * and in the arena then; both move when they grow. */
typedef struct pt_collector {
    pt_run *runs;
    size_t n_runs, cap_runs;
    pt_slice *parts;
    size_t n_parts, cap_parts;
    pt_arena *arena;
    pt_collect_stop stop; /* of a pt_collect that failed */
    bool unknown;         /* the message that was collected last holds what no field of its type takes */
    pt_run first_runs[PT_COLLECT_RUNS_INLINE];
    pt_slice first_parts[PT_COLLECT_PARTS_INLINE];
} pt_collector;

/* A range of a collector's runs or parts. */
typedef struct pt_range {
    size_t first, n;
} pt_range;

/* Starts with one part, `whole`: the outermost message is {0, 1}. The collector borrows the arena, needs no end, and must not
 * move. */
void pt_collector_init(pt_collector *c, pt_slice whole, pt_arena *arena);

/* Notes one more part. Taken back by setting n_parts. False: no memory. */
bool pt_push_part(pt_collector *c, pt_slice part);

/* Notes the runs of a message in the order of field numbers, with what oneofs overruled taken away. Fields that the type has
 * not, or whose wire type does not fit, are passed over. End with pt_release. False: c->stop says why. */
bool pt_collect(pt_collector *c, const pt_type *type, pt_range parts, pt_range *ret_runs) PT_MUST_CHECK;

static inline void pt_release(pt_collector *c, pt_range runs) {
    c->n_runs = runs.first;
}

/* How many runs belong to the field that the first of `runs` belongs to; there is at least one. */
size_t pt_same_field(const pt_collector *c, pt_range runs);

/* The runs of the field with that number; n is 0 when there are none. */
pt_range pt_runs_of(const pt_collector *c, pt_range runs, uint32_t number);

/* The occurrences of a field, one after the other. */
typedef struct pt_values {
    size_t run, end; /* runs that are still to come */
    pt_reader in;    /* what is left of the current one */
} pt_values;

static inline pt_values pt_values_of(pt_range runs) {
    return (pt_values){.run = runs.first, .end = runs.first + runs.n};
}

/* Steps to the next occurrence; values->in then stands behind its tag. False: there is none. */
static inline bool pt_next_value(const pt_collector *c, pt_values *values, unsigned *ret_wire_type) {
    uint32_t number;
    if (values->in.pos == values->in.end) {
        if (values->run == values->end) return false;
        const pt_run *run = &c->runs[values->run++];
        values->in = (pt_reader){run->start, run->end};
    }
    return pt_read_tag(&values->in, &number, ret_wire_type);
}

/* The wire type that a single value has. */
static inline unsigned pt_wire_type_of(pt_field_type type) {
    static const uint8_t wire_types[] = {
        [PT_TYPE_DOUBLE] = PT_WIRE_I64,        [PT_TYPE_FIXED64] = PT_WIRE_I64,   [PT_TYPE_SFIXED64] = PT_WIRE_I64,
        [PT_TYPE_FLOAT] = PT_WIRE_I32,         [PT_TYPE_FIXED32] = PT_WIRE_I32,   [PT_TYPE_SFIXED32] = PT_WIRE_I32,
        [PT_TYPE_STRING] = PT_WIRE_LEN,        [PT_TYPE_BYTES] = PT_WIRE_LEN,     [PT_TYPE_MESSAGE] = PT_WIRE_LEN,
        [PT_TYPE_GROUP] = PT_WIRE_START_GROUP, [PT_TYPE_SINT64] = PT_WIRE_VARINT, /* and all others: 0 */
    };
    return wire_types[type];
}

/* True when the field can have a value of this wire type; others are treated as unknown. */
static inline bool pt_wire_fits(const pt_field *field, unsigned wire_type) {
    unsigned own = pt_wire_type_of(field->type);
    return wire_type == own || (wire_type == PT_WIRE_LEN && field->repeated && own != PT_WIRE_START_GROUP);
}

/* True for what is read by pt_read_bytes as one value. */
static inline bool pt_is_blob(const pt_field *field) {
    return field->type == PT_TYPE_STRING || field->type == PT_TYPE_BYTES;
}

/* Reads a number, bool or enum, cut to the width of its type as protobuf does: signed ones are extended to 64 bits. */
bool pt_read_bits(pt_reader *in, const pt_field *field, uint64_t *ret);

/* Writes what pt_read_bits gave, minimally, without a tag; at most 10 bytes. Returns the place behind it. */
uint8_t *pt_write_bits(uint8_t *p, const pt_field *field, uint64_t bits);

/* The last occurrence of a string or bytes field, or of a number; what it was before when there is none. */
bool pt_last_bytes(const pt_collector *c, pt_range runs, pt_slice *ret);
bool pt_last_bits(const pt_collector *c, const pt_field *field, pt_range runs, uint64_t *ret);

/* Passes over a value of any kind, groups too, whose tag was read. False: malformed. */
bool pt_pass_value(pt_reader *in, uint32_t number, unsigned wire_type);

#endif
