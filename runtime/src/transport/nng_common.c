#include "transport/nng_common.h"

#include <sys/un.h>

/* The longest path that a socket file can have, without its NUL. */
#define IPC_PATH_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

static const char *after(const char *text, const char *prefix) {
    size_t len = strlen(prefix);
    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static pt_code check_tcp(const char *url, const char *address, pt_status *st) {
    const char *colon = strrchr(address, ':');
    const char *digits = colon ? colon + 1 : "";
    size_t len = strspn(digits, "0123456789");
    unsigned port = 0;
    for (size_t i = 0; i < len && port <= 65535; i++)
        port = port * 10 + (unsigned)(digits[i] - '0');
    if (!colon || colon == address || len == 0 || digits[len] || port > 65535)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "%s: expected tcp://host:port with a port of 0 to 65535", url);
    return PT_OK;
}

pt_code pt_nng_check_url(const char *url, pt_status *st) {
    const char *rest;
    if (strlen(url) >= NNG_MAXADDRLEN)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "URL of %zu bytes: at most %d", strlen(url), NNG_MAXADDRLEN - 1);
    if ((rest = after(url, "tcp://"))) return check_tcp(url, rest, st);
    if ((rest = after(url, "ipc://"))) {
        if (!*rest || strlen(rest) > IPC_PATH_MAX)
            return pt_status_set(st, PT_INVALID_ARGUMENT, "%s: expected a path of 1 to %zu bytes", url, IPC_PATH_MAX);
        return PT_OK;
    }
    if ((rest = after(url, "inproc://")) && *rest) return PT_OK;
    return pt_status_set(st, PT_INVALID_ARGUMENT, "%s: expected tcp://host:port, ipc:///path or inproc://name", url);
}

pt_code pt_nng_fail(pt_status *st, int error, const char *what) {
    pt_code code = PT_UNAVAILABLE;
    switch (error) {
    case NNG_EADDRINUSE: code = PT_ALREADY_EXISTS; break;
    case NNG_EADDRINVAL:
    case NNG_EINVAL:
    case NNG_ENOTSUP: code = PT_INVALID_ARGUMENT; break;
    case NNG_ENOMEM:
    case NNG_ENOFILES: code = PT_RESOURCE_EXHAUSTED; break;
    default: break;
    }
    return pt_status_set(st, code, "%s: %s", what, nng_strerror(error));
}

pt_msg pt_nng_msg(nng_msg *handle) {
    if (!handle) return (pt_msg){0};
    return (pt_msg){.handle = handle, .bytes = nng_msg_body(handle), .len = nng_msg_len(handle)};
}

bool pt_nng_msg_new(size_t len, pt_msg *ret_msg) {
    nng_msg *handle;
    if (nng_msg_alloc(&handle, len)) return false;
    *ret_msg = pt_nng_msg(handle);
    return true;
}

void pt_nng_msg_free(pt_msg msg) {
    if (msg.handle) nng_msg_free(msg.handle);
}

const pt_transport pt_transport_nng = {
    .msg_new = pt_nng_msg_new,
    .msg_free = pt_nng_msg_free,
    .link_open = pt_nng_link_open,
    .link_close = pt_nng_link_close,
    .link_exchange = pt_nng_link_exchange,
    .exchange_claim = pt_nng_exchange_claim,
    .exchange_send = pt_nng_exchange_send,
    .exchange_cancel = pt_nng_exchange_cancel,
    .port_new = pt_nng_port_new,
    .port_listen = pt_nng_port_listen,
    .port_widen = pt_nng_port_widen,
    .port_reply = pt_nng_port_reply,
    .port_release = pt_nng_port_release,
    .port_peer_gone = pt_nng_port_peer_gone,
    .port_flush = pt_nng_port_flush,
    .port_close = pt_nng_port_close,
};
