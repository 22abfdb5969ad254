#include "declare.h"

#include <ctype.h>
#include <string.h>

#include "names.h"
#include "places.h"

/* Field numbers in descriptor.proto, which SourceCodeInfo's paths are made of. */
enum {
    FILE_MESSAGE = 4,
    FILE_ENUM = 5,
    FILE_SERVICE = 6,
    MESSAGE_FIELD = 2,
    MESSAGE_NESTED = 3,
    MESSAGE_ENUM = 4,
    MESSAGE_ONEOF = 8,
    ENUM_VALUE = 2,
    SERVICE_METHOD = 2,
};

static bool is_identifier(const char *name) {
    if (!name || !(isalpha((unsigned char)*name) || *name == '_')) return false;
    while (isalnum((unsigned char)*name) || *name == '_')
        name++;
    return !*name;
}

/* Starts a declaration; one whose name can't be a name in C either is an error, and goes on under another. */
static void declare(pt_model *model, pt_decl *decl, const pt_gen_file *file, const pt_decl *parent, int32_t tag, size_t index,
                    const char *name) {
    bool usable = is_identifier(name);
    pt_decl_init(model, decl, file, parent, tag, index, usable ? name : "unnamed");
    if (!usable) pt_model_error(model, decl, "a declaration without a name, or with one that is no identifier");
}

static void add_type(pt_model *model, const pt_decl *decl, const pt_gen_message *message, const pt_gen_enum *enumeration) {
    const pt_symbol *other = pt_declared_type(model, decl->full_name);
    if (other) {
        pt_model_error(model, decl, "%s is declared twice; the other is at %s", decl->full_name,
                       pt_decl_place(model, other->decl));
        return;
    }
    pt_symbol *symbol = pt_pool_alloc(&model->pool, 1, sizeof *symbol);
    *symbol = (pt_symbol){.decl = decl, .message = message, .enumeration = enumeration};
    pt_table_add(&model->types, &model->pool, decl->full_name, symbol);
}

const pt_symbol *pt_declared_type(const pt_model *model, const char *full_name) {
    return pt_table_find(&model->types, full_name + (*full_name == '.'));
}

static void declare_enum(pt_model *model, pt_gen_file *file, const pt_decl *parent, int32_t tag, size_t index,
                         const Google__Protobuf__EnumDescriptorProto *proto) {
    pt_gen_enum *enumeration = pt_pool_alloc(&model->pool, 1, sizeof *enumeration);
    declare(model, &enumeration->decl, file, parent, tag, index, proto->name);
    enumeration->n_values = proto->n_value;
    enumeration->values = pt_pool_alloc(&model->pool, proto->n_value, sizeof *enumeration->values);
    for (size_t i = 0; i < proto->n_value; i++) {
        pt_gen_value *value = &enumeration->values[i];
        declare(model, &value->decl, file, &enumeration->decl, ENUM_VALUE, i, proto->value[i]->name);
        value->number = proto->value[i]->number;
    }
    if (!proto->n_value) pt_model_error(model, &enumeration->decl, "enum %s has no values", enumeration->decl.full_name);
    file->enums[file->n_enums++] = enumeration;
    add_type(model, &enumeration->decl, NULL, enumeration);
}

static void declare_field(pt_model *model, pt_gen_message *message, size_t index,
                          const Google__Protobuf__FieldDescriptorProto *proto) {
    pt_gen_field *field = &message->fields[index];
    declare(model, &field->decl, message->decl.file, &message->decl, MESSAGE_FIELD, index, proto->name);
    field->decl.deprecated = proto->options && proto->options->deprecated;
    field->number = (uint32_t)proto->number;
    field->default_text = proto->default_value;
}

static void declare_members(pt_model *model, pt_gen_message *message, const Google__Protobuf__DescriptorProto *proto) {
    message->n_fields = proto->n_field;
    message->fields = pt_pool_alloc(&model->pool, proto->n_field, sizeof *message->fields);
    for (size_t i = 0; i < proto->n_field; i++)
        declare_field(model, message, i, proto->field[i]);
    message->n_oneofs = proto->n_oneof_decl;
    message->oneofs = pt_pool_alloc(&model->pool, proto->n_oneof_decl, sizeof *message->oneofs);
    for (size_t i = 0; i < proto->n_oneof_decl; i++)
        declare(model, &message->oneofs[i].decl, message->decl.file, &message->decl, MESSAGE_ONEOF, i,
                proto->oneof_decl[i]->name);
}

