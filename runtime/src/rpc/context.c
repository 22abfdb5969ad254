#include "partie/channel.h"
#include "rpc/server_impl.h"

static void init_metadata(pt_context *ctx) {
    pt_metadata_init(&ctx->metadata, &ctx->arena);
    pt_metadata_init(&ctx->headers, &ctx->arena);
    pt_metadata_init(&ctx->trailers, &ctx->arena);
}

void pt_context_init(pt_context *ctx) {
    memset(ctx, 0, sizeof *ctx);
    pt_arena_init(&ctx->arena, PT_DEFAULT_ARENA_BYTES);
    init_metadata(ctx);
}

void pt_context_init_from(pt_context *ctx, const struct pt_server_call *call) {
    static const char *const passed_on[] = {"traceparent", "tracestate", "x-request-id"};
    pt_context_init(ctx);
    uint32_t left = pt_server_call_remaining_ms(call);
    ctx->timeout_ms = left ? left : 1; /* 0 would be the channel's default */
    ctx->hops = call->hops + 1;
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++) {
        const pt_slice *value = pt_metadata_get(&call->metadata, passed_on[i]);
        /* It stood in a set before; without memory for it the call goes on untraced. */
        if (value && pt_metadata_add(&ctx->metadata, passed_on[i], *value)) return;
    }
}

void pt_context_reset(pt_context *ctx) {
    pt_status_done(&ctx->status);
    pt_arena_reset(&ctx->arena);
    ctx->timeout_ms = 0;
    ctx->wait_for_ready = false;
    ctx->hops = 0;
    ctx->not_run = false;
    init_metadata(ctx);
}

void pt_context_done(pt_context *ctx) {
    pt_status_done(&ctx->status);
    pt_arena_done(&ctx->arena);
}
