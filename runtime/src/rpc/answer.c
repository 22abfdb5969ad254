/* The end of a call on the server: its answer, and giving it back. */
#include "rpc/clock.h"
#include "rpc/server_impl.h"

/* ---- holding ---- */

bool pt_call_hold(pt_server_call *call) {
    unsigned n = atomic_load(&call->holders);
    while (n && !atomic_compare_exchange_weak(&call->holders, &n, n + 1))
        ;
    return n > 0;
}

void pt_call_let_go(pt_server_call *call) {
    if (atomic_fetch_sub(&call->holders, 1) != 1) return;
    pt_server *server = call->server;
    server->transport->msg_free(call->msg);
    call->msg = (pt_msg){0};
    pt_status_done(&call->status);
    pt_arena_reset(&call->arena);
    server->transport->port_release(call->arrival); /* from here on the call may serve the next request */
    pthread_mutex_lock(&server->lock);
    if (--server->n_calls == 0) pthread_cond_broadcast(&server->idle);
    pthread_mutex_unlock(&server->lock);
}

/* ---- answering ---- */

/* Without memory for an answer there is none: the client's deadline ends its call. */
static void send_frame(pt_server *server, pt_arrival *arrival, pt_frame *frame, const ProtobufCMessage *message) {
    pt_msg msg;
    uint8_t *timeout;
    if (!server->transport->msg_new(pt_frame_measure(frame), &msg)) return;
    uint8_t *payload = pt_frame_write(msg.bytes, frame, &timeout);
    if (message) protobuf_c_message_pack(message, payload);
    atomic_store(&server->last_answer_ns, pt_now_ns());
    server->transport->port_reply(arrival, msg);
}

static pt_result_part result_of(const pt_status *st) {
    const char *message = st->code && !st->message[0] ? pt_code_name(st->code) : st->message;
    return (pt_result_part){.code = (uint32_t)st->code,
                            .message = pt_slice_str(st->code ? message : ""),
                            .details = pt_slice_of(st->details, st->code ? st->details_len : 0)};
}

void pt_answer_status(pt_server *server, pt_arrival *arrival, uint64_t stream, const pt_status *st, bool not_run) {
    pt_frame frame = {.stream = stream, .has_result = true, .result = result_of(st)};
    frame.result.not_run = not_run;
    send_frame(server, arrival, &frame, NULL);
}

/* Refuses a reply that is too long by turning it into an error. */
static const ProtobufCMessage *reply_to_send(pt_server_call *call, size_t *ret_len) {
    size_t most = call->server->options.limits.message_bytes;
    if (call->status.code) return NULL;
    *ret_len = protobuf_c_message_get_packed_size(call->reply);
    if (*ret_len <= most) return call->reply;
    pt_status_set(&call->status, PT_RESOURCE_EXHAUSTED, "%s: the reply has %zu bytes, over the limit of %zu",
                  call->entry->method->name, *ret_len, most);
    return NULL;
}

/* Sends the whole answer of a call, which the caller has brought to ANSWERED. */
static void answer_call(pt_server_call *call, bool not_run) {
    size_t len = 0;
    const ProtobufCMessage *reply = reply_to_send(call, &len);
    pt_frame frame = {.stream = call->stream,
                      .has_result = true,
                      .result = result_of(&call->status),
                      .metadata = {.set = &call->headers},
                      .has_payload = reply != NULL,
                      .payload = {.len = len}};
    frame.result.not_run = not_run;
    frame.result.metadata.set = &call->trailers;
    send_frame(call->server, call->arrival, &frame, reply);
}

/* Ends the execution: answers unless the deadline did, and lets go. */
static void end_execution(pt_server_call *call, bool not_run) {
    if (pt_timers_cancel(call->server->timers, &call->timer)) pt_call_let_go(call);
    if (atomic_exchange(&call->state, PT_CALL_ANSWERED) != PT_CALL_ANSWERED) answer_call(call, not_run);
    pt_call_let_go(call);
}

void pt_call_refuse(pt_server_call *call) {
    end_execution(call, true);
}

void pt_server_call_finish(pt_server_call *call, pt_code code) {
    call->status.code = (unsigned)code <= PT_UNAUTHENTICATED ? code : PT_UNKNOWN;
    end_execution(call, false);
}

void pt_answer_late(pt_server_call *call) {
    int before = atomic_exchange(&call->state, PT_CALL_ANSWERED);
    if (before != PT_CALL_ANSWERED) {
        pt_status st = PT_STATUS_INIT; /* the call's own may be in the handler's hands */
        pt_status_set(&st, PT_DEADLINE_EXCEEDED, "%s: the deadline passed %s", call->entry->method->name,
                      before == PT_CALL_QUEUED ? "before the call could run" : "while the call was running");
        pt_answer_status(call->server, call->arrival, call->stream, &st, before == PT_CALL_QUEUED);
    }
    pt_call_let_go(call);
}
