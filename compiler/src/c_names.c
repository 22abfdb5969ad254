#include "c_names.h"

#include <string.h>

#include "names.h"
#include "places.h"
#include "scalar.h"

/* The names that are taken in one struct or service are a table of them. */
static bool is_free(const pt_table *scope, const char *name) {
    return !pt_table_find(scope, name);
}

static void take(pt_model *model, pt_table *scope, const char *name) {
    pt_table_add(scope, &model->pool, name, name);
}

/* `name`, or that with underscores until nobody has it; now the caller has. */
static const char *take_free(pt_model *model, pt_table *scope, const char *name) {
    while (!is_free(scope, name))
        name = pt_pool_printf(&model->pool, "%s_", name);
    take(model, scope, name);
    return name;
}

/* Claims a name that linker or preprocessor sees. False: another declaration has it, which is an error. */
static bool claim(pt_model *model, const pt_decl *decl, const char *prefix, const char *suffix) {
    const char *name = *suffix ? pt_pool_printf(&model->pool, "%s%s", prefix, suffix) : prefix;
    const pt_decl *other = pt_table_find(&model->globals, name);
    if (!other) {
        pt_table_add(&model->globals, &model->pool, name, decl);
        return true;
    }
    pt_model_error(model, decl, "%s and %s (%s) would both be %s in C; rename one of them", decl->full_name, other->full_name,
                   pt_decl_place(model, other), name);
    return false;
}

/* Claims names up to the first that another has: one error for each pair of declarations is enough. */
static void claim_all(pt_model *model, const pt_decl *decl, const char *prefix, const char *const *suffixes) {
    while (*suffixes && claim(model, decl, prefix, *suffixes))
        suffixes++;
}

static void name_enum(pt_model *model, pt_gen_enum *enumeration) {
    const char *full_name = enumeration->decl.full_name;
    const char *upper = pt_name_upper(&model->pool, full_name);
    enumeration->c_type = pt_name_type(&model->pool, full_name);
    enumeration->c_lower = pt_name_lower(&model->pool, full_name);
    bool free = claim(model, &enumeration->decl, enumeration->c_type, "") &&
                claim(model, &enumeration->decl, enumeration->c_lower, "__descriptor");
    for (size_t i = 0; i < enumeration->n_values; i++) {
        pt_gen_value *value = &enumeration->values[i];
        value->c_name = pt_pool_printf(&model->pool, "%s__%s", upper, value->decl.name);
        free = free && claim(model, &value->decl, value->c_name, "");
    }
}

static void name_oneof(pt_model *model, pt_table *members, pt_gen_oneof *oneof) {
    const char *full_name = oneof->decl.full_name;
    const char *lower = pt_name_lower(&model->pool, oneof->decl.name);
    oneof->c_type = pt_pool_printf(&model->pool, "%sCase", pt_name_type(&model->pool, full_name));
    oneof->c_not_set = pt_pool_printf(&model->pool, "%s__NOT_SET", pt_name_upper(&model->pool, full_name));
    oneof->c_case = take_free(model, members, pt_pool_printf(&model->pool, "%s_case", lower));
    if (claim(model, &oneof->decl, oneof->c_type, "")) claim(model, &oneof->decl, oneof->c_not_set, "");
}

static void name_field(pt_model *model, pt_table *members, const pt_gen_message *message, pt_gen_field *field) {
    field->c_name = take_free(model, members, pt_name_member(&model->pool, field->decl.name));
    bool has = field->presence == PT_PRESENCE_EXPLICIT && !field->scalar->pointer;
    if (has || field->presence == PT_PRESENCE_REPEATED)
        field->c_quantifier =
            take_free(model, members, pt_pool_printf(&model->pool, "%s_%s", has ? "has" : "n", field->c_name));
    if (field->oneof) {
        if (!field->oneof->c_type) name_oneof(model, members, field->oneof);
        field->c_enumerator = pt_pool_printf(&model->pool, "%s_%s", pt_name_upper(&model->pool, field->oneof->decl.full_name),
                                             pt_name_upper(&model->pool, field->decl.name));
        claim(model, &field->decl, field->c_enumerator, "");
    }
    if (field->default_text)
        claim(model, &field->decl, message->c_lower, pt_pool_printf(&model->pool, "__%s__default_value", field->c_name));
}

