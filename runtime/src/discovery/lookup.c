/* Names to addresses, by the system's resolver. */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "discovery/resolver.h"

static pt_code add(const struct addrinfo *a, uint16_t port, const char *scheme, pt_address_builder *found, pt_status *st) {
    char host[NI_MAXHOST], url[PT_URL_BYTES];
    if (getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host, NULL, 0, NI_NUMERICHOST) != 0) return PT_OK;
    bool v6 = a->ai_family == AF_INET6;
    int len = snprintf(url, sizeof url, "%s://%s%s%s:%u", scheme, v6 ? "[" : "", host, v6 ? "]" : "", port);
    return pt_address_builder_add(found, pt_slice_of(url, (size_t)len), 1, st);
}

pt_code pt_lookup(const char *host, uint16_t port, const char *scheme, pt_address_builder *found, pt_status *st) {
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    int problem = getaddrinfo(host, NULL, &hints, &list);
    if (problem == EAI_NONAME) return pt_status_set(st, PT_NOT_FOUND, "%s: there is no such name", host);
    if (problem) return pt_status_set(st, PT_UNAVAILABLE, "%s: %s", host, gai_strerror(problem));
    pt_code code = PT_OK;
    for (const struct addrinfo *a = list; a && !code; a = a->ai_next)
        if (a->ai_family == AF_INET || a->ai_family == AF_INET6) code = add(a, port, scheme, found, st);
    freeaddrinfo(list);
    return code;
}
