/* A stand-in for the runtime that generated stubs call: it remembers the last call, and answers what the test says. */
#ifndef PARTIE_COMPILER_STAND_IN_H
#define PARTIE_COMPILER_STAND_IN_H

#include "partie/channel.h"
#include "partie/server.h"

typedef struct stand_in {
    pt_channel *channel;
    pt_context *ctx;
    const pt_method *method;
    const ProtobufCMessage *request;
    ProtobufCMessage *reply; /* what pt_unary_wait answers; NULL: UNAVAILABLE */
    pt_unary_done_fn *on_done;
    void *arg;
    pt_server *server;
    const pt_service *service;
    const pt_handler *handlers;
    const void *impl;
    pt_code failed_with;
    char message[128]; /* of pt_server_call_fail */
} stand_in;

/* The last call. */
extern stand_in seen;

/* Objects that are only passed on. */
extern char some_channel, some_server;
#define CHANNEL ((pt_channel *)&some_channel)
#define SERVER ((pt_server *)&some_server)

/* A call of the server, with what pt_server_call_request and pt_server_call_reply give. */
struct pt_server_call {
    const ProtobufCMessage *request;
    ProtobufCMessage *reply;
};

#endif
