/* The bytes of a CodeGeneratorRequest before anything trusts them. */
#ifndef PARTIE_COMPILER_REQUEST_H
#define PARTIE_COMPILER_REQUEST_H

#include "google/protobuf/compiler/plugin.pb.h"
#include "partie/buf.h"
#include "pool.h"

/* Messages in messages that a request may have; protobuf-c's unpack recurses, so this is what bounds its stack. A contract
 * has a few levels of its own, a message type in a message type adds one. */
#define PT_REQUEST_DEPTH 64

typedef struct pt_request {
    Google__Protobuf__Compiler__CodeGeneratorRequest *message;
    pt_slice *descriptors; /* one for each message->proto_file: its bytes as they came, without source locations */
} pt_request;

/* Reads a request. What it returns lives as long as `bytes` and until pt_request_done; `descriptors` are in `pool`.
 * Returns NULL on success, else what is wrong; then *ret_request is untouched. */
const char *pt_request_read(pt_pool *pool, pt_slice bytes, pt_request *ret_request);

/* Frees the message. */
void pt_request_done(pt_request *request);

#endif
