#include "program/config.h"

#include "program/listen.h"

pt_gateway_config pt_gateway = {
    .listen = "127.0.0.1:8080",
    .timeout_ms = 10000,
    .idle_timeout_ms = 60000,
    .drain_ms = 10000,
    .url_bytes = 8192,
    .header_bytes = 16384,
    .body_bytes = 4u << 20,
    .response_bytes = 64u << 20,
    .connections = 4096,
    .connections_per_address = 1024,
    .zero_fields = true,
    .access_log = PT_ACCESS_JSON,
};

static const char *const access_names[] = {"off", "json", "text", NULL};

const pt_flag pt_gateway_flags[] = {
    {.name = "listen",
     .kind = PT_FLAG_TEXT,
     .value = &pt_gateway.listen,
     .arg = "ADDR:PORT",
     .help = "where to listen; port 0 takes a free one, [::1]:8080 is IPv6"},
    {.name = "backend",
     .kind = PT_FLAG_LIST,
     .value = &pt_gateway.backends,
     .arg = "URL",
     .required = true,
     .help = "a service: tcp://host:port, ipc:///path"},
    {.name = "descriptor-set",
     .kind = PT_FLAG_LIST,
     .value = &pt_gateway.descriptor_sets,
     .arg = "FILE",
     .help = "contracts from a file (protoc --include_imports --descriptor_set_out) in place of asking the services"},
    {.name = "zero-fields",
     .kind = PT_FLAG_BOOL,
     .value = &pt_gateway.zero_fields,
     .help = "write fields without presence into replies even when they are zero or empty"},
    {.name = "workers",
     .kind = PT_FLAG_U32,
     .value = &pt_gateway.workers,
     .arg = "N",
     .max = 64,
     .help = "threads that serve HTTP; 0 is one a processor, at most 8"},
    {.name = "timeout",
     .kind = PT_FLAG_MS,
     .value = &pt_gateway.timeout_ms,
     .arg = "TIME",
     .min = 1,
     .max = 3600000,
     .help = "longest a request may take; a Grpc-Timeout header can only shorten it"},
    {.name = "idle-timeout",
     .kind = PT_FLAG_MS,
     .value = &pt_gateway.idle_timeout_ms,
     .arg = "TIME",
     .min = 1000,
     .max = 3600000,
     .help = "how long a connection may be silent, between requests or within one"},
    {.name = "drain",
     .kind = PT_FLAG_MS,
     .value = &pt_gateway.drain_ms,
     .arg = "TIME",
     .max = 3600000,
     .help = "how long SIGTERM waits for requests under way"},
    {.name = "url-bytes",
     .kind = PT_FLAG_BYTES,
     .value = &pt_gateway.url_bytes,
     .arg = "SIZE",
     .min = 64,
     .max = 65536,
     .help = "longest path and query; over it 414"},
    {.name = "header-bytes",
     .kind = PT_FLAG_BYTES,
     .value = &pt_gateway.header_bytes,
     .arg = "SIZE",
     .min = 512,
     .max = 262144,
     .help = "all request headers together; over it 431"},
    {.name = "body-bytes",
     .kind = PT_FLAG_BYTES,
     .value = &pt_gateway.body_bytes,
     .arg = "SIZE",
     .min = 1,
     .max = 1u << 30,
     .help = "largest request body; over it 413"},
    {.name = "response-bytes",
     .kind = PT_FLAG_BYTES,
     .value = &pt_gateway.response_bytes,
     .arg = "SIZE",
     .min = 4096,
     .max = 1u << 30,
     .help = "largest JSON that a reply may become"},
    {.name = "connections",
     .kind = PT_FLAG_U32,
     .value = &pt_gateway.connections,
     .arg = "N",
     .min = 1,
     .max = 1000000,
     .help = "open connections; further ones wait"},
    {.name = "connections-per-address",
     .kind = PT_FLAG_U32,
     .value = &pt_gateway.connections_per_address,
     .arg = "N",
     .min = 1,
     .max = 1000000,
     .help = "open connections of one client address; further ones are closed"},
    {.name = "access-log",
     .kind = PT_FLAG_CHOICE,
     .value = &pt_gateway.access_log,
     .arg = "FORM",
     .choices = access_names,
     .help = "one line a request on stderr"},
};

const size_t pt_gateway_n_flags = sizeof pt_gateway_flags / sizeof *pt_gateway_flags;

static pt_code check_backend(const char *url, pt_status *st) {
    static const char *const schemes[] = {"tcp://", "ipc:///", "inproc://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (!strncmp(url, schemes[i], strlen(schemes[i]))) return PT_OK;
    return pt_status_set(st, PT_INVALID_ARGUMENT, "--backend %s: expected tcp://HOST:PORT, ipc:///PATH or inproc://NAME", url);
}

pt_code pt_gateway_check(pt_status *st) {
    pt_code code = pt_listen_check(pt_gateway.listen, st);
    for (size_t i = 0; !code && i < pt_gateway.backends.n_items; i++)
        code = check_backend(pt_gateway.backends.items[i], st);
    return code;
}
