#include "program/forward.h"

#include "http/headers.h"
#include "mapping/request_map.h"
#include "program/clock.h"
#include "program/worker.h"

static pt_code check_content_type(pt_request *r) {
    if (!r->body.len || pt_content_type_is_json(r->headers.content_type)) return PT_OK;
    r->http_status = MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
    if (!r->headers.content_type)
        return pt_status_set(&r->error, PT_INVALID_ARGUMENT,
                             "a body without Content-Type; send Content-Type: application/json");
    return pt_status_set(&r->error, PT_INVALID_ARGUMENT,
                         "Content-Type %.100s is not taken; send application/json (or application/SUBTYPE+json) in UTF-8",
                         r->headers.content_type);
}

static pt_code map_request(pt_request *r) {
    const pt_request_parts parts = {.match = &r->match, .query = r->query, .body = pt_buf_slice(&r->body)};
    pt_json_read_options options = PT_JSON_READ_OPTIONS_INIT;
    options.schema = r->route->contract->schema;
    options.annotations = true;
    pt_buf_clear(&r->worker->wire);
    pt_code code =
        pt_request_map(r->route->binding, &parts, &options, &r->arena, &r->worker->scratch, &r->worker->wire, &r->error);
    if (code == PT_RESOURCE_EXHAUSTED) r->http_status = MHD_HTTP_CONTENT_TOO_LARGE;
    return code;
}

typedef struct passing {
    pt_request *request;
    pt_code code;
} passing;

static enum MHD_Result pass_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value) {
    passing *p = cls;
    (void)kind;
    p->code = pt_header_to_metadata(name, value ? value : "", &p->request->upstream->context.metadata, &p->request->error);
    return p->code ? MHD_NO : MHD_YES;
}

static pt_code add_metadata(pt_request *r) {
    pt_metadata *md = &r->upstream->context.metadata;
    pt_code code = pt_metadata_add_str(md, "x-request-id", r->ids.request_id);
    if (!code) code = pt_metadata_add_str(md, "traceparent", r->ids.traceparent);
    if (!code && r->ids.trace_continued && pt_tracestate_valid(r->headers.tracestate))
        code = pt_metadata_add_str(md, "tracestate", r->headers.tracestate);
    if (code) return pt_status_set(&r->error, code, "out of memory");
    passing p = {.request = r};
    if (r->headers.has_metadata) MHD_get_connection_values(r->connection, MHD_HEADER_KIND, pass_header, &p);
    if (p.code == PT_RESOURCE_EXHAUSTED) r->http_status = MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
    return p.code;
}

static pt_code prepare(pt_request *r) {
    uint64_t now = pt_now_ns();
    if (now >= r->deadline_ns)
        return pt_status_set(&r->error, PT_DEADLINE_EXCEEDED, "the request took longer to arrive than it may take (--timeout)");
    pt_code code = check_content_type(r);
    if (!code) code = map_request(r);
    if (code) return code;
    r->upstream = pt_upstream_take(&r->worker->upstreams, r);
    if (!r->upstream) return pt_status_set(&r->error, PT_RESOURCE_EXHAUSTED, "out of memory");
    uint64_t left_ms = (r->deadline_ns - now + PT_NS_PER_MS - 1) / PT_NS_PER_MS;
    r->upstream->context.timeout_ms = (uint32_t)left_ms;
    return add_metadata(r);
}

bool pt_forward(pt_request *r) {
    if (r->plain || prepare(r)) return false;
    MHD_suspend_connection(r->connection);
    pt_worker_list(r->worker, r);
    pt_upstream_start(r->upstream, pt_backends_channel(r->worker->shared->backends, r->route->backend),
                      r->route->binding->rpc->full_name, pt_buf_slice(&r->worker->wire));
    return true;
}
