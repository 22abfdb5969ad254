/* The server of Apache Thrift for C: one connection after the other, as its simple server does. rpc-thrift-server URL. */
#include <signal.h>
#include <thrift/c_glib/transport/thrift_server_socket.h>

#include "bench_echo.h"
#include "common/serve.h"
#include "endpoint.h"
#include "thrift_peer.h"

/* Named as GObject's macros want it. */
typedef struct EchoHandler {
    benchEchoHandler parent;
} EchoHandler;

typedef struct EchoHandlerClass {
    benchEchoHandlerClass parent;
} EchoHandlerClass;

GType echo_handler_get_type(void);
G_DEFINE_TYPE(EchoHandler, echo_handler, BENCH_TYPE_ECHO_HANDLER)

static gboolean echo(benchEchoIf *self, benchMessage **ret_reply, const benchMessage *request, GError **error) {
    (void)self;
    (void)error;
    benchMessage *reply = *ret_reply;
    if (!reply->payload) reply->payload = g_byte_array_new();
    g_byte_array_append(reply->payload, request->payload->data, request->payload->len);
    reply->id = request->id;
    reply->__isset_payload = reply->__isset_id = TRUE;
    return TRUE;
}

static void echo_handler_init(EchoHandler *self) {
    (void)self;
}

static void echo_handler_class_init(EchoHandlerClass *class) {
    BENCH_ECHO_HANDLER_CLASS(class)->echo = echo;
}

/* Thrift logs a warning whenever a client leaves. */
static void drop_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer arg) {
    (void)domain;
    (void)level;
    (void)message;
    (void)arg;
}

/* Until the client leaves. */
static void serve(ThriftProcessor *processor, ThriftTransport *socket) {
    ThriftProtocol *protocol = pt_thrift_protocol(socket);
    GError *error = NULL;
    while (thrift_processor_process(processor, protocol, protocol, &error) && !error) {
    }
    g_clear_error(&error);
    g_object_unref(protocol);
}

int main(int argc, char **argv) {
    GError *error = NULL;
    char url[256];
    if (argc != 2) {
        fprintf(stderr, "usage: %s URL; started by scripts/bench\n", argv[0]);
        return 2;
    }
    g_log_set_default_handler(drop_log, NULL);
    signal(SIGPIPE, SIG_IGN); /* a client may leave with replies under way */
    const char *path = pt_endpoint_path(argv[1]);
    ThriftServerTransport *listener =
        path ? g_object_new(THRIFT_TYPE_SERVER_SOCKET, "path", path, NULL)
             : g_object_new(THRIFT_TYPE_SERVER_SOCKET, "port", (int)pt_endpoint_port(argv[1]), NULL);
    EchoHandler *handler = g_object_new(echo_handler_get_type(), NULL);
    ThriftProcessor *processor = g_object_new(BENCH_TYPE_ECHO_PROCESSOR, "handler", handler, NULL);
    pt_thrift_must(thrift_server_transport_listen(listener, &error), error);
    pt_endpoint_url(argv[1], THRIFT_SERVER_SOCKET(listener)->sd, url, sizeof url);
    pt_serve_listening(url);
    for (;;) {
        ThriftTransport *socket = thrift_server_transport_accept(listener, &error);
        pt_thrift_must(socket != NULL, error);
        pt_endpoint_no_delay(THRIFT_SOCKET(socket)->sd);
        serve(processor, socket);
        g_object_unref(socket);
    }
}
