/* X.pb.c: functions, the runtime's tables, and the embedded descriptor. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "defaults.h"
#include "emit.h"
#include "scalar.h"

static void emit_enum_values(pt_printer *out, const pt_gen_value *const *values, size_t n) {
    pt_expand(out, "static const ProtobufCEnumValue $lower$__values[] = {\n");
    for (size_t i = 0; i < n; i++)
        pt_print(out, "    {\"%s\", \"%s\", %s},\n", values[i]->decl.name, values[i]->c_name, values[i]->c_name);
    pt_print(out, "};\n");
}

static int by_number(const void *a, const void *b) {
    const pt_gen_value *x = *(const pt_gen_value *const *)a, *y = *(const pt_gen_value *const *)b;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return (x > y) - (x < y); /* of aliases the first declared comes first */
}

static int by_name(const void *a, const void *b) {
    return strcmp((*(const pt_gen_value *const *)a)->decl.name, (*(const pt_gen_value *const *)b)->decl.name);
}

/* Drops aliases from values sorted by number. Returns how many are left. */
static size_t distinct(const pt_gen_value **values, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!kept || values[kept - 1]->number != values[i]->number) values[kept++] = values[i];
    return kept;
}

static size_t index_of(const pt_gen_value *const *values, size_t n, int32_t number) {
    size_t low = 0;
    while (n > 1) { /* the number is there, at low or up to n - 1 places above */
        size_t half = n / 2;
        if (values[low + half]->number <= number) {
            low += half;
            n -= half;
        } else {
            n = half;
        }
    }
    return low;
}

/* Runs of consecutive numbers, with the index at which each starts, and a last row that holds the count. Returns how many. */
static size_t emit_ranges(pt_printer *out, const int64_t *numbers, size_t n) {
    size_t runs = 0;
    for (size_t i = 0; i < n; i++) {
        if (i && numbers[i] == numbers[i - 1] + 1) continue;
        if (numbers[i] == INT32_MIN) /* its digits alone are too large for int */
            pt_print(out, "    {INT32_MIN, %zu},\n", i);
        else
            pt_print(out, "    {%" PRId64 ", %zu},\n", numbers[i], i);
        runs++;
    }
    pt_print(out, "    {0, %zu},\n};\n", n);
    return runs;
}

static void emit_enum(pt_model *model, const pt_gen_enum *enumeration, pt_printer *out) {
    size_t n = enumeration->n_values;
    const pt_gen_value **values = pt_pool_alloc(&model->pool, n, sizeof(const pt_gen_value *));
    const pt_gen_value **names = pt_pool_alloc(&model->pool, n, sizeof(const pt_gen_value *));
    for (size_t i = 0; i < n; i++)
        values[i] = names[i] = &enumeration->values[i];
    qsort(values, n, sizeof *values, by_number);
    qsort(names, n, sizeof *names, by_name);
    size_t n_distinct = distinct(values, n);
    int64_t *numbers = pt_pool_alloc(&model->pool, n_distinct, sizeof *numbers);
    for (size_t i = 0; i < n_distinct; i++)
        numbers[i] = values[i]->number;
    pt_let(out, "lower", enumeration->c_lower);
    pt_let(out, "type", enumeration->c_type);
    pt_let(out, "full", enumeration->decl.full_name);
    pt_let(out, "short", enumeration->decl.name);
    pt_expand(out,
              "_Static_assert(sizeof($type$) == sizeof(int), \"the protobuf-c runtime needs enums of the size of int\");\n");
    emit_enum_values(out, values, n_distinct);
    pt_expand(out, "static const ProtobufCEnumValueIndex $lower$__values_by_name[] = {\n");
    for (size_t i = 0; i < n; i++)
        pt_print(out, "    {\"%s\", %zu},\n", names[i]->decl.name, index_of(values, n_distinct, names[i]->number));
    pt_expand(out, "};\nstatic const ProtobufCIntRange $lower$__value_ranges[] = {\n");
    size_t runs = emit_ranges(out, numbers, n_distinct);
    pt_expand(out, "const ProtobufCEnumDescriptor $lower$__descriptor = {\n"
                   "    .magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC,\n"
                   "    .name = \"$full$\",\n    .short_name = \"$short$\",\n    .c_name = \"$type$\",\n"
                   "    .package_name = \"$package$\",\n");
    pt_print(out, "    .n_values = %zu,\n", n_distinct);
    pt_expand(out, "    .values = $lower$__values,\n");
    pt_print(out, "    .n_value_names = %zu,\n", n);
    pt_expand(out, "    .values_by_name = $lower$__values_by_name,\n");
    pt_print(out, "    .n_value_ranges = %zu,\n", runs);
    pt_expand(out, "    .value_ranges = $lower$__value_ranges,\n};\n\n");
}