/* Recurses as deep as messages nest, which pt_request_read bounds. */
static void declare_message(pt_model *model, pt_gen_file *file, pt_gen_message *parent, int32_t tag, size_t index,
                            const Google__Protobuf__DescriptorProto *proto) {
    pt_gen_message *message = pt_pool_alloc(&model->pool, 1, sizeof *message);
    declare(model, &message->decl, file, parent ? &parent->decl : NULL, tag, index, proto->name);
    message->proto = proto;
    message->parent = parent;
    message->decl.deprecated = proto->options && proto->options->deprecated;
    message->map_entry = proto->options && proto->options->map_entry;
    declare_members(model, message, proto);
    file->messages[file->n_messages++] = message;
    add_type(model, &message->decl, message, NULL);
    for (size_t i = 0; i < proto->n_enum_type; i++)
        declare_enum(model, file, &message->decl, MESSAGE_ENUM, i, proto->enum_type[i]);
    for (size_t i = 0; i < proto->n_nested_type; i++)
        declare_message(model, file, message, MESSAGE_NESTED, i, proto->nested_type[i]);
}

static void declare_service(pt_model *model, pt_gen_file *file, size_t index,
                            const Google__Protobuf__ServiceDescriptorProto *proto) {
    pt_gen_service *service = &file->services[index];
    declare(model, &service->decl, file, NULL, FILE_SERVICE, index, proto->name);
    service->n_methods = proto->n_method;
    service->methods = pt_pool_alloc(&model->pool, proto->n_method, sizeof *service->methods);
    for (size_t i = 0; i < proto->n_method; i++) {
        pt_gen_method *method = &service->methods[i];
        declare(model, &method->decl, file, &service->decl, SERVICE_METHOD, i, proto->method[i]->name);
        method->proto = proto->method[i];
        method->options = proto->method[i]->options;
        method->decl.deprecated = method->options && method->options->deprecated;
    }
}

static void count_types(const Google__Protobuf__DescriptorProto *proto, size_t *messages, size_t *enums) {
    *messages += 1;
    *enums += proto->n_enum_type;
    for (size_t i = 0; i < proto->n_nested_type; i++)
        count_types(proto->nested_type[i], messages, enums);
}

static void declare_types(pt_model *model, pt_gen_file *file) {
    const Google__Protobuf__FileDescriptorProto *proto = file->proto;
    size_t n_messages = 0, n_enums = proto->n_enum_type;
    for (size_t i = 0; i < proto->n_message_type; i++)
        count_types(proto->message_type[i], &n_messages, &n_enums);
    file->messages = pt_pool_alloc(&model->pool, n_messages, sizeof *file->messages);
    file->enums = pt_pool_alloc(&model->pool, n_enums, sizeof *file->enums);
    for (size_t i = 0; i < proto->n_enum_type; i++)
        declare_enum(model, file, NULL, FILE_ENUM, i, proto->enum_type[i]);
    for (size_t i = 0; i < proto->n_message_type; i++)
        declare_message(model, file, NULL, FILE_MESSAGE, i, proto->message_type[i]);
    file->n_services = proto->n_service;
    file->services = pt_pool_alloc(&model->pool, proto->n_service, sizeof *file->services);
    for (size_t i = 0; i < proto->n_service; i++)
        declare_service(model, file, i, proto->service[i]);
}

/* Paths become output paths and go into #include and C strings, so they are held to what build systems take. */
static bool is_usable_path(const char *path) {
    if (!path || !*path || *path == '/') return false;
    for (const char *part = path; *part;) {
        size_t len = strcspn(part, "/");
        if (!len || (len == 2 && strncmp(part, "..", 2) == 0) || (len == 1 && *part == '.')) return false;
        for (size_t i = 0; i < len; i++)
            if (!isalnum((unsigned char)part[i]) && !strchr("_-.+", part[i])) return false;
        part += len;
        if (*part == '/' && !*++part) return false;
    }
    return true;
}

