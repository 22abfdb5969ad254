#include "core/check.h"

#include <stdio.h>

#define PATH_BYTES 240

/* A path that is written from its end, so that the innermost names are kept when it gets too long. */
typedef struct path {
    char text[PATH_BYTES];
    size_t start; /* of what is written */
} path;

/* False: no room any more. */
static bool put_front(path *p, const char *part) {
    size_t len = strlen(part);
    const size_t dots = 3;
    if (p->start < len + dots) {
        if (p->text[p->start] == '.') p->start++;
        p->start -= dots;
        memcpy(p->text + p->start, "...", dots);
        return false;
    }
    p->start -= len;
    memcpy(p->text + p->start, part, len);
    return true;
}

/* Passes over a group whose start tag was read. It was checked before, so it is well-formed. */
static bool skip_group(pt_reader *r) {
    uint32_t number;
    unsigned wire_type;
    for (size_t open = 1; open > 0;) {
        if (!pt_read_tag(r, &number, &wire_type)) return false;
        if (wire_type == PT_WIRE_START_GROUP)
            open++;
        else if (wire_type == PT_WIRE_END_GROUP)
            open--;
        else if (!pt_skip_scalar(r, wire_type))
            return false;
    }
    return true;
}

size_t pt_check_count(const pt_check_frame *frame, uint32_t number, const uint8_t *at) {
    pt_reader r = {frame->start, at};
    size_t n = 0;
    uint32_t found;
    unsigned wire_type;
    while (pt_read_tag(&r, &found, &wire_type)) {
        if (wire_type == PT_WIRE_START_GROUP) {
            if (!skip_group(&r)) break; /* `at` is in this group */
        } else if (!pt_skip_scalar(&r, wire_type)) {
            break; /* `at` is in this value */
        }
        n += found == number;
    }
    return n;
}

/* Puts a field in front of the path: "name", "name[3]" or "(field 19)". `at` is within the field. The bytes that the frames of
 * a path are searched in do not overlap, so a report is linear in the message. */
static bool put_field(path *p, const pt_check_ops *ops, const pt_check_frame *frame, uint32_t number, const uint8_t *at) {
    char part[32];
    pt_check_field field;
    uint32_t hint = 0;
    if (p->start < PATH_BYTES - 1 && !put_front(p, ".")) return false;
    if (!frame->type || !ops->find(frame->type, number, &hint, &field)) {
        snprintf(part, sizeof part, "(field %u)", (unsigned)number);
        return put_front(p, part);
    }
    if (field.repeated) {
        snprintf(part, sizeof part, "[%zu]", pt_check_count(frame, number, at));
        if (!put_front(p, part)) return false;
    }
    return put_front(p, ops->name(frame->type, number));
}

static const char *find_path(path *p, const pt_check_ops *ops, const pt_check_frame *frames, const pt_check_stop *stop) {
    p->start = PATH_BYTES - 1;
    p->text[p->start] = '\0';
    bool room = stop->number == 0 || put_field(p, ops, &frames[stop->depth], stop->number, stop->at);
    for (size_t i = stop->depth; room && i > 0; i--)
        room = put_field(p, ops, &frames[i - 1], frames[i].number, frames[i].start);
    return p->start < PATH_BYTES - 1 ? p->text + p->start : "message";
}

static const char *wire_type_name(unsigned wire_type) {
    static const char *const names[] = {"a varint", "a 64-bit value",  "a length-prefixed value",
                                        "a group",  "an end of group", "a 32-bit value"};
    return names[wire_type];
}

static const char *kind_name(pt_check_kind kind) {
    static const char *const names[] = {
        [PT_CHECK_UNKNOWN] = "anything", [PT_CHECK_VARINT] = "a varint",   [PT_CHECK_BOOL] = "a varint (bool)",
        [PT_CHECK_I32] = "32 bits",      [PT_CHECK_I64] = "64 bits",       [PT_CHECK_TEXT] = "a string",
        [PT_CHECK_BYTES] = "bytes",      [PT_CHECK_MESSAGE] = "a message", [PT_CHECK_GROUP] = "a group",
    };
    return names[kind];
}

static const char *fault_text(pt_check_fault fault) {
    switch (fault) {
    case PT_CHECK_BAD_TAG: return "malformed tag";
    case PT_CHECK_BAD_VARINT: return "varint is truncated or longer than 10 bytes";
    case PT_CHECK_TRUNCATED: return "truncated: it reaches beyond the end of what holds it";
    case PT_CHECK_NOT_TEXT: return "string is not UTF-8 or has a NUL";
    case PT_CHECK_PACKED_WIDTH: return "packed length is no multiple of the element's width";
    case PT_CHECK_PACKED_BOOL: return "packed bool is neither 0 nor 1";
    case PT_CHECK_REFUSED_GROUP: return "groups are not supported";
    case PT_CHECK_OPEN_GROUP: return "group has no end";
    case PT_CHECK_TWICE: return "stands twice, and merging is not supported";
    case PT_CHECK_STRAY_END: return "end of a group that is not open";
    default: return "malformed";
    }
}

pt_code pt_check_report(const pt_check_ops *ops, const pt_check_frame *frames, const pt_check_stop *stop,
                        const pt_limits *limits, pt_status *st) {
    path p;
    bool limit = stop->fault == PT_CHECK_TOO_DEEP || stop->fault == PT_CHECK_TOO_MANY;
    if (!st) return limit ? PT_RESOURCE_EXHAUSTED : PT_INVALID_ARGUMENT;
    const char *where = find_path(&p, ops, frames, stop);
    size_t byte = (size_t)(stop->at - frames[0].start);
    switch (stop->fault) {
    case PT_CHECK_TOO_DEEP:
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: nested deeper than the limit of %zu, byte %zu", where, stop->depth,
                             byte);
    case PT_CHECK_TOO_MANY:
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: more fields than the limit of %u, byte %zu", where,
                             (unsigned)limits->fields, byte);
    case PT_CHECK_WIRE_TYPE:
        return pt_status_set(st, PT_INVALID_ARGUMENT, "%s: expected %s, found %s, byte %zu", where, kind_name(stop->kind),
                             wire_type_name(stop->wire_type), byte);
    default: return pt_status_set(st, PT_INVALID_ARGUMENT, "%s: %s, byte %zu", where, fault_text(stop->fault), byte);
    }
}

pt_code pt_check_size(pt_slice bytes, const pt_limits *limits, pt_status *st) {
    if (bytes.len <= limits->message_bytes) return PT_OK;
    return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "message of %zu bytes is over the limit of %zu", bytes.len,
                         limits->message_bytes);
}
