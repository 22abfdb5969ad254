/* dns:///name:port. The look-up blocks for as long as the system likes, so it runs on a thread of its own, which the resolver
 * leaves behind when it is closed meanwhile. */
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "discovery/resolver_impl.h"

/* One look-up. Both threads have a reference. */
typedef struct inquiry {
    atomic_int refs;
    atomic_bool done;
    int signal; /* eventfd of its own, so that it outlives the resolver's */
    char *host;
    uint16_t port;
    const char *scheme; /* static storage */
    pt_lookup_fn *lookup;
    pt_address_builder found;
    pt_status status;
} inquiry;

typedef struct dns {
    char *host;
    uint16_t port;
    const char *scheme;
    pt_lookup_fn *lookup;
} dns;

/* ---- inquiries ---- */

static void inquiry_unref(inquiry *q) {
    if (atomic_fetch_sub(&q->refs, 1) > 1) return;
    pt_address_builder_done(&q->found);
    pt_status_done(&q->status);
    if (q->signal >= 0) close(q->signal);
    free(q->host);
    free(q);
}

static void inquire(void *arg) {
    inquiry *q = arg;
    q->lookup(q->host, q->port, q->scheme, &q->found, &q->status);
    atomic_store(&q->done, true);
    ssize_t ignored = write(q->signal, &(uint64_t){1}, sizeof(uint64_t));
    (void)ignored;
    inquiry_unref(q);
}

static inquiry *inquiry_start(const dns *d, pt_status *st) {
    inquiry *q = calloc(1, sizeof *q);
    if (!q || !(q->host = strdup(d->host))) {
        free(q);
        pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
        return NULL;
    }
    atomic_init(&q->refs, 2);
    q->port = d->port;
    q->scheme = d->scheme;
    q->lookup = d->lookup;
    q->signal = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (q->signal >= 0 && pt_worker_detach(inquire, q, st) == PT_OK) return q;
    if (q->signal < 0) pt_status_set(st, PT_RESOURCE_EXHAUSTED, "too many open files");
    atomic_store(&q->refs, 1);
    inquiry_unref(q);
    return NULL;
}

/* Waits for the end of it. False: the resolver is to stop. */
static bool inquiry_wait(inquiry *q, pt_worker *w) {
    while (!atomic_load(&q->done) && !pt_worker_stopping(w))
        pt_worker_wait(w, q->signal, UINT64_MAX);
    return atomic_load(&q->done);
}

/* ---- the resolver ---- */

/* One look. False: the resolver is to stop. */
static bool look(pt_resolver *r, pt_status *st) {
    inquiry *q = inquiry_start(r->state, st);
    bool done = q ? inquiry_wait(q, &r->worker) : !pt_worker_stopping(&r->worker);
    if (q && done) {
        pt_status_copy(st, &q->status);
        if (!st->code && q->found.n == 0) pt_status_set(st, PT_NOT_FOUND, "%s: the name has no addresses", q->host);
        if (!st->code) st->code = pt_resolver_deliver(r, &q->found, st);
    }
    if (q) inquiry_unref(q);
    return done;
}

static void run(void *resolver) {
    pt_resolver *r = resolver;
    pt_refresh refresh;
    pt_refresh_init(&refresh, &r->refresh);
    while (!pt_worker_stopping(&r->worker)) {
        if (pt_worker_wished(&r->worker)) pt_refresh_wish(&refresh, pt_worker_now_ns());
        if (pt_worker_now_ns() < pt_refresh_due_ns(&refresh)) {
            pt_worker_wait(&r->worker, -1, pt_refresh_due_ns(&refresh));
            continue;
        }
        pt_status st = PT_STATUS_INIT;
        if (!look(r, &st)) break;
        pt_refresh_looked(&refresh, st.code == PT_OK, pt_worker_now_ns(), pt_worker_random());
        if (st.code) pt_resolver_fail(r, &st);
    }
}

/* "name:port", or "[address]:port". */
static pt_code read_name(dns *d, const char *text, pt_status *st) {
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    bool bracketed = len > 2 && text[0] == '[' && text[len - 1] == ']';
    if (bracketed) text++, len -= 2;
    if (!len || len > 253 || (!bracketed && memchr(text, ':', len)) || memchr(text, '/', len))
        return pt_status_set(st, PT_INVALID_ARGUMENT, "expected dns:///name:port");
    char *end = NULL;
    unsigned long port = colon[1] >= '1' && colon[1] <= '9' ? strtoul(colon + 1, &end, 10) : 0;
    if (port < 1 || port > 65535 || *end)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "expected a port, 1 to 65535, after the name");
    d->port = (uint16_t)port;
    d->host = strndup(text, len);
    return d->host ? PT_OK : pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
}

static pt_code open_dns(pt_resolver *r, const char *rest, const pt_resolver_options *options, pt_status *st) {
    dns *d = r->state = calloc(1, sizeof *d);
    if (!d) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    d->lookup = options->lookup;
    d->scheme = strcmp(options->scheme, "tcp") == 0 ? "tcp" : "tls+tcp";
    if (*rest != '/')
        return pt_status_set(st, PT_INVALID_ARGUMENT, "names of DNS servers are not supported; expected dns:///name:port");
    return read_name(d, rest + 1, st);
}

static void close_dns(pt_resolver *r) {
    dns *d = r->state;
    if (!d) return;
    free(d->host);
    free(d);
}

const pt_resolver_kind pt_resolver_dns = {"dns://", open_dns, run, close_dns};
