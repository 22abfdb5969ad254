/* Client side over nng: one REQ socket, one dialer, a context for each exchange.
 *
 * nng 1.5.2 re-sends a request when its resend timer fires or its connection is lost, which would run a call twice; with
 * NNG_DURATION_INFINITE it does neither, and a lost connection ends the receive with NNG_ECONNRESET.
 *
 * A context crashes when a send is cancelled after a receive was posted with it (nng#1702), so the receive is posted only from
 * the send's completion, and a context has one operation at a time. Timeouts are not nng's: its aio timeouts would cancel by
 * themselves; cancelling stands under the exchange's lock, like posting, so that it always meets the operation it is meant for.
 */
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "rpc/clock.h"
#include "transport/nng_common.h"

struct pt_exchange {
    pt_link *link;
    pt_exchange *next; /* of the link */
    void *user;
    nng_ctx ctx;
    nng_aio *aio;
    pthread_mutex_t lock; /* of what follows, and held while an operation is posted or cancelled */
    enum { IDLE, CLAIMED, SENDING, RECEIVING } state;
    bool cancelled;
};

struct pt_link {
    nng_socket socket;
    nng_dialer dialer;
    pt_link_events events;

    pthread_mutex_t notify; /* held while the state of the connection changes and is reported, so that reports keep their order;
                               taken before `lock` */
    pthread_mutex_t lock;   /* taken before an exchange's */
    pt_exchange *exchanges;
    uint32_t starting_pipe; /* nng's id of a pipe that is being added and hasn't been removed since; 0: none */
    uint32_t pipe;          /* the one that is up; 0: none */
    atomic_bool up;         /* pipe != 0, for a look without the lock */
    bool closing;

    pthread_t dialing; /* makes the first attempt */
    pthread_cond_t dialed;
    bool dial_over;
};

/* ---- exchanges ---- */

/* With the exchange's lock, which it releases. */
static void finish(pt_exchange *x, pt_outcome outcome, nng_msg *msg) {
    x->state = IDLE;
    x->cancelled = false;
    pthread_mutex_unlock(&x->lock);
    x->link->events.ended(x->link->events.arg, x->user, outcome, pt_nng_msg(msg));
}

/* nng calls this when the send, then the receive, of an exchange is over. */
static void on_aio(void *arg) {
    pt_exchange *x = arg;
    pthread_mutex_lock(&x->lock);
    int error = nng_aio_result(x->aio);
    nng_msg *msg = nng_aio_get_msg(x->aio);
    nng_aio_set_msg(x->aio, NULL);
    if (x->state == RECEIVING) {
        finish(x, error ? PT_LOST : PT_ANSWERED, error ? NULL : msg);
    } else if (error) { /* nothing was handed to a pipe, and the request is ours again */
        finish(x, error == NNG_ENOMEM ? PT_NO_MEMORY : PT_NOT_SENT, msg);
    } else if (x->cancelled) { /* the next send on this context makes nng forget this request */
        finish(x, PT_LOST, NULL);
    } else {
        x->state = RECEIVING;
        nng_ctx_recv(x->ctx, x->aio);
        pthread_mutex_unlock(&x->lock);
    }
}

pt_exchange *pt_nng_link_exchange(pt_link *link, void *user) {
    pt_exchange *x = calloc(1, sizeof *x);
    if (!x) return NULL;
    x->link = link;
    x->user = user;
    if (nng_aio_alloc(&x->aio, on_aio, x)) goto fail;
    if (nng_ctx_open(&x->ctx, link->socket)) goto fail;
    nng_aio_set_timeout(x->aio, NNG_DURATION_INFINITE);
    pthread_mutex_init(&x->lock, NULL);
    pthread_mutex_lock(&link->lock);
    x->next = link->exchanges;
    link->exchanges = x;
    pthread_mutex_unlock(&link->lock);
    return x;
fail:
    nng_aio_free(x->aio);
    free(x);
    return NULL;
}

void pt_nng_exchange_claim(pt_exchange *x) {
    pthread_mutex_lock(&x->lock);
    x->state = CLAIMED;
    pthread_mutex_unlock(&x->lock);
}

/* Takes back a request that nng holds for lack of a pipe. Not while the socket closes: nng then ends all itself, and its
 * context must not go away under a cancellation. */
static void withdraw_send(pt_link *link, pt_exchange *x) {
    if (link->closing) return;
    pthread_mutex_lock(&x->lock);
    if (x->state == SENDING) nng_aio_abort(x->aio, NNG_ECONNRESET);
    pthread_mutex_unlock(&x->lock);
}

void pt_nng_exchange_send(pt_exchange *x, pt_msg request) {
    pt_link *link = x->link;
    pthread_mutex_lock(&x->lock);
    if (x->cancelled || !atomic_load(&link->up)) {
        finish(x, PT_NOT_SENT, request.handle);
        return;
    }
    x->state = SENDING;
    nng_aio_set_msg(x->aio, request.handle);
    nng_ctx_send(x->ctx, x->aio);
    pthread_mutex_unlock(&x->lock);
    if (atomic_load(&link->up)) return;
    /* The pipe went after the look above, so its removal may have passed before nng queued the request. The exchange may serve
     * another request by now; then that one is withdrawn, which is as true: nothing that is still SENDING has left. */
    pthread_mutex_lock(&link->lock);
    withdraw_send(link, x);
    pthread_mutex_unlock(&link->lock);
}

void pt_nng_exchange_cancel(pt_exchange *x) {
    pthread_mutex_lock(&x->lock);
    if (x->state != IDLE) x->cancelled = true;
    if (x->state == SENDING || x->state == RECEIVING) nng_aio_abort(x->aio, NNG_ECANCELED);
    pthread_mutex_unlock(&x->lock);
}

