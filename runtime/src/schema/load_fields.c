/* Third step: the fields of every message, what they refer to, and whether their options fit them. */
#include <stdlib.h>

#include "schema/index.h"
#include "schema/load.h"

/* DescriptorProto, OneofDescriptorProto */
enum { MESSAGE_FIELD = 2, MESSAGE_ONEOF = 8, ONEOF_NAME = 1 };
/* FieldDescriptorProto */
enum { FIELD_NAME = 1, FIELD_NUMBER = 3, FIELD_LABEL = 4, FIELD_TYPE = 5, FIELD_TYPE_NAME = 6, FIELD_OPTIONS = 8 };
enum { FIELD_ONEOF = 9, FIELD_JSON_NAME = 10, FIELD_OPTIONAL = 17 };
enum { LABEL_REPEATED = 3 };
/* FieldOptions with the extension of partie/v1/options.proto */
enum { OPTIONS_PACKED = 2, OPTIONS_PARTIE = 50501, PARTIE_JSON_FORM = 1 };

/* A FieldDescriptorProto, read. */
typedef struct field_item {
    pt_slice name, type_name, json_name;
    uint64_t number, label, type, json_form;
    int64_t oneof; /* -1: none */
    bool optional; /* proto3 optional: its oneof is synthetic */
    bool has_packed, packed;
} field_item;

static void read_options(pt_load *load, pt_slice options, field_item *ret) {
    pt_reader r = pt_reader_of(options);
    pt_item item, inner;
    while (pt_item_next(load, &r, &item)) {
        if (item.tag == PT_ITEM_VARINT(OPTIONS_PACKED)) {
            ret->has_packed = true;
            ret->packed = item.value != 0;
        }
        if (item.tag != PT_ITEM_LEN(OPTIONS_PARTIE)) continue;
        pt_reader partie = pt_reader_of(item.bytes);
        while (pt_item_next(load, &partie, &inner))
            if (inner.tag == PT_ITEM_VARINT(PARTIE_JSON_FORM)) ret->json_form = inner.value;
    }
}

static field_item read_field(pt_load *load, pt_slice descriptor) {
    field_item field = {.oneof = -1};
    pt_reader r = pt_reader_of(descriptor);
    pt_item item;
    while (pt_item_next(load, &r, &item)) {
        switch (item.tag) {
        case PT_ITEM_LEN(FIELD_NAME): field.name = item.bytes; break;
        case PT_ITEM_VARINT(FIELD_NUMBER): field.number = item.value; break;
        case PT_ITEM_VARINT(FIELD_LABEL): field.label = item.value; break;
        case PT_ITEM_VARINT(FIELD_TYPE): field.type = item.value; break;
        case PT_ITEM_LEN(FIELD_TYPE_NAME): field.type_name = item.bytes; break;
        case PT_ITEM_LEN(FIELD_OPTIONS): read_options(load, item.bytes, &field); break;
        case PT_ITEM_VARINT(FIELD_ONEOF): field.oneof = (int32_t)item.value; break;
        case PT_ITEM_LEN(FIELD_JSON_NAME): field.json_name = item.bytes; break;
        case PT_ITEM_VARINT(FIELD_OPTIONAL): field.optional = item.value != 0; break;
        }
    }
    return field;
}

/* protobuf's rule: underscores go, and the letter behind one is a capital. */
static const char *make_json_name(pt_load *load, const char *name) {
    char *json_name = pt_load_new(load, strlen(name) + 1, 1), *p = json_name;
    bool capital = false;
    if (!json_name) return NULL;
    for (; *name; name++) {
        if (*name != '_') *p++ = capital && *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name;
        capital = *name == '_';
    }
    return json_name;
}

static const char *copy_json_name(pt_load *load, const pt_type *type, const char *name, pt_slice json_name) {
    if (json_name.len == 0) return make_json_name(load, name);
    if (json_name.len > PT_NAME_BYTES || pt_utf8_find_bad_or_nul(json_name)) {
        pt_load_fail(load, PT_INVALID_ARGUMENT, "%s.%s: json_name is not UTF-8 or longer than %d bytes", type->name, name,
                     PT_NAME_BYTES);
        return NULL;
    }
    const char *copy = pt_arena_strndup(load->arena, (const char *)json_name.ptr, json_name.len);
    if (!copy) pt_load_fail_memory(load);
    return copy;
}

static bool is_number(pt_field_type type) {
    return type != PT_TYPE_STRING && type != PT_TYPE_BYTES && type != PT_TYPE_MESSAGE && type != PT_TYPE_GROUP;
}

static void resolve(pt_load *load, pt_slice type_name, pt_field *field) {
    const char *scope = field->parent->name;
    if (field->type == PT_TYPE_ENUM) field->enumeration = pt_load_resolve(load, type_name, PT_SYMBOL_ENUM, scope, field->name);
    if (field->type != PT_TYPE_MESSAGE && field->type != PT_TYPE_GROUP) return;
    field->message = pt_load_resolve(load, type_name, PT_SYMBOL_TYPE, scope, field->name);
    if (!field->message || !field->message->map_entry) return;
    field->map = true;
    if (!field->repeated || field->type == PT_TYPE_GROUP)
        pt_load_fail(load, PT_INVALID_ARGUMENT, "%s.%s: a map entry outside of a map", scope, field->name);
}

