/* A server to be killed: Store appends a byte to the file and never answers, Echo answers.
 *
 *     rpc_victim URL FILE */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "echo.rpc.h"

static pt_code store(void *self, pt_server_call *call, const Partie__Echo__V1__EchoRequest *request,
                     Partie__Echo__V1__EchoResponse *reply) {
    (void)request;
    (void)reply;
    int fd = open(self, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1) return pt_server_call_fail(call, PT_INTERNAL, "no file");
    close(fd);
    for (;;)
        pause();
}

static pt_code echo(void *self, pt_server_call *call, const Partie__Echo__V1__EchoRequest *request,
                    Partie__Echo__V1__EchoResponse *reply) {
    (void)self;
    reply->text = pt_arena_strdup(pt_server_call_arena(call), request->text);
    return PT_OK;
}

int main(int argc, char **argv) {
    pt_server *server;
    pt_status st = PT_STATUS_INIT;
    Partie__Echo__V1__EchoService impl = PARTIE__ECHO__V1__ECHO_SERVICE__INIT;
    if (argc != 3) return 2;
    impl.self = argv[2];
    impl.store = store;
    impl.echo = echo;
    if (pt_server_new(NULL, &server, &st) || partie__echo__v1__echo_service__register(server, &impl, &st) ||
        pt_server_listen(server, argv[1], &st)) {
        fprintf(stderr, "rpc_victim: %s\n", st.message);
        return 1;
    }
    printf("listening %s\n", pt_server_url(server, 0));
    fflush(stdout);
    for (;;)
        pause();
}
