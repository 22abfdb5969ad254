/* pt_type_check: the message check over loaded types. */
#include "core/check.h"
#include "schema/index.h"

/* The hint is the place of the field that was found last: fields mostly come in order, and elements of one together. */
static inline bool find(const void *loaded, uint32_t number, uint32_t *hint, pt_check_field *ret) {
    const pt_type *type = loaded;
    const pt_field *field = NULL;
    uint32_t place = *hint;
    if (place < type->n_fields && type->fields[place].number == number) field = &type->fields[place];
    if (!field) field = pt_type_get_field(type, number);
    if (!field) return false;
    *hint = field->index;
    *ret = (pt_check_field){pt_field_get_code(field)->kind, field->repeated, field->message};
    return true;
}

static const char *name(const void *type, uint32_t number) {
    const pt_field *field = pt_type_get_field(type, number);
    return field ? field->name : NULL;
}

static const pt_check_ops OPS = {.find = find, .name = name, .groups = true, .single_messages = false, .strict_bool = false};

pt_code pt_type_check(const pt_type *type, pt_slice bytes, const pt_limits *limits, pt_status *st) {
    return pt_check_message(&OPS, type, bytes, limits, st);
}
