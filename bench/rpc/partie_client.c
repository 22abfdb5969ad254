/* The client of partie: generated stubs, and on every call a deadline and two pairs of metadata, as a real one has. */
#include <stdlib.h>

#include "common/clock.h"
#include "common/load.h"
#include "echo.rpc.h"

#define TIMEOUT_MS 5000

/* One of the calls that are outstanding; the next one starts as soon as its reply has come. */
typedef struct caller {
    pt_load *load;
    pt_channel *channel;
    pt_context ctx;
    uint64_t id, started_ns;
    unsigned step; /* to the id of the next call */
} caller;

static void prepare(pt_context *ctx) {
    ctx->timeout_ms = TIMEOUT_MS;
    if (pt_metadata_add_str(&ctx->metadata, "x-request-id", "0af7651916cd43dd8448eb211c80319c") ||
        pt_metadata_add_str(&ctx->metadata, "x-tenant", "bench"))
        pt_load_fail("metadata: out of memory");
}

static void check(const pt_context *ctx, uint64_t id, const Partie__Bench__V1__EchoResponse *reply) {
    if (ctx->status.code) pt_load_fail("%s", ctx->status.message);
    if (reply->id != (int64_t)id) pt_load_fail("the reply to another call");
    pt_load_check(id, reply->payload.data, reply->payload.len);
}

static Partie__Bench__V1__EchoRequest request_of(uint64_t id, unsigned char *payload) {
    Partie__Bench__V1__EchoRequest request = PARTIE__BENCH__V1__ECHO_REQUEST__INIT;
    pt_load_payload(id, payload);
    request.payload = (ProtobufCBinaryData){.len = PT_LOAD_PAYLOAD, .data = payload};
    request.id = (int64_t)id;
    return request;
}

static void start(caller *c, uint64_t now_ns);

static void on_done(pt_context *ctx, const Partie__Bench__V1__EchoResponse *reply, void *arg) {
    caller *c = arg;
    check(ctx, c->id, reply);
    uint64_t now = pt_clock_ns();
    if (!pt_load_done(c->load, c->started_ns, now)) return;
    pt_context_reset(ctx);
    start(c, now);
}

static void start(caller *c, uint64_t now_ns) {
    unsigned char payload[PT_LOAD_PAYLOAD];
    c->id += c->step;
    c->started_ns = now_ns;
    Partie__Bench__V1__EchoRequest request = request_of(c->id, payload);
    prepare(&c->ctx);
    partie__bench__v1__echo_service__echo_start(c->channel, &c->ctx, &request, on_done, c);
}

static void call_once(pt_channel *channel) {
    unsigned char payload[PT_LOAD_PAYLOAD];
    pt_context ctx;
    Partie__Bench__V1__EchoRequest request = request_of(0, payload);
    Partie__Bench__V1__EchoResponse *reply = NULL;
    pt_context_init(&ctx);
    prepare(&ctx);
    ctx.wait_for_ready = true;
    (void)partie__bench__v1__echo_service__echo(channel, &ctx, &request, &reply);
    check(&ctx, 0, reply);
    pt_context_done(&ctx);
}

int main(int argc, char **argv) {
    pt_load *load = pt_load_open(argc, argv);
    unsigned n = pt_load_outstanding(load);
    pt_status st = PT_STATUS_INIT;
    pt_channel *channel = NULL;
    caller *callers = calloc(n, sizeof *callers);
    if (!callers) pt_load_fail("out of memory");
    if (pt_channel_open(pt_load_url(load), NULL, &channel, &st)) pt_load_fail("%s", st.message);
    call_once(channel);
    pt_load_answered(load);
    for (unsigned i = 0; i < n; i++) {
        callers[i] = (caller){.load = load, .channel = channel, .id = i, .step = n};
        pt_context_init(&callers[i].ctx);
    }
    for (unsigned i = 0; i < n; i++)
        start(&callers[i], pt_clock_ns());
    int status = pt_load_close(load);
    pt_channel_close(channel);
    for (unsigned i = 0; i < n; i++)
        pt_context_done(&callers[i].ctx);
    free(callers);
    return status;
}
