#include "program/answer.h"

#include <stdio.h>

#include "http/headers.h"
#include "mapping/error_map.h"
#include "mapping/reply_map.h"
#include "program/worker.h"

#define JSON_TYPE "application/json"

int pt_request_status(const pt_request *r) {
    if (r->http_status) return r->http_status;
    return pt_code_http(r->error.code);
}

/* The last resort when even the error does not fit. Nobody writes to it, but libmicrohttpd wants it without const. */
static char no_room[] = "{\"code\":8,\"message\":\"the answer can't be made: out of memory\",\"details\":[]}";

static void make_error(pt_request *r) {
    const pt_gateway_shared *g = r->worker->shared;
    pt_buf_clear(&r->out);
    if (!*r->error.message) pt_status_set(&r->error, r->error.code, "%s", pt_code_name(r->error.code));
    if (pt_error_map(&r->error, r->route ? r->route->contract->schema : NULL, g->error_types, &r->out)) pt_buf_clear(&r->out);
}

static void make_reply(pt_request *r) {
    pt_json_write_options options = PT_JSON_WRITE_OPTIONS_INIT;
    options.schema = r->route->contract->schema;
    options.zero_fields = r->worker->shared->config->zero_fields;
    options.annotations = true;
    pt_status why = PT_STATUS_INIT;
    pt_buf_clear(&r->out);
    pt_code code = pt_reply_map(r->route->binding, r->upstream->reply, &options, &r->out, &why);
    if (code == PT_RESOURCE_EXHAUSTED)
        pt_status_set(&r->error, PT_RESOURCE_EXHAUSTED,
                      "the reply is larger than --response-bytes as JSON, or memory is short");
    else if (code)
        pt_status_set(&r->error, PT_INTERNAL, "%s; the service does not follow its contract", why.message);
    pt_status_done(&why);
}

/* What the call came to. */
static void take_result(pt_request *r) {
    const pt_status *result = &r->upstream->context.status;
    if (result->code == PT_OK) {
        make_reply(r);
        return;
    }
    pt_status_copy(&r->error, result);
    if (result->code == PT_UNAVAILABLE || pt_error_retry_seconds(result)) r->retry = true;
}

static bool add_header(struct MHD_Response *response, const char *name, const char *value) {
    return MHD_add_response_header(response, name, value) == MHD_YES;
}

/* Pairs that are not fit for a header are left out. */
static void add_metadata(pt_request *r, struct MHD_Response *response, const char *prefix, const pt_metadata *md) {
    for (size_t i = 0; i < md->n_pairs; i++) {
        const char *name, *value;
        if (pt_metadata_to_header(prefix, &md->pairs[i], &r->arena, &name, &value)) add_header(response, name, value);
    }
}

static bool add_retry_after(const pt_request *r, struct MHD_Response *response) {
    char text[24];
    uint64_t seconds = pt_error_retry_seconds(&r->error);
    snprintf(text, sizeof text, "%llu", (unsigned long long)(seconds ? seconds : 1));
    return add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, text);
}

static bool add_headers(pt_request *r, struct MHD_Response *response) {
    bool ok = add_header(response, "X-Request-Id", r->ids.request_id);
    if (r->http_status != MHD_HTTP_NO_CONTENT) ok = ok && add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, JSON_TYPE);
    if (r->allow) ok = ok && add_header(response, MHD_HTTP_HEADER_ALLOW, r->allow);
    bool later = r->retry || pt_request_status(r) == MHD_HTTP_SERVICE_UNAVAILABLE;
    if (later) ok = ok && add_retry_after(r, response);
    if (r->worker->draining || r->close) ok = ok && add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (r->upstream) {
        add_metadata(r, response, PT_METADATA_HEADER, &r->upstream->context.headers);
        add_metadata(r, response, PT_TRAILER_HEADER, &r->upstream->context.trailers);
    }
    return ok;
}

enum MHD_Result pt_request_answer(pt_request *r) {
    if (r->upstream && !r->error.code) take_result(r);
    if (r->error.code) make_error(r);
    if (r->error.code && !r->out.len) r->http_status = MHD_HTTP_INTERNAL_SERVER_ERROR;

    /* The buffer stays with the request, which outlives the response, so nothing is copied. */
    bool room = r->out.len || !r->error.code;
    struct MHD_Response *response = room ? MHD_create_response_from_buffer(r->out.len, r->out.ptr, MHD_RESPMEM_PERSISTENT)
                                         : MHD_create_response_from_buffer(sizeof no_room - 1, no_room, MHD_RESPMEM_PERSISTENT);
    if (!response) return MHD_NO;
    enum MHD_Result queued = MHD_NO;
    if (add_headers(r, response)) queued = MHD_queue_response(r->connection, (unsigned)pt_request_status(r), response);
    MHD_destroy_response(response);
    r->step = PT_REQUEST_ANSWERED;
    return queued;
}
