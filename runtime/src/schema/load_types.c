/* Second step: every message type and enum gets its full name, so that fields can refer to them. */
#include "schema/index.h"
#include "schema/load.h"

enum { FILE_MESSAGE = 4, FILE_ENUM = 5 };
/* DescriptorProto */
enum { MESSAGE_NAME = 1, MESSAGE_NESTED = 3, MESSAGE_ENUM = 4, MESSAGE_OPTIONS = 7, OPTIONS_MAP_ENTRY = 7 };
/* EnumDescriptorProto, EnumValueDescriptorProto */
enum { ENUM_NAME = 1, ENUM_VALUE = 2, VALUE_NAME = 1, VALUE_NUMBER = 2 };

/* Deepest nesting of message definitions; protobuf's own limit. */
#define MAX_NESTING 32

static pt_well_known well_known_of(const char *name) {
    static const struct {
        const char *name;
        pt_well_known kind;
    } table[] = {
        {"Any", PT_WK_ANY},
        {"BoolValue", PT_WK_WRAPPER},
        {"BytesValue", PT_WK_WRAPPER},
        {"DoubleValue", PT_WK_WRAPPER},
        {"Duration", PT_WK_DURATION},
        {"Empty", PT_WK_EMPTY},
        {"FieldMask", PT_WK_FIELD_MASK},
        {"FloatValue", PT_WK_WRAPPER},
        {"Int32Value", PT_WK_WRAPPER},
        {"Int64Value", PT_WK_WRAPPER},
        {"ListValue", PT_WK_LIST_VALUE},
        {"StringValue", PT_WK_WRAPPER},
        {"Struct", PT_WK_STRUCT},
        {"Timestamp", PT_WK_TIMESTAMP},
        {"UInt32Value", PT_WK_WRAPPER},
        {"UInt64Value", PT_WK_WRAPPER},
        {"Value", PT_WK_VALUE},
    };
    static const char package[] = "google.protobuf.";
    if (strncmp(name, package, sizeof package - 1) != 0) return PT_WK_NONE;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(name + sizeof package - 1, table[i].name) == 0) return table[i].kind;
    return PT_WK_NONE;
}

static bool is_map_entry(pt_load *load, pt_slice descriptor) {
    pt_reader r = pt_reader_of(descriptor);
    pt_item item, option;
    bool entry = false;
    while (pt_item_next(load, &r, &item)) {
        if (item.tag != PT_ITEM_LEN(MESSAGE_OPTIONS)) continue;
        pt_reader options = pt_reader_of(item.bytes);
        while (pt_item_next(load, &options, &option))
            if (option.tag == PT_ITEM_VARINT(OPTIONS_MAP_ENTRY)) entry = option.value != 0;
    }
    return entry;
}

static void declare_message(pt_load *load, const char *scope, pt_slice descriptor, unsigned nesting) {
    const char *name = pt_load_name(load, scope, '.', pt_item_find(load, descriptor, MESSAGE_NAME), "a message");
    pt_loaded_type *loaded = pt_load_new(load, 1, sizeof *loaded);
    pt_type *type = pt_load_new(load, 1, sizeof *type);
    if (!name || !loaded || !type) return;
    if (nesting > MAX_NESTING) {
        pt_load_fail(load, PT_INVALID_ARGUMENT, "%s: messages are defined more than %d deep", name, MAX_NESTING);
        return;
    }
    type->name = name;
    type->well_known = well_known_of(name);
    type->map_entry = is_map_entry(load, descriptor);
    *loaded = (pt_loaded_type){.file = load->file, .descriptor = descriptor, .nesting = nesting, .type = type};
    pt_load_symbol(load, name, PT_SYMBOL_TYPE, type);
    *load->last_type = loaded;
    load->last_type = &loaded->next;
}

static void define_value(pt_load *load, const char *scope, pt_slice descriptor, pt_enum_value *value) {
    pt_reader r = pt_reader_of(descriptor);
    pt_slice name = {0};
    pt_item item;
    while (pt_item_next(load, &r, &item)) {
        if (item.tag == PT_ITEM_LEN(VALUE_NAME)) name = item.bytes;
        if (item.tag == PT_ITEM_VARINT(VALUE_NUMBER)) value->number = (int32_t)item.value;
    }
    value->name = pt_load_name(load, scope, '\0', name, "a value");
}

static void define_values(pt_load *load, pt_enum *e, pt_slice descriptor) {
    size_t n = pt_item_count(load, descriptor, PT_ITEM_LEN(ENUM_VALUE));
    pt_enum_value *values = pt_load_new(load, n, sizeof *values);
    pt_reader r = pt_reader_of(descriptor);
    pt_item item;
    e->values = values;
    while (pt_item_next(load, &r, &item))
        if (item.tag == PT_ITEM_LEN(ENUM_VALUE)) define_value(load, e->name, item.bytes, &values[e->n_values++]);
    if (load->code) return;
    if (n == 0) pt_load_fail(load, PT_INVALID_ARGUMENT, "%s: an enum without values", e->name);
    if (n > 0 && !e->closed && values[0].number != 0)
        pt_load_fail(load, PT_INVALID_ARGUMENT, "%s: the first value of a proto3 enum must be 0", e->name);
}

/* A name that stands twice; NULL: none. */
static const char *find_twin(const pt_enum *e) {
    for (uint32_t i = 0; i < e->n_values; i++)
        if (pt_enum_named(e, e->values[i].name, strlen(e->values[i].name)) != &e->values[i]) return e->values[i].name;
    return NULL;
}

static void define_enum(pt_load *load, const char *scope, pt_slice descriptor) {
    const char *name = pt_load_name(load, scope, '.', pt_item_find(load, descriptor, ENUM_NAME), "an enum");
    pt_enum *e = pt_load_new(load, 1, sizeof *e);
    if (!name || !e) return;
    e->name = name;
    e->closed = !load->file->proto3;
    e->null_value = strcmp(name, "google.protobuf.NullValue") == 0;
    define_values(load, e, descriptor);
    if (load->code) return;
    if (!pt_enum_index_build(e, load->arena, load->seed)) {
        pt_load_fail_memory(load);
        return;
    }
    const char *twin = find_twin(e);
    if (twin) pt_load_fail(load, PT_ALREADY_EXISTS, "%s: value %s is defined twice", name, twin);
    pt_load_symbol(load, name, PT_SYMBOL_ENUM, e);
}

void pt_load_types(pt_load *load) {
    pt_item item;
    for (const pt_loaded_file *file = load->files; file && !load->code; file = file->next) {
        load->file = file;
        load->base = file->bytes.ptr;
        pt_reader r = pt_reader_of(file->bytes);
        while (pt_item_next(load, &r, &item)) {
            if (item.tag == PT_ITEM_LEN(FILE_MESSAGE)) declare_message(load, file->package, item.bytes, 0);
            if (item.tag == PT_ITEM_LEN(FILE_ENUM)) define_enum(load, file->package, item.bytes);
        }
    }
    /* The list grows while it is walked: nested messages are put behind. */
    for (const pt_loaded_type *outer = load->types; outer && !load->code; outer = outer->next) {
        load->file = outer->file;
        load->base = outer->file->bytes.ptr;
        pt_reader r = pt_reader_of(outer->descriptor);
        while (pt_item_next(load, &r, &item)) {
            if (item.tag == PT_ITEM_LEN(MESSAGE_NESTED))
                declare_message(load, outer->type->name, item.bytes, outer->nesting + 1);
            if (item.tag == PT_ITEM_LEN(MESSAGE_ENUM)) define_enum(load, outer->type->name, item.bytes);
        }
    }
}
