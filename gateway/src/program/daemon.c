#include "program/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "partie/kit/log.h"
#include "program/access.h"

/* A connection's memory holds request line, headers and what libmicrohttpd makes of them. It must be larger than our own
 * limits, so that it is us who answer when they are passed; libmicrohttpd answers with an HTML page of its own. */
#define POOL_EXTRA_BYTES 8192

static pt_peer *peer_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static enum MHD_Result admit(void *cls, const struct sockaddr *address, socklen_t len) {
    const pt_worker *w = cls;
    (void)len;
    return pt_peers_admit(w->shared->peers, address) ? MHD_YES : MHD_NO;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what) {
    const pt_worker *w = cls;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        *context = info ? pt_peers_opened(w->shared->peers, info->client_addr) : NULL;
    } else if (*context) {
        pt_peers_closed(w->shared->peers, *context);
        *context = NULL;
    }
}

/* Called for each request line, before libmicrohttpd takes the target apart: only here it is still raw. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *connection) {
    pt_worker *w = cls;
    pt_request *r = pt_request_take(w);
    if (!r) return NULL;
    w->n_active++;
    pt_request_begin(r, connection, target);
    return r;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *bytes, size_t *size, void **context) {
    pt_request *r = *context;
    (void)cls, (void)connection, (void)url;
    if (!r) return MHD_NO;
    if (r->step == PT_REQUEST_NEW) return pt_request_on_headers(r, method, version);
    return *size ? pt_request_on_body(r, bytes, size) : pt_request_on_complete(r);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode how) {
    pt_worker *w = cls;
    pt_request *r = *context;
    if (!r) return;
    const pt_peer *peer = peer_of(connection);
    /* libmicrohttpd answers by itself to what is too malformed to reach us. */
    const union MHD_ConnectionInfo *sent = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);
    bool whole = how == MHD_REQUEST_TERMINATED_COMPLETED_OK || r->step != PT_REQUEST_ANSWERED;
    pt_access_add(w, r, peer ? peer->text : "-", sent && whole ? (int)sent->http_status : 0);
    *context = NULL;
    w->n_active--;
    pt_request_release(r);
}

/* We take the target apart ourselves, from its raw form. */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text) {
    (void)cls, (void)connection;
    return strlen(text);
}

static void log_message(void *cls, const char *format, va_list args) PT_PRINTF(2, 0);

static void log_message(void *cls, const char *format, va_list args) {
    char text[512];
    (void)cls;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = 0;
    pt_log(PT_LOG_DEBUG, NULL, "libmicrohttpd: %s", text);
}

pt_code pt_daemon_start(pt_worker *w, int listen_fd, uint32_t connections, struct MHD_Daemon **ret_daemon, pt_status *st) {
    const pt_gateway_config *c = w->shared->config;
    size_t pool = (size_t)(c->url_bytes + c->header_bytes) + POOL_EXTRA_BYTES;
    int fd = fcntl(listen_fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return pt_status_set(st, PT_UNAVAILABLE, "worker: the socket can't be duplicated: %s", strerror(errno));
    /* clang-format off */
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, admit, w, on_request, w,
        MHD_OPTION_EXTERNAL_LOGGER, log_message, w,
        MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)((c->idle_timeout_ms + 999) / 1000),
        MHD_OPTION_STRICT_FOR_CLIENT, 0, /* intake.c is strict, and answers with JSON */
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, w,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, w,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, w,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, w,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
        MHD_OPTION_END);
    /* clang-format on */
    if (!daemon) {
        close(fd);
        return pt_status_set(st, PT_UNAVAILABLE, "worker: libmicrohttpd does not start: %s", strerror(errno));
    }
    *ret_daemon = daemon;
    return PT_OK;
}
