/* etcd:///service. Reads all instances of the service, then watches their keys from the next revision on. A watch that breaks
 * goes on where it ended; now and then, and when etcd has forgotten the revision, all instances are read again. */
#include <stdio.h>
#include <stdlib.h>

#include "discovery/etcd.h"
#include "discovery/resolver_impl.h"
#include "partie/discovery/v1/etcd.pb.h"

typedef Partie__Discovery__V1__EtcdKeyValue key_value;
typedef Partie__Discovery__V1__EtcdWatchResponse watch_line;

/* etcd needs up to 7 s to say that it has no leader. */
#define TIMEOUT_MS 8000

/* A watch is renewed after this, so that a member that hangs is left. */
#define WATCH_MS 60000

/* An instance. */
typedef struct instance {
    char *key, *url;
    uint32_t weight;
} instance;

typedef struct watcher {
    pt_etcd *etcd;
    instance *instances; /* by key */
    size_t n, cap;
    int64_t revision; /* that `instances` is as of */
    pt_resolver *resolver;
    pt_status *st; /* of the watch under way */
    pt_code code;
    bool began; /* a line of the watch has come */
    bool stale; /* everything is to be read again */
} watcher;

/* ---- instances ---- */

/* Where a key is, or would go. */
static size_t place_of(const watcher *w, const char *key, bool *ret_there) {
    size_t low = 0, high = w->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(w->instances[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_there = low < w->n && strcmp(w->instances[low].key, key) == 0;
    return low;
}

static void free_instance(instance *i) {
    free(i->key);
    free(i->url);
}

static void clear(watcher *w) {
    for (size_t i = 0; i < w->n; i++)
        free_instance(&w->instances[i]);
    w->n = 0;
}

static void forget(watcher *w, const char *key) {
    bool there;
    size_t i = place_of(w, key, &there);
    if (!there) return;
    free_instance(&w->instances[i]);
    memmove(&w->instances[i], &w->instances[i + 1], (--w->n - i) * sizeof *w->instances);
}

static bool make_room(watcher *w) {
    if (w->n < w->cap) return true;
    size_t cap = w->cap ? w->cap * 2 : 16;
    instance *instances = reallocarray(w->instances, cap, sizeof *instances);
    if (!instances) return false;
    w->instances = instances;
    w->cap = cap;
    return true;
}

/* Takes over the instance, whose parts may be NULL for lack of memory. */
static pt_code remember(watcher *w, instance new, pt_status *st) {
    bool there;
    if (!new.key || !new.url || !make_room(w)) {
        free_instance(&new);
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "instances: out of memory");
    }
    size_t i = place_of(w, new.key, &there);
    if (there)
        free_instance(&w->instances[i]);
    else
        memmove(&w->instances[i + 1], &w->instances[i], (w->n++ - i) * sizeof *w->instances);
    w->instances[i] = new;
    return PT_OK;
}

/* The value of a key as an instance. One that makes no sense is reported and passed over: it must not hide the others. */
static pt_code read_instance(watcher *w, const char *key, pt_slice value, pt_status *st) {
    pt_arena arena;
    pt_arena_init(&arena, 1u << 20);
    pt_status bad = PT_STATUS_INIT;
    ProtobufCMessage *message = NULL;
    pt_code code = pt_etcd_read(w->etcd, value, &partie__discovery__v1__registration__descriptor, &arena, &message, &bad);
    const Partie__Discovery__V1__Registration *r = (const Partie__Discovery__V1__Registration *)message;
    if (!code) code = pt_url_validate(pt_slice_str(r->url), &bad);
    if (!code && r->weight > PT_WEIGHT_MAX) code = pt_status_set(&bad, PT_INVALID_ARGUMENT, "weight: over %d", PT_WEIGHT_MAX);
    if (code) {
        forget(w, key);
        pt_status_prefix(&bad, "etcd key %s", key);
        pt_resolver_fail(w->resolver, &bad);
        code = PT_OK;
    } else {
        code = remember(w, (instance){strdup(key), strdup(r->url), r->weight ? r->weight : 1}, st);
    }
    pt_arena_done(&arena);
    return code;
}

static pt_code apply(watcher *w, const key_value *kv, bool gone, pt_status *st) {
    char *key = strndup((const char *)kv->key.data, kv->key.len);
    if (!key) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "instances: out of memory");
    pt_code code = PT_OK;
    if (gone)
        forget(w, key);
    else
        code = read_instance(w, key, pt_slice_of(kv->value.data, kv->value.len), st);
    free(key);
    return code;
}

static pt_code deliver(watcher *w, pt_status *st) {
    pt_address_builder found = PT_ADDRESS_BUILDER_INIT;
    pt_code code = PT_OK;
    for (size_t i = 0; i < w->n && !code; i++)
        code = pt_address_builder_add(&found, pt_slice_str(w->instances[i].url), w->instances[i].weight, st);
    if (!code) code = pt_resolver_deliver(w->resolver, &found, st);
    pt_address_builder_done(&found);
    return code;
}

/* ---- reading and watching ---- */

/* The range of all keys with the prefix: its last character, the slash, becomes the one after it. */
static void prefix_range(const watcher *w, char range_end[PT_ETCD_KEY_BYTES], ProtobufCBinaryData *ret_key,
                         ProtobufCBinaryData *ret_range_end) {
    const char *prefix = pt_etcd_prefix(w->etcd);
    size_t len = strlen(prefix);
    snprintf(range_end, PT_ETCD_KEY_BYTES, "%s", prefix);
    range_end[len - 1]++;
    *ret_key = (ProtobufCBinaryData){len, (uint8_t *)prefix};
    *ret_range_end = (ProtobufCBinaryData){len, (uint8_t *)range_end};
}