static void emit_functions(const pt_gen_message *message, pt_printer *out) {
    pt_expand(out, "void $lower$__init($type$ *message) {\n"
                   "    static const $type$ initial = $upper$__INIT;\n"
                   "    *message = initial;\n}\n\n"
                   "static void $lower$__message_init(ProtobufCMessage *message) {\n"
                   "    $lower$__init(($type$ *)message);\n}\n\n");
    if (message->map_entry) return;
    pt_expand(out, "size_t $lower$__get_packed_size(const $type$ *message) {\n"
                   "    assert(message->base.descriptor == &$lower$__descriptor);\n"
                   "    return protobuf_c_message_get_packed_size(&message->base);\n}\n\n"
                   "size_t $lower$__pack(const $type$ *message, uint8_t *out) {\n"
                   "    assert(message->base.descriptor == &$lower$__descriptor);\n"
                   "    return protobuf_c_message_pack(&message->base, out);\n}\n\n"
                   "size_t $lower$__pack_to_buffer(const $type$ *message, ProtobufCBuffer *buffer) {\n"
                   "    assert(message->base.descriptor == &$lower$__descriptor);\n"
                   "    return protobuf_c_message_pack_to_buffer(&message->base, buffer);\n}\n\n"
                   "$type$ *$lower$__unpack(ProtobufCAllocator *allocator, size_t len, const uint8_t *data) {\n"
                   "    return ($type$ *)protobuf_c_message_unpack(&$lower$__descriptor, allocator, len, data);\n}\n\n"
                   "void $lower$__free_unpacked($type$ *message, ProtobufCAllocator *allocator) {\n"
                   "    if (!message) return;\n"
                   "    assert(message->base.descriptor == &$lower$__descriptor);\n"
                   "    protobuf_c_message_free_unpacked(&message->base, allocator);\n}\n\n");
}

static void emit_hex(pt_printer *out, const uint8_t *bytes, size_t len) {
    for (size_t i = 0; i < len; i++)
        pt_print(out, "%s0x%02x,", i % 20 ? " " : i ? "\n    " : "    ", bytes[i]);
    pt_print(out, "\n");
}

/* The object that the table calls the default, and for strings and bytes the one that INIT points at. */
static void emit_default(pt_model *model, const pt_gen_field *field, pt_printer *out) {
    if (!field->default_text) return;
    pt_let(out, "name", field->c_name);
    if (strcmp(field->scalar->name, "string") == 0) {
        pt_expand(out, "const char $lower$__$name$__default_value[] = ");
        pt_print_string(out, field->default_text);
        pt_print(out, ";\n");
    } else if (strcmp(field->scalar->name, "bytes") == 0) {
        size_t len;
        const uint8_t *bytes = pt_default_bytes(&model->pool, field->default_text, &len);
        pt_expand(out, "const uint8_t $lower$__$name$__default_value[] = {\n");
        emit_hex(out, bytes, len + 1); /* the NUL keeps an empty default an object */
        pt_expand(out, "};\nstatic const ProtobufCBinaryData $lower$__$name$__default_bytes = {\n");
        pt_expand(out, "    .data = (uint8_t *)$lower$__$name$__default_value,");
        pt_print(out, " .len = %zu};\n", len);
    } else {
        pt_print(out, "static const %s ", field->enumeration ? field->enumeration->c_type : field->scalar->c_type);
        pt_expand(out, "$lower$__$name$__default_value = ");
        pt_print_default(out, field);
        pt_print(out, ";\n");
    }
}

