/* The frames of the raw peer: as little as a protocol with lengths and call numbers can do with. */
#ifndef PT_BENCH_RAW_FRAME_H
#define PT_BENCH_RAW_FRAME_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "common/load.h"

typedef struct pt_raw_frame {
    uint32_t length; /* of what follows; network order */
    uint32_t call;
    unsigned char payload[PT_LOAD_PAYLOAD];
} pt_raw_frame;

#define PT_RAW_BUFFER (256u << 10) /* bytes that are read at once */

/* Bytes that have come, and those that leave. */
typedef struct pt_raw_stream {
    int fd;
    bool single; /* a write for each frame, in place of one for all that there are */
    size_t n_in, n_out;
    unsigned char in[PT_RAW_BUFFER], out[PT_RAW_BUFFER];
} pt_raw_stream;

static inline bool pt_raw_write(int fd, const unsigned char *bytes, size_t n) {
    while (n) {
        ssize_t done = write(fd, bytes, n);
        if (done <= 0) return false;
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

/* False: the connection has ended. */
static inline bool pt_raw_fill(pt_raw_stream *s) {
    ssize_t n = read(s->fd, s->in + s->n_in, sizeof s->in - s->n_in);
    if (n > 0) s->n_in += (size_t)n;
    return n > 0;
}

/* Takes the frame at *used out of what has come. False: there is no whole one. */
static inline bool pt_raw_next(const pt_raw_stream *s, size_t *used, pt_raw_frame *ret_frame) {
    if (s->n_in - *used < sizeof *ret_frame) return false;
    memcpy(ret_frame, s->in + *used, sizeof *ret_frame);
    if (ntohl(ret_frame->length) != sizeof *ret_frame - sizeof ret_frame->length) pt_load_fail("not a frame");
    *used += sizeof *ret_frame;
    return true;
}

/* Keeps what is left of the bytes that have come. */
static inline void pt_raw_keep(pt_raw_stream *s, size_t used) {
    s->n_in -= used;
    memmove(s->in, s->in + used, s->n_in);
}

static inline void pt_raw_put(pt_raw_stream *s, const pt_raw_frame *frame) {
    memcpy(s->out + s->n_out, frame, sizeof *frame);
    s->n_out += sizeof *frame;
}

/* Sends what was put. False: the connection has ended. */
static inline bool pt_raw_flush(pt_raw_stream *s) {
    size_t step = s->single ? sizeof(pt_raw_frame) : s->n_out;
    bool ok = true;
    for (size_t i = 0; ok && i < s->n_out; i += step)
        ok = pt_raw_write(s->fd, s->out + i, step);
    s->n_out = 0;
    return ok;
}

#endif
