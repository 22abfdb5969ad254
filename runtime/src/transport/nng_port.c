/* Server side over nng: one REP socket for all addresses, a context for each arrival.
 *
 * Contexts are opened as requests come, so that there are always a few that receive, up to the bound; then requests wait in
 * nng and in their sockets. A context receives again when its reply has been handed over and the arrival was released: a REP
 * context that receives before would lose the reply. */
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <stdio.h>
#include <sys/stat.h>

#include "rpc/clock.h"
#include "transport/nng_port.h"

#define FIRST_ARRIVALS 4
#define SPARE_ARRIVALS 2

/* ---- arrivals ---- */

/* A step of an arrival is over; with the last one it takes the next request. */
static void step_over(pt_arrival *a) {
    pt_port *port = a->port;
    if (atomic_fetch_sub(&a->steps, 1) != 1) return;
    pt_nng_peer_unref(a->peer);
    a->peer = NULL;
    pthread_mutex_lock(&port->lock);
    port->n_receiving++;
    pthread_mutex_unlock(&port->lock);
    nng_ctx_recv(a->ctx, a->receive);
}

static void on_sent(void *arg) {
    pt_arrival *a = arg;
    pt_port *port = a->port;
    if (nng_aio_result(a->send)) nng_msg_free(nng_aio_get_msg(a->send)); /* closed; otherwise nng has taken it */
    nng_aio_set_msg(a->send, NULL);
    step_over(a);
    pthread_mutex_lock(&port->lock);
    if (--port->n_sending == 0) pthread_cond_broadcast(&port->sent);
    pthread_mutex_unlock(&port->lock);
}

static void on_received(void *arg);

static pt_arrival *new_arrival(pt_port *port) {
    pt_arrival *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    a->port = port;
    if (nng_aio_alloc(&a->receive, on_received, a) || nng_aio_alloc(&a->send, on_sent, a)) goto fail;
    if (nng_ctx_open(&a->ctx, port->socket)) goto fail;
    nng_aio_set_timeout(a->receive, NNG_DURATION_INFINITE);
    nng_aio_set_timeout(a->send, NNG_DURATION_INFINITE);
    return a;
fail:
    nng_aio_free(a->receive);
    nng_aio_free(a->send);
    free(a);
    return NULL;
}

/* Opens one more context if few are receiving. Without memory there are fewer: requests wait longer. */
static void widen(pt_port *port, uint32_t spare) {
    pthread_mutex_lock(&port->lock);
    bool wanted = port->n_receiving < spare && port->n_arrivals < port->max_arrivals && !port->closing;
    if (wanted) {
        port->n_arrivals++;
        port->n_receiving++;
    }
    pthread_mutex_unlock(&port->lock);
    if (!wanted) return;
    pt_arrival *a = new_arrival(port);
    pthread_mutex_lock(&port->lock);
    if (a) {
        a->next = port->arrivals;
        port->arrivals = a;
    } else {
        port->n_arrivals--;
        port->n_receiving--;
    }
    pthread_mutex_unlock(&port->lock);
    if (a) nng_ctx_recv(a->ctx, a->receive);
}

static void on_received(void *arg) {
    pt_arrival *a = arg;
    pt_port *port = a->port;
    int error = nng_aio_result(a->receive);
    if (error == NNG_ECLOSED || error == NNG_ECANCELED) return; /* closing */
    if (error) {
        nng_ctx_recv(a->ctx, a->receive);
        return;
    }
    nng_msg *msg = nng_aio_get_msg(a->receive);
    nng_aio_set_msg(a->receive, NULL);
    atomic_store(&a->steps, 1);
    pthread_mutex_lock(&port->lock);
    port->n_receiving--;
    a->peer = pt_nng_peer_find(port, (uint32_t)nng_pipe_id(nng_msg_get_pipe(msg)));
    pthread_mutex_unlock(&port->lock);
    widen(port, SPARE_ARRIVALS);
    port->events.request(port->events.arg, a, &a->user, pt_nng_msg(msg));
}

