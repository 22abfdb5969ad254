/* The engine of pt_message_check and pt_type_check: one pass over serialized bytes, without recursion and without allocation.
 *
 * It is a template: an instance is a .c file that defines a pt_check_ops as a constant and calls pt_check_message with it, so
 * that the compiler folds the lookup of fields into the loop. Everything that runs only on failure is in check.c. */
#ifndef PT_CORE_CHECK_H
#define PT_CORE_CHECK_H

#include "core/utf8.h"
#include "core/wire.h"
#include "partie/limits.h"

/* Deepest nesting that limits can ask for; a frame each, on the stack (40 KiB in all). */
#define PT_CHECK_MAX_DEPTH 1000

/* What bytes a field takes. */
typedef enum pt_check_kind {
    PT_CHECK_UNKNOWN, /* not in the type: anything well-formed */
    PT_CHECK_VARINT,
    PT_CHECK_BOOL,
    PT_CHECK_I32,
    PT_CHECK_I64,
    PT_CHECK_TEXT,
    PT_CHECK_BYTES,
    PT_CHECK_MESSAGE,
    PT_CHECK_GROUP,
} pt_check_kind;

typedef struct pt_check_field {
    pt_check_kind kind;
    bool repeated;       /* so it may be packed, if it is a number */
    const void *message; /* PT_CHECK_MESSAGE, PT_CHECK_GROUP: its type; NULL: all its fields are unknown */
} pt_check_field;

/* What an instance knows of its kind of descriptor. */
typedef struct pt_check_ops {
    /* Finds a field. `hint` is the instance's own, 0 at the start of each message; the number found last is mostly the next or
     * the next but one. False: unknown; then *ret is untouched. */
    bool (*find)(const void *type, uint32_t number, uint32_t *hint, pt_check_field *ret);
    /* Name of a field for error messages; NULL: unknown. */
    const char *(*name)(const void *type, uint32_t number);
    bool groups;          /* groups are skipped; otherwise refused, since the reader behind the check can't pass over them */
    bool single_messages; /* a message field that is not repeated stands once, since the reader behind the check can't merge */
    bool strict_bool;     /* a packed bool is one byte of 0 or 1, since the reader behind the check takes nothing else */
} pt_check_ops;

typedef enum pt_check_fault {
    PT_CHECK_FINE,
    PT_CHECK_BAD_TAG,
    PT_CHECK_BAD_VARINT,
    PT_CHECK_TRUNCATED,
    PT_CHECK_WIRE_TYPE,
    PT_CHECK_NOT_TEXT,
    PT_CHECK_PACKED_WIDTH,
    PT_CHECK_PACKED_BOOL,
    PT_CHECK_REFUSED_GROUP,
    PT_CHECK_OPEN_GROUP,
    PT_CHECK_STRAY_END,
    PT_CHECK_TWICE,
    PT_CHECK_TOO_DEEP,
    PT_CHECK_TOO_MANY,
} pt_check_fault;

/* A message or group that is being read. */
typedef struct pt_check_frame {
    const uint8_t *start, *end; /* of its content; a group's end is that of what surrounds it */
    const void *type;           /* NULL: all fields are unknown */
    uint32_t number : 31;       /* of the field that holds it; 0 for the whole */
    uint32_t group : 1;
    uint32_t hint;
    uint64_t seen; /* bit number % 64 of each message field that was in it, if messages must be single */
} pt_check_frame;

/* Where and why it stopped. */
typedef struct pt_check_stop {
    pt_check_fault fault;
    uint32_t number;    /* of the field; 0: none */
    const uint8_t *at;  /* the byte */
    size_t depth;       /* frames[depth] holds the field */
    unsigned wire_type; /* PT_CHECK_WIRE_TYPE: what was found, and */
    pt_check_kind kind; /* what the field is */
} pt_check_stop;

/* Fills `st` from a stop: path of the field, reason, byte. Returns its code. */
pt_code pt_check_report(const pt_check_ops *ops, const pt_check_frame *frames, const pt_check_stop *stop,
                        const pt_limits *limits, pt_status *st);

