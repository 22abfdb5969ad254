#include "discovery/registration.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "discovery/etcd.h"
#include "discovery/refresh.h"
#include "discovery/worker.h"
#include "partie/discovery/v1/etcd.pb.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_SECOND UINT64_C(1000000000)

#define WITHDRAW_MS 2000

static const char prefix[] = "etcd://";

struct pt_registration {
    pt_etcd *etcd;
    char *url;
    pt_registration_options options;
    pt_refresh_policy retry;
    pt_worker worker;
    int64_t lease; /* 0: none */
    atomic_bool active;
};

/* A request may take as long as the lease lasts, less the time for another try. */
static uint32_t timeout_ms(const pt_registration *r) {
    return r->options.ttl_s * 1000 / 2;
}

static pt_code post(pt_registration *r, const char *path, const ProtobufCMessage *request, uint32_t wait_ms,
                    const ProtobufCMessageDescriptor *type, Partie__Discovery__V1__EtcdLease *ret_lease, pt_status *st) {
    pt_arena arena;
    pt_arena_init(&arena, 1u << 20);
    ProtobufCMessage *reply;
    pt_code code = pt_etcd_post(r->etcd, path, request, wait_ms, type, &arena, &reply, st);
    if (!code && type == &partie__discovery__v1__etcd_lease__descriptor)
        *ret_lease = *(Partie__Discovery__V1__EtcdLease *)reply;
    if (!code && type == &partie__discovery__v1__etcd_keep_alive_response__descriptor) {
        const Partie__Discovery__V1__EtcdLease *result = ((Partie__Discovery__V1__EtcdKeepAliveResponse *)reply)->result;
        if (result) *ret_lease = *result;
    }
    pt_arena_done(&arena);
    return code;
}

/* ---- the entry ---- */

static pt_code grant(pt_registration *r, pt_status *st) {
    Partie__Discovery__V1__EtcdLeaseGrantRequest request = PARTIE__DISCOVERY__V1__ETCD_LEASE_GRANT_REQUEST__INIT;
    Partie__Discovery__V1__EtcdLease lease = PARTIE__DISCOVERY__V1__ETCD_LEASE__INIT;
    request.ttl = r->options.ttl_s;
    pt_code code =
        post(r, "/v3/lease/grant", &request.base, timeout_ms(r), &partie__discovery__v1__etcd_lease__descriptor, &lease, st);
    if (!code && !lease.id) code = pt_status_set(st, PT_DATA_LOSS, "etcd: a lease without an id");
    if (!code) r->lease = lease.id;
    return code;
}

static pt_code put(pt_registration *r, pt_status *st) {
    char key[PT_ETCD_KEY_BYTES + PT_URL_BYTES];
    int len = snprintf(key, sizeof key, "%s%s", pt_etcd_prefix(r->etcd), r->url);
    Partie__Discovery__V1__Registration value = PARTIE__DISCOVERY__V1__REGISTRATION__INIT;
    value.url = r->url;
    value.weight = r->options.weight;
    pt_buf json = PT_BUF_INIT(4096);
    pt_code code = pt_etcd_write(r->etcd, &value.base, &json, st);
    Partie__Discovery__V1__EtcdPutRequest request = PARTIE__DISCOVERY__V1__ETCD_PUT_REQUEST__INIT;
    request.key = (ProtobufCBinaryData){(size_t)len, (uint8_t *)key};
    request.value = (ProtobufCBinaryData){json.len, json.ptr};
    request.lease = r->lease;
    if (!code)
        code = post(r, "/v3/kv/put", &request.base, timeout_ms(r), &partie__discovery__v1__etcd_header__descriptor, NULL, st);
    pt_buf_done(&json);
    return code;
}

/* NOT_FOUND: the lease is over. */
static pt_code renew(pt_registration *r, pt_status *st) {
    Partie__Discovery__V1__EtcdLeaseRequest request = PARTIE__DISCOVERY__V1__ETCD_LEASE_REQUEST__INIT;
    Partie__Discovery__V1__EtcdLease lease = PARTIE__DISCOVERY__V1__ETCD_LEASE__INIT;
    request.id = r->lease;
    pt_code code = post(r, "/v3/lease/keepalive", &request.base, timeout_ms(r),
                        &partie__discovery__v1__etcd_keep_alive_response__descriptor, &lease, st);
    if (!code && lease.ttl <= 0) code = pt_status_set(st, PT_NOT_FOUND, "etcd: the lease is over");
    return code;
}

