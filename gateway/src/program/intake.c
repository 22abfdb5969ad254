#include "program/intake.h"

#include <stdlib.h>
#include <strings.h>

#include "http/headers.h"
#include "program/clock.h"
#include "program/worker.h"

#define HEALTH_PATH "/healthz"
#define OWN_METHODS "GET, HEAD, OPTIONS"

/* `http_status`: 0 for the one that the code stands for. */
static void refuse(pt_request *r, pt_code code, int http_status, const char *message) {
    pt_status_set(&r->error, code, "%s", message);
    r->http_status = http_status;
}

/* What stands in a request line must be neither blank nor control character (RFC 9112 section 3); bytes above ASCII are let
 * pass, as clients send them. */
static bool target_is_clean(const char *target) {
    for (const char *p = target; *p; p++)
        if ((uint8_t)*p <= 0x20 || *p == 0x7f) return false;
    return true;
}

/* Skips scheme and authority of the absolute form. */
static const char *skip_origin(const char *target) {
    size_t scheme = !strncasecmp(target, "http://", 7) ? 7 : !strncasecmp(target, "https://", 8) ? 8 : 0;
    if (!scheme) return target;
    target += scheme;
    target += strcspn(target, "/?");
    return *target ? target : "/";
}

void pt_intake_target(pt_request *r, const char *target) {
    size_t limit = (size_t)r->worker->shared->config->url_bytes;
    size_t len = strnlen(target, limit + 1);
    char *copy = pt_arena_strndup(&r->arena, target, len > limit ? limit : len);
    if (!copy) {
        refuse(r, PT_RESOURCE_EXHAUSTED, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
        return;
    }
    const char *path = skip_origin(copy);
    size_t path_len = strcspn(path, "?");
    r->path = pt_slice_of(path, path_len);
    if (path[path_len]) r->query = pt_slice_str(path + path_len + 1);
    if (len > limit)
        refuse(r, PT_INVALID_ARGUMENT, MHD_HTTP_URI_TOO_LONG, "path and query are too long (--url-bytes)");
    else if (*path != '/' && strcmp(path, "*") != 0)
        refuse(r, PT_INVALID_ARGUMENT, 0, "the request target must start with /");
    else if (!target_is_clean(copy))
        refuse(r, PT_INVALID_ARGUMENT, 0, "a blank or control character in the request target; write %20 for a blank");
}

/* RFC 9110 section 5.6.2. */
static bool is_token(const char *name) {
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (const char *p = name; *p; p++) {
        bool alnum = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
        if (!alnum && !strchr(others, *p)) return false;
    }
    return *name;
}

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value) {
    pt_request_headers *h = cls;
    const struct {
        const char *name;
        const char **place;
    } known[] = {{"Content-Type", &h->content_type},
                 {"Content-Length", &h->content_length},
                 {"Expect", &h->expect},
                 {"Grpc-Timeout", &h->grpc_timeout},
                 {"X-Request-Id", &h->request_id},
                 {"Traceparent", &h->traceparent},
                 {"Tracestate", &h->tracestate},
                 {"Host", &h->host}};
    (void)kind;
    if (!value) value = "";
    h->bytes += strlen(name) + strlen(value) + 4;
    if (!is_token(name)) h->malformed = true;
    if (!strcasecmp(name, "Content-Length") && h->content_length && strcmp(h->content_length, value) != 0) h->malformed = true;
    if (!strcasecmp(name, "Transfer-Encoding")) h->chunked = true;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcasecmp(name, known[i].name)) *known[i].place = value;
    if (!strncasecmp(name, PT_METADATA_HEADER, sizeof PT_METADATA_HEADER - 1) || !strcasecmp(name, "authorization"))
        h->has_metadata = true;
    return MHD_YES;
}

static void take_timeout(pt_request *r) {
    uint64_t asked;
    if (!r->headers.grpc_timeout) return;
    if (!pt_grpc_timeout_parse(r->headers.grpc_timeout, &asked))
        refuse(r, PT_INVALID_ARGUMENT, 0, "header Grpc-Timeout: expected digits and a unit, such as 500m or 2S");
    else if (asked < r->worker->shared->config->timeout_ms)
        r->deadline_ns = r->start_ns + asked * PT_NS_PER_MS;
}

/* The methods that the path has; NULL: none, or no memory. */
static const char *allowed_methods(pt_request *r) {
    pt_buf *methods = &r->worker->scratch;
    pt_buf_clear(methods);
    if (pt_router_methods(r->table->router, r->path, &r->arena, methods) || !methods->len) return NULL;
    return pt_arena_strndup(&r->arena, (const char *)methods->ptr, methods->len);
}

static bool is_health(const pt_request *r) {
    return pt_slice_equal(r->path, pt_slice_str(HEALTH_PATH));
}

/* OPTIONS where no contract has a route for it. */
static void answer_options(pt_request *r) {
    r->allow = is_health(r) || pt_slice_equal(r->path, pt_slice_str("*")) ? OWN_METHODS : allowed_methods(r);
    if (r->allow) {
        r->plain = true;
        r->http_status = MHD_HTTP_NO_CONTENT;
    }
}