/* How often the field stands in the frame before `at`, up to where all was checked. Linear in the frame. */
size_t pt_check_count(const pt_check_frame *frame, uint32_t number, const uint8_t *at);

/* Refuses what is longer than limits->message_bytes. */
pt_code pt_check_size(pt_slice bytes, const pt_limits *limits, pt_status *st);

#define PT_ALWAYS_INLINE static inline __attribute__((always_inline))

/* Checks the elements of a packed field. */
PT_ALWAYS_INLINE pt_check_fault pt_check_packed(const pt_check_ops *ops, pt_check_kind kind, pt_slice packed,
                                                const uint8_t **ret_at) {
    pt_reader r = pt_reader_of(packed);
    uint64_t value;
    if (kind == PT_CHECK_I32 || kind == PT_CHECK_I64) {
        *ret_at = packed.ptr;
        return packed.len % (kind == PT_CHECK_I32 ? 4 : 8) ? PT_CHECK_PACKED_WIDTH : PT_CHECK_FINE;
    }
    while (r.pos < r.end) {
        *ret_at = r.pos;
        if (kind == PT_CHECK_BOOL && ops->strict_bool && *r.pos > 1) return PT_CHECK_PACKED_BOOL;
        if (!pt_read_varint(&r, &value)) return PT_CHECK_BAD_VARINT;
    }
    return PT_CHECK_FINE;
}

/* Checks the length-prefixed value at `r`, which a field of `kind` holds, and passes over it. */
PT_ALWAYS_INLINE pt_check_fault pt_check_prefixed(const pt_check_ops *ops, const pt_check_field *field, pt_reader *r,
                                                  pt_slice *ret_content, const uint8_t **ret_at) {
    pt_slice content;
    const uint8_t *bad;
    if (!pt_read_bytes(r, &content)) return PT_CHECK_TRUNCATED;
    *ret_content = content;
    switch (field->kind) {
    case PT_CHECK_VARINT:
    case PT_CHECK_BOOL:
    case PT_CHECK_I32:
    case PT_CHECK_I64: return pt_check_packed(ops, field->kind, content, ret_at);
    case PT_CHECK_TEXT:
        bad = pt_utf8_find_bad_or_nul(content);
        if (bad) *ret_at = bad;
        return bad ? PT_CHECK_NOT_TEXT : PT_CHECK_FINE;
    default: return PT_CHECK_FINE;
    }
}

/* Whether a field may stand with that wire type. */
PT_ALWAYS_INLINE bool pt_check_fits(const pt_check_field *field, unsigned wire_type) {
    switch (field->kind) {
    case PT_CHECK_VARINT:
    case PT_CHECK_BOOL: return wire_type == PT_WIRE_VARINT || (wire_type == PT_WIRE_LEN && field->repeated);
    case PT_CHECK_I32: return wire_type == PT_WIRE_I32 || (wire_type == PT_WIRE_LEN && field->repeated);
    case PT_CHECK_I64: return wire_type == PT_WIRE_I64 || (wire_type == PT_WIRE_LEN && field->repeated);
    case PT_CHECK_TEXT:
    case PT_CHECK_BYTES:
    case PT_CHECK_MESSAGE: return wire_type == PT_WIRE_LEN;
    case PT_CHECK_GROUP: return wire_type == PT_WIRE_START_GROUP;
    case PT_CHECK_UNKNOWN: break;
    }
    return true;
}

/* Checks the value at `r` and passes over it; a group only up to behind its start tag. *ret_at is set on a fault. */
PT_ALWAYS_INLINE pt_check_fault pt_check_value(const pt_check_ops *ops, const pt_check_field *field, unsigned wire_type,
                                               pt_reader *r, pt_slice *ret_content, const uint8_t **ret_at) {
    uint64_t value;
    if (!pt_check_fits(field, wire_type)) return PT_CHECK_WIRE_TYPE; /* *ret_at is the tag */
    const uint8_t *tag = *ret_at;
    *ret_at = r->pos;
    switch (wire_type) {
    case PT_WIRE_VARINT: return pt_read_varint(r, &value) ? PT_CHECK_FINE : PT_CHECK_BAD_VARINT;
    case PT_WIRE_LEN: return pt_check_prefixed(ops, field, r, ret_content, ret_at);
    case PT_WIRE_START_GROUP:
        if (ops->groups) return PT_CHECK_FINE;
        *ret_at = tag;
        return PT_CHECK_REFUSED_GROUP;
    default: return pt_skip_scalar(r, wire_type) ? PT_CHECK_FINE : PT_CHECK_TRUNCATED;
    }
}

