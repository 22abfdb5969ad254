/* The server of partie: rpc-partie-server URL EXECUTOR. */
#include <stdio.h>

#include "common/serve.h"
#include "partie_watch.h"

static pt_code echo(void *self, pt_server_call *call, const Partie__Bench__V1__EchoRequest *request,
                    Partie__Bench__V1__EchoResponse *reply) {
    (void)self;
    (void)call;
    reply->payload = request->payload;
    reply->id = request->id;
    return PT_OK;
}

int main(int argc, char **argv) {
    pt_status st = PT_STATUS_INIT;
    pt_server *server = NULL;
    Partie__Bench__V1__EchoService impl = PARTIE__BENCH__V1__ECHO_SERVICE__INIT;
    impl.echo = echo;
#ifdef PT_BENCH_STREAMS
    impl.watch = pt_partie_watch;
#endif
    if (argc != 3) {
        fprintf(stderr, "usage: %s URL EXECUTOR; started by scripts/bench\n", argv[0]);
        return 2;
    }
    pt_serve_begin();
    pt_code code = pt_server_new(NULL, &server, &st);
    if (!code) code = partie__bench__v1__echo_service__register(server, &impl, &st);
    if (!code) code = pt_server_set_executor(server, "partie.bench.v1.EchoService/Echo", argv[2], &st);
    if (!code) code = pt_server_listen(server, argv[1], &st);
    if (!code) {
        pt_serve_listening(pt_server_url(server, 0));
        pt_serve_wait();
    } else {
        fprintf(stderr, "%s: %s\n", argv[0], st.message);
    }
    pt_server_close(server);
    pt_status_done(&st);
    return code ? 1 : 0;
}