/* What the numbers of a FieldDescriptorProto may be. */
static void check_numbers(pt_load *load, const pt_field *field, const field_item *item) {
    const char *scope = field->parent->name;
    if (item->number < 1 || item->number > PT_FIELD_NUMBER_MAX)
        pt_load_fail(load, PT_INVALID_ARGUMENT, "%s.%s: field numbers are 1 to %u", scope, field->name, PT_FIELD_NUMBER_MAX);
    if (item->label > LABEL_REPEATED) pt_load_fail(load, PT_INVALID_ARGUMENT, "%s.%s: unknown label", scope, field->name);
    if (item->type < PT_TYPE_DOUBLE || item->type > PT_TYPE_SINT64)
        pt_load_fail(load, PT_INVALID_ARGUMENT, "%s.%s: no or unknown type; protoc resolves types", scope, field->name);
    if (item->json_form > PT_JSON_INLINE)
        pt_load_fail(load, PT_INVALID_ARGUMENT, "%s.%s: unknown json_form; this partie is older than the contract", scope,
                     field->name);
}

static void define_field(pt_load *load, const pt_loaded_type *loaded, pt_slice descriptor, pt_field *field) {
    const pt_type *type = loaded->type;
    field_item item = read_field(load, descriptor);
    field->parent = type;
    field->name = pt_load_name(load, type->name, '\0', item.name, "a field");
    if (field->name) field->json_name = copy_json_name(load, type, field->name, item.json_name);
    if (!field->json_name) return;
    check_numbers(load, field, &item);
    field->number = (uint32_t)item.number;
    field->type = (pt_field_type)item.type;
    field->json_form = (pt_json_form)item.json_form;
    field->repeated = item.label == LABEL_REPEATED;
    field->oneof = (int)item.oneof;
    if (!load->code) resolve(load, item.type_name, field);
    bool alone = !loaded->file->proto3 || field->message || field->oneof >= 0 || item.optional;
    field->presence = !field->repeated && alone;
    field->packed = field->repeated && is_number(field->type) && (item.has_packed ? item.packed : loaded->file->proto3);
}

/* A oneof while its members are counted. */
typedef struct oneof_state {
    const char *name;
    uint32_t members;
    bool synthetic; /* stands for a proto3 optional */
    int place;      /* among those that are not synthetic */
} oneof_state;

/* Counts members; a field whose oneof is not declared is an error. */
static void count_members(pt_load *load, const pt_loaded_type *loaded, oneof_state *oneofs, size_t n) {
    pt_reader r = pt_reader_of(loaded->descriptor);
    const pt_field *field = loaded->fields;
    pt_item item;
    while (pt_item_next(load, &r, &item)) {
        if (item.tag != PT_ITEM_LEN(MESSAGE_FIELD)) continue;
        bool optional = read_field(load, item.bytes).optional;
        if (field->oneof >= 0 && (size_t)field->oneof < n && !field->repeated) {
            oneofs[field->oneof].members++;
            oneofs[field->oneof].synthetic |= optional;
        } else if (field->oneof != -1) {
            pt_load_fail(load, PT_INVALID_ARGUMENT, "%s.%s: a member of no oneof, or repeated in one", loaded->type->name,
                         field->name);
        }
        field++;
    }
}

/* Numbers the oneofs anew without the synthetic ones. */
static void define_oneofs(pt_load *load, const pt_loaded_type *loaded) {
    pt_type *type = loaded->type;
    size_t n = pt_item_count(load, loaded->descriptor, PT_ITEM_LEN(MESSAGE_ONEOF)), i = 0;
    oneof_state *oneofs = pt_load_new(load, n, sizeof *oneofs);
    const char **names = pt_load_new(load, n, sizeof *names);
    pt_reader r = pt_reader_of(loaded->descriptor);
    pt_item item;
    if (!oneofs || !names) return;
    while (pt_item_next(load, &r, &item))
        if (item.tag == PT_ITEM_LEN(MESSAGE_ONEOF))
            oneofs[i++].name = pt_load_name(load, type->name, '\0', pt_item_find(load, item.bytes, ONEOF_NAME), "a oneof");
    count_members(load, loaded, oneofs, n);
    for (i = 0; i < n && !load->code; i++) {
        oneofs[i].place = oneofs[i].synthetic ? -1 : (int)type->n_oneofs;
        if (!oneofs[i].synthetic)
            names[type->n_oneofs++] = oneofs[i].name;
        else if (oneofs[i].members != 1)
            pt_load_fail(load, PT_INVALID_ARGUMENT, "%s.%s: an optional field shares a oneof", type->name, oneofs[i].name);
    }
    type->oneof_names = names;
    for (i = 0; i < type->n_fields && !load->code; i++)
        if (loaded->fields[i].oneof >= 0) loaded->fields[i].oneof = oneofs[loaded->fields[i].oneof].place;
}