static const char *label(const pt_gen_field *field) {
    switch (field->presence) {
    case PT_PRESENCE_REQUIRED: return "REQUIRED";
    case PT_PRESENCE_EXPLICIT: return "OPTIONAL";
    case PT_PRESENCE_REPEATED: return "REPEATED";
    case PT_PRESENCE_IMPLICIT:
    case PT_PRESENCE_ONEOF: break;
    }
    return "NONE";
}

static void emit_flags(const pt_gen_field *field, pt_printer *out) {
    const char *join = "        .flags = ";
    const struct {
        bool set;
        const char *name;
    } flags[] = {{field->packed, "PACKED"}, {field->decl.deprecated, "DEPRECATED"}, {field->oneof != NULL, "ONEOF"}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (!flags[i].set) continue;
        pt_print(out, "%sPROTOBUF_C_FIELD_FLAG_%s", join, flags[i].name);
        join = " | ";
    }
    if (*join == ' ' && join[1] == '|') pt_print(out, ",\n");
}

static void emit_field(const pt_gen_field *field, pt_printer *out) {
    const char *quantifier = field->oneof ? field->oneof->c_case : field->c_quantifier;
    const char *sub = field->message ? field->message->c_lower : field->enumeration ? field->enumeration->c_lower : NULL;
    bool string = strcmp(field->scalar->name, "string") == 0;
    pt_let(out, "name", field->c_name);
    pt_print(out, "    {\n        .name = \"%s\",\n        .id = %" PRIu32 ",\n", field->decl.name, field->number);
    pt_print(out, "        .label = PROTOBUF_C_LABEL_%s,\n        .type = %s,\n", label(field), field->scalar->runtime_type);
    if (quantifier) {
        pt_let(out, "quantifier", quantifier);
        pt_expand(out, "        .quantifier_offset = offsetof($type$, $quantifier$),\n");
    }
    pt_expand(out, "        .offset = offsetof($type$, $name$),\n");
    if (sub) pt_print(out, "        .descriptor = &%s__descriptor,\n", sub);
    if (field->default_text && strcmp(field->scalar->name, "bytes") == 0)
        pt_expand(out, "        .default_value = &$lower$__$name$__default_bytes,\n");
    else if (field->default_text)
        pt_expand(out, "        .default_value = &$lower$__$name$__default_value,\n");
    else if (string && field->presence == PT_PRESENCE_IMPLICIT)
        pt_print(out, "        .default_value = &protobuf_c_empty_string,\n");
    emit_flags(field, out);
    pt_print(out, "    },\n");
}

static int by_field_name(const void *a, const void *b) {
    return strcmp((*(const pt_gen_field *const *const *)a)[0]->decl.name,
                  (*(const pt_gen_field *const *const *)b)[0]->decl.name);
}

/* Indices into the field table in the order of the names. */
static void emit_fields_by_name(pt_model *model, const pt_gen_message *message, pt_printer *out) {
    const pt_gen_field ***names = pt_pool_alloc(&model->pool, message->n_fields, sizeof(const pt_gen_field **));
    for (size_t i = 0; i < message->n_fields; i++)
        names[i] = &message->by_number[i];
    qsort(names, message->n_fields, sizeof *names, by_field_name);
    pt_expand(out, "static const unsigned $lower$__fields_by_name[] = {\n");
    for (size_t i = 0; i < message->n_fields; i++)
        pt_print(out, "    %zu, /* %s */\n", (size_t)(names[i] - message->by_number), names[i][0]->decl.name);
    pt_print(out, "};\n");
}

