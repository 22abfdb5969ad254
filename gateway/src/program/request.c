#include "program/request.h"

#include <stdlib.h>

#include "program/answer.h"
#include "program/clock.h"
#include "program/forward.h"
#include "program/intake.h"
#include "program/worker.h"

#define REQUEST_BYTES (1u << 20) /* arena of one request */
#define KEPT_BYTES 65536         /* larger buffers are not kept for the next request */

pt_request *pt_request_take(struct pt_worker *worker) {
    pt_request *r = worker->idle;
    if (r) {
        worker->idle = r->next;
        r->next = NULL;
        return r;
    }
    r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->worker = worker;
    pt_arena_init(&r->arena, REQUEST_BYTES);
    r->body.max = (size_t)worker->shared->config->body_bytes;
    r->out.max = (size_t)worker->shared->config->response_bytes;
    return r;
}

static void trim(pt_buf *b) {
    if (b->cap > KEPT_BYTES)
        pt_buf_done(b);
    else
        pt_buf_clear(b);
}

static void drop_upstream(pt_request *r) {
    pt_upstream *u = r->upstream;
    if (!u) return;
    r->upstream = NULL;
    if (r->step == PT_REQUEST_WAITING)
        u->waiter = NULL; /* it comes to its end by itself */
    else
        pt_upstream_release(u);
}

void pt_request_release(pt_request *r) {
    pt_worker *worker = r->worker;
    if (r->step == PT_REQUEST_WAITING) pt_worker_unlist(worker, r);
    drop_upstream(r);
    pt_table_unref(r->table);
    pt_status_done(&r->error);
    trim(&r->body);
    trim(&r->out);
    pt_arena_reset(&r->arena);
    pt_request kept = {.worker = worker, .arena = r->arena, .body = r->body, .out = r->out, .next = worker->idle};
    *r = kept;
    worker->idle = r;
}

void pt_request_free(pt_request *r) {
    pt_buf_done(&r->body);
    pt_buf_done(&r->out);
    pt_arena_done(&r->arena);
    free(r);
}

enum MHD_Result pt_request_on_headers(pt_request *r, const char *method, const char *version) {
    r->step = PT_REQUEST_READING;
    bool large = pt_intake_headers(r, method, version);
    /* Who asks before sending gets the refusal in place of "100 Continue"; others are let finish, so that they read it. */
    bool asks = r->headers.expect != NULL;
    return (asks && r->error.code) || large ? pt_request_answer(r) : MHD_YES;
}

enum MHD_Result pt_request_on_body(pt_request *r, const char *bytes, size_t *size) {
    r->body_seen += *size;
    if (r->body_seen > r->body.max && !r->error.code) pt_intake_too_large(r);
    if (!r->error.code && pt_buf_append(&r->body, bytes, *size))
        pt_status_set(&r->error, PT_RESOURCE_EXHAUSTED, "body: out of memory");
    *size = 0;
    /* libmicrohttpd takes no answer in the midst of a body: all that can be done is to hang up. */
    bool dawdles = pt_now_ns() > r->deadline_ns + r->worker->shared->config->timeout_ms * PT_NS_PER_MS;
    return dawdles || r->body_seen / PT_DISCARD_TIMES > r->body.max ? MHD_NO : MHD_YES;
}

enum MHD_Result pt_request_on_complete(pt_request *r) {
    switch (r->step) {
    case PT_REQUEST_READING:
        if (r->error.code || !pt_forward(r)) return pt_request_answer(r);
        r->step = PT_REQUEST_WAITING;
        return MHD_YES;
    case PT_REQUEST_DONE: return pt_request_answer(r);
    case PT_REQUEST_GONE: return MHD_NO;
    default: return MHD_YES;
    }
}

static void resume(pt_request *r, pt_request_step step) {
    pt_worker_unlist(r->worker, r);
    r->step = step;
    MHD_resume_connection(r->connection);
}

void pt_request_on_reply(pt_request *r) {
    resume(r, PT_REQUEST_DONE);
}

void pt_request_give_up(pt_request *r, pt_code code, const char *message) {
    drop_upstream(r);
    pt_status_set(&r->error, code, "%s", message);
    r->retry = code == PT_UNAVAILABLE;
    resume(r, PT_REQUEST_DONE);
}

void pt_request_client_left(pt_request *r) {
    drop_upstream(r);
    r->http_status = 499; /* what the log says */
    resume(r, PT_REQUEST_GONE);
}

void pt_request_begin(pt_request *r, struct MHD_Connection *connection, const char *target) {
    r->connection = connection;
    r->step = PT_REQUEST_NEW;
    r->start_ns = pt_now_ns();
    r->deadline_ns = r->start_ns + r->worker->shared->config->timeout_ms * PT_NS_PER_MS;
    clock_gettime(CLOCK_REALTIME, &r->time);
    r->table = pt_table_ref(r->worker->table);
    r->method = "";
    pt_intake_target(r, target ? target : "");
}
