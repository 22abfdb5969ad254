/* The first draft of a service's folder. All but gen/ belongs to the person who asked for it from then on. */
#include <string.h>

#include "emit_handlers.h"

/* ---- templates; $id$ is order_log, $name$ order-log, $upper_id$ ORDER_LOG, $contract$ the path of the .proto ---- */

static const char main_c[] = "/* $name$: wiring. */\n"
                             "#include \"$id$.h\"\n"
                             "#include \"gen/handlers.h\"\n"
                             "#include \"partie/kit/app.h\"\n"
                             "\n"
                             "static $id$_service service = {.data = \".\"};\n"
                             "static $id$_handlers handlers;\n"
                             "\n"
                             "static const pt_flag flags[] = {\n"
                             "    {.name = \"data\", .kind = PT_FLAG_TEXT, .value = &service.data, .arg = \"PATH\", .help = "
                             "\"folder for what it keeps\"},\n"
                             "};\n"
                             "\n"
                             "static pt_code check(void *self, pt_status *st) {\n"
                             "    return $id$_check(self, st);\n"
                             "}\n"
                             "\n"
                             "static pt_code start(void *self, pt_app *app, pt_status *st) {\n"
                             "    return $id$_register(pt_app_server(app), &handlers, self, st);\n"
                             "}\n"
                             "\n"
                             "static void stop(void *self) {\n"
                             "    (void)self; /* nothing is open; what start opens, this closes */\n"
                             "}\n"
                             "\n"
                             "int main(int argc, char **argv) {\n"
                             "    const pt_app_options options = {.name = \"$name$\",\n"
                             "                                    .summary = \"serves $contract$\",\n"
                             "                                    .listen = \"tcp://127.0.0.1:0\",\n"
                             "                                    .flags = flags,\n"
                             "                                    .n_flags = sizeof flags / sizeof *flags,\n"
                             "                                    .self = &service,\n"
                             "                                    .check = check,\n"
                             "                                    .start = start,\n"
                             "                                    .stop = stop};\n"
                             "    return pt_app_main(&options, argc, argv);\n"
                             "}\n";

static const char domain_h[] =
    "/* What $name$ knows and does: no contract, no socket and no database in here. */\n"
    "#ifndef $upper_id$_H\n"
    "#define $upper_id$_H\n"
    "\n"
    "#include \"partie/status.h\"\n"
    "\n"
    "/* The service. Handlers run on several threads at once: guard what they change. */\n"
    "typedef struct $id$_service {\n"
    "    const char *data; /* folder for what it keeps; borrowed */\n"
    "} $id$_service;\n"
    "\n"
    "/* Checks what the flags said, before anything is opened. INVALID_ARGUMENT: the message names the flag. */\n"
    "pt_code $id$_check(const $id$_service *service, pt_status *st) PT_MUST_CHECK;\n"
    "\n"
    "#endif\n";

static const char domain_c[] =
    "#include \"$id$.h\"\n"
    "\n"
    "pt_code $id$_check(const $id$_service *service, pt_status *st) {\n"
    "    if (!service->data[0]) return pt_status_set(st, PT_INVALID_ARGUMENT, \"--data must not be empty\");\n"
    "    return PT_OK;\n"
    "}\n";

static const char handler_head[] =
    "/* From the messages of $contract$ to the domain ($id$.h) and back. `self` is the service of main.c. */\n"
    "#include \"gen/handlers.h\"\n"
    "#include \"$id$.h\"\n";

static const char cmake_lists[] = "partie_service($name$ HANDLER handler.c gen/handlers.c)\n";

static const char service_conf[] =
    "# How $name$ is started; docs/new-service.md says what can stand here. --listen is added by who starts it.\n"
    "needs =\n"
    "args = --data {data}\n";

static const char readme[] =
    "# $name$\n"
    "\n"
    "Serves `proto/$contract$`.\n"
    "\n"
    "| file | holds |\n"
    "| --- | --- |\n"
    "| `main.c` | flags and wiring |\n"
    "| `handler.c` | one function an rpc: contract to domain and back |\n"
    "| `$id$.h`, `$id$.c` | the domain |\n"
    "| `gen/` | made from the contract; never edited |\n"
    "| `service.conf` | how it is started |\n"
    "\n"
    "After a change of the contract, `scripts/new-service $name$` brings `gen/` up to date and adds a function to `handler.c`\n"
    "for each new rpc.\n";

/* ---- */

static const char *replaced(pt_pool *pool, const char *text, char from, char to) {
    char *copy = pt_pool_strndup(pool, text, strlen(text));
    for (char *c = copy; *c; c++)
        if (*c == from) *c = to;
    return copy;
}

static const char *in_capitals(pt_pool *pool, const char *text) {
    char *copy = pt_pool_strndup(pool, text, strlen(text));
    for (char *c = copy; *c; c++)
        if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 'a' + 'A');
    return copy;
}

static pt_printer *add(pt_model *model, const pt_gen_file *file, const char *path, pt_output *out) {
    pt_printer *printer = pt_output_add(out, path);
    const char *id = pt_service_id(file);
    pt_let(printer, "id", id);
    pt_let(printer, "name", replaced(&model->pool, id, '_', '-'));
    pt_let(printer, "upper_id", in_capitals(&model->pool, id));
    pt_let(printer, "contract", file->decl.full_name);
    return printer;
}

static void emit_handler_c(pt_model *model, const pt_gen_file *file, pt_output *out) {
    pt_printer *printer = add(model, file, "handler.c", out);
    pt_expand(printer, handler_head);
    for (size_t i = 0; i < file->n_services; i++)
        for (size_t j = 0; j < file->services[i].n_methods; j++) {
            pt_let_handler(model, file, &file->services[i].methods[j], printer);
            pt_expand(printer, "\npt_code $handler$");
            pt_emit_refusing_handler(&file->services[i].methods[j], "is not written yet", printer);
        }
}

void pt_emit_scaffold(pt_model *model, const pt_gen_file *file, pt_output *out) {
    const char *id = pt_service_id(file);
    if (!file->n_services) {
        pt_model_error(model, &file->decl, "there is no service in it; add one, such as `service Greeter { rpc ... }`");
        return;
    }
    pt_emit_handlers_in(model, file, "gen/", out);
    emit_handler_c(model, file, out);
    pt_expand(add(model, file, "main.c", out), main_c);
    pt_expand(add(model, file, pt_pool_printf(&model->pool, "%s.h", id), out), domain_h);
    pt_expand(add(model, file, pt_pool_printf(&model->pool, "%s.c", id), out), domain_c);
    pt_expand(add(model, file, "CMakeLists.txt", out), cmake_lists);
    pt_expand(add(model, file, "service.conf", out), service_conf);
    pt_expand(add(model, file, "README.md", out), readme);
}