static void withdraw(pt_registration *r) {
    Partie__Discovery__V1__EtcdLeaseRequest request = PARTIE__DISCOVERY__V1__ETCD_LEASE_REQUEST__INIT;
    request.id = r->lease;
    pt_etcd_attach(r->etcd, NULL); /* the worker is to stop, but this it shall wait for */
    pt_status st = PT_STATUS_INIT;
    if (post(r, "/v3/lease/revoke", &request.base, WITHDRAW_MS, &partie__discovery__v1__etcd_header__descriptor, NULL, &st))
        pt_status_done(&st); /* then it ends by itself */
}

/* ---- the thread ---- */

static void tell(pt_registration *r, bool active, const pt_status *why) {
    atomic_store(&r->active, active);
    if (r->options.changed) r->options.changed(r->options.arg, active, why);
}

/* Renews the lease, or makes the entry where there is none. */
static pt_code keep(pt_registration *r, pt_status *st) {
    if (r->lease) {
        pt_code code = renew(r, st);
        if (code != PT_NOT_FOUND) return code;
        r->lease = 0;
        pt_status_done(st);
    }
    pt_code code = grant(r, st);
    if (!code && (code = put(r, st))) r->lease = 0; /* left to end by itself */
    return code;
}

static void run(void *registration) {
    pt_registration *r = registration;
    pt_refresh refresh;
    pt_refresh_init(&refresh, &r->retry);
    pt_etcd_attach(r->etcd, &r->worker);
    while (!pt_worker_stopping(&r->worker)) {
        if (pt_worker_now_ns() < pt_refresh_due_ns(&refresh)) {
            pt_worker_wait(&r->worker, -1, pt_refresh_due_ns(&refresh));
            continue;
        }
        pt_status st = PT_STATUS_INIT;
        pt_code code = keep(r, &st);
        pt_refresh_looked(&refresh, code == PT_OK, pt_worker_now_ns(), pt_worker_random());
        if (code && code != PT_CANCELLED) tell(r, false, &st);
        if (!code && !atomic_load(&r->active)) tell(r, true, NULL);
        pt_status_done(&st);
    }
    if (r->lease) withdraw(r);
}

/* ---- life ---- */

static pt_code validate(const char *target, const char *url, const pt_registration_options *o, pt_status *st) {
    if (strncmp(target, prefix, strlen(prefix)) != 0)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "expected etcd:///service or etcd://host:port/service");
    if (o->weight < 1 || o->weight > PT_WEIGHT_MAX)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "weight: %" PRIu32 ", expected 1 to %d", o->weight, PT_WEIGHT_MAX);
    if (o->ttl_s < 2 || o->ttl_s > 3600)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "ttl_s: %" PRIu32 ", expected 2 to 3600", o->ttl_s);
    if (!o->retry_min_ms || o->retry_max_ms < o->retry_min_ms)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "retry_min_ms: expected 1 to retry_max_ms");
    return pt_url_validate(pt_slice_str(url), st);
}

static void destroy(pt_registration *r) {
    pt_etcd_free(r->etcd);
    free(r->url);
    free(r);
}

pt_code pt_registration_open(const char *target, const char *url, const pt_registration_options *options,
                             pt_registration **ret_registration, pt_status *st) {
    pt_registration_options defaults = PT_REGISTRATION_OPTIONS_INIT;
    pt_registration *r = NULL;
    pt_code code = validate(target, url, options ? options : &defaults, st);
    if (code) goto fail;
    r = calloc(1, sizeof *r);
    if (!r || !(r->url = strdup(url))) {
        code = pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
        goto fail;
    }
    r->options = options ? *options : defaults;
    r->retry = (pt_refresh_policy){.interval_ns = r->options.ttl_s * NS_PER_SECOND / 3,
                                   .retry_min_ns = r->options.retry_min_ms * NS_PER_MS,
                                   .retry_max_ns = r->options.retry_max_ms * NS_PER_MS};
    if ((code = pt_etcd_new(target + strlen(prefix), r->options.etcd, &r->etcd, st))) goto fail;
    r->options.etcd = NULL; /* not ours */
    if ((code = pt_worker_start(&r->worker, run, r, st))) goto fail;
    *ret_registration = r;
    return PT_OK;
fail:
    pt_status_prefix(st, "%s", target);
    if (r) destroy(r);
    return code;
}

bool pt_registration_active(const pt_registration *r) {
    return atomic_load(&r->active);
}

void pt_registration_close(pt_registration *r) {
    if (!r) return;
    pt_worker_stop(&r->worker);
    destroy(r);
}
