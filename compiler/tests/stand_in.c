#include "stand_in.h"

#include <stdio.h>

stand_in seen;
char some_channel, some_server;

pt_code pt_unary_wait(pt_channel *channel, pt_context *ctx, const pt_method *method, const ProtobufCMessage *request,
                      ProtobufCMessage **ret_reply) {
    seen.channel = channel;
    seen.ctx = ctx;
    seen.method = method;
    seen.request = request;
    if (!seen.reply) return PT_UNAVAILABLE;
    *ret_reply = seen.reply;
    return PT_OK;
}

void pt_unary_start(pt_channel *channel, pt_context *ctx, const pt_method *method, const ProtobufCMessage *request,
                    pt_unary_done_fn *on_done, void *arg) {
    seen.channel = channel;
    seen.ctx = ctx;
    seen.method = method;
    seen.request = request;
    seen.on_done = on_done;
    seen.arg = arg;
}

pt_code pt_server_add(pt_server *server, const pt_service *service, const pt_handler *handlers, const void *impl,
                      pt_status *st) {
    (void)st;
    seen.server = server;
    seen.service = service;
    seen.handlers = handlers;
    seen.impl = impl;
    return PT_ALREADY_EXISTS;
}

pt_code pt_server_call_fail(pt_server_call *call, pt_code code, const char *format, ...) {
    (void)call;
    snprintf(seen.message, sizeof seen.message, "%s", format); /* stubs have nothing to fill in */
    return seen.failed_with = code;
}

const ProtobufCMessage *pt_server_call_request(const pt_server_call *call) {
    return call->request;
}

ProtobufCMessage *pt_server_call_reply(pt_server_call *call) {
    return call->reply;
}