static void not_found(pt_request *r) {
    if ((r->allow = is_health(r) ? OWN_METHODS : allowed_methods(r))) {
        pt_status_set(&r->error, PT_UNIMPLEMENTED, "%s is not served here, only %s", r->method, r->allow);
        r->http_status = MHD_HTTP_METHOD_NOT_ALLOWED;
    } else if (*r->table->waiting_for) {
        pt_status_set(&r->error, PT_UNAVAILABLE, "no route for this path yet: still waiting for %s to say what it serves",
                      r->table->waiting_for);
        r->retry = true;
    } else {
        pt_status_set(&r->error, PT_NOT_FOUND, "no route for %.*s", (int)r->path.len, (const char *)r->path.ptr);
    }
}

static void write_health(pt_request *r) {
    pt_backends *backends = r->worker->shared->backends;
    pt_code code = pt_buf_printf(&r->out, "{\"status\":\"%s\",\"waiting\":%u,\"routes\":%zu,\"backends\":",
                                 r->worker->draining ? "NOT_SERVING" : "SERVING",
                                 __atomic_load_n(&r->worker->shared->n_waiting, __ATOMIC_RELAXED), r->table->n_routes);
    if (!code) code = pt_backends_write(backends, &r->out);
    if (!code) code = pt_buf_append_byte(&r->out, '}');
    if (code) refuse(r, code, 0, "out of memory");
    r->plain = true;
    r->http_status = r->worker->draining ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK;
}

static void find_route(pt_request *r) {
    const bool head = !strcmp(r->method, "HEAD"), get = !strcmp(r->method, "GET");
    pt_status why = PT_STATUS_INIT;
    pt_code code = pt_router_match(r->table->router, r->method, r->path, &r->arena, &r->match, &why);
    if (code == PT_NOT_FOUND && head) code = pt_router_match(r->table->router, "GET", r->path, &r->arena, &r->match, &why);
    if (code == PT_OK)
        r->route = r->match.target;
    else if (code != PT_NOT_FOUND)
        pt_status_copy(&r->error, &why);
    else if ((get || head) && is_health(r))
        write_health(r);
    else if (!strcmp(r->method, "OPTIONS"))
        answer_options(r);
    pt_status_done(&why);
    if (!r->route && !r->plain && !r->error.code) not_found(r);
    if (r->route && r->route->binding->rpc->kind != PT_UNARY)
        pt_status_set(&r->error, PT_UNIMPLEMENTED, "%s is a streaming rpc, which is not served over HTTP",
                      r->route->binding->rpc->full_name);
}

void pt_intake_too_large(pt_request *r) {
    pt_status_set(&r->error, PT_RESOURCE_EXHAUSTED, "body: larger than %llu bytes (--body-bytes)",
                  (unsigned long long)r->worker->shared->config->body_bytes);
    r->http_status = MHD_HTTP_CONTENT_TOO_LARGE;
}

/* Room for the body that is announced, at once. */
static void take_length(pt_request *r, uint64_t length) {
    if (length > r->body.max)
        pt_intake_too_large(r);
    else if (pt_buf_reserve(&r->body, (size_t)length))
        refuse(r, PT_RESOURCE_EXHAUSTED, MHD_HTTP_SERVICE_UNAVAILABLE, "body: out of memory");
}

/* What leaves open where a request ends is how requests are smuggled past a proxy: it is refused, and the connection ends. */
static void check_framing(pt_request *r, const char *version) {
    const pt_request_headers *h = &r->headers;
    const char *why = NULL;
    if (h->malformed) why = "a header has a malformed name, or Content-Length stands twice";
    if (h->chunked && h->content_length) why = "Content-Length and Transfer-Encoding exclude each other";
    if (!h->host && !strcmp(version, "HTTP/1.1")) why = "the header Host must be there";
    if (!why) return;
    refuse(r, PT_INVALID_ARGUMENT, MHD_HTTP_BAD_REQUEST, why);
    r->close = true;
}

bool pt_intake_headers(pt_request *r, const char *method, const char *version) {
    r->method = method; /* the connection's, until the end of the request */
    MHD_get_connection_values(r->connection, MHD_HEADER_KIND, take_header, &r->headers);
    pt_request_ids_take(r->headers.request_id, r->headers.traceparent, &r->ids);
    uint64_t length = r->headers.content_length ? strtoull(r->headers.content_length, NULL, 10) : 0;
    if (!r->error.code) check_framing(r, version);
    if (!r->error.code && r->headers.bytes > r->worker->shared->config->header_bytes)
        refuse(r, PT_INVALID_ARGUMENT, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE,
               "the headers are too large together (--header-bytes)");
    if (!r->error.code) take_timeout(r);
    if (!r->error.code) find_route(r);
    if (!r->error.code && length) take_length(r, length);
    return length / PT_DISCARD_TIMES > r->body.max;
}
