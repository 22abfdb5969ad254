/* What a handler sees of its call. */
#include "rpc/clock.h"
#include "rpc/server_impl.h"

pt_arena *pt_server_call_arena(pt_server_call *call) {
    return &call->arena;
}

const pt_method *pt_server_call_method(const pt_server_call *call) {
    return call->entry->method;
}

const pt_metadata *pt_server_call_metadata(const pt_server_call *call) {
    return &call->metadata;
}

pt_metadata *pt_server_call_headers(pt_server_call *call) {
    return &call->headers;
}

pt_metadata *pt_server_call_trailers(pt_server_call *call) {
    return &call->trailers;
}

uint32_t pt_server_call_remaining_ms(const pt_server_call *call) {
    uint64_t now = pt_now_ns();
    return now < call->deadline_ns ? (uint32_t)((call->deadline_ns - now) / PT_NS_PER_MS) : 0;
}

bool pt_server_call_cancelled(const pt_server_call *call) {
    const pt_server *server = call->server;
    return atomic_load(&call->abandoned) || atomic_load(&server->cancelling) || server->transport->peer_gone(call->peer) ||
           pt_now_ns() >= call->deadline_ns;
}

pt_status *pt_server_call_status(pt_server_call *call) {
    return &call->status;
}

pt_code pt_server_call_fail(pt_server_call *call, pt_code code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    pt_status_vset(&call->status, code, format, args);
    va_end(args);
    return code;
}

const ProtobufCMessage *pt_server_call_request(const pt_server_call *call) {
    return call->request;
}

ProtobufCMessage *pt_server_call_reply(pt_server_call *call) {
    return call->reply;
}
