#include "discovery/resolver.h"

#include <stdlib.h>

#include "discovery/resolver_impl.h"

#define NS_PER_MS UINT64_C(1000000)

/* ---- what kinds share ---- */

pt_code pt_resolver_deliver(pt_resolver *r, pt_address_builder *found, pt_status *st) {
    pt_address_list *list;
    if (pt_address_builder_finish(found, &list)) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "addresses: out of memory");
    if (r->last && pt_address_list_equal(r->last, list)) {
        pt_address_list_unref(list);
        return PT_OK;
    }
    pt_address_list_unref(r->last);
    r->last = list;
    r->events.found(r->events.arg, list);
    return PT_OK;
}

void pt_resolver_fail(pt_resolver *r, pt_status *st) {
    pt_status_prefix(st, "%s", r->target);
    if (r->events.failed) r->events.failed(r->events.arg, st);
    pt_status_done(st);
}

/* ---- fixed lists ---- */

static pt_code deliver_fixed(pt_resolver *r, const char *urls, pt_status *st) {
    pt_address_builder found = PT_ADDRESS_BUILDER_INIT;
    pt_code code = PT_OK;
    for (const char *url = urls; !code;) {
        size_t len = strcspn(url, ",");
        code = pt_address_builder_add(&found, pt_slice_of(url, len), 1, st);
        if (!url[len]) break;
        url += len + 1;
    }
    if (!code) code = pt_resolver_deliver(r, &found, st);
    pt_address_builder_done(&found);
    return code;
}

static pt_code open_static(pt_resolver *r, const char *rest, const pt_resolver_options *options, pt_status *st) {
    (void)options;
    return deliver_fixed(r, rest, st);
}

static pt_code open_plain(pt_resolver *r, const char *rest, const pt_resolver_options *options, pt_status *st) {
    (void)options;
    if (strchr(rest, ',')) return pt_status_set(st, PT_INVALID_ARGUMENT, "expected one URL; a list is written static:URL,URL");
    return deliver_fixed(r, rest, st);
}

static const pt_resolver_kind static_list = {"static:", open_static, NULL, NULL}, plain_url = {"", open_plain, NULL, NULL};

/* ---- life ---- */

static const pt_resolver_kind *const kinds[] = {&static_list, &pt_resolver_dns, &pt_resolver_file, &pt_resolver_etcd,
                                                &plain_url};

static const pt_resolver_kind *kind_of(const char *target) {
    size_t i = 0;
    while (strncmp(target, kinds[i]->prefix, strlen(kinds[i]->prefix)) != 0)
        i++;
    return kinds[i];
}

static pt_code validate(const pt_resolver_options *o, pt_status *st) {
    if (!o->refresh_ms) return pt_status_set(st, PT_INVALID_ARGUMENT, "refresh_ms: 0, at least 1");
    if (!o->retry_min_ms || o->retry_max_ms < o->retry_min_ms)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "retry_min_ms: expected 1 to retry_max_ms");
    if (strcmp(o->scheme, "tcp") != 0 && strcmp(o->scheme, "tls+tcp") != 0)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "scheme: %s: expected tcp or tls+tcp", o->scheme);
    return PT_OK;
}

static void destroy(pt_resolver *r) {
    if (r->kind->close) r->kind->close(r);
    pt_address_list_unref(r->last);
    free(r->target);
    free(r);
}

pt_code pt_resolver_open(const char *target, const pt_resolver_options *options, const pt_resolver_events *events,
                         pt_resolver **ret_resolver, pt_status *st) {
    const pt_resolver_options defaults = PT_RESOLVER_OPTIONS_INIT, *o = options ? options : &defaults;
    pt_code code = validate(o, st);
    if (code) return code;
    pt_resolver *r = calloc(1, sizeof *r);
    if (!r) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", target);
    r->kind = kind_of(target);
    r->events = *events;
    r->refresh = (pt_refresh_policy){.interval_ns = o->refresh_ms * NS_PER_MS,
                                     .retry_min_ns = o->retry_min_ms * NS_PER_MS,
                                     .retry_max_ns = o->retry_max_ms * NS_PER_MS,
                                     .spacing_ns = o->spacing_ms * NS_PER_MS};
    r->target = strdup(target);
    code = r->target ? r->kind->open(r, target + strlen(r->kind->prefix), o, st)
                     : pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    if (!code && r->kind->run) code = pt_worker_start(&r->worker, r->kind->run, r, st);
    if (code) {
        pt_status_prefix(st, "%s", target);
        destroy(r);
        return code;
    }
    *ret_resolver = r;
    return PT_OK;
}

void pt_resolver_wish(pt_resolver *r) {
    if (r->kind->run) pt_worker_wish(&r->worker);
}

void pt_resolver_close(pt_resolver *r) {
    if (!r) return;
    if (r->kind->run) pt_worker_stop(&r->worker);
    destroy(r);
}
