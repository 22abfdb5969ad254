#include "resolve.h"

#include <stdlib.h>
#include <string.h>

#include "declare.h"
#include "defaults.h"
#include "fingerprint.h"
#include "names.h"
#include "partie/wire.h"
#include "places.h"
#include "scalar.h"

#define LABEL(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_##name
#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

typedef Google__Protobuf__FieldDescriptorProto field_proto;

static void resolve_type(pt_model *model, pt_gen_field *field, const field_proto *proto) {
    const pt_symbol *type = proto->type_name ? pt_declared_type(model, proto->type_name) : NULL;
    field->scalar = pt_scalar_of(proto->has_type ? (int)proto->type : -1);
    if (proto->has_type && proto->type == TYPE(GROUP)) {
        pt_model_error(model, &field->decl, "groups are not supported; declare a message and a field of its type");
    } else if (!field->scalar) {
        pt_model_error(model, &field->decl, "field %s has a type that this version does not know", field->decl.name);
    } else if (proto->type == TYPE(MESSAGE) && type && type->message) {
        field->message = type->message;
    } else if (proto->type == TYPE(ENUM) && type && type->enumeration) {
        field->enumeration = type->enumeration;
    } else if (!field->scalar->c_type) {
        pt_model_error(model, &field->decl, "%s %s is not in the request; import the file that declares it",
                       field->scalar->name, proto->type_name ? proto->type_name : "without a name");
    }
    if (!field->scalar) field->scalar = pt_scalar_of(TYPE(INT32)); /* so that later steps find one */
}

static void resolve_oneof(pt_model *model, pt_gen_message *message, pt_gen_field *field, const field_proto *proto) {
    if (proto->oneof_index < 0 || (size_t)proto->oneof_index >= message->n_oneofs) {
        pt_model_error(model, &field->decl, "field %s is in a oneof that %s does not have", field->decl.name,
                       message->decl.full_name);
        return;
    }
    pt_gen_oneof *oneof = &message->oneofs[proto->oneof_index];
    if (!oneof->fields) oneof->fields = pt_pool_alloc(&model->pool, message->n_fields, sizeof *oneof->fields);
    field->oneof = oneof;
    field->enters_oneof = oneof->n_fields == 0;
    field->presence = PT_PRESENCE_ONEOF;
    oneof->fields[oneof->n_fields++] = field;
}

static void resolve_presence(pt_model *model, pt_gen_message *message, pt_gen_field *field, const field_proto *proto) {
    bool proto3 = message->decl.file->proto3;
    if (proto->has_label && proto->label == LABEL(REPEATED))
        field->presence = PT_PRESENCE_REPEATED;
    else if (proto->has_label && proto->label == LABEL(REQUIRED))
        field->presence = PT_PRESENCE_REQUIRED;
    else if (proto->has_oneof_index && !proto->proto3_optional)
        resolve_oneof(model, message, field, proto);
    else
        field->presence = proto3 && !proto->proto3_optional ? PT_PRESENCE_IMPLICIT : PT_PRESENCE_EXPLICIT;
    bool packed = proto->options && proto->options->has_packed ? proto->options->packed : proto3;
    field->packed = field->presence == PT_PRESENCE_REPEATED && field->scalar->packable && packed;
}

static void resolve_default(pt_model *model, pt_gen_field *field) {
    if (!field->default_text) return;
    bool single = field->presence == PT_PRESENCE_EXPLICIT || field->presence == PT_PRESENCE_REQUIRED;
    if (!single || field->message) {
        pt_model_error(model, &field->decl, "only single fields outside oneofs can have a default; take it away");
        return;
    }
    for (size_t i = 0; field->enumeration && i < field->enumeration->n_values; i++)
        if (strcmp(field->enumeration->values[i].decl.name, field->default_text) == 0)
            field->default_enum = &field->enumeration->values[i];
    if (field->enumeration && !field->default_enum)
        pt_model_error(model, &field->decl, "%s has no value %s", field->enumeration->decl.full_name, field->default_text);
    if (!pt_default_is_valid(field))
        pt_model_error(model, &field->decl, "\"%s\" is no %s", field->default_text, field->scalar->name);
}

static int compare_numbers(const void *a, const void *b) {
    const pt_gen_field *x = *(const pt_gen_field *const *)a, *y = *(const pt_gen_field *const *)b;
    return (x->number > y->number) - (x->number < y->number);
}