static void name_message(pt_model *model, pt_gen_message *message) {
    static const char *const functions[] = {"__init",   "__get_packed_size", "__pack",       "__pack_to_buffer",
                                            "__unpack", "__free_unpacked",   "__descriptor", NULL};
    const char *full_name = message->decl.full_name;
    message->c_type = pt_name_type(&model->pool, full_name);
    message->c_lower = pt_name_lower(&model->pool, full_name);
    message->c_upper = pt_name_upper(&model->pool, full_name);
    if (claim(model, &message->decl, message->c_type, "") && claim(model, &message->decl, message->c_upper, "__INIT"))
        claim_all(model, &message->decl, message->c_lower, functions);
    pt_table members = {0};
    take(model, &members, "base");
    for (size_t i = 0; i < message->n_fields; i++) {
        const pt_gen_field *field = message->by_number[i];
        name_field(model, &members, message, &message->fields[field - message->fields]);
    }
    pt_table_done(&members);
}

/* What the stubs of one method are called, after the method's own name. */
static const char *const unary_stubs[] = {
    "", "_start", "_done_fn", "__unimplemented", "__done", "__serve", "__batch", "__request", "__reply", NULL,
};
static const char *const stream_stubs[] = {
    "__stream",
    "__events",
    "__on_message",
    "__on_writable",
    "__on_end",
    "__open",
    "__send",
    "__try_send",
    "__receive",
    "__finish",
    "__unimplemented",
    "__serve",
    "__send_reply",
    "__try_send_reply",
    "__receive_request",
    "__try_receive_request",
    NULL,
};

/* `name`, or that with underscores until it is free with each of the suffixes; now the caller has them all. */
static const char *take_free_stubs(pt_model *model, pt_table *scope, const char *name, const char *const *suffixes) {
    for (const char *const *suffix = suffixes; *suffix; suffix++)
        if (!is_free(scope, pt_pool_printf(&model->pool, "%s%s", name, *suffix)))
            return take_free_stubs(model, scope, pt_pool_printf(&model->pool, "%s_", name), suffixes);
    for (const char *const *suffix = suffixes; *suffix; suffix++)
        take(model, scope, pt_pool_printf(&model->pool, "%s%s", name, *suffix));
    return name;
}

static void name_method(pt_model *model, pt_table *members, pt_table *functions, const pt_gen_service *service,
                        pt_gen_method *method) {
    const char *const *stubs = method->streaming ? stream_stubs : unary_stubs;
    const char *name = pt_name_lower(&model->pool, method->decl.name);
    method->c_member = take_free(model, members, pt_name_member(&model->pool, name));
    if (!method->streaming)
        method->c_batch = take_free(model, members, pt_pool_printf(&model->pool, "%s__batch", method->c_member));
    method->c_name = take_free_stubs(model, functions, pt_pool_printf(&model->pool, "%s__%s", service->c_lower, name), stubs);
    claim_all(model, &method->decl, method->c_name, stubs);
}

static void name_service(pt_model *model, pt_gen_service *service) {
    static const char *const tables[] = {"__service", "__register", "__methods", "__handlers", NULL};
    const char *full_name = service->decl.full_name;
    service->c_type = pt_name_type(&model->pool, full_name);
    service->c_lower = pt_name_lower(&model->pool, full_name);
    service->c_upper = pt_name_upper(&model->pool, full_name);
    if (claim(model, &service->decl, service->c_type, "") && claim(model, &service->decl, service->c_upper, "__INIT"))
        claim_all(model, &service->decl, service->c_lower, tables);
    pt_table members = {0}, functions = {0};
    take(model, &members, "self");
    for (const char *const *table = tables; *table; table++)
        take(model, &functions, pt_pool_printf(&model->pool, "%s%s", service->c_lower, *table));
    for (size_t i = 0; i < service->n_methods; i++)
        name_method(model, &members, &functions, service, &service->methods[i]);
    pt_table_done(&members);
    pt_table_done(&functions);
}

void pt_name_all(pt_model *model) {
    for (size_t i = 0; i < model->n_files; i++) {
        pt_gen_file *file = &model->files[i];
        claim(model, &file->decl, file->c_lower, "__file");
        for (size_t j = 0; j < file->n_enums; j++)
            name_enum(model, file->enums[j]);
        for (size_t j = 0; j < file->n_messages; j++)
            name_message(model, file->messages[j]);
        for (size_t j = 0; j < file->n_services; j++)
            name_service(model, &file->services[j]);
    }
}
