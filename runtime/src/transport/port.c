/* Server side: listeners, connections, and the requests that are with the server.
 *
 * Each request takes a place. When all are taken, connections that have more stop being read, in a line, until one is free: so
 * what waits, waits in the sockets. */
#include "transport/port.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "rpc/clock.h"
#include "transport/url.h"

#define ACCEPT_PAUSE_MS 100 /* after a failure, such as too many open files */
#define MAX_LISTENERS 64

typedef struct listener {
    pt_port *port;
    nng_stream_listener *listener;
    nng_aio *accept;
    pt_address address;
    bool sleeping; /* the accept callback's */
} listener;

_Static_assert(PT_ROUTE_BYTES >= PT_SP_WORDS_BYTES, "a route holds all words");

struct pt_port {
    pt_port_config config;
    listener listeners[MAX_LISTENERS];
    size_t n_listeners;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t over;  /* n_conns became 0 */
    bool closing;
    pt_conn *conns; /* each with a reference */
    unsigned n_conns;
    uint64_t n_places, max_places;
    pt_conn *waiting, **waiting_end; /* for a place */
};

/* ---- places ---- */

static void wait_for_place(pt_port *port, pt_conn *conn) {
    *pt_conn_next_waiting(conn) = NULL;
    *port->waiting_end = conn;
    port->waiting_end = pt_conn_next_waiting(conn);
}

/* The first of those that wait, if there is a place for it, with a reference. */
static pt_conn *take_waiting(pt_port *port) {
    pt_conn *conn = port->n_places < port->max_places ? port->waiting : NULL;
    if (!conn) return NULL;
    port->waiting = *pt_conn_next_waiting(conn);
    if (!port->waiting) port->waiting_end = &port->waiting;
    pt_conn_ref(conn);
    return conn;
}

static bool on_message(void *owner, pt_conn *conn, pt_slice words, pt_msg payload) {
    pt_port *port = owner;
    pt_route route = {.len = (uint8_t)words.len};
    pthread_mutex_lock(&port->lock);
    bool has_place = port->n_places < port->max_places;
    if (has_place)
        port->n_places++;
    else
        wait_for_place(port, conn);
    pthread_mutex_unlock(&port->lock);
    if (!has_place) return false;
    memcpy(route.words, words.ptr, words.len);
    port->config.events.request(port->config.events.arg, (pt_peer *)conn, &route, payload);
    return true;
}

static void on_written(void *owner, pt_conn *conn) {
    pt_port *port = owner;
    port->config.events.written(port->config.events.arg, (pt_peer *)conn);
}

/* Lets a connection that waits for a place try again. */
static void resume_waiting(pt_port *port) {
    pthread_mutex_lock(&port->lock);
    pt_conn *conn = take_waiting(port);
    pthread_mutex_unlock(&port->lock);
    if (conn) pt_conn_resume(conn);
    pt_conn_unref(conn);
}

void pt_stream_port_occupy(pt_port *port, uint32_t places) {
    pthread_mutex_lock(&port->lock);
    port->n_places += places;
    pthread_mutex_unlock(&port->lock);
}

void pt_stream_port_release(pt_port *port, uint32_t places) {
    pthread_mutex_lock(&port->lock);
    port->n_places -= places;
    pt_conn *conn = take_waiting(port);
    pthread_mutex_unlock(&port->lock);
    if (conn) pt_conn_resume(conn);
    pt_conn_unref(conn);
}

void pt_stream_port_widen(pt_port *port, uint32_t more) {
    pthread_mutex_lock(&port->lock);
    port->max_places += more;
    pthread_mutex_unlock(&port->lock);
    while (more--)
        resume_waiting(port);
}

/* ---- peers: connections, seen from outside ---- */

void **pt_stream_peer_user(pt_peer *peer) {
    return pt_conn_user((pt_conn *)peer);
}

void pt_stream_peer_hold(pt_peer *peer) {
    pt_conn_ref((pt_conn *)peer);
}

void pt_stream_peer_let_go(pt_peer *peer) {
    pt_conn_unref((pt_conn *)peer);
}