static void order_by_number(pt_model *model, pt_gen_message *message) {
    message->by_number = pt_pool_alloc(&model->pool, message->n_fields, sizeof(const pt_gen_field *));
    for (size_t i = 0; i < message->n_fields; i++)
        message->by_number[i] = &message->fields[i];
    if (message->n_fields) qsort(message->by_number, message->n_fields, sizeof *message->by_number, compare_numbers);
    for (size_t i = 0; i < message->n_fields; i++) {
        const pt_gen_field *field = message->by_number[i];
        if (field->number == 0 || field->number > PT_FIELD_NUMBER_MAX)
            pt_model_error(model, &field->decl, "field %s has number %d; 1 to %u are possible", field->decl.name,
                           (int)field->number, PT_FIELD_NUMBER_MAX);
        if (i && field->number == message->by_number[i - 1]->number)
            pt_model_error(model, &field->decl, "field %s has the number of %s", field->decl.name,
                           message->by_number[i - 1]->decl.name);
    }
}

static void resolve_message(pt_model *model, pt_gen_message *message) {
    for (size_t i = 0; i < message->n_fields; i++) {
        pt_gen_field *field = &message->fields[i];
        resolve_type(model, field, message->proto->field[i]);
        resolve_presence(model, message, field, message->proto->field[i]);
        resolve_default(model, field);
    }
    order_by_number(model, message);
}

/* Extensions of the descriptor's own options are how contracts are annotated; they make no C. Others would need fields in
 * messages of other files. */
static void check_extensions(pt_model *model, const pt_gen_file *file, const pt_decl *scope, field_proto *const *extensions,
                             size_t n, int32_t tag) {
    static const char options[] = ".google.protobuf.";
    for (size_t i = 0; i < n && file->generate; i++) {
        const char *of = extensions[i]->extendee ? extensions[i]->extendee : "";
        if (strncmp(of, options, sizeof options - 1) == 0 && strstr(of, "Options")) continue;
        pt_decl decl = {0};
        pt_decl_init(model, &decl, file, scope, tag, i, extensions[i]->name ? extensions[i]->name : "unnamed");
        pt_model_error(model, &decl, "extensions of messages are not supported; put the field into %s", of + (*of == '.'));
    }
}

static const pt_gen_message *message_of(pt_model *model, const pt_gen_method *method, const char *name) {
    const pt_symbol *type = name ? pt_declared_type(model, name) : NULL;
    if (!type || !type->message)
        pt_model_error(model, &method->decl, "message %s is not in the request; import the file that declares it",
                       name ? name : "without a name");
    return type ? type->message : NULL;
}

static void resolve_method(pt_model *model, const pt_gen_service *service, pt_gen_method *method) {
    method->input = message_of(model, method, method->proto->input_type);
    method->output = message_of(model, method, method->proto->output_type);
    int streaming = method->proto->server_streaming ? PT_STREAMING_SERVER : 0;
    if (method->proto->client_streaming) streaming |= PT_STREAMING_CLIENT;
    method->streaming = (pt_streaming)streaming;
    method->idempotency = method->options ? (int)method->options->idempotency_level : 0;
    method->wire_name = pt_pool_printf(&model->pool, "%s/%s", service->decl.full_name, method->decl.name);
    method->hash = pt_fnv1a_64(method->wire_name);
}

static void resolve_file(pt_model *model, pt_gen_file *file) {
    enum { FILE_EXTENSION = 7, MESSAGE_EXTENSION = 6 };
    check_extensions(model, file, NULL, file->proto->extension, file->proto->n_extension, FILE_EXTENSION);
    for (size_t i = 0; i < file->n_messages; i++) {
        const pt_gen_message *message = file->messages[i];
        check_extensions(model, file, &message->decl, message->proto->extension, message->proto->n_extension,
                         MESSAGE_EXTENSION);
        resolve_message(model, file->messages[i]);
    }
    for (size_t i = 0; i < file->n_services; i++)
        for (size_t j = 0; j < file->services[i].n_methods; j++)
            resolve_method(model, &file->services[i], &file->services[i].methods[j]);
}

void pt_resolve(pt_model *model) {
    for (size_t i = 0; i < model->n_files; i++)
        resolve_file(model, &model->files[i]);
}
