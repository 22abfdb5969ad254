/* The client of the ceiling: as many frames under way as calls are outstanding; for each batch of replies the next calls leave.
 */
#include <stdlib.h>

#include "common/clock.h"
#include "endpoint.h"
#include "raw_frame.h"

static void put_call(pt_raw_stream *s, uint32_t call) {
    pt_raw_frame frame = {.length = htonl(sizeof frame - sizeof frame.length), .call = call};
    pt_load_payload(call, frame.payload);
    pt_raw_put(s, &frame);
}

static void must(bool connected) {
    if (!connected) pt_load_fail("the connection was lost");
}

static void call_once(pt_raw_stream *s) {
    pt_raw_frame frame;
    size_t used = 0;
    put_call(s, 0);
    must(pt_raw_flush(s));
    do
        must(pt_raw_fill(s));
    while (!pt_raw_next(s, &used, &frame));
    pt_load_check(0, frame.payload, sizeof frame.payload);
    pt_raw_keep(s, used);
}

/* Replies come in the order of the calls. */
static void run(pt_raw_stream *s, pt_load *load, uint64_t *started_ns, unsigned n) {
    pt_raw_frame frame;
    uint32_t next = 0, expected = 0;
    while (next < n) {
        started_ns[next] = pt_clock_ns();
        put_call(s, next++);
    }
    must(pt_raw_flush(s));
    while (expected != next) {
        size_t used = 0;
        must(pt_raw_fill(s));
        uint64_t now = pt_clock_ns();
        while (pt_raw_next(s, &used, &frame)) {
            uint64_t *started = &started_ns[expected % n];
            pt_load_check(expected++, frame.payload, sizeof frame.payload);
            if (!pt_load_done(load, *started, now)) continue;
            *started = now;
            put_call(s, next++);
        }
        pt_raw_keep(s, used);
        must(pt_raw_flush(s));
    }
}

int main(int argc, char **argv) {
    static pt_raw_stream s;
    pt_load *load = pt_load_open(argc, argv);
    unsigned n = pt_load_outstanding(load);
    if (n * sizeof(pt_raw_frame) > PT_RAW_BUFFER) pt_load_fail("%u calls do not fit the buffer", n);
    uint64_t *started_ns = calloc(n, sizeof *started_ns);
    if (!started_ns) pt_load_fail("out of memory");
    s.single = strcmp(pt_load_mode(load), "single") == 0;
    s.fd = pt_endpoint_connect(pt_load_url(load));
    call_once(&s);
    pt_load_answered(load);
    run(&s, load, started_ns, n);
    close(s.fd);
    free(started_ns);
    return pt_load_close(load);
}
