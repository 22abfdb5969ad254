/* handlers.h and handlers.c of a service: they are made anew whenever the contract changes, so that the files of a person need
 * not be. */
#include "emit_handlers.h"

#include <string.h>

#include "names.h"

const char *pt_service_id(const pt_gen_file *file) {
    const char *slash = strrchr(file->stem, '/');
    return slash ? slash + 1 : file->stem;
}

/* The C name without that of the package: order_log_service__create_order. */
static const char *without_package(pt_model *model, const pt_gen_file *file, const char *c_name) {
    if (!file->proto->package || !*file->proto->package) return c_name;
    const char *package = pt_name_lower(&model->pool, file->proto->package);
    size_t len = strlen(package);
    bool within = strncmp(c_name, package, len) == 0 && strncmp(c_name + len, "__", 2) == 0;
    return within ? c_name + len + 2 : c_name;
}

void pt_let_handler(pt_model *model, const pt_gen_file *file, const pt_gen_method *method, pt_printer *out) {
    pt_let_method(out, method);
    pt_let(out, "handler", without_package(model, file, method->c_name));
}

static void emit_declarations(pt_model *model, const pt_gen_file *file, const pt_gen_service *service, pt_printer *out) {
    pt_let_service(out, service);
    pt_expand(out, "/* ---- $full$ ---- */\n\n");
    for (size_t i = 0; i < service->n_methods; i++) {
        const pt_gen_method *method = &service->methods[i];
        pt_let_handler(model, file, method, out);
        pt_print_comment(out, "", method->decl.comment);
        pt_expand(out, "pt_code $handler$");
        pt_emit_handler_params(method, "", out);
        pt_print(out, ";\n\n");
    }
}

static void emit_header(pt_model *model, const pt_gen_file *file, pt_printer *out) {
    pt_emit_banner(file, out);
    pt_let(out, "id", pt_service_id(file));
    pt_let(out, "guard", pt_name_guard(&model->pool, file->stem));
    pt_let(out, "stem", file->stem);
    pt_expand(out, "/* One function an rpc, which the service defines (handler.c); `self` is what $id$_register was given. */\n"
                   "#ifndef PARTIE_SERVICE_$guard$_HANDLERS_H\n#define PARTIE_SERVICE_$guard$_HANDLERS_H\n\n"
                   "#include \"$stem$.rpc.h\"\n\n");
    for (size_t i = 0; i < file->n_services; i++)
        emit_declarations(model, file, &file->services[i], out);
    pt_expand(out, "/* The tables of all of them. */\ntypedef struct $id$_handlers {\n");
    for (size_t i = 0; i < file->n_services; i++) {
        pt_let(out, "table", without_package(model, file, file->services[i].c_lower));
        pt_let_service(out, &file->services[i]);
        pt_expand(out, "    $type$ $table$;\n");
    }
    pt_expand(
        out,
        "} $id$_handlers;\n\n"
        "/* Fills `handlers`, which must outlive the server, and adds the services of the contract to a server that does not\n"
        " * listen yet. Errors: pt_server_add's. */\n"
        "pt_code $id$_register(pt_server *server, $id$_handlers *handlers, void *self, pt_status *st) PT_MUST_CHECK;\n\n"
        "#endif\n");
}

static void emit_table(pt_model *model, const pt_gen_file *file, const pt_gen_service *service, pt_printer *out) {
    pt_let(out, "table", without_package(model, file, service->c_lower));
    pt_let_service(out, service);
    pt_expand(out, "    handlers->$table$ = ($type$)$upper$__INIT;\n    handlers->$table$.self = self;\n");
    for (size_t i = 0; i < service->n_methods; i++) {
        pt_let_handler(model, file, &service->methods[i], out);
        pt_expand(out, "    handlers->$table$.$member$ = $handler$;\n");
    }
}

static void emit_source(pt_model *model, const pt_gen_file *file, pt_printer *out) {
    pt_emit_banner(file, out);
    pt_let(out, "id", pt_service_id(file));
    pt_expand(out, "#include \"handlers.h\"\n\n"
                   "pt_code $id$_register(pt_server *server, $id$_handlers *handlers, void *self, pt_status *st) {\n");
    for (size_t i = 0; i < file->n_services; i++)
        emit_table(model, file, &file->services[i], out);
    pt_expand(out, "    pt_code code = PT_OK;\n");
    for (size_t i = 0; i < file->n_services; i++) {
        pt_let(out, "table", without_package(model, file, file->services[i].c_lower));
        pt_let_service(out, &file->services[i]);
        pt_expand(out, "    if (!code) code = $lower$__register(server, &handlers->$table$, st);\n");
    }
    pt_expand(out, "    return code;\n}\n");
}

void pt_emit_handlers_in(pt_model *model, const pt_gen_file *file, const char *folder, pt_output *out) {
    if (!file->n_services) return;
    emit_header(model, file, pt_output_add(out, pt_pool_printf(&model->pool, "%shandlers.h", folder)));
    emit_source(model, file, pt_output_add(out, pt_pool_printf(&model->pool, "%shandlers.c", folder)));
}

void pt_emit_handlers(pt_model *model, const pt_gen_file *file, pt_output *out) {
    pt_emit_handlers_in(model, file, "", out);
}