void pt_stream_peer_reply(pt_peer *peer, const pt_route *route, pt_msg reply) {
    (void)pt_conn_queue((pt_conn *)peer, pt_slice_of(route->words, route->len), reply, 0); /* freed if it is closed */
}

void pt_stream_peer_flush(pt_peer *peer) {
    pt_conn_flush((pt_conn *)peer);
}

bool pt_stream_peer_gone(const pt_peer *peer) {
    return pt_conn_is_closed((const pt_conn *)peer);
}

/* ---- connections ---- */

static void on_ready(void *owner, pt_conn *conn) {
    (void)owner;
    (void)conn;
}

/* Takes a connection off a list that is linked by `next`. */
static void unlink_conn(pt_conn **list, pt_conn *conn, pt_conn **(*next)(pt_conn *)) {
    while (*list && *list != conn)
        list = next(*list);
    if (*list) *list = *next(conn);
}

static void on_closed(void *owner, pt_conn *conn, pt_block *unsent, const char *reason) {
    pt_port *port = owner;
    (void)reason;
    pt_blocks_free(unsent);
    pthread_mutex_lock(&port->lock);
    unlink_conn(&port->conns, conn, pt_conn_next);
    unlink_conn(&port->waiting, conn, pt_conn_next_waiting);
    port->waiting_end = &port->waiting;
    while (*port->waiting_end)
        port->waiting_end = pt_conn_next_waiting(*port->waiting_end);
    pthread_mutex_unlock(&port->lock);
    resume_waiting(port); /* it may have been this one's turn */
    port->config.events.left(port->config.events.arg, (pt_peer *)conn);
    pt_conn_unref(conn);
    pthread_mutex_lock(&port->lock);
    if (--port->n_conns == 0) pthread_cond_broadcast(&port->over);
    pthread_mutex_unlock(&port->lock);
}

static void welcome(listener *l, nng_stream *stream) {
    static const pt_conn_events events = {.ready = on_ready, .message = on_message, .written = on_written, .closed = on_closed};
    pt_port *port = l->port;
    pt_conn_config config = {.events = &events,
                             .owner = port,
                             .protocol = PT_SP_REP,
                             .peer_protocol = PT_SP_REQ,
                             .local = l->address.local,
                             .slow_peer_pauses = true,
                             .receive_bytes = port->config.receive_bytes};
    if (l->address.same_process && !pt_is_same_process(stream)) {
        nng_stream_free(stream);
        return;
    }
    pt_conn *conn = pt_conn_new(stream, &config);
    if (!conn) return;
    pt_conn_ref(conn); /* over this function */
    pthread_mutex_lock(&port->lock);
    *pt_conn_next(conn) = port->conns;
    port->conns = conn;
    port->n_conns++;
    bool closing = port->closing;
    pthread_mutex_unlock(&port->lock);
    if (closing)
        pt_conn_close(conn, "closing");
    else
        pt_conn_start(conn);
    pt_conn_unref(conn);
}

static void on_accept(void *arg) {
    listener *l = arg;
    int error = nng_aio_result(l->accept);
    bool slept = l->sleeping;
    l->sleeping = false;
    if (error == NNG_ECLOSED || error == NNG_ECANCELED) return;
    if (!error && !slept) welcome(l, nng_aio_get_output(l->accept, 0));
    if (error) {
        l->sleeping = true;
        nng_sleep_aio(ACCEPT_PAUSE_MS, l->accept);
    } else {
        nng_stream_listener_accept(l->listener, l->accept);
    }
}

/* ---- listening ---- */

/* nng takes a file that nobody listens on for a socket that a dead process left, and unlinks it. It must be a socket. */
static pt_code check_path(const char *url, pt_status *st) {
    struct stat info;
    const char *path = strncmp(url, "ipc://", 6) == 0 ? url + 6 : NULL;
    if (path && stat(path, &info) == 0 && !S_ISSOCK(info.st_mode))
        return pt_status_set(st, PT_ALREADY_EXISTS, "%s: there is a file of that name which is no socket", url);
    return PT_OK;
}