/* ---- the connection ---- */

/* A dialer has one pipe at a time. nng reports its removal on another thread than its adding, so the removal can come first. */
static void on_pipe(nng_pipe pipe, nng_pipe_ev event, void *arg) {
    pt_link *link = arg;
    uint32_t id = (uint32_t)nng_pipe_id(pipe);
    bool came_up = false, went_down = false;
    pthread_mutex_lock(&link->notify);
    pthread_mutex_lock(&link->lock);
    if (event == NNG_PIPE_EV_ADD_PRE) {
        link->starting_pipe = id;
    } else if (event == NNG_PIPE_EV_ADD_POST && link->starting_pipe == id) {
        link->pipe = id;
        came_up = true;
    } else if (event == NNG_PIPE_EV_REM_POST) {
        if (link->starting_pipe == id) link->starting_pipe = 0;
        if (link->pipe == id) {
            link->pipe = 0;
            went_down = true;
        }
    }
    atomic_store(&link->up, link->pipe != 0);
    for (pt_exchange *x = went_down ? link->exchanges : NULL; x; x = x->next)
        withdraw_send(link, x);
    pthread_mutex_unlock(&link->lock);
    if (came_up) link->events.up(link->events.arg);
    if (went_down) link->events.down(link->events.arg, "the connection was lost");
    pthread_mutex_unlock(&link->notify);
}

/* The first attempt is made by a blocking dial on a thread of its own, since nng tells nobody how a background dial ends. */
static void *dial_first(void *arg) {
    pt_link *link = arg;
    int error = nng_dialer_start(link->dialer, 0);
    pthread_mutex_lock(&link->notify);
    pthread_mutex_lock(&link->lock);
    bool report = !link->closing && (error || !link->pipe);
    pthread_mutex_unlock(&link->lock);
    if (report) link->events.down(link->events.arg, error ? nng_strerror(error) : "the peer is no server, or closed at once");
    pthread_mutex_unlock(&link->notify);
    if (error) nng_dialer_start(link->dialer, NNG_FLAG_NONBLOCK); /* from now on nng tries again and again */
    pthread_mutex_lock(&link->lock);
    link->dial_over = true;
    pthread_cond_signal(&link->dialed);
    pthread_mutex_unlock(&link->lock);
    return NULL;
}

static int set_options(pt_link *link, const pt_link_config *config) {
    int error;
    if ((error = nng_socket_set_ms(link->socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE))) return error;
    if ((error = nng_socket_set_ms(link->socket, NNG_OPT_RECONNMINT, (nng_duration)config->reconnect_min_ms))) return error;
    if ((error = nng_socket_set_ms(link->socket, NNG_OPT_RECONNMAXT, (nng_duration)config->reconnect_max_ms))) return error;
    if ((error = nng_socket_set_size(link->socket, NNG_OPT_RECVMAXSZ, config->receive_bytes))) return error;
    for (int event = NNG_PIPE_EV_ADD_PRE; event < NNG_PIPE_EV_NUM && !error; event++)
        error = nng_pipe_notify(link->socket, (nng_pipe_ev)event, on_pipe, link);
    return error ? error : nng_dialer_create(&link->dialer, link->socket, config->target);
}

pt_code pt_nng_link_open(const pt_link_config *config, pt_link **ret_link, pt_status *st) {
    pt_code code = pt_nng_check_url(config->target, st);
    if (code) return code;
    pt_link *link = calloc(1, sizeof *link);
    if (!link) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", config->target);
    link->events = config->events;
    pthread_mutex_init(&link->notify, NULL);
    pthread_mutex_init(&link->lock, NULL);
    pthread_cond_init(&link->dialed, NULL);
    int error = nng_req0_open(&link->socket);
    if (!error) {
        error = set_options(link, config);
        if (!error && pthread_create(&link->dialing, NULL, dial_first, link)) error = NNG_ENOMEM;
        if (error) nng_close(link->socket);
    }
    if (error) {
        code = pt_nng_fail(st, error, config->target);
        free(link);
        return code;
    }
    *ret_link = link;
    return PT_OK;
}

/* Closing while nng_dialer_start is about to begin makes it wait for ever (nng 1.5.2), and nothing tells when it has begun. An
 * attempt that takes longer than this has. */
#define DIAL_GRACE_NS (50 * PT_NS_PER_MS)

static void wait_for_dial(pt_link *link) {
    struct timespec until = pt_timespec_of_ns(pt_now_ns() + DIAL_GRACE_NS);
    pthread_mutex_lock(&link->lock);
    link->closing = true;
    while (!link->dial_over && !pthread_cond_clockwait(&link->dialed, &link->lock, CLOCK_MONOTONIC, &until))
        ;
    pthread_mutex_unlock(&link->lock);
}

void pt_nng_link_close(pt_link *link) {
    wait_for_dial(link);
    nng_close(link->socket); /* ends every operation with NNG_ECLOSED and waits for the pipes' events */
    pthread_join(link->dialing, NULL);
    for (pt_exchange *x = link->exchanges; x; x = x->next)
        nng_aio_stop(x->aio); /* waits for its callback */
    for (pt_exchange *x = link->exchanges, *next; x; x = next) {
        next = x->next;
        nng_aio_free(x->aio);
        pthread_mutex_destroy(&x->lock);
        free(x);
    }
    pthread_cond_destroy(&link->dialed);
    pthread_mutex_destroy(&link->lock);
    pthread_mutex_destroy(&link->notify);
    free(link);
}
