/* A client to be killed: keeps 64 calls to Echo under way.
 *
 *     rpc_hammer URL */
#include <stdio.h>
#include <unistd.h>

#include "echo.rpc.h"

#define DEPTH 64

static pt_channel *channel;
static Partie__Echo__V1__EchoRequest request = PARTIE__ECHO__V1__ECHO_REQUEST__INIT;

static void on_done(pt_context *ctx, const Partie__Echo__V1__EchoResponse *reply, void *arg) {
    (void)reply;
    (void)arg;
    pt_context_reset(ctx);
    ctx->wait_for_ready = true;
    partie__echo__v1__echo_service__echo_start(channel, ctx, &request, on_done, NULL);
}

int main(int argc, char **argv) {
    static pt_context contexts[DEPTH];
    pt_status st = PT_STATUS_INIT;
    if (argc != 2 || pt_channel_open(argv[1], NULL, &channel, &st)) {
        fprintf(stderr, "rpc_hammer: %s\n", st.message);
        return 1;
    }
    request.text = (char *)"hammer";
    request.reply_bytes = 500;
    for (int i = 0; i < DEPTH; i++) {
        pt_context_init(&contexts[i]);
        on_done(&contexts[i], NULL, NULL);
    }
    printf("listening %s\n", argv[1]);
    fflush(stdout);
    for (;;)
        pause();
}
