#include "endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

typedef union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_un un;
} address;

_Noreturn static void fail(const char *url, const char *why) {
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, url, why);
    exit(1);
}

const char *pt_endpoint_path(const char *url) {
    return strncmp(url, "ipc://", 6) == 0 ? url + 6 : NULL;
}

unsigned short pt_endpoint_port(const char *url) {
    static const char before[] = "tcp://127.0.0.1:";
    char *end = NULL;
    unsigned long port = 0;
    if (strncmp(url, before, sizeof before - 1) == 0) port = strtoul(url + sizeof before - 1, &end, 10);
    if (!end || *end || port > 65535) fail(url, "neither tcp://127.0.0.1:PORT nor ipc:///path");
    return (unsigned short)port;
}

static socklen_t address_of(const char *url, address *ret_address) {
    const char *path = pt_endpoint_path(url);
    memset(ret_address, 0, sizeof *ret_address);
    if (path) {
        ret_address->un.sun_family = AF_UNIX;
        if (strlen(path) >= sizeof ret_address->un.sun_path) fail(url, "the path is too long");
        memcpy(ret_address->un.sun_path, path, strlen(path));
        return sizeof ret_address->un;
    }
    ret_address->in.sin_family = AF_INET;
    ret_address->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ret_address->in.sin_port = htons(pt_endpoint_port(url));
    return sizeof ret_address->in;
}

void pt_endpoint_url(const char *url, int fd, char *ret_url, size_t size) {
    address own = {0};
    socklen_t len = sizeof own;
    if (pt_endpoint_path(url)) {
        snprintf(ret_url, size, "%s", url);
        return;
    }
    if (getsockname(fd, &own.any, &len)) fail(url, strerror(errno));
    snprintf(ret_url, size, "tcp://127.0.0.1:%u", (unsigned)ntohs(own.in.sin_port));
}

int pt_endpoint_listen(const char *url, char *ret_url, size_t size) {
    address where;
    socklen_t len = address_of(url, &where);
    int fd = socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, &where.any, len) || listen(fd, 16)) fail(url, strerror(errno));
    pt_endpoint_url(url, fd, ret_url, size);
    return fd;
}

void pt_endpoint_no_delay(int fd) {
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int pt_endpoint_connect(const char *url) {
    address where;
    socklen_t len = address_of(url, &where);
    int fd = socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, &where.any, len)) fail(url, strerror(errno));
    pt_endpoint_no_delay(fd);
    return fd;
}
