/* The ceiling: one thread, blocking sockets, nothing but frames. rpc-raw-server URL batch|single. */
#include <stdio.h>
#include <sys/socket.h>

#include "common/serve.h"
#include "endpoint.h"
#include "raw_frame.h"

static void serve(pt_raw_stream *s) {
    pt_raw_frame frame;
    while (pt_raw_fill(s)) {
        size_t used = 0;
        while (pt_raw_next(s, &used, &frame))
            pt_raw_put(s, &frame);
        pt_raw_keep(s, used);
        if (!pt_raw_flush(s)) break;
    }
}

int main(int argc, char **argv) {
    static pt_raw_stream s;
    char url[256];
    if (argc != 3) {
        fprintf(stderr, "usage: %s URL batch|single; started by scripts/bench\n", argv[0]);
        return 2;
    }
    int listener = pt_endpoint_listen(argv[1], url, sizeof url);
    pt_serve_listening(url);
    s.single = strcmp(argv[2], "single") == 0;
    while ((s.fd = accept(listener, NULL, NULL)) >= 0) {
        pt_endpoint_no_delay(s.fd);
        s.n_in = s.n_out = 0;
        serve(&s);
        close(s.fd);
    }
    close(listener);
    return 1;
}