static pt_code take_all(watcher *w, const Partie__Discovery__V1__EtcdRangeResponse *all, pt_status *st) {
    if (!all->header) return pt_status_set(st, PT_DATA_LOSS, "etcd: an answer without a revision");
    pt_code code = PT_OK;
    clear(w);
    for (size_t i = 0; i < all->n_kvs && !code; i++)
        code = apply(w, all->kvs[i], false, st);
    w->revision = all->header->revision;
    return code ? code : deliver(w, st);
}

static pt_code read_all(watcher *w, pt_status *st) {
    char range_end[PT_ETCD_KEY_BYTES];
    Partie__Discovery__V1__EtcdRangeRequest request = PARTIE__DISCOVERY__V1__ETCD_RANGE_REQUEST__INIT;
    prefix_range(w, range_end, &request.key, &request.range_end);
    request.limit = PT_ADDRESSES_MAX;
    pt_arena arena;
    pt_arena_init(&arena, 64u << 20);
    ProtobufCMessage *reply;
    pt_code code = pt_etcd_post(w->etcd, "/v3/kv/range", &request.base, TIMEOUT_MS,
                                &partie__discovery__v1__etcd_range_response__descriptor, &arena, &reply, st);
    if (!code) code = take_all(w, (const Partie__Discovery__V1__EtcdRangeResponse *)reply, st);
    pt_arena_done(&arena);
    return code;
}

/* One line of the watch. False: it is over. */
static bool on_line(void *arg, const ProtobufCMessage *message) {
    watcher *w = arg;
    const Partie__Discovery__V1__EtcdWatchResponse__Result *r = ((const watch_line *)message)->result;
    w->began = true;
    if (!r || r->canceled) {
        w->stale = true;
        w->code = pt_status_set(w->st, PT_UNAVAILABLE, "etcd ended the watch: %s",
                                r && *r->cancel_reason ? r->cancel_reason : "it doesn't say why");
        return false;
    }
    for (size_t i = 0; i < r->n_events && !w->code; i++)
        if (r->events[i]->kv)
            w->code = apply(w, r->events[i]->kv, r->events[i]->type == PARTIE__DISCOVERY__V1__ETCD_EVENT__TYPE__DELETE, w->st);
    if (r->n_events && !w->code) w->code = deliver(w, w->st);
    if (r->header && r->header->revision > w->revision) w->revision = r->header->revision;
    w->stale = w->code != PT_OK;
    return !w->code;
}

static pt_code watch(watcher *w, pt_status *st) {
    char range_end[PT_ETCD_KEY_BYTES];
    Partie__Discovery__V1__EtcdWatchRequest__Create create = PARTIE__DISCOVERY__V1__ETCD_WATCH_REQUEST__CREATE__INIT;
    Partie__Discovery__V1__EtcdWatchRequest request = PARTIE__DISCOVERY__V1__ETCD_WATCH_REQUEST__INIT;
    prefix_range(w, range_end, &create.key, &create.range_end);
    create.start_revision = w->revision + 1;
    create.progress_notify = true;
    request.create_request = &create;
    w->st = st;
    w->code = PT_OK;
    pt_code code = pt_etcd_stream(w->etcd, "/v3/watch", &request.base, TIMEOUT_MS, WATCH_MS,
                                  &partie__discovery__v1__etcd_watch_response__descriptor, on_line, w, st);
    if (!code) code = w->code;
    if (!code) w->stale = true; /* it lasted as long as it may */
    return code;
}

static void wait_until_due(pt_resolver *r, const pt_refresh *pause) {
    while (!pt_worker_stopping(&r->worker) && pt_worker_now_ns() < pt_refresh_due_ns(pause))
        pt_worker_wait(&r->worker, -1, pt_refresh_due_ns(pause));
}

static void run(void *resolver) {
    pt_resolver *r = resolver;
    watcher *w = r->state;
    pt_refresh_policy policy = r->refresh; /* no interval: after a success the watch goes on at once */
    policy.interval_ns = policy.spacing_ns = 0;
    pt_refresh pause;
    pt_refresh_init(&pause, &policy);
    pt_etcd_attach(w->etcd, &r->worker);
    w->resolver = r;
    w->stale = true;
    while (!pt_worker_stopping(&r->worker)) {
        pt_status st = PT_STATUS_INIT;
        pt_code code = w->stale ? read_all(w, &st) : PT_OK;
        if (!code) {
            w->stale = w->began = false;
            code = watch(w, &st);
            if (w->began) pt_refresh_looked(&pause, true, pt_worker_now_ns(), 0);
        }
        if (!code || code == PT_CANCELLED) {
            pt_status_done(&st);
            continue;
        }
        pt_refresh_looked(&pause, false, pt_worker_now_ns(), pt_worker_random());
        pt_resolver_fail(r, &st);
        wait_until_due(r, &pause);
    }
}

static pt_code open_etcd(pt_resolver *r, const char *rest, const pt_resolver_options *options, pt_status *st) {
    watcher *w = r->state = calloc(1, sizeof *w);
    if (!w) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    return pt_etcd_new(rest, options->etcd, &w->etcd, st);
}

static void close_etcd(pt_resolver *r) {
    watcher *w = r->state;
    if (!w) return;
    clear(w);
    free(w->instances);
    pt_etcd_free(w->etcd);
    free(w);
}

const pt_resolver_kind pt_resolver_etcd = {"etcd://", open_etcd, run, close_etcd};
