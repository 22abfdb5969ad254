/* Stubs of streaming methods. They are inline functions in X.rpc.h: each only gives types to one function of partie/stream.h,
 * and a program that uses none of them needs none of those. */
#include "emit.h"

/* ---- the client's side ---- */

static const char handle[] = "typedef struct $rpc$__stream {\n"
                             "    pt_stream *stream;\n} $rpc$__stream;\n\n";

static void emit_events(const pt_gen_method *method, pt_printer *out) {
    pt_expand(out, "typedef struct $rpc$__events {\n"
                   "    void (*on_message)($rpc$__stream stream,\n"
                   "                       const $output$ *message, void *arg);\n");
    if (pt_client_streams(method)) pt_expand(out, "    void (*on_writable)($rpc$__stream stream, void *arg);\n");
    pt_expand(out, "    void (*on_end)($rpc$__stream stream, pt_context *ctx, void *arg);\n"
                   "    void *arg;\n} $rpc$__events;\n\n");
}

/* The runtime's callbacks, whose `arg` is the typed events. */
static void emit_callbacks(const pt_gen_method *method, pt_printer *out) {
    pt_expand(out, "static inline void $rpc$__on_message(\n"
                   "    pt_stream *stream, const ProtobufCMessage *message, void *arg) {\n"
                   "    const $rpc$__events *events = arg;\n"
                   "    events->on_message(($rpc$__stream){stream},\n"
                   "                       (const $output$ *)message, events->arg);\n}\n");
    if (pt_client_streams(method))
        pt_expand(out, "static inline void $rpc$__on_writable(pt_stream *stream, void *arg) {\n"
                       "    const $rpc$__events *events = arg;\n"
                       "    if (events->on_writable)\n"
                       "        events->on_writable(($rpc$__stream){stream}, events->arg);\n}\n");
    pt_expand(out, "static inline void $rpc$__on_end(\n"
                   "    pt_stream *stream, pt_context *ctx, void *arg) {\n"
                   "    const $rpc$__events *events = arg;\n"
                   "    events->on_end(($rpc$__stream){stream}, ctx, events->arg);\n}\n\n");
}

static void emit_open(pt_model *model, const pt_gen_method *method, size_t index, pt_printer *out) {
    pt_let(out, "index", pt_pool_printf(&model->pool, "%zu", index));
    pt_expand(out, "static inline PT_MUST_CHECK pt_code $rpc$__open(\n"
                   "    pt_channel *channel, pt_context *ctx, ");
    if (!pt_client_streams(method)) pt_expand(out, "const $input$ *request,\n    ");
    pt_expand(out, "const $rpc$__events *events,\n"
                   "    $rpc$__stream *ret_stream) {\n"
                   "    const pt_stream_events untyped = {\n"
                   "        .on_message = $rpc$__on_message,\n");
    if (pt_client_streams(method)) pt_expand(out, "        .on_writable = $rpc$__on_writable,\n");
    pt_expand(out, "        .on_end = $rpc$__on_end,\n"
                   "        .arg = (void *)events,\n    };\n"
                   "    return pt_stream_open(channel, ctx, &$lower$__service.methods[$index$], ");
    pt_print(out, "%s,\n", pt_client_streams(method) ? "NULL" : "&request->base");
    pt_print(out, "                          events ? &untyped : NULL, &ret_stream->stream);\n}\n");
}

static void emit_send(const char *verb, pt_printer *out) {
    pt_let(out, "verb", verb);
    pt_expand(out, "static inline PT_MUST_CHECK pt_code $rpc$__$verb$(\n"
                   "    $rpc$__stream stream, const $input$ *message) {\n"
                   "    return pt_stream_$verb$(stream.stream, &message->base);\n}\n");
}

static void emit_receive(const char *verb, const char *what, pt_printer *out) {
    pt_let(out, "verb", verb);
    pt_let(out, "what", what);
    pt_expand(out, "static inline PT_MUST_CHECK pt_code $rpc$__$verb$(\n"
                   "    $rpc$__stream stream, $output$ **ret_$what$) {\n"
                   "    ProtobufCMessage *$what$ = NULL;\n"
                   "    pt_code code = pt_stream_$verb$(stream.stream, &$what$);\n"
                   "    if (code == PT_OK) *ret_$what$ = ($output$ *)$what$;\n"
                   "    return code;\n}\n");
}

void pt_emit_stream_client(pt_model *model, const pt_gen_method *method, size_t index, pt_printer *out) {
    pt_expand(out, handle);
    emit_events(method, out);
    emit_callbacks(method, out);
    emit_open(model, method, index, out);
    if (pt_client_streams(method)) {
        emit_send("send", out);
        emit_send("try_send", out);
    }
    if (pt_server_streams(method))
        emit_receive("receive", "message", out);
    else
        emit_receive("finish", "reply", out);
}

/* ---- the handler's side ---- */

static void emit_send_reply(const char *verb, pt_printer *out) {
    pt_let(out, "verb", verb);
    pt_expand(out, "static inline PT_MUST_CHECK pt_code $rpc$__$verb$_reply(\n"
                   "    pt_server_call *call, const $output$ *reply) {\n"
                   "    return pt_server_call_$verb$(call, &reply->base);\n}\n");
}

static void emit_receive_request(const char *verb, pt_printer *out) {
    pt_let(out, "verb", verb);
    pt_expand(out, "static inline PT_MUST_CHECK pt_code $rpc$__$verb$_request(\n"
                   "    pt_server_call *call, const $input$ **ret_request) {\n"
                   "    const ProtobufCMessage *request = NULL;\n"
                   "    pt_code code = pt_server_call_$verb$(call, &request);\n"
                   "    if (code == PT_OK) *ret_request = (const $input$ *)request;\n"
                   "    return code;\n}\n");
}

void pt_emit_stream_server(const pt_gen_method *method, pt_printer *out) {
    pt_print(out, "\n");
    if (pt_client_streams(method)) {
        emit_receive_request("receive", out);
        emit_receive_request("try_receive", out);
    }
    if (pt_server_streams(method)) {
        emit_send_reply("send", out);
        emit_send_reply("try_send", out);
    }
}