static bool is_usable_package(const char *package) {
    if (!package || !*package) return true;
    for (size_t len; *package; package += len) {
        len = strcspn(package, ".");
        if (!len || isdigit((unsigned char)*package)) return false;
        for (size_t i = 0; i < len; i++)
            if (!isalnum((unsigned char)package[i]) && package[i] != '_') return false;
        if (package[len] == '.' && !package[++len]) return false;
    }
    return true;
}

static pt_gen_file *find_file(const pt_model *model, const char *path, size_t among) {
    for (size_t i = 0; i < among; i++)
        if (strcmp(model->files[i].decl.full_name, path) == 0) return &model->files[i];
    return NULL;
}

static void link_imports(pt_model *model, pt_gen_file *file, size_t among) {
    const Google__Protobuf__FileDescriptorProto *proto = file->proto;
    file->imports = pt_pool_alloc(&model->pool, proto->n_dependency, sizeof *file->imports);
    file->import_is_public = pt_pool_alloc(&model->pool, proto->n_dependency, sizeof *file->import_is_public);
    for (size_t i = 0; i < proto->n_dependency; i++) {
        file->imports[i] = find_file(model, proto->dependency[i], among);
        if (!file->imports[i]) {
            pt_model_error(model, &file->decl, "imports %s, which the request does not have before it", proto->dependency[i]);
            return;
        }
    }
    file->n_imports = proto->n_dependency;
    for (size_t i = 0; i < proto->n_public_dependency; i++) {
        int32_t index = proto->public_dependency[i];
        if (index >= 0 && (size_t)index < file->n_imports) file->import_is_public[index] = true;
    }
}

static void declare_file(pt_model *model, size_t index, const pt_request *request) {
    pt_gen_file *file = &model->files[index];
    file->proto = request->message->proto_file[index];
    const char *path = file->proto->name;
    file->decl = (pt_decl){.file = file, .name = path ? path : "", .full_name = path ? path : ""};
    file->descriptor = request->descriptors[index].ptr;
    file->descriptor_len = request->descriptors[index].len;
    const char *syntax = file->proto->syntax;
    file->proto3 = syntax && strcmp(syntax, "proto3") == 0;
    pt_places_index(model, file);
    if (!is_usable_path(path) || find_file(model, path, index))
        pt_model_error(model, &file->decl,
                       "the path of a contract must be there once, relative, and of letters, digits, _ - . + and /; rename it");
    if (!is_usable_package(file->proto->package))
        pt_model_error(model, &file->decl, "its package is no name of identifiers with dots between");
    if (syntax && *syntax && !file->proto3 && strcmp(syntax, "proto2") != 0)
        pt_model_error(model, &file->decl, "syntax \"%s\" is not supported; write syntax = \"proto3\"", syntax);
    file->stem = pt_name_stem(&model->pool, file->decl.full_name);
    file->c_lower = pt_name_file(&model->pool, file->decl.full_name);
    link_imports(model, file, index);
}

void pt_declare(pt_model *model, const pt_request *request) {
    const Google__Protobuf__Compiler__CodeGeneratorRequest *message = request->message;
    model->n_files = message->n_proto_file;
    model->files = pt_pool_alloc(&model->pool, model->n_files, sizeof *model->files);
    for (size_t i = 0; i < model->n_files; i++)
        declare_file(model, i, request);
    if (model->n_errors) return;
    for (size_t i = 0; i < model->n_files; i++)
        declare_types(model, &model->files[i]);
    for (size_t i = 0; i < message->n_file_to_generate; i++) {
        pt_gen_file *file = find_file(model, message->file_to_generate[i], model->n_files);
        if (file)
            file->generate = true;
        else
            pt_model_error(model, NULL, "%s: asked for, but the request does not have it", message->file_to_generate[i]);
    }
}

void pt_declare_done(pt_model *model) {
    for (size_t i = 0; i < model->n_files; i++)
        pt_places_free(&model->files[i]);
    pt_table_done(&model->types);
    pt_table_done(&model->globals);
}
