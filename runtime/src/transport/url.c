#include "transport/url.h"

#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

/* The longest path that a socket file can have, without its NUL. */
#define IPC_PATH_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

/* Names of inproc become abstract unix sockets of the process's own, at whose ends it looks who is there. */
#define INPROC_NAME_MAX 64
#define INPROC_FORMAT "abstract://partie.%ld.%s"

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

static pt_code check_ipc(const char *url, const char *path, pt_status *st) {
    if (!*path || strlen(path) > IPC_PATH_MAX)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "%s: expected a path of 1 to %zu bytes", url, IPC_PATH_MAX);
    return PT_OK;
}

static pt_code check_inproc(const char *url, const char *name, pt_status *st) {
    if (!*name || strlen(name) > INPROC_NAME_MAX || strchr(name, '%'))
        return pt_status_set(st, PT_INVALID_ARGUMENT, "%s: expected a name of 1 to %d bytes without %%", url, INPROC_NAME_MAX);
    return PT_OK;
}

pt_code pt_address_read(const char *url, pt_address *ret_address, pt_status *st) {
    pt_address a = {.stream_url = ""};
    const char *tcp = after(url, "tcp://"), *ipc = after(url, "ipc://"), *inproc = after(url, "inproc://");
    pt_code code;
    if (strlen(url) >= sizeof a.stream_url)
        code = pt_status_set(st, PT_INVALID_ARGUMENT, "URL of %zu bytes: at most %zu", strlen(url), sizeof a.stream_url - 1);
    else if (tcp)
        code = check_tcp(url, tcp, st);
    else if (ipc)
        code = check_ipc(url, ipc, st);
    else if (inproc)
        code = check_inproc(url, inproc, st);
    else
        code = pt_status_set(st, PT_INVALID_ARGUMENT, "%s: expected tcp://host:port, ipc:///path or inproc://name", url);
    if (code) return code;
    a.local = !tcp;
    a.same_process = inproc != NULL;
    if (inproc)
        snprintf(a.stream_url, sizeof a.stream_url, INPROC_FORMAT, (long)getpid(), inproc);
    else
        snprintf(a.stream_url, sizeof a.stream_url, "%s", url);
    *ret_address = a;
    return PT_OK;
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

bool pt_is_same_process(nng_stream *stream) {
    uint64_t pid;
    return nng_stream_get_uint64(stream, NNG_OPT_IPC_PEER_PID, &pid) == 0 && pid == (uint64_t)getpid();
}
