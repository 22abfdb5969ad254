#include "plugin.h"

#include <stdlib.h>
#include <string.h>

#include "c_names.h"
#include "declare.h"
#include "emit.h"
#include "fingerprint.h"
#include "resolve.h"

const pt_parameter pt_parameters[] = {
    {"kind", "what to generate, `code` unless given"},
    {NULL, NULL},
};

static void list_kinds(pt_printer *out) {
    for (const pt_emitter *emitter = pt_emitters; emitter->kind; emitter++)
        pt_print(out, "%s%s", emitter == pt_emitters ? "" : ", ", emitter->kind);
}

static void unknown_parameter(pt_model *model, const char *name) {
    pt_printer known = PT_PRINTER_INIT;
    for (const pt_parameter *parameter = pt_parameters; parameter->name; parameter++)
        pt_print(&known, "%s%s", parameter == pt_parameters ? "" : ", ", parameter->name);
    pt_model_error(model, NULL, "parameter \"%s\" is unknown; known are: %s", name, known.text);
    pt_printer_done(&known);
}

static const pt_emitter *emitter_of(pt_model *model, const char *kind) {
    const pt_emitter *emitter = pt_emitter_find(kind);
    if (emitter) return emitter;
    pt_printer known = PT_PRINTER_INIT;
    list_kinds(&known);
    pt_model_error(model, NULL, "kind \"%s\" is unknown; known are: %s", kind, known.text);
    pt_printer_done(&known);
    return NULL;
}

/* Reads "name=value,name=value". */
static const pt_emitter *read_parameters(pt_model *model, const char *text) {
    const pt_emitter *emitter = pt_emitters;
    while (text && *text) {
        size_t len = strcspn(text, ",");
        char *name = pt_pool_strndup(&model->pool, text, len), *value = strchr(name, '=');
        if (value) *value++ = '\0';
        if (strcmp(name, "kind") == 0)
            emitter = emitter_of(model, value ? value : "");
        else if (*name)
            unknown_parameter(model, name);
        text += len + (text[len] == ',');
    }
    return emitter;
}

/* From declarations to finished texts; stops at the first step that found errors. */
static void generate(pt_model *model, const pt_request *request, pt_output *out) {
    const pt_emitter *emitter = read_parameters(model, request->message->parameter);
    if (model->n_errors) return;
    pt_declare(model, request);
    if (!model->n_errors) pt_resolve(model);
    if (!model->n_errors) pt_name_all(model);
    if (model->n_errors) return;
    pt_fingerprint_all(model);
    for (size_t i = 0; i < model->n_files; i++)
        if (model->files[i].generate) emitter->emit(model, &model->files[i], out);
}

static uint8_t *pack_response(pt_model *model, const pt_output *out, size_t *ret_len) {
    typedef Google__Protobuf__Compiler__CodeGeneratorResponse__File response_file;
    Google__Protobuf__Compiler__CodeGeneratorResponse response = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__INIT;
    response.has_supported_features = 1;
    response.supported_features = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__FEATURE__FEATURE_PROTO3_OPTIONAL;
    if (model->n_errors) {
        response.error = model->errors.text;
    } else {
        response.n_file = out->n_files;
        response.file = pt_pool_alloc(&model->pool, out->n_files, sizeof *response.file);
    }
    for (size_t i = 0; i < response.n_file; i++) {
        response_file *file = pt_pool_alloc(&model->pool, 1, sizeof *file);
        google__protobuf__compiler__code_generator_response__file__init(file);
        file->name = (char *)out->files[i]->path;
        file->content = out->files[i]->text.text;
        response.file[i] = file;
    }
    *ret_len = google__protobuf__compiler__code_generator_response__get_packed_size(&response);
    uint8_t *bytes = pt_grow(NULL, *ret_len);
    google__protobuf__compiler__code_generator_response__pack(&response, bytes);
    return bytes;
}

uint8_t *pt_plugin_run(pt_slice request_bytes, size_t *ret_len) {
    pt_model model = {.pool = PT_POOL_INIT, .errors = PT_PRINTER_INIT};
    pt_output out = PT_OUTPUT_INIT;
    pt_request request = {0};
    const char *fault = pt_request_read(&model.pool, request_bytes, &request);
    if (fault)
        pt_model_error(&model, NULL, "%s", fault);
    else
        generate(&model, &request, &out);
    uint8_t *response = pack_response(&model, &out, ret_len);
    pt_output_done(&out);
    pt_declare_done(&model);
    pt_request_done(&request);
    pt_printer_done(&model.errors);
    pt_pool_done(&model.pool);
    return response;
}
