/* How the Thrift peer puts its layers together: compact protocol, framed, over a buffered socket. */
#ifndef PT_BENCH_THRIFT_PEER_H
#define PT_BENCH_THRIFT_PEER_H

#include <stdio.h>
#include <stdlib.h>
#include <thrift/c_glib/protocol/thrift_compact_protocol.h>
#include <thrift/c_glib/transport/thrift_buffered_transport.h>
#include <thrift/c_glib/transport/thrift_framed_transport.h>
#include <thrift/c_glib/transport/thrift_socket.h>

#define PT_THRIFT_BUFFER (64u << 10) /* bytes, each direction */

/* The protocol over a socket's transport. Owned by the caller; keeps a reference to the socket. */
static inline ThriftProtocol *pt_thrift_protocol(ThriftTransport *socket) {
    ThriftTransport *buffered = g_object_new(THRIFT_TYPE_BUFFERED_TRANSPORT, "transport", socket, "r_buf_size",
                                             PT_THRIFT_BUFFER, "w_buf_size", PT_THRIFT_BUFFER, NULL);
    ThriftTransport *framed = g_object_new(THRIFT_TYPE_FRAMED_TRANSPORT, "transport", buffered, NULL);
    return g_object_new(THRIFT_TYPE_COMPACT_PROTOCOL, "transport", framed, NULL);
}

/* Ends the program unless `ok`. */
static inline void pt_thrift_must(gboolean ok, const GError *error) {
    if (ok) return;
    fprintf(stderr, "%s: %s\n", g_get_prgname() ? g_get_prgname() : "thrift", error ? error->message : "failed");
    exit(1);
}

#endif
