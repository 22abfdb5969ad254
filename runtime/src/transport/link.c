/* Client side: one connection to one target, made again when it is lost, and the requests that are out on it.
 *
 * A request gets an SP id made of its exchange's index and a count of its uses, so that a reply that comes too late finds
 * nobody. It is bound to the connection that is there when it is sent: it never waits for another one. */
#include "transport/link.h"

#include <pthread.h>
#include <stdlib.h>

#include "transport/url.h"

#define DIAL_TIMEOUT_MS 5000
#define MAX_EXCHANGES 65536 /* what the index in an id has room for */

struct pt_exchange {
    pt_link *link;
    void *user;
    uint32_t index;
    uint32_t use; /* of its id; its lower 15 bits are on the wire */
    enum { IDLE, CLAIMED, CANCELLED, SENT } state;
    pt_exchange *next_ended;
    pt_block *unsent; /* while the end of a connection is worked through */
};

struct pt_link {
    pt_link_config config;
    pt_address address;
    nng_stream_dialer *dialer;
    nng_aio *dial; /* dials, or sleeps before it dials again */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t over;  /* n_conns became 0 */
    bool sleeping, closing;
    uint32_t backoff_ms, random;
    unsigned n_conns;  /* whose closed event is still to come; at most 1 but for a moment */
    pt_conn *conn;     /* that is ready; holds a reference */
    pt_conn *greeting; /* that isn't yet; holds a reference */
    pt_exchange **exchanges;
    uint32_t n_exchanges, cap_exchanges;
};

/* ---- connecting ---- */

/* Half to all of the pause that is due, which doubles: so that clients of a server that died don't come back together. */
static nng_duration next_pause(pt_link *link) {
    uint32_t ms = link->backoff_ms;
    link->backoff_ms = ms > link->config.reconnect_max_ms / 2 ? link->config.reconnect_max_ms : ms * 2;
    link->random = link->random * 1664525u + 1013904223u;
    return (nng_duration)(ms / 2 + (link->random >> 8) % (ms / 2 + 1));
}

static void dial_later(pt_link *link) {
    pthread_mutex_lock(&link->lock);
    bool wanted = !link->closing;
    nng_duration pause = next_pause(link);
    link->sleeping = true;
    pthread_mutex_unlock(&link->lock);
    if (!wanted) return;
    nng_aio_set_timeout(link->dial, NNG_DURATION_INFINITE);
    nng_sleep_aio(pause, link->dial);
}

static void dial(pt_link *link) {
    pthread_mutex_lock(&link->lock);
    link->sleeping = false;
    pthread_mutex_unlock(&link->lock);
    nng_aio_set_timeout(link->dial, DIAL_TIMEOUT_MS);
    nng_stream_dialer_dial(link->dialer, link->dial);
}

static void on_ready(void *owner, pt_conn *conn) {
    pt_link *link = owner;
    pthread_mutex_lock(&link->lock);
    bool wanted = !link->closing && link->greeting == conn;
    if (wanted) {
        link->conn = conn;
        link->greeting = NULL;
        link->backoff_ms = link->config.reconnect_min_ms;
    }
    pthread_mutex_unlock(&link->lock);
    if (wanted) link->config.events.up(link->config.events.arg);
}

static bool on_message(void *owner, pt_conn *conn, pt_slice words, pt_msg payload);
static void on_closed(void *owner, pt_conn *conn, pt_block *unsent, const char *reason);

static void greet(pt_link *link, nng_stream *stream) {
    static const pt_conn_events events = {.ready = on_ready, .message = on_message, .closed = on_closed};
    pt_conn_config config = {.events = &events,
                             .owner = link,
                             .protocol = PT_SP_REQ,
                             .peer_protocol = PT_SP_REP,
                             .local = link->address.local,
                             .receive_bytes = link->config.receive_bytes};
    bool stranger = link->address.same_process && !pt_is_same_process(stream);
    pt_conn *conn = stranger ? NULL : pt_conn_new(stream, &config);
    if (stranger) nng_stream_free(stream);
    if (!conn) {
        link->config.events.down(link->config.events.arg, stranger ? "another process has that name" : "out of memory");
        dial_later(link);
        return;
    }
    pt_conn_ref(conn); /* over this function */
    pthread_mutex_lock(&link->lock);
    link->greeting = conn;
    link->n_conns++;
    bool closing = link->closing;
    pthread_mutex_unlock(&link->lock);
    if (closing)
        pt_conn_close(conn, "closing");
    else
        pt_conn_start(conn);
    pt_conn_unref(conn);
}