/* Returns the number of ranges. */
static size_t emit_field_tables(pt_model *model, const pt_gen_message *message, pt_printer *out) {
    int64_t *numbers = pt_pool_alloc(&model->pool, message->n_fields, sizeof *numbers);
    pt_expand(out, "static const ProtobufCFieldDescriptor $lower$__fields[] = {\n");
    for (size_t i = 0; i < message->n_fields; i++) {
        emit_field(message->by_number[i], out);
        numbers[i] = message->by_number[i]->number;
    }
    pt_print(out, "};\n");
    emit_fields_by_name(model, message, out);
    pt_expand(out, "static const ProtobufCIntRange $lower$__field_ranges[] = {\n");
    return emit_ranges(out, numbers, message->n_fields);
}

static void emit_message(pt_model *model, const pt_gen_message *message, pt_printer *out) {
    pt_let_message(out, message);
    emit_functions(message, out);
    for (size_t i = 0; i < message->n_fields; i++)
        emit_default(model, &message->fields[i], out);
    size_t ranges = message->n_fields ? emit_field_tables(model, message, out) : 0;
    pt_expand(out, "const ProtobufCMessageDescriptor $lower$__descriptor = {\n"
                   "    .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,\n"
                   "    .name = \"$full$\",\n    .short_name = \"$short$\",\n    .c_name = \"$type$\",\n"
                   "    .package_name = \"$package$\",\n    .sizeof_message = sizeof($type$),\n");
    if (message->n_fields) {
        pt_print(out, "    .n_fields = %zu,\n", message->n_fields);
        pt_expand(out, "    .fields = $lower$__fields,\n    .fields_sorted_by_name = $lower$__fields_by_name,\n");
        pt_print(out, "    .n_field_ranges = %zu,\n", ranges);
        pt_expand(out, "    .field_ranges = $lower$__field_ranges,\n");
    }
    pt_expand(out, "    .message_init = $lower$__message_init,\n};\n\n");
}

static void emit_file_table(const pt_gen_file *file, pt_printer *out) {
    pt_expand(out, "static const uint8_t $file$__bytes[] = {\n");
    emit_hex(out, file->descriptor, file->descriptor_len);
    pt_print(out, "};\n");
    if (file->n_imports) {
        pt_expand(out, "static const pt_file *const $file$__imports[] = {\n");
        for (size_t i = 0; i < file->n_imports; i++)
            pt_print(out, "    &%s__file,\n", file->imports[i]->c_lower);
        pt_print(out, "};\n");
    }
    pt_expand(out, "const pt_file $file$__file = {\n    .name = \"$path$\",\n    .descriptor = $file$__bytes,\n"
                   "    .descriptor_len = sizeof $file$__bytes,\n");
    if (file->n_imports) {
        pt_expand(out, "    .imports = $file$__imports,\n");
        pt_print(out, "    .n_imports = %zu,\n", file->n_imports);
    }
    pt_print(out, "};\n");
}

void pt_emit_pb_c(pt_model *model, const pt_gen_file *file, pt_printer *out) {
    pt_emit_banner(file, out);
    pt_let(out, "stem", file->stem);
    pt_let(out, "file", file->c_lower);
    pt_let(out, "path", file->decl.full_name);
    pt_let(out, "package", file->proto->package ? file->proto->package : "");
    pt_expand(out, "#include \"$stem$.pb.h\"\n");
    for (size_t i = 0; i < file->n_imports; i++)
        pt_print(out, "%s#include \"%s.pb.h\"\n", i ? "" : "\n", file->imports[i]->stem);
    pt_print(out, "\n");
    for (size_t i = 0; i < file->n_enums; i++)
        emit_enum(model, file->enums[i], out);
    for (size_t i = 0; i < file->n_messages; i++)
        emit_message(model, file->messages[i], out);
    emit_file_table(file, out);
}
