#include "program/access.h"

#include <errno.h>
#include <unistd.h>

#include "http/access_log.h"
#include "program/clock.h"

#define CLIENT_LEFT 499

static pthread_mutex_t stderr_lock = PTHREAD_MUTEX_INITIALIZER;

void pt_access_add(pt_worker *w, const pt_request *r, const char *client, int status) {
    const pt_access access = {
        .time = r->time,
        .method = r->method,
        .path = r->path,
        .status = status ? status : CLIENT_LEFT,
        .bytes = status && r->step == PT_REQUEST_ANSWERED && strcmp(r->method, "HEAD") != 0 ? r->out.len : 0,
        .duration_us = (pt_now_ns() - r->start_ns) / PT_NS_PER_US,
        .request_id = r->ids.request_id,
        .traceparent = r->ids.traceparent,
        .rpc = r->route ? r->route->binding->rpc->full_name : NULL,
        .client = client,
    };
    pt_access_format format = (pt_access_format)w->shared->config->access_log;
    if (!pt_access_log_line(format, &access, &w->log)) return;
    pt_access_flush(w);
    /* A line that does not fit an empty buffer is out of memory: it is lost, the request is not. */
    if (pt_access_log_line(format, &access, &w->log)) pt_buf_clear(&w->log);
}

void pt_access_flush(pt_worker *w) {
    if (!w->log.len) return;
    pthread_mutex_lock(&stderr_lock);
    for (size_t done = 0; done < w->log.len;) {
        ssize_t n = write(STDERR_FILENO, w->log.ptr + done, w->log.len - done);
        if (n < 0 && errno != EINTR) break; /* nowhere to write to: serving goes on */
        if (n > 0) done += (size_t)n;
    }
    pthread_mutex_unlock(&stderr_lock);
    pt_buf_clear(&w->log);
}
