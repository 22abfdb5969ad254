/* X.rpc.c: stubs, and the tables by which the runtime knows the services. */
#include <inttypes.h>

#include "emit.h"

static const char *kind(const pt_gen_method *method) {
    switch (method->streaming) {
    case PT_STREAMING_SERVER: return "PT_SERVER_STREAMING";
    case PT_STREAMING_CLIENT: return "PT_CLIENT_STREAMING";
    case PT_STREAMING_BOTH: return "PT_BIDI_STREAMING";
    case PT_STREAMING_NONE: break;
    }
    return "PT_UNARY";
}

static const char *idempotency(const pt_gen_method *method) {
    switch (method->idempotency) {
    case GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__NO_SIDE_EFFECTS: return "PT_NO_SIDE_EFFECTS";
    case GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__IDEMPOTENT: return "PT_IDEMPOTENT";
    default: return "PT_IDEMPOTENCY_UNKNOWN";
    }
}

static void emit_methods(const pt_gen_service *service, pt_printer *out) {
    pt_expand(out, "static const pt_method $lower$__methods[] = {\n");
    for (size_t i = 0; i < service->n_methods; i++) {
        const pt_gen_method *method = &service->methods[i];
        pt_print(out, "    {\n        .name = \"%s\",\n        .hash = UINT64_C(0x%016" PRIx64 "),\n", method->wire_name,
                 method->hash);
        pt_print(out, "        .contract = 0x%08" PRIx32 "u,\n        .kind = %s,\n", method->contract, kind(method));
        pt_print(out, "        .idempotency = %s,\n", idempotency(method));
        pt_print(out, "        .input = &%s__descriptor,\n", method->input->c_lower);
        pt_print(out, "        .output = &%s__descriptor,\n    },\n", method->output->c_lower);
    }
    pt_print(out, "};\n\n");
}

static void emit_service_table(const pt_gen_service *service, pt_printer *out) {
    if (service->n_methods) emit_methods(service, out);
    pt_expand(out, "const pt_service $lower$__service = {\n    .name = \"$full$\",\n    .file = &$file$__file,\n");
    if (service->n_methods) {
        pt_expand(out, "    .methods = $lower$__methods,\n");
        pt_print(out, "    .n_methods = %zu,\n", service->n_methods);
    }
    pt_print(out, "};\n\n");
}

static void emit_client_stubs(pt_model *model, const pt_gen_method *method, size_t index, pt_printer *out) {
    pt_let_method(out, method);
    pt_let(out, "index", pt_pool_printf(&model->pool, "%zu", index));
    pt_expand(out, "pt_code $rpc$(\n"
                   "    pt_channel *channel, pt_context *ctx, const $input$ *request,\n"
                   "    $output$ **ret_reply) {\n"
                   "    ProtobufCMessage *reply = NULL;\n"
                   "    pt_code code = pt_unary_wait(channel, ctx, &$lower$__methods[$index$], &request->base, &reply);\n"
                   "    if (code == PT_OK) *ret_reply = ($output$ *)reply;\n"
                   "    return code;\n}\n\n"
                   "static void $rpc$__done(pt_context *ctx, const ProtobufCMessage *reply, void *arg) {\n"
                   "    $rpc$_done_fn *on_done =\n"
                   "        ($rpc$_done_fn *)ctx->stub_done;\n"
                   "    on_done(ctx, (const $output$ *)reply, arg);\n}\n\n"
                   "void $rpc$_start(\n"
                   "    pt_channel *channel, pt_context *ctx, const $input$ *request,\n"
                   "    $rpc$_done_fn *on_done, void *arg) {\n"
                   "    ctx->stub_done = (void (*)(void))on_done;\n"
                   "    pt_unary_start(channel, ctx, &$lower$__methods[$index$], &request->base,\n"
                   "                   $rpc$__done, arg);\n}\n\n");
}

static void emit_serve(const pt_gen_method *method, pt_printer *out) {
    pt_expand(out, "static pt_code $rpc$__serve(\n"
                   "    const void *impl, pt_server_call *call, const ProtobufCMessage *request, ProtobufCMessage *reply) {\n"
                   "    const $type$ *service = impl;\n");
    if (pt_client_streams(method)) pt_print(out, "    (void)request;\n");
    if (pt_server_streams(method)) pt_print(out, "    (void)reply;\n");
    pt_expand(out, "    return (service->$member$ ? service->$member$ : $rpc$__unimplemented)(\n"
                   "        service->self, call");
    if (!pt_client_streams(method)) pt_expand(out, ", (const $input$ *)request");
    if (!pt_server_streams(method)) pt_expand(out, ",\n        ($output$ *)reply");
    pt_print(out, ");\n}\n\n");
}

static void emit_batch(pt_printer *out) {
    pt_expand(out, "static bool $rpc$__batch(\n"
                   "    const void *impl, pt_server_call *const *calls, size_t n_calls) {\n"
                   "    const $type$ *service = impl;\n"
                   "    if (!service->$batch$) return false;\n"
                   "    service->$batch$(service->self, calls, n_calls);\n"
                   "    return true;\n}\n\n");
}

static void emit_server_stubs(const pt_gen_method *method, pt_printer *out) {
    pt_let_method(out, method);
    pt_expand(out, "pt_code $rpc$__unimplemented");
    pt_emit_refusing_handler(method, "is not implemented", out);
    pt_print(out, "\n");
    emit_serve(method, out);
    if (!method->streaming) emit_batch(out);
}

static void emit_register(const pt_gen_service *service, pt_printer *out) {
    if (service->n_methods) pt_expand(out, "static const pt_handler $lower$__handlers[] = {\n");
    for (size_t i = 0; i < service->n_methods; i++) {
        const pt_gen_method *method = &service->methods[i];
        pt_expand(out, "    {\n        .method = &$lower$__methods[");
        pt_print(out, "%zu],\n", i);
        pt_print(out, "        .run = %s__serve,\n", method->c_name);
        if (!method->streaming) pt_print(out, "        .batch = %s__batch,\n", method->c_name);
        pt_print(out, "    },\n");
    }
    if (service->n_methods) pt_print(out, "};\n\n");
    pt_expand(out, "pt_code $lower$__register(\n"
                   "    pt_server *server, const $type$ *impl, pt_status *st) {\n"
                   "    return pt_server_add(server, &$lower$__service,\n"
                   "                         ");
    pt_expand(out, service->n_methods ? "$lower$__handlers, impl, st);\n}\n" : "NULL, impl, st);\n}\n");
}

void pt_emit_rpc_c(pt_model *model, const pt_gen_file *file, pt_printer *out) {
    pt_emit_banner(file, out);
    pt_let(out, "file", file->c_lower);
    pt_print(out, "#include \"%s.rpc.h\"\n", file->stem);
    for (size_t i = 0; i < file->n_services; i++) {
        const pt_gen_service *service = &file->services[i];
        pt_let_service(out, service);
        pt_print(out, "\n");
        emit_service_table(service, out);
        for (size_t j = 0; j < service->n_methods; j++) {
            if (!service->methods[j].streaming) emit_client_stubs(model, &service->methods[j], j, out);
            emit_server_stubs(&service->methods[j], out);
        }
        emit_register(service, out);
    }
}
