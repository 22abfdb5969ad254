/* A field inside a message, `a.b.c`, and values that are put there: what path variables and query parameters are. */
#ifndef PT_MAPPING_FIELD_PATH_H
#define PT_MAPPING_FIELD_PATH_H

#include "partie/arena.h"
#include "partie/schema.h"

/* As many as messages may stand in messages. */
#define PT_FIELD_PATH_MAX 100

typedef struct pt_field_path {
    const pt_field *const *fields; /* outermost first */
    uint32_t n_fields;             /* at least 1 */
} pt_field_path;

/* Looks up `dotted` in `type`, each part by its name in the contract or its JSON name. All but the last must be single
 * messages. The fields of *ret_path lie in `arena`.
 * INVALID_ARGUMENT: no such field, one in the middle is no single message, or over PT_FIELD_PATH_MAX parts; the message
 * starts with the part that is wrong. RESOURCE_EXHAUSTED: the arena. */
pt_code pt_field_path_find(const pt_type *type, pt_slice dotted, pt_arena *arena, pt_field_path *ret_path,
                           pt_status *st) PT_MUST_CHECK;

/* The field that the path leads to. */
static inline const pt_field *pt_field_path_last(const pt_field_path *path) {
    return path->fields[path->n_fields - 1];
}

/* Appends to `out` the wire form of the whole message with nothing but this field set, to the value that `text` says. Such
 * pieces behind one another are one message in parts, see pt_type_normalize. `scratch` is emptied and used.
 * INVALID_ARGUMENT: not a value of that field, not UTF-8, or with a NUL. RESOURCE_EXHAUSTED: a buffer at its ceiling. */
pt_code pt_field_path_put(const pt_field_path *path, pt_slice text, pt_buf *scratch, pt_buf *out, pt_status *st) PT_MUST_CHECK;

/* Finds the value of the field in a serialized message: a view of the field's last occurrence, with its tag. False: it isn't
 * there, or it is a field without presence that is zero. The bytes must be well-formed. */
bool pt_field_path_get(const pt_field_path *path, pt_slice wire, pt_slice *ret_value);

#endif
