/* X.pb.h: types, initialisers and functions of messages and enums. */
#include <inttypes.h>
#include <string.h>

#include "defaults.h"
#include "emit.h"
#include "names.h"
#include "scalar.h"

/* Headers of the files whose types this file's messages use, and of its public imports: what a user of the header needs. */
static bool needs_header(const pt_gen_file *file, const pt_gen_file *other) {
    for (size_t i = 0; i < file->n_imports; i++)
        if (file->imports[i] == other && file->import_is_public[i]) return true;
    for (size_t i = 0; i < file->n_messages; i++) {
        const pt_gen_message *message = file->messages[i];
        for (size_t j = 0; j < message->n_fields; j++) {
            const pt_gen_field *field = &message->fields[j];
            if (field->message && field->message->decl.file == other) return true;
            if (field->enumeration && field->enumeration->decl.file == other) return true;
        }
    }
    return false;
}

static bool needs_math(const pt_gen_file *file) {
    for (size_t i = 0; i < file->n_messages; i++)
        for (size_t j = 0; j < file->messages[i]->n_fields; j++)
            if (pt_default_needs_math(&file->messages[i]->fields[j])) return true;
    return false;
}

static void emit_includes(pt_model *model, const pt_gen_file *file, pt_printer *out) {
    if (needs_math(file)) pt_print(out, "#include <math.h>\n\n");
    pt_print(out, "#include \"partie/contract.h\"\n");
    bool any = false;
    for (size_t i = 0; i < model->n_files; i++) {
        const pt_gen_file *other = &model->files[i];
        if (other == file || !needs_header(file, other)) continue;
        pt_print(out, "%s#include \"%s.pb.h\"\n", any ? "" : "\n", other->stem);
        any = true;
    }
    pt_print(out, "\n");
}

static void emit_handshake(pt_printer *out) {
    pt_expand(out, "#if PROTOBUF_C_VERSION_NUMBER < 1003000\n"
                   "#error \"$stem$.pb.h needs protobuf-c 1.3 or newer: update libprotobuf-c-dev\"\n"
                   "#elif PROTOBUF_C_MIN_COMPILER_VERSION > 1004001\n"
                   "#error \"$stem$.pb.h is too old for this protobuf-c: generate it again with a newer protoc-gen-partie\"\n"
                   "#endif\n\n");
}

static void emit_enum(const pt_gen_enum *enumeration, pt_printer *out) {
    pt_let(out, "type", enumeration->c_type);
    pt_print_comment(out, "", enumeration->decl.comment);
    pt_expand(out, "typedef enum $type$ {\n");
    for (size_t i = 0; i < enumeration->n_values; i++) {
        const pt_gen_value *value = &enumeration->values[i];
        pt_print_comment(out, "    ", value->decl.comment);
        if (value->number == INT32_MIN) /* its digits alone are too large for int */
            pt_print(out, "    %s = -2147483647 - 1,\n", value->c_name);
        else
            pt_print(out, "    %s = %" PRId32 ",\n", value->c_name, value->number);
    }
    pt_expand(out, "} $type$;\n\n");
}

static void emit_case(const pt_gen_oneof *oneof, pt_printer *out) {
    pt_let(out, "type", oneof->c_type);
    pt_expand(out, "typedef enum $type$ {\n");
    pt_print(out, "    %s = 0,\n", oneof->c_not_set);
    for (size_t i = 0; i < oneof->n_fields; i++)
        pt_print(out, "    %s = %" PRIu32 ",\n", oneof->fields[i]->c_enumerator, oneof->fields[i]->number);
    pt_expand(out, "} $type$;\n\n");
}

static void emit_member(const pt_gen_field *field, const char *indent, pt_printer *out) {
    bool repeated = field->presence == PT_PRESENCE_REPEATED;
    pt_print_comment(out, indent, field->decl.comment);
    if (field->decl.deprecated) pt_print(out, "%s/* Deprecated. */\n", indent);
    if (field->c_quantifier)
        pt_print(out, "%s%s %s;\n", indent, repeated ? "size_t" : "protobuf_c_boolean", field->c_quantifier);
    const char *type = field->message       ? field->message->c_type
                       : field->enumeration ? field->enumeration->c_type
                                            : field->scalar->c_type;
    const char *stars = field->message ? (repeated ? "**" : "*") : repeated ? "*" : "";
    bool spaced = type[strlen(type) - 1] != '*';
    pt_print(out, "%s%s%s%s%s;\n", indent, type, spaced ? " " : "", stars, field->c_name);
}

static void emit_union(const pt_gen_oneof *oneof, pt_printer *out) {
    pt_print_comment(out, "    ", oneof->decl.comment);
    pt_print(out, "    %s %s;\n    union {\n", oneof->c_type, oneof->c_case);
    for (size_t i = 0; i < oneof->n_fields; i++)
        emit_member(oneof->fields[i], "        ", out);
    pt_print(out, "    };\n");
}

/* The first value of an enum that has no zero; fields of it start there. */
static const pt_gen_value *nonzero_start(const pt_gen_field *field) {
    bool single = field->presence != PT_PRESENCE_REPEATED && field->presence != PT_PRESENCE_ONEOF;
    return single && field->enumeration && field->enumeration->values[0].number ? &field->enumeration->values[0] : NULL;
}

