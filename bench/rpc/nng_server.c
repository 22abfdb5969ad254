/* nng as it comes: a REP socket with contexts that send back what they get. rpc-nng-server URL. */
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/serve.h"

#define CONTEXTS 256

typedef struct responder {
    nng_aio *aio;
    nng_ctx ctx;
    bool answering;
} responder;

static void must(int error) {
    if (!error) return;
    fprintf(stderr, "rpc-nng-server: %s\n", nng_strerror(error));
    _Exit(1);
}

static void on_done(void *arg) {
    responder *r = arg;
    int error = nng_aio_result(r->aio);
    if (error && r->answering) nng_msg_free(nng_aio_get_msg(r->aio));
    if (error == NNG_ECLOSED) return;
    r->answering = !error && !r->answering;
    if (r->answering)
        nng_ctx_send(r->ctx, r->aio); /* the message that came is still the aio's */
    else
        nng_ctx_recv(r->ctx, r->aio);
}

/* TCP has been given a port by now. */
static void say_where(const char *url, nng_listener listener) {
    char text[128];
    nng_sockaddr address;
    snprintf(text, sizeof text, "%s", url);
    if (nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &address) == 0 && address.s_family == NNG_AF_INET) {
        const unsigned char *port = (const unsigned char *)&address.s_in.sa_port;
        snprintf(text, sizeof text, "tcp://127.0.0.1:%d", port[0] << 8 | port[1]);
    }
    pt_serve_listening(text);
}

int main(int argc, char **argv) {
    static responder responders[CONTEXTS];
    nng_socket socket;
    nng_listener listener;
    if (argc != 2) {
        fprintf(stderr, "usage: %s URL; started by scripts/bench\n", argv[0]);
        return 2;
    }
    pt_serve_begin();
    must(nng_rep0_open(&socket));
    for (int i = 0; i < CONTEXTS; i++) {
        must(nng_ctx_open(&responders[i].ctx, socket));
        must(nng_aio_alloc(&responders[i].aio, on_done, &responders[i]));
        nng_ctx_recv(responders[i].ctx, responders[i].aio);
    }
    must(nng_listen(socket, argv[1], &listener, 0));
    say_where(argv[1], listener);
    pt_serve_wait();
    nng_close(socket);
    for (int i = 0; i < CONTEXTS; i++)
        nng_aio_free(responders[i].aio);
    return 0;
}