static void on_dial(void *arg) {
    pt_link *link = arg;
    int error = nng_aio_result(link->dial);
    pthread_mutex_lock(&link->lock);
    bool slept = link->sleeping, closing = link->closing;
    pthread_mutex_unlock(&link->lock);
    if (closing && error) return;
    if (slept) {
        dial(link);
    } else if (!error) {
        greet(link, nng_aio_get_output(link->dial, 0));
    } else {
        link->config.events.down(link->config.events.arg, nng_strerror(error));
        dial_later(link);
    }
}

/* ---- exchanges ---- */

pt_exchange *pt_stream_link_exchange(pt_link *link, void *user) {
    pt_exchange *x = calloc(1, sizeof *x);
    if (!x) return NULL;
    x->link = link;
    x->user = user;
    pthread_mutex_lock(&link->lock);
    if (link->n_exchanges == link->cap_exchanges && link->cap_exchanges < MAX_EXCHANGES) {
        uint32_t cap = link->cap_exchanges ? link->cap_exchanges * 2 : 64;
        pt_exchange **grown = reallocarray(link->exchanges, cap, sizeof *grown);
        if (grown) {
            link->exchanges = grown;
            link->cap_exchanges = cap;
        }
    }
    bool fits = link->n_exchanges < link->cap_exchanges;
    if (fits) {
        x->index = link->n_exchanges;
        link->exchanges[link->n_exchanges++] = x;
    }
    pthread_mutex_unlock(&link->lock);
    if (fits) return x;
    free(x);
    return NULL;
}

uint32_t pt_stream_exchange_claim(pt_exchange *x) {
    pthread_mutex_lock(&x->link->lock);
    x->state = CLAIMED;
    uint32_t ticket = ++x->use;
    pthread_mutex_unlock(&x->link->lock);
    return ticket;
}

static void ended(pt_exchange *x, pt_outcome outcome, pt_msg msg) {
    x->link->config.events.ended(x->link->config.events.arg, x->user, outcome, msg);
}

void pt_stream_exchange_send(pt_exchange *x, pt_msg request) {
    pt_link *link = x->link;
    uint8_t id[4];
    pthread_mutex_lock(&link->lock);
    pt_conn *conn = x->state == CLAIMED ? link->conn : NULL;
    if (!conn) {
        x->state = IDLE;
        pthread_mutex_unlock(&link->lock);
        ended(x, PT_NOT_SENT, request);
        return;
    }
    uint32_t number = 0x80000000u | (x->use & 0x7fff) << 16 | x->index;
    for (int i = 0; i < 4; i++)
        id[i] = (uint8_t)(number >> (24 - 8 * i));
    x->state = SENT;
    pt_conn_ref(conn);
    bool queued = pt_conn_queue(conn, pt_slice_of(id, sizeof id), request, x->index);
    pthread_mutex_unlock(&link->lock);
    if (queued) pt_conn_flush(conn); /* otherwise the connection's end, which is being reported, ends the exchange too */
    pt_conn_unref(conn);
}

void pt_stream_exchange_cancel(pt_exchange *x, uint32_t ticket) {
    pthread_mutex_lock(&x->link->lock);
    bool mine = x->use == ticket, out = mine && x->state == SENT;
    if (out) x->state = IDLE;
    if (mine && x->state == CLAIMED) x->state = CANCELLED; /* exchange_send finds that */
    pthread_mutex_unlock(&x->link->lock);
    if (out) ended(x, PT_LOST, (pt_msg){0});
}

static bool on_message(void *owner, pt_conn *conn, pt_slice words, pt_msg payload) {
    pt_link *link = owner;
    (void)conn;
    const uint8_t *p = words.ptr;
    uint32_t index = (uint32_t)p[2] << 8 | p[3], use = (uint32_t)(p[0] & 0x7f) << 8 | p[1];
    pthread_mutex_lock(&link->lock);
    pt_exchange *x = words.len == 4 && index < link->n_exchanges ? link->exchanges[index] : NULL;
    bool awaited = x && x->state == SENT && (x->use & 0x7fff) == use;
    if (awaited) x->state = IDLE;
    pthread_mutex_unlock(&link->lock);
    if (awaited)
        ended(x, PT_ANSWERED, payload);
    else
        pt_block_free(payload);
    return true;
}

