/* What a channel reads from an answer. */
#include <inttypes.h>

#include "rpc/channel_impl.h"
#include "rpc/envelope.h"

static pt_code not_partie(const pt_channel *channel, pt_context *ctx, const char *why) {
    return pt_status_set(&ctx->status, PT_INTERNAL, "%s: the answer breaks the protocol: %s", channel->target, why);
}

pt_code pt_result_read(pt_context *ctx, const pt_result_part *result) {
    pt_code code = result->code <= PT_UNAUTHENTICATED ? (pt_code)result->code : PT_UNKNOWN;
    ctx->not_run = code && result->not_run;
    if (code == PT_OK) return PT_OK;
    size_t len = result->message.len < PT_STATUS_MESSAGE_BYTES ? result->message.len : PT_STATUS_MESSAGE_BYTES;
    pt_status_set(&ctx->status, code, "%.*s", (int)len, result->message.len ? (const char *)result->message.ptr : "");
    if (result->details.len && pt_status_set_details(&ctx->status, result->details.ptr, result->details.len))
        return code; /* no memory for them: the code and the message stand without */
    return code;
}

pt_code pt_reply_read(const pt_channel *channel, pt_context *ctx, const pt_frame *frame, pt_slice *ret_payload) {
    pt_status why = PT_STATUS_INIT;
    if (pt_pairs_read(&frame->metadata, &ctx->headers, &why) || pt_pairs_read(&frame->result.metadata, &ctx->trailers, &why))
        return not_partie(channel, ctx, why.message);
    pt_code code = pt_result_read(ctx, &frame->result);
    if (code) return code;
    if (!frame->has_payload) return not_partie(channel, ctx, "the result is OK, but there is no message");
    if (frame->encoding) return not_partie(channel, ctx, "the message is encoded, which was not asked for");
    if (frame->payload.len > channel->options.limits.message_bytes)
        return pt_status_set(&ctx->status, PT_RESOURCE_EXHAUSTED, "%s: the reply has %zu bytes, over the limit of %zu",
                             channel->target, frame->payload.len, channel->options.limits.message_bytes);
    *ret_payload = frame->payload;
    return PT_OK;
}