static int compare_fields(const void *left, const void *right) {
    uint32_t a = ((const pt_field *)left)->number, b = ((const pt_field *)right)->number;
    return a < b ? -1 : a > b;
}

/* Sorts the fields, builds the tables and sees that no number and no name stands twice. */
static void index_fields(pt_load *load, const pt_loaded_type *loaded) {
    pt_type *type = loaded->type;
    qsort(loaded->fields, type->n_fields, sizeof *loaded->fields, compare_fields);
    for (uint32_t i = 0; i < type->n_fields; i++)
        loaded->fields[i].index = i;
    if (!pt_type_index_build(type, load->arena, load->seed)) {
        pt_load_fail_memory(load);
        return;
    }
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const pt_field *field = &type->fields[i];
        if (i > 0 && field->number == field[-1].number)
            pt_load_fail(load, PT_ALREADY_EXISTS, "%s.%s: number %u is that of %s too", type->name, field->name, field->number,
                         field[-1].name);
        if (pt_type_field_named(type, field->name, strlen(field->name)) != field)
            pt_load_fail(load, PT_ALREADY_EXISTS, "%s.%s is defined twice", type->name, field->name);
        const pt_field *same = pt_type_field_json(type, field->json_name, strlen(field->json_name));
        if (same != field && loaded->file->proto3)
            pt_load_fail(load, PT_ALREADY_EXISTS, "%s.%s: its JSON name is that of %s too", type->name, field->name,
                         same->name);
    }
}

static void define_fields(pt_load *load, pt_loaded_type *loaded) {
    pt_type *type = loaded->type;
    size_t n = pt_item_count(load, loaded->descriptor, PT_ITEM_LEN(MESSAGE_FIELD));
    pt_reader r = pt_reader_of(loaded->descriptor);
    pt_item item;
    type->fields = loaded->fields = pt_load_new(load, n, sizeof *loaded->fields);
    while (pt_item_next(load, &r, &item))
        if (item.tag == PT_ITEM_LEN(MESSAGE_FIELD)) define_field(load, loaded, item.bytes, &loaded->fields[type->n_fields++]);
    if (!load->code) define_oneofs(load, loaded);
    if (!load->code) index_fields(load, loaded);
}

static bool can_be_key(pt_field_type type) {
    return type == PT_TYPE_STRING ||
           (is_number(type) && type != PT_TYPE_DOUBLE && type != PT_TYPE_FLOAT && type != PT_TYPE_ENUM);
}

static bool is_good_entry(const pt_type *entry) {
    if (entry->n_fields != 2 || entry->n_oneofs > 0) return false;
    const pt_field *key = &entry->fields[0], *value = &entry->fields[1];
    return key->number == 1 && value->number == 2 && !key->repeated && !value->repeated && can_be_key(key->type) &&
           value->type != PT_TYPE_GROUP;
}

static bool is_text_map(const pt_field *field) {
    return field->map && field->message->fields[0].type == PT_TYPE_STRING && field->message->fields[1].type == PT_TYPE_STRING;
}

/* What can be seen only when the fields of all types are there. */
static void check_type(pt_load *load, pt_type *type) {
    if (type->map_entry && !is_good_entry(type))
        pt_load_fail(load, PT_INVALID_ARGUMENT, "%s: a map entry is a key (1) and a value (2)", type->name);
    for (uint32_t i = 0; i < type->n_fields && !load->code; i++) {
        const pt_field *field = &type->fields[i];
        if (field->json_form == PT_JSON_RAW && (field->type != PT_TYPE_STRING || field->repeated))
            pt_load_fail(load, PT_INVALID_ARGUMENT, "%s.%s: JSON_FORM_RAW is for a string that is not repeated", type->name,
                         field->name);
        if (field->json_form != PT_JSON_INLINE) continue;
        if (field->map && !is_good_entry(field->message)) continue; /* reported with the entry */
        if (!is_text_map(field))
            pt_load_fail(load, PT_INVALID_ARGUMENT, "%s.%s: JSON_FORM_INLINE is for a map<string, string>", type->name,
                         field->name);
        if (type->inline_field)
            pt_load_fail(load, PT_INVALID_ARGUMENT, "%s.%s: JSON_FORM_INLINE stands at %s already", type->name, field->name,
                         type->inline_field->name);
        type->inline_field = field;
    }
}

static void enter(pt_load *load, const pt_loaded_type *loaded) {
    load->file = loaded->file;
    load->base = loaded->file->bytes.ptr;
}

void pt_load_fields(pt_load *load) {
    for (pt_loaded_type *loaded = load->types; loaded && !load->code; loaded = loaded->next) {
        enter(load, loaded);
        define_fields(load, loaded);
    }
    for (pt_loaded_type *loaded = load->types; loaded && !load->code; loaded = loaded->next) {
        enter(load, loaded);
        check_type(load, loaded->type);
    }
}
