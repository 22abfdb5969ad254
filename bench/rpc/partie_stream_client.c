/* The client of partie's server stream: takes messages as fast as they come. What it reports as latency is the time from one
 * message to the next. */
#include "common/clock.h"
#include "common/load.h"
#include "echo.rpc.h"

#define TIMEOUT_MS 86400000 /* of the whole stream */

typedef partie__bench__v1__echo_service__watch__stream watch_stream;
typedef Partie__Bench__V1__WatchResponse watch_response;

typedef struct watcher {
    pt_load *load;
    uint64_t next_id, last_ns;
    bool enough;
} watcher;

static void check(uint64_t id, const watch_response *message) {
    if (message->id != (int64_t)id) pt_load_fail("a message is missing, or comes twice");
    pt_load_check(id, message->payload.data, message->payload.len);
}

static void on_message(watch_stream stream, const watch_response *message, void *arg) {
    watcher *w = arg;
    if (w->enough) return;
    check(w->next_id++, message);
    uint64_t now = pt_clock_ns();
    w->enough = !pt_load_done(w->load, w->last_ns, now);
    w->last_ns = now;
    if (w->enough) pt_stream_cancel(stream.stream);
}

static void on_end(watch_stream stream, pt_context *ctx, void *arg) {
    const watcher *w = arg;
    (void)stream;
    if (!w->enough) pt_load_fail("%s", ctx->status.message);
}

static watch_stream open_stream(pt_channel *channel, pt_context *ctx,
                                const partie__bench__v1__echo_service__watch__events *events) {
    Partie__Bench__V1__WatchRequest request = PARTIE__BENCH__V1__WATCH_REQUEST__INIT;
    watch_stream stream;
    pt_context_init(ctx);
    ctx->timeout_ms = TIMEOUT_MS;
    ctx->wait_for_ready = true;
    if (partie__bench__v1__echo_service__watch__open(channel, ctx, &request, events, &stream))
        pt_load_fail("%s", ctx->status.message);
    return stream;
}

static void receive_one(pt_channel *channel) {
    pt_context ctx;
    watch_response *message = NULL;
    watch_stream stream = open_stream(channel, &ctx, NULL);
    if (partie__bench__v1__echo_service__watch__receive(stream, &message) || !message) pt_load_fail("%s", ctx.status.message);
    check(0, message);
    pt_stream_close(stream.stream);
    pt_context_done(&ctx);
}

int main(int argc, char **argv) {
    pt_load *load = pt_load_open(argc, argv);
    pt_status st = PT_STATUS_INIT;
    pt_channel *channel = NULL;
    pt_context ctx;
    if (pt_load_outstanding(load) != 1) pt_load_fail("one stream only");
    if (pt_channel_open(pt_load_url(load), NULL, &channel, &st)) pt_load_fail("%s", st.message);
    receive_one(channel);
    pt_load_answered(load);
    watcher w = {.load = load, .last_ns = pt_clock_ns()};
    const partie__bench__v1__echo_service__watch__events events = {.on_message = on_message, .on_end = on_end, .arg = &w};
    watch_stream stream = open_stream(channel, &ctx, &events);
    int status = pt_load_close(load);
    pt_stream_close(stream.stream);
    pt_context_done(&ctx);
    pt_channel_close(channel);
    return status;
}
