#include "schema/index.h"

#include <stdio.h>
#include <stdlib.h>

/* The table by number reaches so far that it is never much larger than the fields. */
static uint32_t count_places(const pt_type *type) {
    if (type->n_fields == 0) return 0;
    uint64_t last = type->fields[type->n_fields - 1].number, most = (uint64_t)type->n_fields * 4 + 32;
    return (uint32_t)(last < most ? last + 1 : most);
}

static bool build_places(const pt_type *type, pt_type_index *index, pt_arena *arena) {
    uint32_t n = count_places(type);
    uint32_t *places = pt_arena_calloc(arena, n, sizeof *places);
    if (!places) return false;
    for (uint32_t i = 0; i < type->n_fields && type->fields[i].number < n; i++)
        places[type->fields[i].number] = i + 1;
    index->places = places;
    index->n_places = n;
    return true;
}

/* An empty table with room for n names. */
static bool new_names(pt_names *names, size_t n, pt_arena *arena, pt_name_seed seed) {
    uint32_t n_slots = pt_names_slots(n);
    pt_name_slot *slots = pt_arena_calloc(arena, n_slots, sizeof *slots);
    if (!slots) return false;
    pt_names_init(names, slots, n_slots, seed);
    return true;
}

static bool build_names(const pt_type *type, pt_type_index *index, pt_arena *arena, pt_name_seed seed) {
    uint32_t n = type->n_fields;
    if (!new_names(&index->proto, n, arena, seed) || !new_names(&index->json, (size_t)n * 2, arena, seed)) return false;
    for (uint32_t i = 0; i < n; i++) {
        pt_names_put(&index->json, type->fields[i].json_name, strlen(type->fields[i].json_name), i);
        pt_names_put(&index->proto, type->fields[i].name, strlen(type->fields[i].name), i);
    }
    for (uint32_t i = 0; i < n; i++) {
        size_t len = strlen(type->fields[i].name);
        if (!pt_type_get_field_json(type, type->fields[i].name, len)) pt_names_put(&index->json, type->fields[i].name, len, i);
    }
    return true;
}

/* `"name":` with what RFC 8259 wants escaped. */
static bool build_json_key(const char *name, pt_field_code *code, pt_arena *arena) {
    size_t len = strlen(name);
    const size_t longest = sizeof "\\u0000" - 1, frame = sizeof "\"\":" - 1;
    char *key = pt_arena_alloc(arena, len * longest + frame + 1), *p = key;
    if (!key) return false;
    *p++ = '"';
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)name[i] < 0x20) {
            p += snprintf(p, longest + 1, "\\u%04x", (unsigned)(unsigned char)name[i]);
            continue;
        }
        if (name[i] == '"' || name[i] == '\\') *p++ = '\\';
        *p++ = name[i];
    }
    *p++ = '"';
    *p++ = ':';
    code->json_key = key;
    code->json_key_len = (uint32_t)(p - key);
    return true;
}

static pt_check_kind kind_of(pt_field_type type) {
    switch (type) {
    case PT_TYPE_INT64:
    case PT_TYPE_UINT64:
    case PT_TYPE_INT32:
    case PT_TYPE_UINT32:
    case PT_TYPE_ENUM:
    case PT_TYPE_SINT32:
    case PT_TYPE_SINT64: return PT_CHECK_VARINT;
    case PT_TYPE_BOOL: return PT_CHECK_BOOL;
    case PT_TYPE_FLOAT:
    case PT_TYPE_FIXED32:
    case PT_TYPE_SFIXED32: return PT_CHECK_I32;
    case PT_TYPE_DOUBLE:
    case PT_TYPE_FIXED64:
    case PT_TYPE_SFIXED64: return PT_CHECK_I64;
    case PT_TYPE_STRING: return PT_CHECK_TEXT;
    case PT_TYPE_BYTES: return PT_CHECK_BYTES;
    case PT_TYPE_MESSAGE: return PT_CHECK_MESSAGE;
    case PT_TYPE_GROUP: return PT_CHECK_GROUP;
    }
    return PT_CHECK_UNKNOWN;
}

