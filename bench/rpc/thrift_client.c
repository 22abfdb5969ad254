/* The client of Apache Thrift for C: calls in a pipeline on one connection, answered in order. */
#include "bench_echo.h"
#include "common/clock.h"
#include "common/load.h"
#include "endpoint.h"
#include "thrift_peer.h"

typedef struct pipeline {
    benchEchoIf *stub;
    benchMessage *request; /* the next one */
    uint64_t next, expected;
} pipeline;

static pipeline pipeline_open(const char *url) {
    GError *error = NULL;
    const char *path = pt_endpoint_path(url);
    ThriftTransport *socket =
        path ? g_object_new(THRIFT_TYPE_SOCKET, "path", path, NULL)
             : g_object_new(THRIFT_TYPE_SOCKET, "hostname", "127.0.0.1", "port", (int)pt_endpoint_port(url), NULL);
    ThriftProtocol *protocol = pt_thrift_protocol(socket);
    pt_thrift_must(thrift_transport_open(protocol->transport, &error), error);
    pt_endpoint_no_delay(THRIFT_SOCKET(socket)->sd);
    pipeline p = {.stub = g_object_new(BENCH_TYPE_ECHO_CLIENT, "input_protocol", protocol, "output_protocol", protocol, NULL),
                  .request = g_object_new(BENCH_TYPE_MESSAGE, NULL)};
    if (!p.request->payload) p.request->payload = g_byte_array_new();
    g_byte_array_set_size(p.request->payload, PT_LOAD_PAYLOAD);
    p.request->__isset_payload = p.request->__isset_id = TRUE;
    return p;
}

static void send_next(pipeline *p) {
    GError *error = NULL;
    pt_load_payload(p->next, p->request->payload->data);
    p->request->id = (gint64)p->next++;
    pt_thrift_must(bench_echo_client_send_echo(p->stub, p->request, &error), error);
}

static void receive(pipeline *p) {
    GError *error = NULL;
    benchMessage *reply = g_object_new(BENCH_TYPE_MESSAGE, NULL);
    pt_thrift_must(bench_echo_client_recv_echo(p->stub, &reply, &error), error);
    if (reply->id != (gint64)p->expected) pt_load_fail("the reply to another call");
    pt_load_check(p->expected++, reply->payload->data, reply->payload->len);
    g_object_unref(reply);
}

int main(int argc, char **argv) {
    pt_load *load = pt_load_open(argc, argv);
    unsigned n = pt_load_outstanding(load);
    uint64_t *started_ns = calloc(n, sizeof *started_ns);
    if (!started_ns) pt_load_fail("out of memory");
    pipeline p = pipeline_open(pt_load_url(load));
    send_next(&p);
    receive(&p);
    pt_load_answered(load);
    while (p.next - p.expected < n) {
        started_ns[p.next % n] = pt_clock_ns();
        send_next(&p);
    }
    while (p.expected != p.next) {
        uint64_t *started = &started_ns[p.expected % n];
        receive(&p);
        uint64_t now = pt_clock_ns();
        if (!pt_load_done(load, *started, now)) continue;
        *started = now;
        send_next(&p);
    }
    free(started_ns);
    return pt_load_close(load);
}
