#include "program/sweep.h"

#include <sys/socket.h>

#include "program/clock.h"

#define SWEEP_MS 50
/* The channel ends a call at its deadline with a better word for it; this is for when it does not. */
#define GRACE_MS 100
/* Quick calls are not looked at: it costs a system call. */
#define LOOK_AFTER_MS 200

/* True when the client has closed its end. One that only half-closes counts as gone too, as it does for other servers. */
static bool client_left(const pt_request *r) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char byte;
    return info && recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

int pt_sweep_wait_ms(const pt_worker *w) {
    if (!w->waiting) return -1;
    uint64_t now = pt_now_ns();
    return now >= w->next_sweep_ns ? 0 : (int)((w->next_sweep_ns - now) / PT_NS_PER_MS + 1);
}

void pt_sweep(pt_worker *w) {
    if (!w->waiting) return;
    uint64_t now = pt_now_ns();
    if (now < w->next_sweep_ns) return;
    w->next_sweep_ns = now + SWEEP_MS * PT_NS_PER_MS;
    for (pt_request *r = w->waiting, *next; r; r = next) {
        next = r->next;
        if (now >= r->deadline_ns + GRACE_MS * PT_NS_PER_MS)
            pt_request_give_up(r, PT_DEADLINE_EXCEEDED, "the service did not answer in time (--timeout, Grpc-Timeout)");
        else if (now >= r->start_ns + LOOK_AFTER_MS * PT_NS_PER_MS && client_left(r))
            pt_request_client_left(r);
    }
}

void pt_sweep_all(pt_worker *w, const char *message) {
    while (w->waiting)
        pt_request_give_up(w->waiting, PT_UNAVAILABLE, message);
}
