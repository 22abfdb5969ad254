/* X.rpc.h: what callers and servers of a file's services see. */
#include <inttypes.h>

#include "emit.h"
#include "names.h"

/* What these stubs ask of the runtime. It rises when the emitters use something that older runtimes lack; then
 * partie/version.h's PT_STUBS_VERSION rises with it. */
#define STUBS_VERSION 2

static bool uses_types_of(const pt_gen_file *file, const pt_gen_file *other) {
    for (size_t i = 0; i < file->n_services; i++)
        for (size_t j = 0; j < file->services[i].n_methods; j++) {
            const pt_gen_method *method = &file->services[i].methods[j];
            if (method->input->decl.file == other || method->output->decl.file == other) return true;
        }
    return false;
}

static bool has_streams(const pt_gen_file *file) {
    for (size_t i = 0; i < file->n_services; i++)
        for (size_t j = 0; j < file->services[i].n_methods; j++)
            if (file->services[i].methods[j].streaming) return true;
    return false;
}

static void emit_includes(pt_model *model, const pt_gen_file *file, pt_printer *out) {
    pt_print(out, "#include \"partie/channel.h\"\n#include \"partie/server.h\"\n");
    if (has_streams(file)) pt_print(out, "#include \"partie/stream.h\"\n");
    pt_print(out, "#include \"partie/version.h\"\n\n");
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

static void emit_unary_client(pt_printer *out) {
    pt_expand(out, "pt_code $rpc$(\n"
                   "    pt_channel *channel, pt_context *ctx, const $input$ *request,\n"
                   "    $output$ **ret_reply);\n"
                   "typedef void $rpc$_done_fn(\n"
                   "    pt_context *ctx, const $output$ *reply, void *arg);\n"
                   "void $rpc$_start(\n"
                   "    pt_channel *channel, pt_context *ctx, const $input$ *request,\n"
                   "    $rpc$_done_fn *on_done, void *arg);\n");
}

static void emit_client(pt_model *model, const pt_gen_method *method, size_t index, pt_printer *out) {
    pt_let_method(out, method);
    pt_print(out, "\n");
    pt_print_comment(out, "", method->decl.comment);
    if (method->decl.deprecated) pt_print(out, "/* Deprecated. */\n");
    if (method->streaming)
        pt_emit_stream_client(model, method, index, out);
    else
        emit_unary_client(out);
}

static void emit_handlers(const pt_gen_service *service, pt_printer *out) {
    pt_print_comment(out, "", service->decl.comment);
    pt_expand(out, "typedef struct $type$ {\n    void *self; /* first argument of every handler */\n");
    for (size_t i = 0; i < service->n_methods; i++) {
        const pt_gen_method *method = &service->methods[i];
        pt_let_method(out, method);
        pt_print_comment(out, "    ", method->decl.comment);
        pt_expand(out, "    pt_code (*$member$)");
        pt_emit_handler_params(method, "    ", out);
        pt_print(out, ";\n");
        if (!method->streaming)
            pt_expand(out, "    void (*$batch$)(void *self, pt_server_call *const *calls, size_t n_calls);\n");
    }
    pt_expand(out, "} $type$;\n\n");
    for (size_t i = 0; i < service->n_methods; i++) {
        pt_let_method(out, &service->methods[i]);
        pt_expand(out, "pt_code $rpc$__unimplemented");
        pt_emit_handler_params(&service->methods[i], "", out);
        pt_print(out, ";\n");
    }
}

static void emit_init(const pt_gen_service *service, pt_printer *out) {
    pt_expand(out, "\n/* Every rpc answers UNIMPLEMENTED until its handler is set. */\n#define $upper$__INIT \\\n    { \\\n"
                   "        .self = NULL,");
    for (size_t i = 0; i < service->n_methods; i++) {
        pt_let_method(out, &service->methods[i]);
        pt_expand(out, " \\\n        .$member$ = $rpc$__unimplemented,");
        if (!service->methods[i].streaming) pt_expand(out, " \\\n        .$batch$ = NULL,");
    }
    pt_expand(out, " \\\n    }\n\n"
                   "/* Adds the service to a server that does not listen yet. `impl` must outlive the server. Errors: "
                   "pt_server_add's. */\n"
                   "pt_code $lower$__register(\n"
                   "    pt_server *server, const $type$ *impl, pt_status *st) PT_MUST_CHECK;\n");
}

/* Request and reply of a call that is answered later, or with others. */
static void emit_unary_server(pt_printer *out) {
    pt_expand(out, "\nstatic inline const $input$ *$rpc$__request(\n"
                   "    const pt_server_call *call) {\n"
                   "    return (const $input$ *)pt_server_call_request(call);\n}\n"
                   "static inline $output$ *$rpc$__reply(pt_server_call *call) {\n"
                   "    return ($output$ *)pt_server_call_reply(call);\n}\n");
}

static void emit_server(const pt_gen_service *service, pt_printer *out) {
    pt_print(out, "\n");
    emit_handlers(service, out);
    emit_init(service, out);
    for (size_t i = 0; i < service->n_methods; i++) {
        pt_let_method(out, &service->methods[i]);
        if (service->methods[i].streaming)
            pt_emit_stream_server(&service->methods[i], out);
        else
            emit_unary_server(out);
    }
}

static void emit_service(pt_model *model, const pt_gen_service *service, pt_printer *out) {
    pt_let_service(out, service);
    pt_expand(out, "/* ---- $full$ ---- */\n\nextern const pt_service $lower$__service;\n");
    for (size_t i = 0; i < service->n_methods; i++)
        emit_client(model, &service->methods[i], i, out);
    emit_server(service, out);
    pt_print(out, "\n");
}

/* What a reader of the header must know about the stubs of every rpc. */
static void emit_manual(const pt_gen_file *file, pt_printer *out) {
    pt_print(
        out,
        "/*\n"
        " * Callers: NAME(...) waits and returns ctx->status.code; on PT_OK *ret_reply lives in the context's arena.\n"
        " * NAME_start(...) returns at once and calls `on_done` once, on a thread of the runtime; `reply` is NULL unless\n"
        " * ctx->status.code is PT_OK. Both copy the request. partie/channel.h says more.\n"
        " * Servers: fill a handler struct that starts as its INIT, and register it. A handler NAME__batch gets calls that\n"
        " * wait together, in place of NAME; it takes NAME__request and NAME__reply of each and ends each with\n"
        " * pt_server_call_finish. NULL: calls come one by one. partie/server.h says more.");
    if (has_streams(file))
        pt_print(
            out,
            "\n * Streams: NAME__open gives a NAME__stream, whose member is the pt_stream; end it with pt_stream_close. Its\n"
            " * `events` may be NULL, and must otherwise stay until then. All other functions do what those of "
            "partie/stream.h\n"
            " * do that have their names: callers' NAME__send, NAME__receive, ..., handlers' NAME__send_reply,\n"
            " * NAME__receive_request, ...");
    pt_print(out, " */\n");
}

void pt_emit_rpc_h(pt_model *model, const pt_gen_file *file, pt_printer *out) {
    pt_emit_banner(file, out);
    pt_let(out, "stem", file->stem);
    pt_let(out, "guard", pt_name_guard(&model->pool, file->stem));
    emit_manual(file, out);
    pt_expand(out, "#ifndef PARTIE_GEN_$guard$_RPC_H\n#define PARTIE_GEN_$guard$_RPC_H\n\n");
    emit_includes(model, file, out);
    emit_handshake(out);
    pt_print(out, "PROTOBUF_C__BEGIN_DECLS\n\n");
    for (size_t i = 0; i < file->n_services; i++)
        emit_service(model, &file->services[i], out);
    pt_print(out, "PROTOBUF_C__END_DECLS\n\n#endif\n");
}
