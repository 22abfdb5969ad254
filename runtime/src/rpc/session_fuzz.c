/* A server over a transport that is made of the fuzzer's bytes: a peer sends envelopes of any kind, in any order, and leaves.
 * Input: pieces behind their length (one byte, 255: two more follow); a piece is an envelope. */
#include <assert.h>
#include <stdlib.h>

#include "rpc/envelope.h"
#include "rpc/server_impl.h"

/* ---- the transport ---- */

struct pt_port {
    pt_port_config config;
    atomic_int places;
};

struct pt_peer {
    pt_port *port;
    void *user;
    atomic_uint holders;
};

static bool msg_new(size_t len, pt_msg *ret_msg) {
    uint8_t *bytes = malloc(len ? len : 1);
    if (bytes) *ret_msg = (pt_msg){.handle = bytes, .bytes = bytes, .len = len};
    return bytes != NULL;
}

static void msg_free(pt_msg msg) {
    free(msg.handle);
}

static pt_code port_new(const pt_port_config *config, pt_port **ret_port, pt_status *st) {
    (void)st;
    *ret_port = calloc(1, sizeof **ret_port);
    (*ret_port)->config = *config;
    return PT_OK;
}

static void port_widen(pt_port *port, uint32_t more) {
    (void)port, (void)more;
}

static void port_occupy(pt_port *port, uint32_t places) {
    atomic_fetch_add(&port->places, (int)places);
}

static void port_release(pt_port *port, uint32_t places) {
    atomic_fetch_sub(&port->places, (int)places);
}

static void **peer_user(pt_peer *peer) {
    return &peer->user;
}

static void peer_hold(pt_peer *peer) {
    atomic_fetch_add(&peer->holders, 1);
}

static void peer_let_go(pt_peer *peer) {
    if (atomic_fetch_sub(&peer->holders, 1) == 1) free(peer);
}

/* What a server sends must be well-formed whatever it was sent. */
static void peer_reply(pt_peer *peer, const pt_route *route, pt_msg reply) {
    pt_envelope e;
    (void)peer, (void)route;
    assert(pt_envelope_read(pt_slice_of(reply.bytes, reply.len), &e, NULL) == PT_OK);
    msg_free(reply);
}

static void peer_flush(pt_peer *peer) {
    (void)peer;
}

static bool peer_gone(const pt_peer *peer) {
    (void)peer;
    return false;
}

static bool port_flush(pt_port *port, uint64_t deadline_ns) {
    (void)port, (void)deadline_ns;
    return true;
}

static void port_close(pt_port *port) {
    assert(atomic_load(&port->places) == 0);
    free(port);
}

static const pt_transport transport = {.msg_new = msg_new,
                                       .msg_free = msg_free,
                                       .port_new = port_new,
                                       .port_widen = port_widen,
                                       .port_occupy = port_occupy,
                                       .port_release = port_release,
                                       .peer_user = peer_user,
                                       .peer_hold = peer_hold,
                                       .peer_let_go = peer_let_go,
                                       .peer_reply = peer_reply,
                                       .peer_flush = peer_flush,
                                       .peer_gone = peer_gone,
                                       .port_flush = port_flush,
                                       .port_close = port_close};

/* ---- the peer ---- */

static size_t take_length(const uint8_t **p, const uint8_t *end) {
    size_t len = *(*p)++;
    if (len == 255 && end - *p >= 2) {
        len = (size_t)(*p)[0] << 8 | (*p)[1];
        *p += 2;
    }
    return len < (size_t)(end - *p) ? len : (size_t)(end - *p);
}

static void send_piece(pt_peer *peer, const uint8_t *bytes, size_t len) {
    const pt_port_events *events = &peer->port->config.events;
    pt_route route = {.len = 4};
    pt_msg msg;
    if (!msg_new(len, &msg)) return;
    if (len) memcpy(msg.bytes, bytes, len);
    port_occupy(peer->port, 1);
    events->request(events->arg, peer, &route, msg);
    events->written(events->arg, peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static pt_server *server;
    pt_status st = PT_STATUS_INIT;
    if (!server && pt_server_new_over(&transport, NULL, &server, &st)) abort();
    pt_port *port = server->port;
    pt_peer *peer = calloc(1, sizeof *peer);
    if (!peer) return 0;
    peer->port = port;
    atomic_init(&peer->holders, 1);
    for (const uint8_t *p = data, *end = data + size; p < end;) {
        size_t len = take_length(&p, end);
        send_piece(peer, p, len);
        p += len;
    }
    port->config.events.left(port->config.events.arg, peer);
    peer_let_go(peer);
    return 0;
}
