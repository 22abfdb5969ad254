#include "program/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "partie/kit/log.h"
#include "program/access.h"
#include "program/clock.h"
#include "program/daemon.h"
#include "program/sweep.h"

#define DRAIN_LOOK_MS 50       /* how often a draining worker looks whether its time is up */
#define CLOSING_MS 1000        /* for the last answers to leave */
#define WIRE_BYTES (64u << 20) /* ceiling of a translated request; the channel has its own limit */

void pt_worker_list(pt_worker *w, pt_request *r) {
    r->previous = NULL;
    r->next = w->waiting;
    if (w->waiting) w->waiting->previous = r;
    w->waiting = r;
    __atomic_add_fetch(&w->shared->n_waiting, 1, __ATOMIC_RELAXED);
}

void pt_worker_unlist(pt_worker *w, pt_request *r) {
    if (r->previous)
        r->previous->next = r->next;
    else
        w->waiting = r->next;
    if (r->next) r->next->previous = r->previous;
    r->previous = r->next = NULL;
    __atomic_sub_fetch(&w->shared->n_waiting, 1, __ATOMIC_RELAXED);
}

static void take_newest_table(pt_worker *w) {
    uint64_t generation = pt_backends_generation(w->shared->backends);
    if (w->table && generation == w->generation) return;
    pt_table_unref(w->table);
    w->table = pt_backends_table(w->shared->backends);
    w->generation = generation;
}

static void take_replies(pt_worker *w) {
    uint64_t count;
    /* Nothing to read is fine: the list is what counts. */
    if (read(w->upstreams.wake, &count, sizeof count) < 0 && errno != EAGAIN) return;
    for (pt_upstream *u = pt_upstream_collect(&w->upstreams), *next; u; u = next) {
        next = u->next;
        if (u->waiter)
            pt_request_on_reply(u->waiter);
        else
            pt_upstream_release(u);
    }
}

/* Milliseconds until something is due; -1: nothing is. */
static int wait_ms(pt_worker *w) {
    MHD_UNSIGNED_LONG_LONG ms;
    int until = -1;
    if (MHD_get_timeout(w->daemon, &ms) == MHD_YES) until = ms < 60000 ? (int)ms : 60000;
    int sweep = pt_sweep_wait_ms(w);
    if (sweep >= 0 && (until < 0 || sweep < until)) until = sweep;
    if (w->draining && (until < 0 || until > DRAIN_LOOK_MS)) until = DRAIN_LOOK_MS;
    return until;
}

static void start_draining(pt_worker *w) {
    /* Connections that wait to be accepted were made before the end: they are served. */
    MHD_run(w->daemon);
    int fd = MHD_quiesce_daemon(w->daemon);
    if (fd >= 0) close(fd);
    w->draining = true;
    w->drain_until_ns = pt_now_ns() + w->shared->config->drain_ms * PT_NS_PER_MS;
}

/* True when the worker may end: no request is under way, or they had time enough. */
static bool drained(pt_worker *w) {
    if (!w->draining) {
        if (!__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) return false;
        start_draining(w);
    }
    if (!w->n_active) MHD_run(w->daemon); /* a request may have come on a kept connection meanwhile */
    return !w->n_active || pt_now_ns() >= w->drain_until_ns;
}

static void wait_for_events(pt_worker *w) {
    struct epoll_event events[4];
    epoll_wait(w->epoll, events, 4, wait_ms(w));
}

/* libmicrohttpd aborts when it is stopped with a suspended connection. */
static void finish_all(pt_worker *w) {
    uint64_t until = pt_now_ns() + CLOSING_MS * PT_NS_PER_MS;
    pt_sweep_all(w, "the gateway is stopping");
    MHD_run(w->daemon);
    while (w->n_active && pt_now_ns() < until) {
        wait_for_events(w);
        MHD_run(w->daemon);
    }
}

static void *run(void *arg) {
    pt_worker *w = arg;
    while (!drained(w)) {
        wait_for_events(w);
        take_newest_table(w);
        take_replies(w);
        pt_sweep(w);
        MHD_run(w->daemon);
        pt_access_flush(w);
    }
    finish_all(w);
    MHD_stop_daemon(w->daemon);
    w->daemon = NULL;
    pt_access_flush(w);
    return NULL;
}

static pt_code watch(pt_worker *w, int fd, pt_status *st) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &event))
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "worker: epoll: %s", strerror(errno));
    return PT_OK;
}

static pt_code open_loop(pt_worker *w, pt_status *st) {
    pt_code code = pt_upstream_pool_init(&w->upstreams, st);
    if (code) return code;
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (w->epoll < 0) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "worker: epoll: %s", strerror(errno));
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    code = watch(w, w->upstreams.wake, st);
    return code ? code : watch(w, info->epoll_fd, st);
}

pt_code pt_worker_start(pt_worker *w, pt_gateway_shared *shared, int listen_fd, uint32_t connections, pt_status *st) {
    *w = (pt_worker){.shared = shared, .epoll = -1, .upstreams.wake = -1};
    w->scratch.max = w->wire.max = WIRE_BYTES;
    w->log.max = 1u << 20;
    take_newest_table(w);
    pt_code code = pt_daemon_start(w, listen_fd, connections, &w->daemon, st);
    if (!code) code = open_loop(w, st);
    if (code) return code;
    int failed = pthread_create(&w->thread, NULL, run, w);
    if (failed) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "worker: no thread: %s", strerror(failed));
    w->started = true;
    return PT_OK;
}

void pt_worker_stop(pt_worker *w) {
    const uint64_t one = 1;
    if (!w->started) return;
    __atomic_store_n(&w->stop, true, __ATOMIC_RELEASE);
    if (write(w->upstreams.wake, &one, sizeof one) < 0)
        pt_log(PT_LOG_ERROR, NULL, "worker: can't be woken: %s", strerror(errno));
}

void pt_worker_join(pt_worker *w) {
    if (w->started) pthread_join(w->thread, NULL);
    w->started = false;
}

void pt_worker_free(pt_worker *w) {
    if (w->daemon) MHD_stop_daemon(w->daemon);
    if (w->upstreams.wake >= 0) pt_upstream_pool_done(&w->upstreams);
    if (w->epoll >= 0) close(w->epoll);
    while (w->idle) {
        pt_request *next = w->idle->next;
        pt_request_free(w->idle);
        w->idle = next;
    }
    pt_table_unref(w->table);
    pt_buf_done(&w->scratch);
    pt_buf_done(&w->wire);
    pt_buf_done(&w->log);
}