/* The URL with the port that the system chose, from malloc. */
static char *real_url(const char *url, nng_stream_listener *l) {
    char *text = NULL;
    int port;
    const char *colon = strrchr(url, ':');
    if (strncmp(url, "tcp://", 6) != 0 || nng_stream_listener_get_int(l, NNG_OPT_TCP_BOUND_PORT, &port)) return strdup(url);
    return asprintf(&text, "%.*s:%d", (int)(colon - url), url, port) < 0 ? NULL : text;
}

pt_code pt_stream_port_listen(pt_port *port, const char *url, char **ret_url, pt_status *st) {
    if (port->n_listeners == MAX_LISTENERS)
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: at most %d addresses", url, MAX_LISTENERS);
    listener *l = &port->listeners[port->n_listeners];
    *l = (listener){.port = port};
    char *real = NULL;
    int error = 0;
    pt_code code = pt_address_read(url, &l->address, st);
    if (!code) code = check_path(url, st);
    if (code) return code;
    if ((error = nng_stream_listener_alloc(&l->listener, l->address.stream_url))) return pt_nng_fail(st, error, url);
    if ((error = nng_aio_alloc(&l->accept, on_accept, l)) || (error = nng_stream_listener_listen(l->listener))) {
        code = pt_nng_fail(st, error, url);
        goto fail;
    }
    if (!(real = real_url(url, l->listener))) {
        code = pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", url);
        goto fail;
    }
    port->n_listeners++;
    nng_stream_listener_accept(l->listener, l->accept);
    *ret_url = real;
    return PT_OK;
fail:
    nng_stream_listener_free(l->listener);
    nng_aio_free(l->accept);
    return code;
}

/* ---- life of a port ---- */

pt_code pt_stream_port_new(const pt_port_config *config, pt_port **ret_port, pt_status *st) {
    pt_port *port = calloc(1, sizeof *port);
    if (!port) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "server: out of memory");
    port->config = *config;
    port->max_places = config->max_places;
    port->waiting_end = &port->waiting;
    pthread_mutex_init(&port->lock, NULL);
    pthread_cond_init(&port->over, NULL);
    *ret_port = port;
    return PT_OK;
}

static bool is_written(pt_port *port) {
    bool written = true;
    pthread_mutex_lock(&port->lock);
    for (pt_conn *c = port->conns; c && written; c = *pt_conn_next(c))
        written = pt_conn_is_written(c);
    pthread_mutex_unlock(&port->lock);
    return written;
}

bool pt_stream_port_flush(pt_port *port, uint64_t deadline_ns) {
    bool written;
    while (!(written = is_written(port)) && pt_now_ns() < deadline_ns) {
        struct timespec pause = {.tv_nsec = (long)PT_NS_PER_MS};
        nanosleep(&pause, NULL);
    }
    return written;
}

/* The first connection that isn't closed yet, with a reference. */
static pt_conn *take_open(pt_port *port) {
    pthread_mutex_lock(&port->lock);
    pt_conn *conn = port->conns;
    while (conn && pt_conn_is_closed(conn))
        conn = *pt_conn_next(conn);
    if (conn) pt_conn_ref(conn);
    pthread_mutex_unlock(&port->lock);
    return conn;
}

void pt_stream_port_close(pt_port *port) {
    pthread_mutex_lock(&port->lock);
    port->closing = true;
    pthread_mutex_unlock(&port->lock);
    for (size_t i = 0; i < port->n_listeners; i++) {
        nng_stream_listener_close(port->listeners[i].listener);
        nng_aio_stop(port->listeners[i].accept);
        nng_stream_listener_free(port->listeners[i].listener);
        nng_aio_free(port->listeners[i].accept);
    }
    for (pt_conn *conn; (conn = take_open(port));) {
        pt_conn_close(conn, "closing");
        pt_conn_unref(conn);
    }
    pthread_mutex_lock(&port->lock);
    while (port->n_conns)
        pthread_cond_wait(&port->over, &port->lock);
    pthread_mutex_unlock(&port->lock);
    pthread_cond_destroy(&port->over);
    pthread_mutex_destroy(&port->lock);
    free(port);
}