/* Notes a message field that is not repeated. True: the frame has it already. Bits are shared by fields 64 apart, so where one
 * is set the bytes are looked through; that is rare. */
PT_ALWAYS_INLINE bool pt_check_again(pt_check_frame *frame, uint32_t number, const uint8_t *tag) {
    uint64_t bit = UINT64_C(1) << (number & 63);
    if (frame->seen & bit) return pt_check_count(frame, number, tag) > 0;
    frame->seen |= bit;
    return false;
}

/* Runs over frames[0]. On failure fills *ret_stop; frames up to ret_stop->depth then say how it came there. */
PT_ALWAYS_INLINE bool pt_check_run(const pt_check_ops *ops, pt_check_frame *frames, const pt_limits *limits,
                                   pt_check_stop *ret_stop) {
    pt_check_frame *top = frames;
    pt_check_frame *const deepest = frames + (limits->depth < PT_CHECK_MAX_DEPTH ? limits->depth : PT_CHECK_MAX_DEPTH);
    pt_reader r = {top->start, top->end};
    uint32_t left = limits->fields, number = 0;
    unsigned wire_type = 0;
    pt_check_field field = {0};
    pt_check_fault fault = PT_CHECK_FINE;
    const uint8_t *at;
    for (;;) {
        const uint8_t *tag = at = r.pos;
        if (r.pos == r.end) {
            if (top == frames) return true;
            number = 0;
            fault = PT_CHECK_OPEN_GROUP;
            if (top->group) break;
            r.end = (--top)->end;
            continue;
        }
        fault = PT_CHECK_BAD_TAG;
        number = 0;
        if (!pt_read_tag(&r, &number, &wire_type)) break;
        fault = PT_CHECK_TOO_MANY;
        if (left-- == 0) break;
        if (wire_type == PT_WIRE_END_GROUP) {
            fault = PT_CHECK_STRAY_END;
            if (!top->group || top->number != number) break;
            r.end = (--top)->end;
            continue;
        }
        if (!top->type || !ops->find(top->type, number, &top->hint, &field)) field = (pt_check_field){0};
        pt_slice content = {r.pos, 0};
        fault = pt_check_value(ops, &field, wire_type, &r, &content, &at);
        if (fault) break;
        bool group = wire_type == PT_WIRE_START_GROUP;
        if (!group && field.kind != PT_CHECK_MESSAGE) continue;
        at = tag;
        fault = PT_CHECK_TWICE;
        if (ops->single_messages && field.kind == PT_CHECK_MESSAGE && !field.repeated && pt_check_again(top, number, tag))
            break;
        fault = PT_CHECK_TOO_DEEP;
        if (top == deepest) break;
        if (!group) r = pt_reader_of(content);
        *++top = (pt_check_frame){r.pos, r.end, field.message, number & PT_FIELD_NUMBER_MAX, group, 0, 0};
    }
    *ret_stop = (pt_check_stop){fault, number, at, (size_t)(top - frames), wire_type, field.kind};
    return false;
}

/* Checks a whole message. */
PT_ALWAYS_INLINE pt_code pt_check_message(const pt_check_ops *ops, const void *type, pt_slice bytes, const pt_limits *limits,
                                          pt_status *st) {
    pt_check_frame frames[PT_CHECK_MAX_DEPTH + 1];
    pt_check_stop stop;
    pt_code code = pt_check_size(bytes, limits, st);
    if (code || bytes.len == 0) return code;
    frames[0] = (pt_check_frame){bytes.ptr, bytes.ptr + bytes.len, type, 0, 0, 0, 0};
    if (pt_check_run(ops, frames, limits, &stop)) return PT_OK;
    return pt_check_report(ops, frames, &stop, limits, st);
}

#endif