/* What INIT says of a field; nothing for what starts as zero. */
static void emit_initial_value(pt_model *model, const pt_gen_field *field, pt_printer *out) {
    bool string = strcmp(field->scalar->name, "string") == 0, bytes = strcmp(field->scalar->name, "bytes") == 0;
    const pt_gen_value *start = nonzero_start(field);
    size_t len;
    pt_let(out, "name", field->c_name);
    if (field->default_text && string) {
        pt_expand(out, " \\\n        .$name$ = (char *)$lower$__$name$__default_value,");
    } else if (field->default_text && bytes) {
        pt_default_bytes(&model->pool, field->default_text, &len);
        pt_expand(out, " \\\n        .$name$ = {.data = (uint8_t *)$lower$__$name$__default_value,");
        pt_print(out, " .len = %zu},", len);
    } else if (field->default_text) {
        pt_expand(out, " \\\n        .$name$ = ");
        pt_print_default(out, field);
        pt_print(out, ",");
    } else if (string && field->presence == PT_PRESENCE_IMPLICIT) {
        pt_expand(out, " \\\n        .$name$ = (char *)protobuf_c_empty_string,");
    } else if (start) {
        pt_expand(out, " \\\n        .$name$ = ");
        pt_print(out, "%s,", start->c_name);
    }
}

/* Defaults of strings and bytes: the runtime knows them by their address, so header and table must mean the same object. */
static void emit_defaults(const pt_gen_message *message, pt_printer *out) {
    for (size_t i = 0; i < message->n_fields; i++) {
        const pt_gen_field *field = &message->fields[i];
        pt_let(out, "name", field->c_name);
        if (field->default_text && strcmp(field->scalar->name, "string") == 0)
            pt_expand(out, "extern const char $lower$__$name$__default_value[];\n");
        else if (field->default_text && strcmp(field->scalar->name, "bytes") == 0)
            pt_expand(out, "extern const uint8_t $lower$__$name$__default_value[];\n");
    }
}

static void emit_struct(pt_model *model, const pt_gen_message *message, pt_printer *out) {
    pt_let_message(out, message);
    for (size_t i = 0; i < message->n_oneofs; i++)
        if (message->oneofs[i].n_fields) emit_case(&message->oneofs[i], out);
    pt_let(out, "type", message->c_type);
    pt_print_comment(out, "", message->decl.comment);
    if (message->decl.deprecated) pt_print(out, "/* Deprecated. */\n");
    pt_expand(out, "struct $type$ {\n    ProtobufCMessage base;\n");
    for (size_t i = 0; i < message->n_fields; i++) {
        const pt_gen_field *field = &message->fields[i];
        if (!field->oneof)
            emit_member(field, "    ", out);
        else if (field->enters_oneof)
            emit_union(field->oneof, out);
    }
    pt_expand(out, "};\n");
    emit_defaults(message, out);
    pt_expand(out, "#define $upper$__INIT \\\n    { \\\n        .base = PROTOBUF_C_MESSAGE_INIT(&$lower$__descriptor),");
    for (size_t i = 0; i < message->n_fields; i++)
        emit_initial_value(model, &message->fields[i], out);
    pt_expand(out, " \\\n    }\n\n");
}

static void emit_functions(const pt_gen_message *message, pt_printer *out) {
    pt_let_message(out, message);
    pt_expand(out, "void $lower$__init($type$ *message);\n");
    if (message->map_entry) return;
    pt_expand(out, "size_t $lower$__get_packed_size(const $type$ *message);\n"
                   "size_t $lower$__pack(const $type$ *message, uint8_t *out);\n"
                   "size_t $lower$__pack_to_buffer(const $type$ *message, ProtobufCBuffer *buffer);\n"
                   "$type$ *$lower$__unpack(ProtobufCAllocator *allocator, size_t len, const uint8_t *data);\n"
                   "void $lower$__free_unpacked($type$ *message, ProtobufCAllocator *allocator);\n");
}

static void emit_forward(const pt_gen_file *file, pt_printer *out) {
    for (size_t i = 0; i < file->n_messages; i++)
        pt_print(out, "typedef struct %s %s;\n", file->messages[i]->c_type, file->messages[i]->c_type);
    if (file->n_messages) pt_print(out, "\n");
}

static void emit_tables(const pt_gen_file *file, pt_printer *out) {
    if (file->n_messages) pt_print(out, "\n");
    for (size_t i = 0; i < file->n_enums; i++)
        pt_print(out, "extern const ProtobufCEnumDescriptor %s__descriptor;\n", file->enums[i]->c_lower);
    for (size_t i = 0; i < file->n_messages; i++)
        pt_print(out, "extern const ProtobufCMessageDescriptor %s__descriptor;\n", file->messages[i]->c_lower);
    pt_expand(out, "extern const pt_file $file$__file;\n\n");
}

void pt_emit_pb_h(pt_model *model, const pt_gen_file *file, pt_printer *out) {
    pt_emit_banner(file, out);
    pt_let(out, "stem", file->stem);
    pt_let(out, "file", file->c_lower);
    pt_let(out, "guard", pt_name_guard(&model->pool, file->stem));
    pt_expand(out, "#ifndef PARTIE_GEN_$guard$_PB_H\n#define PARTIE_GEN_$guard$_PB_H\n\n");
    emit_includes(model, file, out);
    emit_handshake(out);
    pt_print(out, "PROTOBUF_C__BEGIN_DECLS\n\n");
    emit_forward(file, out);
    for (size_t i = 0; i < file->n_enums; i++)
        emit_enum(file->enums[i], out);
    for (size_t i = 0; i < file->n_messages; i++)
        emit_struct(model, file->messages[i], out);
    for (size_t i = 0; i < file->n_messages; i++)
        emit_functions(file->messages[i], out);
    emit_tables(file, out);
    pt_print(out, "PROTOBUF_C__END_DECLS\n\n#endif\n");
}
