#include "program/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct endpoint {
    char host[256];
    char port[6];
} endpoint;

static bool parse(const char *address, endpoint *ret) {
    const char *colon = strrchr(address, ':');
    if (!colon) return false;
    size_t host_len = (size_t)(colon - address), port_len = strlen(colon + 1);
    bool bracketed = host_len >= 2 && address[0] == '[' && colon[-1] == ']';
    if (!bracketed && memchr(address, ':', host_len)) return false;
    if (bracketed) address++, host_len -= 2;
    if (host_len >= sizeof ret->host || port_len == 0 || port_len >= sizeof ret->port) return false;
    if (strspn(colon + 1, "0123456789") != port_len) return false;
    memcpy(ret->host, address, host_len);
    ret->host[host_len] = 0;
    memcpy(ret->port, colon + 1, port_len + 1);
    return true;
}

static pt_code resolve(const char *address, struct addrinfo **ret_list, pt_status *st) {
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    endpoint e;
    if (!parse(address, &e))
        return pt_status_set(st, PT_INVALID_ARGUMENT, "--listen %s: expected ADDR:PORT, such as 127.0.0.1:8080 or [::1]:8080",
                             address);
    int failed = getaddrinfo(*e.host ? e.host : NULL, e.port, &hints, ret_list);
    if (failed)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "--listen %s: %s; give an address of this machine", address,
                             gai_strerror(failed));
    return PT_OK;
}

static pt_code refused(const char *address, int error, pt_status *st) {
    if (error == EADDRINUSE)
        return pt_status_set(
            st, PT_ALREADY_EXISTS,
            "--listen %s: another program has this port; stop it (ss -ltnp shows it), or choose another port, or "
            "0 for a free one",
            address);
    const char *step = error == EACCES          ? "; choose a port from 1024 on"
                       : error == EADDRNOTAVAIL ? "; give an address of this machine"
                                                : "";
    return pt_status_set(st, PT_UNAVAILABLE, "--listen %s: %s%s", address, strerror(error), step);
}

static int open_socket(const struct addrinfo *a) {
    int on = 1, fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    /* Connections of an earlier run that linger must not keep the port from this one. */
    if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) && !bind(fd, a->ai_addr, a->ai_addrlen) &&
        !listen(fd, SOMAXCONN))
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static pt_code write_url(int fd, const char *address, char ret_url[PT_LISTEN_URL_BYTES], pt_status *st) {
    struct sockaddr_storage own = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof own;
    char host[INET6_ADDRSTRLEN + 20], port[6];
    if (getsockname(fd, (struct sockaddr *)&own, &len) ||
        getnameinfo((struct sockaddr *)&own, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
        return pt_status_set(st, PT_UNAVAILABLE, "--listen %s: the port can't be found out", address);
    bool v6 = own.ss_family == AF_INET6;
    snprintf(ret_url, PT_LISTEN_URL_BYTES, "http://%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
    return PT_OK;
}

pt_code pt_listen(const char *address, int *ret_fd, char ret_url[PT_LISTEN_URL_BYTES], pt_status *st) {
    struct addrinfo *list = NULL;
    pt_code code = resolve(address, &list, st);
    if (code) return code;
    int fd = -1;
    for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
        fd = open_socket(a);
    code = fd < 0 ? refused(address, errno, st) : write_url(fd, address, ret_url, st);
    freeaddrinfo(list);
    if (!code)
        *ret_fd = fd;
    else if (fd >= 0)
        close(fd);
    return code;
}

pt_code pt_listen_check(const char *address, pt_status *st) {
    struct addrinfo *list = NULL;
    pt_code code = resolve(address, &list, st);
    if (!code) freeaddrinfo(list);
    return code;
}