static uint8_t wire_type_of(pt_check_kind kind) {
    switch (kind) {
    case PT_CHECK_VARINT:
    case PT_CHECK_BOOL: return PT_WIRE_VARINT;
    case PT_CHECK_I32: return PT_WIRE_I32;
    case PT_CHECK_I64: return PT_WIRE_I64;
    case PT_CHECK_GROUP: return PT_WIRE_START_GROUP;
    default: return PT_WIRE_LEN;
    }
}

static bool build_codes(const pt_type *type, pt_type_index *index, pt_arena *arena) {
    pt_field_code *codes = pt_arena_calloc(arena, type->n_fields, sizeof *codes);
    if (!codes) return false;
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const pt_field *field = &type->fields[i];
        pt_field_code *code = &codes[i];
        code->kind = kind_of(field->type);
        code->wire_type = field->packed ? PT_WIRE_LEN : wire_type_of(code->kind);
        code->tag_len = (uint8_t)(pt_write_tag(code->tag, field->number, code->wire_type) - code->tag);
        if (!build_json_key(field->json_name, code, arena)) return false;
    }
    index->codes = codes;
    return true;
}

bool pt_type_index_build(pt_type *type, pt_arena *arena, pt_name_seed seed) {
    pt_type_index *index = pt_arena_calloc(arena, 1, sizeof *index);
    if (!index) return false;
    type->index = index;
    return build_places(type, index, arena) && build_names(type, index, arena, seed) && build_codes(type, index, arena);
}

static int compare_numbers(const void *left, const void *right, void *enumeration) {
    const pt_enum *e = enumeration;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int32_t na = e->values[a].number, nb = e->values[b].number;
    if (na != nb) return na < nb ? -1 : 1;
    return a < b ? -1 : a > b;
}

static bool build_sorted(pt_enum *e, pt_enum_index *index, pt_arena *arena) {
    uint32_t *sorted = pt_arena_calloc(arena, e->n_values, sizeof *sorted), n = 0;
    if (!sorted) return false;
    for (uint32_t i = 0; i < e->n_values; i++)
        sorted[i] = i;
    qsort_r(sorted, e->n_values, sizeof *sorted, compare_numbers, e);
    for (uint32_t i = 0; i < e->n_values; i++)
        if (n == 0 || e->values[sorted[n - 1]].number != e->values[sorted[i]].number) sorted[n++] = sorted[i];
    index->sorted = sorted;
    index->n_sorted = n;
    return true;
}

bool pt_enum_index_build(pt_enum *e, pt_arena *arena, pt_name_seed seed) {
    pt_enum_index *index = pt_arena_calloc(arena, 1, sizeof *index);
    if (!index || !new_names(&index->names, e->n_values, arena, seed)) return false;
    e->index = index;
    index->dense = true;
    for (uint32_t i = 0; i < e->n_values; i++) {
        pt_names_put(&index->names, e->values[i].name, strlen(e->values[i].name), i);
        if (e->values[i].number != (int32_t)i) index->dense = false;
    }
    return index->dense || build_sorted(e, index, arena);
}

const pt_field *pt_type_search(const pt_type *type, uint32_t number) {
    uint32_t low = 0, high = type->n_fields;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (type->fields[middle].number == number) return &type->fields[middle];
        if (type->fields[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const pt_field *pt_type_field(const pt_type *type, uint32_t number) {
    return pt_type_get_field(type, number);
}

const pt_field *pt_type_field_named(const pt_type *type, const char *name, size_t len) {
    const pt_name_slot *slot = pt_names_find(&pt_type_get_index(type)->proto, name, len);
    return slot ? &type->fields[slot->value] : NULL;
}

const pt_field *pt_type_field_json(const pt_type *type, const char *name, size_t len) {
    return pt_type_get_field_json(type, name, len);
}

const pt_enum_value *pt_enum_named(const pt_enum *e, const char *name, size_t len) {
    return pt_enum_get_named(e, name, len);
}

const pt_enum_value *pt_enum_numbered(const pt_enum *e, int32_t number) {
    const pt_enum_index *index = e->index;
    if (index->dense) return number >= 0 && (uint32_t)number < e->n_values ? &e->values[number] : NULL;
    uint32_t low = 0, high = index->n_sorted;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const pt_enum_value *value = &e->values[index->sorted[middle]];
        if (value->number == number) return value;
        if (value->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
