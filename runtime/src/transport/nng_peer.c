/* Who is connected to a port, and what was written to them. */
#include <nng/nng.h>
#include <nng/supplemental/util/platform.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(peer) ((peer)->pipe = 0) /* so that its adder sees it */

#include "rpc/clock.h"
#include "transport/nng_port.h"

static bool add_peer(pt_port *port, uint32_t pipe) {
    pt_nng_peer *peer = calloc(1, sizeof *peer);
    if (!peer) return false;
    peer->pipe = pipe;
    atomic_init(&peer->refs, 1);
    pthread_mutex_lock(&port->lock);
    HASH_ADD(hh, port->peers, pipe, sizeof peer->pipe, peer);
    pthread_mutex_unlock(&port->lock);
    if (peer->pipe) return true;
    free(peer);
    return false;
}

static void remove_peer(pt_port *port, uint32_t pipe) {
    pt_nng_peer *peer;
    pthread_mutex_lock(&port->lock);
    HASH_FIND(hh, port->peers, &pipe, sizeof pipe, peer);
    if (peer) HASH_DELETE(hh, port->peers, peer);
    pthread_mutex_unlock(&port->lock);
    if (!peer) return;
    atomic_store(&peer->gone, true);
    pt_nng_peer_unref(peer);
}

/* ADD_PRE comes before the first message of a pipe, REM_POST after the last. */
static void on_pipe(nng_pipe pipe, nng_pipe_ev event, void *arg) {
    uint32_t id = (uint32_t)nng_pipe_id(pipe);
    if (event == NNG_PIPE_EV_REM_POST)
        remove_peer(arg, id);
    else if (!add_peer(arg, id))
        nng_pipe_close(pipe);
}

int pt_nng_peer_watch(pt_port *port) {
    int error = nng_pipe_notify(port->socket, NNG_PIPE_EV_ADD_PRE, on_pipe, port);
    return error ? error : nng_pipe_notify(port->socket, NNG_PIPE_EV_REM_POST, on_pipe, port);
}

pt_nng_peer *pt_nng_peer_find(pt_port *port, uint32_t pipe) {
    pt_nng_peer *peer;
    HASH_FIND(hh, port->peers, &pipe, sizeof pipe, peer);
    if (peer) atomic_fetch_add(&peer->refs, 1);
    return peer;
}

void pt_nng_peer_unref(pt_nng_peer *peer) {
    if (peer && atomic_fetch_sub(&peer->refs, 1) == 1) free(peer);
}

void pt_nng_peer_forget_all(pt_port *port) {
    pt_nng_peer *peer, *next;
    HASH_ITER(hh, port->peers, peer, next) {
        HASH_DELETE(hh, port->peers, peer);
        pt_nng_peer_unref(peer);
    }
}

/* ---- flushing ---- */

static nng_stat *child_named(nng_stat *parent, const char *name) {
    nng_stat *s = nng_stat_child(parent);
    while (s && strcmp(nng_stat_name(s), name) != 0)
        s = nng_stat_next(s);
    return s;
}

/* Whether the pipe of these statistics has written all replies that it got. True where they tell nothing. */
static bool pipe_written(pt_port *port, nng_stat *pipe) {
    nng_stat *id = child_named(pipe, "id"), *sent = child_named(pipe, "tx_msgs");
    if (!id || !sent) return true;
    pthread_mutex_lock(&port->lock);
    pt_nng_peer *peer = pt_nng_peer_find(port, (uint32_t)nng_stat_value(id));
    pthread_mutex_unlock(&port->lock);
    bool written = !peer || nng_stat_value(sent) >= atomic_load(&peer->replies);
    pt_nng_peer_unref(peer);
    return written;
}

/* nng completes a send when a pipe takes the message, which may be before it is written; that only its statistics tell. */
static bool all_written(pt_port *port) {
    nng_stat *all;
    bool written = true;
    if (nng_stats_get(&all)) return true;
    for (nng_stat *s = nng_stat_child(all); s && written; s = nng_stat_next(s))
        if (strcmp(nng_stat_name(s), "pipe") == 0) written = pipe_written(port, s);
    nng_stats_free(all);
    return written;
}

bool pt_nng_port_flush(pt_port *port, uint64_t deadline_ns) {
    struct timespec until = pt_timespec_of_ns(deadline_ns);
    int timeout = 0;
    pthread_mutex_lock(&port->lock);
    while (port->n_sending && !timeout)
        timeout = pthread_cond_clockwait(&port->sent, &port->lock, CLOCK_MONOTONIC, &until);
    pthread_mutex_unlock(&port->lock);
    bool written = false;
    while (!timeout && !(written = all_written(port)) && pt_now_ns() < deadline_ns)
        nng_msleep(1);
    return written;
}
