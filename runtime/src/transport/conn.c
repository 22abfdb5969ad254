#include "transport/conn.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define GREETING_TIMEOUT_MS 10000
#define REST_TIMEOUT_MS 100       /* for what a peer had sent before the connection broke */
#define BATCH_BYTES 16384         /* small messages leave together in writes of up to this */
#define MESSAGES_PER_FLUSH 16     /* while messages are being received, what they cause to be sent is flushed after so many */
#define SLOW_PEER_BYTES (1 << 20) /* waiting to be written: then the peer doesn't read */

struct pt_conn {
    pt_conn_config config;
    pt_conn *next, *next_waiting; /* the owner's, */
    void *user;                   /* as is this */
    atomic_uint refs;
    atomic_bool closed;
    nng_stream *stream;
    nng_aio *receive, *send;
    const char *reason;

    pthread_mutex_t lock;     /* of what follows */
    bool broken;              /* writing failed */
    bool receiving, sending;  /* an operation is under way, or its callback */
    bool corked;              /* the receive callback will flush */
    bool paused, resumed;     /* reading has stopped; it was told to go on meanwhile */
    bool reported;            /* the closed event is on its way */
    pt_block *out, **out_end; /* waiting */
    size_t out_bytes;         /* of these and of what is being written */

    pt_block *sent_alone;       /* the send callback's: a long message that is being written, */
    uint8_t batch[BATCH_BYTES]; /* or copies of short ones, */
    const uint8_t *send_at;     /* from here */
    size_t send_left;           /* so much */

    bool reading_rest;  /* the receive callback's, */
    pt_framing framing; /* as is this */
};

/* ---- life ---- */

static void on_received(void *arg);
static void on_sent(void *arg);

pt_conn *pt_conn_new(nng_stream *stream, const pt_conn_config *config) {
    pt_conn *c = malloc(sizeof *c);
    if (!c) goto fail;
    memset(c, 0, offsetof(pt_conn, batch));
    memset(&c->send_at, 0, offsetof(pt_conn, framing) + offsetof(pt_framing, buffer) - offsetof(pt_conn, send_at));
    c->config = *config;
    c->framing.local = config->local;
    c->framing.peer_protocol = config->peer_protocol;
    c->framing.receive_bytes = config->receive_bytes;
    c->out_end = &c->out;
    c->paused = true; /* until it starts */
    atomic_init(&c->refs, 1);
    atomic_init(&c->closed, false);
    if (nng_aio_alloc(&c->receive, on_received, c) || nng_aio_alloc(&c->send, on_sent, c)) goto fail;
    pthread_mutex_init(&c->lock, NULL);
    c->stream = stream;
    /* Writes are gathered here; the system's waiting for an acknowledgement only delays. Unix sockets don't know it. */
    (void)nng_stream_set_bool(stream, NNG_OPT_TCP_NODELAY, true);
    return c;
fail:
    if (c) nng_aio_free(c->receive);
    free(c);
    nng_stream_free(stream);
    return NULL;
}

void pt_conn_ref(pt_conn *c) {
    atomic_fetch_add(&c->refs, 1);
}