void pt_nng_port_reply(pt_arrival *a, pt_msg reply) {
    pt_port *port = a->port;
    atomic_fetch_add(&a->steps, 1);
    if (a->peer) atomic_fetch_add(&a->peer->replies, 1);
    pthread_mutex_lock(&port->lock);
    port->n_sending++;
    pthread_mutex_unlock(&port->lock);
    nng_aio_set_msg(a->send, reply.handle);
    nng_ctx_send(a->ctx, a->send);
}

void pt_nng_port_release(pt_arrival *a) {
    step_over(a);
}

bool pt_nng_port_peer_gone(const pt_arrival *a) {
    return !a->peer || atomic_load(&a->peer->gone);
}

void pt_nng_port_widen(pt_port *port, uint32_t more) {
    pthread_mutex_lock(&port->lock);
    port->max_arrivals += more;
    pthread_mutex_unlock(&port->lock);
    widen(port, SPARE_ARRIVALS);
}

/* ---- life of a port ---- */

pt_code pt_nng_port_new(const pt_port_config *config, pt_port **ret_port, pt_status *st) {
    pt_port *port = calloc(1, sizeof *port);
    if (!port) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "server: out of memory");
    port->events = config->events;
    port->max_arrivals = config->max_arrivals;
    pthread_mutex_init(&port->lock, NULL);
    pthread_cond_init(&port->sent, NULL);
    int error = nng_rep0_open(&port->socket);
    if (!error) {
        error = nng_socket_set_size(port->socket, NNG_OPT_RECVMAXSZ, config->receive_bytes);
        if (!error) error = pt_nng_peer_watch(port);
        if (error) nng_close(port->socket);
    }
    if (error) {
        free(port);
        return pt_nng_fail(st, error, "server");
    }
    *ret_port = port;
    return PT_OK;
}

/* nng takes a file that nobody listens on for a socket that a dead process left, and unlinks it. It must be a socket. */
static pt_code check_path(const char *url, pt_status *st) {
    struct stat info;
    const char *path = strncmp(url, "ipc://", 6) == 0 ? url + 6 : NULL;
    if (path && stat(path, &info) == 0 && !S_ISSOCK(info.st_mode))
        return pt_status_set(st, PT_ALREADY_EXISTS, "%s: there is a file of that name which is no socket", url);
    return PT_OK;
}

/* The URL with the port that the system chose, from malloc. */
static char *real_url(const char *url, nng_listener listener) {
    char *text = NULL;
    int port;
    const char *colon = strrchr(url, ':');
    if (strncmp(url, "tcp://", 6) != 0 || nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port)) return strdup(url);
    return asprintf(&text, "%.*s:%d", (int)(colon - url), url, port) < 0 ? NULL : text;
}

pt_code pt_nng_port_listen(pt_port *port, const char *url, char **ret_url, pt_status *st) {
    pt_code code = pt_nng_check_url(url, st);
    if (!code) code = check_path(url, st);
    if (code) return code;
    nng_listener listener;
    int error = nng_listener_create(&listener, port->socket, url);
    if (error) return pt_nng_fail(st, error, url);
    if ((error = nng_listener_start(listener, 0))) {
        nng_listener_close(listener);
        return pt_nng_fail(st, error, url);
    }
    char *real = real_url(url, listener);
    if (!real) {
        nng_listener_close(listener);
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", url);
    }
    for (int i = 0; i < FIRST_ARRIVALS; i++)
        widen(port, FIRST_ARRIVALS);
    *ret_url = real;
    return PT_OK;
}

void pt_nng_port_close(pt_port *port) {
    pthread_mutex_lock(&port->lock);
    port->closing = true;
    pthread_mutex_unlock(&port->lock);
    nng_close(port->socket); /* ends every operation with NNG_ECLOSED and waits for the pipes' events */
    for (pt_arrival *a = port->arrivals; a; a = a->next) {
        nng_aio_stop(a->send);
        nng_aio_stop(a->receive);
    }
    for (pt_arrival *a = port->arrivals, *next; a; a = next) {
        next = a->next;
        nng_aio_free(a->send);
        nng_aio_free(a->receive);
        pt_nng_peer_unref(a->peer);
        free(a);
    }
    pt_nng_peer_forget_all(port);
    pthread_cond_destroy(&port->sent);
    pthread_mutex_destroy(&port->lock);
    free(port);
}