/* Takes the exchanges that were out. */
static pt_exchange *take_sent(pt_link *link, pt_block *unsent) {
    pt_exchange *list = NULL;
    for (pt_block *b = unsent, *next; b; b = next) {
        next = b->next;
        pt_exchange *x = b->tag < link->n_exchanges ? link->exchanges[b->tag] : NULL;
        bool waits = x && x->state == SENT && !x->unsent && b->len;
        if (waits)
            x->unsent = b;
        else
            free(b); /* of a call that was cancelled */
    }
    for (uint32_t i = 0; i < link->n_exchanges; i++) {
        pt_exchange *x = link->exchanges[i];
        if (x->state != SENT) continue;
        x->state = IDLE;
        x->next_ended = list;
        list = x;
    }
    return list;
}

static void on_closed(void *owner, pt_conn *conn, pt_block *unsent, const char *reason) {
    pt_link *link = owner;
    pthread_mutex_lock(&link->lock);
    bool was_up = link->conn == conn;
    pt_exchange *list = was_up ? take_sent(link, unsent) : NULL;
    link->conn = link->greeting = NULL;
    pthread_mutex_unlock(&link->lock);
    if (!was_up) pt_blocks_free(unsent);
    for (pt_exchange *x = list, *next; x; x = next) {
        next = x->next_ended;
        pt_block *b = x->unsent;
        x->unsent = NULL;
        ended(x, b ? PT_NOT_SENT : PT_LOST, b ? (pt_msg){.handle = b, .bytes = b->data, .len = b->len} : (pt_msg){0});
    }
    link->config.events.down(link->config.events.arg, reason);
    pt_conn_unref(conn);
    dial_later(link);
    pthread_mutex_lock(&link->lock);
    if (--link->n_conns == 0) pthread_cond_broadcast(&link->over);
    pthread_mutex_unlock(&link->lock);
}

/* ---- life ---- */

pt_code pt_stream_link_open(const pt_link_config *config, pt_link **ret_link, pt_status *st) {
    pt_address address;
    pt_code code = pt_address_read(config->target, &address, st);
    if (code) return code;
    pt_link *link = calloc(1, sizeof *link);
    if (!link) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", config->target);
    link->config = *config;
    link->address = address;
    link->backoff_ms = config->reconnect_min_ms;
    link->random = (uint32_t)(uintptr_t)link;
    int error = nng_stream_dialer_alloc(&link->dialer, address.stream_url);
    if (!error) error = nng_aio_alloc(&link->dial, on_dial, link);
    if (error) {
        code = pt_nng_fail(st, error, config->target);
        if (link->dialer) nng_stream_dialer_free(link->dialer);
        free(link);
        return code;
    }
    pthread_mutex_init(&link->lock, NULL);
    pthread_cond_init(&link->over, NULL);
    *ret_link = link;
    dial(link);
    return PT_OK;
}

void pt_stream_link_close(pt_link *link) {
    pthread_mutex_lock(&link->lock);
    link->closing = true;
    pthread_mutex_unlock(&link->lock);
    nng_stream_dialer_close(link->dialer);
    nng_aio_stop(link->dial); /* waits for its callback; from here on there is no new connection */
    pthread_mutex_lock(&link->lock);
    pt_conn *conn = link->conn ? link->conn : link->greeting;
    if (conn) pt_conn_ref(conn);
    pthread_mutex_unlock(&link->lock);
    if (conn) pt_conn_close(conn, "closing");
    pt_conn_unref(conn);
    pthread_mutex_lock(&link->lock);
    while (link->n_conns)
        pthread_cond_wait(&link->over, &link->lock);
    pthread_mutex_unlock(&link->lock);
    nng_aio_free(link->dial);
    nng_stream_dialer_free(link->dialer);
    for (uint32_t i = 0; i < link->n_exchanges; i++)
        free(link->exchanges[i]);
    free(link->exchanges);
    pthread_cond_destroy(&link->over);
    pthread_mutex_destroy(&link->lock);
    free(link);
}