void pt_conn_unref(pt_conn *c) {
    if (!c || atomic_fetch_sub(&c->refs, 1) != 1) return;
    /* This may be a callback of one of these, so they are freed by nng's reaper. */
    nng_aio_reap(c->receive);
    nng_aio_reap(c->send);
    nng_stream_free(c->stream);
    pt_framing_done(&c->framing);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void **pt_conn_user(pt_conn *c) {
    return &c->user;
}

pt_conn **pt_conn_next(pt_conn *c) {
    return &c->next;
}

pt_conn **pt_conn_next_waiting(pt_conn *c) {
    return &c->next_waiting;
}

bool pt_conn_is_closed(const pt_conn *c) {
    return atomic_load(&c->closed);
}

bool pt_conn_is_written(pt_conn *c) {
    pthread_mutex_lock(&c->lock);
    bool written = c->out_bytes == 0 || c->broken;
    pthread_mutex_unlock(&c->lock);
    return written;
}

/* The closed event, once, when nothing is under way any more. With the lock, which it releases. */
static void unlock_and_report(pt_conn *c) {
    bool over = atomic_load(&c->closed) && !c->receiving && !c->sending && !c->reported;
    pt_block *unsent = over ? c->out : NULL;
    if (over) {
        c->reported = true;
        c->out = NULL;
        c->out_end = &c->out;
        c->out_bytes = 0;
    }
    pthread_mutex_unlock(&c->lock);
    if (over) c->config.events->closed(c->config.owner, c, unsent, c->reason);
}

/* An operation that is posted while the stream closes may miss its end, so whoever posts looks again after that and aborts. */
void pt_conn_close(pt_conn *c, const char *reason) {
    pt_conn_ref(c); /* over the event */
    pthread_mutex_lock(&c->lock);
    if (!atomic_load(&c->closed)) {
        c->reason = reason;
        atomic_store(&c->closed, true);
        nng_stream_close(c->stream);
        nng_aio_abort(c->receive, NNG_ECLOSED);
        nng_aio_abort(c->send, NNG_ECLOSED);
    }
    unlock_and_report(c);
    pt_conn_unref(c);
}

/* ---- writing ---- */

/* The operation's callback may come, and end the connection, before this returns. */
static void post_send(pt_conn *c) {
    nng_iov iov = {.iov_buf = (void *)c->send_at, .iov_len = c->send_left};
    pt_conn_ref(c);
    nng_aio_set_iov(c->send, 1, &iov);
    nng_stream_send(c->stream, c->send);
    if (atomic_load(&c->closed)) nng_aio_abort(c->send, NNG_ECLOSED);
    pt_conn_unref(c);
}

static pt_block *take_out(pt_conn *c) {
    pt_block *b = c->out;
    c->out = b->next;
    if (!c->out) c->out_end = &c->out;
    return b;
}

/* Chooses what is written next: one long message, or as many short ones as fit. False: nothing waits. With the lock. */
static bool choose_send(pt_conn *c) {
    if (!c->out || c->broken || atomic_load(&c->closed)) return false;
    if (pt_block_wire_len(c->out) > BATCH_BYTES) {
        c->sent_alone = take_out(c);
        c->send_at = c->sent_alone->start;
        c->send_left = pt_block_wire_len(c->sent_alone);
        return true;
    }
    size_t len = 0;
    while (c->out && pt_block_wire_len(c->out) <= BATCH_BYTES - len) {
        pt_block *b = take_out(c);
        memcpy(c->batch + len, b->start, pt_block_wire_len(b));
        len += pt_block_wire_len(b);
        free(b);
    }
    c->send_at = c->batch;
    c->send_left = len;
    return true;
}

void pt_conn_flush(pt_conn *c) {
    pthread_mutex_lock(&c->lock);
    bool begins = !c->sending && !c->corked && choose_send(c);
    if (begins) {
        c->sending = true;
        pt_conn_ref(c);
    }
    pthread_mutex_unlock(&c->lock);
    if (begins) post_send(c);
}

/* Reading goes on when the peer has read enough. With the lock. */
static bool should_resume(pt_conn *c) {
    return c->config.slow_peer_pauses && c->paused && c->resumed && c->out_bytes <= SLOW_PEER_BYTES / 2;
}

/* Writing failed. What the peer had sent before is still worth reading: answers to calls that ran. */
static void break_off(pt_conn *c) {
    pthread_mutex_lock(&c->lock);
    c->broken = true;
    bool receiving = c->receiving;
    pthread_mutex_unlock(&c->lock);
    if (receiving)
        nng_aio_abort(c->receive, NNG_ECONNSHUT);
    else
        pt_conn_close(c, "the connection was lost");
}

static void on_sent(void *arg) {
    pt_conn *c = arg;
    int error = nng_aio_result(c->send);
    size_t n = error ? 0 : nng_aio_count(c->send);
    if (!error && n < c->send_left) {
        c->send_at += n;
        c->send_left -= n;
        pthread_mutex_lock(&c->lock);
        c->out_bytes -= n;
        pthread_mutex_unlock(&c->lock);
        post_send(c);
        return;
    }
    free(c->sent_alone);
    c->sent_alone = NULL;
    if (error) break_off(c);
    pthread_mutex_lock(&c->lock);
    c->out_bytes -= c->send_left < c->out_bytes ? c->send_left : c->out_bytes;
    bool more = choose_send(c);
    if (!more && c->config.events->written) {
        pthread_mutex_unlock(&c->lock);
        c->config.events->written(c->config.owner, c);
        pthread_mutex_lock(&c->lock);
        more = choose_send(c);
    }
    if (more) {
        pthread_mutex_unlock(&c->lock);
        post_send(c);
        return;
    }
    c->sending = false;
    bool resume = should_resume(c);
    unlock_and_report(c);
    if (resume) pt_conn_resume(c);
    pt_conn_unref(c);
}

bool pt_conn_queue(pt_conn *c, pt_slice words, pt_msg msg, uint32_t tag) {
    pt_block *b = msg.handle;
    pt_block_write_head(b, words, c->config.local);
    b->tag = tag;
    b->next = NULL;
    pthread_mutex_lock(&c->lock);
    bool open = !atomic_load(&c->closed);
    if (open) {
        *c->out_end = b;
        c->out_end = &b->next;
        c->out_bytes += pt_block_wire_len(b);
    }
    pthread_mutex_unlock(&c->lock);
    if (!open) free(b);
    return open;
}

/* ---- reading ---- */

static bool is_broken(pt_conn *c) {
    pthread_mutex_lock(&c->lock);
    bool broken = c->broken;
    pthread_mutex_unlock(&c->lock);
    return broken;
}

/* As post_send. */
static void post_receive(pt_conn *c) {
    nng_iov iov;
    iov.iov_buf = pt_framing_space(&c->framing, &iov.iov_len);
    bool rest = c->reading_rest;
    pt_conn_ref(c);
    nng_aio_set_iov(c->receive, 1, &iov);
    nng_aio_set_timeout(c->receive, rest ? REST_TIMEOUT_MS : c->framing.greeted ? NNG_DURATION_INFINITE : GREETING_TIMEOUT_MS);
    nng_stream_recv(c->stream, c->receive);
    if (atomic_load(&c->closed)) nng_aio_abort(c->receive, NNG_ECLOSED);
    if (!rest && is_broken(c)) nng_aio_abort(c->receive, NNG_ECONNSHUT);
    pt_conn_unref(c);
}

typedef enum step { STEP_ON, STEP_READ, STEP_PAUSE, STEP_CLOSE } step;

static step step_once(pt_conn *c) {
    pt_slice words;
    pt_msg payload;
    bool taken;
    switch (pt_framing_next(&c->framing, &words, &payload)) {
    case PT_FRAMING_GREETED: c->config.events->ready(c->config.owner, c); return STEP_ON;
    case PT_FRAMING_MESSAGE:
        taken = c->config.events->message(c->config.owner, c, words, payload);
        pt_framing_over(&c->framing, payload, taken);
        return taken ? STEP_ON : STEP_PAUSE;
    case PT_FRAMING_MORE: return STEP_READ;
    case PT_FRAMING_BAD: break;
    }
    return STEP_CLOSE;
}

static void set_corked(pt_conn *c, bool corked) {
    pthread_mutex_lock(&c->lock);
    c->corked = corked;
    pthread_mutex_unlock(&c->lock);
    if (!corked) pt_conn_flush(c);
}

/* Whether the peer lets too much pile up that it should read. */
static bool is_slow(pt_conn *c) {
    pthread_mutex_lock(&c->lock);
    bool slow = c->config.slow_peer_pauses && c->out_bytes > SLOW_PEER_BYTES;
    if (slow) c->resumed = true; /* what is sent resumes it */
    pthread_mutex_unlock(&c->lock);
    return slow;
}

static step step_through(pt_conn *c) {
    step s = STEP_ON;
    set_corked(c, true);
    for (unsigned n = 1; s == STEP_ON && !atomic_load(&c->closed); n++) {
        s = is_slow(c) ? STEP_PAUSE : step_once(c);
        if (n % MESSAGES_PER_FLUSH) continue;
        set_corked(c, false);
        set_corked(c, true);
    }
    set_corked(c, false);
    return s;
}

/* Stops reading, unless what it waits for has happened meanwhile: then false, and it must go on. */
static bool pause_reading(pt_conn *c) {
    pthread_mutex_lock(&c->lock);
    bool go_on = c->resumed && !atomic_load(&c->closed) && c->out_bytes <= SLOW_PEER_BYTES / 2;
    if (go_on) {
        c->resumed = false;
        pthread_mutex_unlock(&c->lock);
        return false;
    }
    c->paused = true;
    c->receiving = false;
    unlock_and_report(c);
    return true;
}

static void on_received(void *arg) {
    pt_conn *c = arg;
    int error = nng_aio_result(c->receive);
    size_t n = error ? 0 : nng_aio_count(c->receive);
    if (error == NNG_ECONNSHUT && !c->reading_rest && !atomic_load(&c->closed)) {
        /* nng ends a receive when the peer hangs up, though there may be bytes that came before that. */
        c->reading_rest = true;
        post_receive(c);
        return;
    }
    pt_framing_added(&c->framing, n);
    step s = error ? STEP_CLOSE : STEP_PAUSE;
    while (s == STEP_PAUSE) {
        s = step_through(c);
        if (s == STEP_PAUSE && pause_reading(c)) break;
    }
    if (s == STEP_CLOSE)
        pt_conn_close(c, c->framing.greeted ? "the connection was lost" : "the peer speaks another protocol, or left");
    if (s == STEP_READ && !atomic_load(&c->closed)) {
        post_receive(c);
        return;
    }
    if (s != STEP_PAUSE) {
        pthread_mutex_lock(&c->lock);
        c->receiving = false;
        unlock_and_report(c);
    }
    pt_conn_unref(c);
}

void pt_conn_start(pt_conn *c) {
    pt_msg greeting;
    bool made = pt_block_new(PT_SP_GREETING_BYTES, &greeting);
    if (made) {
        pt_sp_write_greeting(greeting.bytes, c->config.protocol);
        pthread_mutex_lock(&c->lock);
        c->paused = false;
        c->receiving = true;
        c->out = greeting.handle;
        c->out_end = &c->out->next;
        c->out_bytes = PT_SP_GREETING_BYTES;
        pthread_mutex_unlock(&c->lock);
        pt_conn_ref(c);
        pt_conn_flush(c);
        post_receive(c);
    } else {
        pt_conn_close(c, "out of memory");
    }
}

void pt_conn_resume(pt_conn *c) {
    pthread_mutex_lock(&c->lock);
    bool begins = c->paused && !c->receiving && !atomic_load(&c->closed);
    c->resumed = !begins;
    if (begins) {
        c->paused = false;
        c->receiving = true;
        pt_conn_ref(c);
    }
    pthread_mutex_unlock(&c->lock);
    if (begins) nng_sleep_aio(0, c->receive); /* so that reading goes on on a thread of nng, not in here */
}
