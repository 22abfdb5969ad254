/* The client of nng as it comes: a REQ socket with a context for each call that is outstanding. */
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/load.h"

typedef struct caller {
    pt_load *load;
    nng_ctx ctx;
    nng_aio *aio;
    bool sent;
    uint64_t id, started_ns;
    unsigned step; /* to the id of the next call */
} caller;

static void must(int error) {
    if (error) pt_load_fail("%s", nng_strerror(error));
}

static void send_next(caller *c, nng_msg *msg, uint64_t now_ns) {
    c->id += c->step;
    c->started_ns = now_ns;
    c->sent = false;
    pt_load_payload(c->id, nng_msg_body(msg));
    nng_aio_set_msg(c->aio, msg);
    nng_ctx_send(c->ctx, c->aio);
}

static void on_done(void *arg) {
    caller *c = arg;
    must(nng_aio_result(c->aio));
    if (!c->sent) {
        c->sent = true;
        nng_ctx_recv(c->ctx, c->aio);
        return;
    }
    nng_msg *msg = nng_aio_get_msg(c->aio);
    pt_load_check(c->id, nng_msg_body(msg), nng_msg_len(msg));
    uint64_t now = pt_clock_ns();
    if (pt_load_done(c->load, c->started_ns, now))
        send_next(c, msg, now);
    else
        nng_msg_free(msg);
}

static nng_msg *new_message(void) {
    nng_msg *msg;
    must(nng_msg_alloc(&msg, PT_LOAD_PAYLOAD));
    return msg;
}

static void call_once(nng_socket socket) {
    nng_msg *msg = new_message();
    pt_load_payload(0, nng_msg_body(msg));
    must(nng_sendmsg(socket, msg, 0));
    must(nng_recvmsg(socket, &msg, 0));
    pt_load_check(0, nng_msg_body(msg), nng_msg_len(msg));
    nng_msg_free(msg);
}

int main(int argc, char **argv) {
    pt_load *load = pt_load_open(argc, argv);
    unsigned n = pt_load_outstanding(load);
    nng_socket socket;
    caller *callers = calloc(n, sizeof *callers);
    if (!callers) pt_load_fail("out of memory");
    must(nng_req0_open(&socket));
    must(nng_socket_set_ms(socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE));
    must(nng_dial(socket, pt_load_url(load), NULL, 0));
    call_once(socket);
    pt_load_answered(load);
    for (unsigned i = 0; i < n; i++) {
        callers[i] = (caller){.load = load, .id = i, .step = n};
        must(nng_ctx_open(&callers[i].ctx, socket));
        must(nng_aio_alloc(&callers[i].aio, on_done, &callers[i]));
    }
    for (unsigned i = 0; i < n; i++)
        send_next(&callers[i], new_message(), pt_clock_ns());
    int status = pt_load_close(load);
    for (unsigned i = 0; i < n; i++)
        nng_aio_free(callers[i].aio);
    nng_close(socket);
    free(callers);
    return status;
}
