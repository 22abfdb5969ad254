/* Lookup tables of a loaded type, for codecs that walk every byte: inline, without allocation. The public functions of schema.h
 * do the same by a call. */
#ifndef PT_SCHEMA_INDEX_H
#define PT_SCHEMA_INDEX_H

#include "core/check.h"
#include "partie/arena.h"
#include "partie/schema.h"
#include "schema/names.h"

/* What an encoder needs of a field, computed once. */
typedef struct pt_field_code {
    const char *json_key;  /* "\"name\":", escaped, ready to be copied */
    uint32_t json_key_len; /* bytes */
    pt_check_kind kind;
    uint8_t wire_type; /* as it is written: PT_WIRE_LEN where packed */
    uint8_t tag_len;   /* bytes */
    uint8_t tag[5];    /* as it is written */
} pt_field_code;

/* What pt_type.index points to. */
typedef struct pt_type_index {
    pt_names json;              /* JSON names and names, to places in fields; a JSON name comes before an equal name */
    pt_names proto;             /* names, to places */
    const uint32_t *places;     /* by number: place + 1; 0: none */
    uint32_t n_places;          /* numbers from here on are searched */
    const pt_field_code *codes; /* by place */
} pt_type_index;

/* What pt_enum.index points to. */
typedef struct pt_enum_index {
    pt_names names;
    bool dense;             /* value i has number i */
    const uint32_t *sorted; /* places, by number and then by place, without aliases; NULL where dense */
    uint32_t n_sorted;
} pt_enum_index;

/* Build the tables of a finished type or enum in the arena. False: no memory. */
bool pt_type_index_build(pt_type *type, pt_arena *arena, pt_name_seed seed);
bool pt_enum_index_build(pt_enum *enumeration, pt_arena *arena, pt_name_seed seed);

/* A number beyond the table: binary search. */
const pt_field *pt_type_search(const pt_type *type, uint32_t number);

static inline const pt_type_index *pt_type_get_index(const pt_type *type) {
    return type->index;
}

static inline const pt_field_code *pt_field_get_code(const pt_field *field) {
    return &pt_type_get_index(field->parent)->codes[field->index];
}

/* As pt_type_field, pt_type_field_json and pt_enum_named. */
static inline const pt_field *pt_type_get_field(const pt_type *type, uint32_t number) {
    const pt_type_index *index = pt_type_get_index(type);
    if (number >= index->n_places) return pt_type_search(type, number);
    uint32_t place = index->places[number];
    return place ? &type->fields[place - 1] : NULL;
}

static inline const pt_field *pt_type_get_field_json(const pt_type *type, const char *name, size_t len) {
    const pt_name_slot *slot = pt_names_find(&pt_type_get_index(type)->json, name, len);
    return slot ? &type->fields[slot->value] : NULL;
}

static inline const pt_enum_value *pt_enum_get_named(const pt_enum *e, const char *name, size_t len) {
    const pt_name_slot *slot = pt_names_find(&((const pt_enum_index *)e->index)->names, name, len);
    return slot ? &e->values[slot->value] : NULL;
}

#endif
