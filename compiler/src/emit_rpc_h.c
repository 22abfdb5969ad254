/* X.rpc.h: what callers and servers of a file's services see. */
#include <inttypes.h>

#include "emit.h"
#include "names.h"

/* What these stubs ask of the runtime. It rises when the emitters use something that older runtimes lack; then
 * partie/version.h's PT_STUBS_VERSION rises with it. */
#define STUBS_VERSION 1

static bool uses_types_of(const pt_gen_file *file, const pt_gen_file *other) {
    for (size_t i = 0; i < file->n_services; i++)
        for (size_t j = 0; j < file->services[i].n_methods; j++) {
            const pt_gen_method *method = &file->services[i].methods[j];
            if (method->input->decl.file == other || method->output->decl.file == other) return true;
        }
    return false;
}

static void emit_includes(pt_model *model, const pt_gen_file *file, pt_printer *out) {
    pt_print(out, "#include \"partie/channel.h\"\n#include \"partie/server.h\"\n#include \"partie/version.h\"\n\n");
    for (size_t i = 0; i < model->n_files; i++) {
        const pt_gen_file *other = &model->files[i];
        if (other == file || uses_types_of(file, other)) pt_print(out, "#include \"%s.pb.h\"\n", other->stem);
    }
    pt_print(out, "\n");
}

static void emit_handshake(pt_printer *out) {
    pt_print(out, "#if PT_STUBS_VERSION < %d\n", STUBS_VERSION);
    pt_expand(out,
              "#error \"$stem$.rpc.h needs a newer libpartie: update it, or generate again with its own protoc-gen-partie\"\n");
    pt_print(out, "#elif PT_STUBS_OLDEST > %d\n", STUBS_VERSION);
    pt_expand(out, "#error \"$stem$.rpc.h is too old for this libpartie: generate it again (scripts/generate)\"\n#endif\n\n");
}

static void emit_client(const pt_gen_method *method, pt_printer *out) {
    pt_let_method(out, method);
    pt_print(out, "\n");
    pt_print_comment(out, "", method->decl.comment);
    if (method->decl.deprecated) pt_print(out, "/* Deprecated. */\n");
    pt_expand(out, "pt_code $rpc$(\n"
                   "    pt_channel *channel, pt_context *ctx, const $input$ *request,\n"
                   "    $output$ **ret_reply);\n"
                   "typedef void $rpc$_done_fn(\n"
                   "    pt_context *ctx, const $output$ *reply, void *arg);\n"
                   "void $rpc$_start(\n"
                   "    pt_channel *channel, pt_context *ctx, const $input$ *request,\n"
                   "    $rpc$_done_fn *on_done, void *arg);\n");
}

static void emit_server(const pt_gen_service *service, pt_printer *out) {
    pt_print(out, "\n");
    pt_print_comment(out, "", service->decl.comment);
    pt_expand(out, "typedef struct $type$ {\n    void *self; /* first argument of every handler */\n");
    for (size_t i = 0; i < service->n_methods; i++) {
        const pt_gen_method *method = &service->methods[i];
        if (method->streaming) continue;
        pt_let_method(out, method);
        pt_print_comment(out, "    ", method->decl.comment);
        pt_expand(out, "    pt_code (*$member$)(\n"
                       "        void *self, pt_server_call *call, const $input$ *request,\n"
                       "        $output$ *reply);\n");
    }
    pt_expand(out, "} $type$;\n\n");
    for (size_t i = 0; i < service->n_methods; i++) {
        if (service->methods[i].streaming) continue;
        pt_let_method(out, &service->methods[i]);
        pt_expand(out, "pt_code $rpc$__unimplemented(\n"
                       "    void *self, pt_server_call *call, const $input$ *request,\n"
                       "    $output$ *reply);\n");
    }
    pt_expand(out, "\n/* Every rpc answers UNIMPLEMENTED until its handler is set. */\n#define $upper$__INIT \\\n    { \\\n"
                   "        .self = NULL,");
    for (size_t i = 0; i < service->n_methods; i++) {
        if (service->methods[i].streaming) continue;
        pt_let_method(out, &service->methods[i]);
        pt_expand(out, " \\\n        .$member$ = $rpc$__unimplemented,");
    }
    pt_expand(out, " \\\n    }\n\n"
                   "/* Adds the service to a server that does not listen yet. `impl` must outlive the server. Errors: "
                   "pt_server_add's. */\n"
                   "pt_code $lower$__register(\n"
                   "    pt_server *server, const $type$ *impl, pt_status *st) PT_MUST_CHECK;\n");
}

static void emit_service(const pt_gen_service *service, pt_printer *out) {
    pt_let_service(out, service);
    pt_expand(out, "/* ---- $full$ ---- */\n\nextern const pt_service $lower$__service;\n");
    for (size_t i = 0; i < service->n_methods; i++)
        if (!service->methods[i].streaming) emit_client(&service->methods[i], out);
    emit_server(service, out);
    pt_print(out, "\n");
}

void pt_emit_rpc_h(pt_model *model, const pt_gen_file *file, pt_printer *out) {
    pt_emit_banner(file, out);
    pt_let(out, "stem", file->stem);
    pt_let(out, "guard", pt_name_guard(&model->pool, file->stem));
    pt_expand(
        out, "/*\n"
             " * Callers: NAME(...) waits and returns ctx->status.code; on PT_OK *ret_reply lives in the context's arena.\n"
             " * NAME_start(...) returns at once and calls `on_done` once, on a thread of the runtime; `reply` is NULL unless\n"
             " * ctx->status.code is PT_OK. Both copy the request. partie/channel.h says more.\n"
             " * Servers: fill a handler struct that starts as its INIT, and register it. partie/server.h says more. */\n"
             "#ifndef PARTIE_GEN_$guard$_RPC_H\n#define PARTIE_GEN_$guard$_RPC_H\n\n");
    emit_includes(model, file, out);
    emit_handshake(out);
    pt_print(out, "PROTOBUF_C__BEGIN_DECLS\n\n");
    for (size_t i = 0; i < file->n_services; i++)
        emit_service(&file->services[i], out);
    pt_print(out, "PROTOBUF_C__END_DECLS\n\n#endif\n");
}
