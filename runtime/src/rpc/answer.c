/* The end of a call on the server: its answer, and giving it back. */
#include "rpc/dispatch.h"
#include "rpc/server_stream.h"
#include "rpc/session.h"

/* ---- holding ---- */

bool pt_call_hold(pt_server_call *call) {
    unsigned n = atomic_load(&call->holders);
    while (n && !atomic_compare_exchange_weak(&call->holders, &n, n + 1))
        ;
    return n > 0;
}

/* A call ends: the next one that waits for that may run. With the lock. */
static pt_task *pass_turn(pt_server *server) {
    pt_task *task = server->backlog;
    if (!task) {
        server->n_turns--;
        return NULL;
    }
    server->backlog = task->next;
    if (!server->backlog) server->backlog_end = &server->backlog;
    task->next = NULL;
    ((pt_server_call *)task)->has_turn = true;
    return task;
}

/* Frees what a call holds and gives it back to the pool. */
static void give_back(pt_server_call *call) {
    pt_server *server = call->server;
    pt_parcel_let_go(call->parcel);
    call->parcel = NULL;
    pt_server_stream_free(call->streaming);
    call->streaming = NULL;
    pt_status_done(&call->status);
    pt_arena_reset(&call->arena);
    server->transport->peer_let_go(call->peer);
    if (call->session) pt_session_let_go(call->session);
    pthread_mutex_lock(&server->lock);
    pt_task *next = call->has_turn ? pass_turn(server) : NULL;
    call->next_free = server->free;
    server->free = call;
    if (--server->n_calls == 0) pthread_cond_broadcast(&server->idle);
    pthread_mutex_unlock(&server->lock);
    pt_dispatch_one(next);
}

void pt_call_unmake(pt_server_call *call) {
    give_back(call);
}

void pt_call_let_go(pt_server_call *call) {
    if (atomic_fetch_sub(&call->holders, 1) != 1) return;
    call->server->transport->port_release(call->server->port, 1);
    give_back(call);
}

/* ---- answering ---- */

pt_result_part pt_result_of(const pt_status *st) {
    const char *message = st->code && !st->message[0] ? pt_code_name(st->code) : st->message;
    return (pt_result_part){.code = (uint32_t)st->code,
                            .message = pt_slice_str(st->code ? message : ""),
                            .details = pt_slice_of(st->details, st->code ? st->details_len : 0)};
}

/* Without memory for an answer there is none: the client's deadline ends its call. */
static void send_direct(pt_server *server, pt_peer *peer, const pt_route *route, pt_frame *frame,
                        const ProtobufCMessage *message) {
    pt_msg msg;
    uint8_t *timeout;
    if (!server->transport->msg_new(pt_frame_measure(frame), &msg)) return;
    uint8_t *payload = pt_frame_write(msg.bytes, frame, &timeout);
    if (message) protobuf_c_message_pack(message, payload);
    server->transport->peer_reply(peer, route, msg);
    server->transport->peer_flush(peer);
}

void pt_answer_status(pt_server *server, pt_peer *peer, const pt_route *route, uint64_t stream, const pt_status *st) {
    pt_frame frame = {.stream = stream, .has_result = true, .result = pt_result_of(st)};
    frame.result.not_run = true;
    send_direct(server, peer, route, &frame, NULL);
}

/* Sends the last frame of a call. */
static void send_last(pt_server_call *call, pt_frame *frame, const ProtobufCMessage *message) {
    if (call->session)
        pt_session_send(call, pt_out_frame_new(frame, message, (pt_slice){0}), true);
    else
        send_direct(call->server, call->peer, &call->route, frame, message);
}

/* Refuses a reply that is too long by turning it into an error. */
static const ProtobufCMessage *reply_to_send(pt_server_call *call, size_t *ret_len) {
    size_t most = call->server->options.limits.message_bytes;
    if (call->status.code || !call->reply) return NULL;
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
                      .result = pt_result_of(&call->status),
                      .metadata = {.set = pt_server_stream_has_begun(call) ? NULL : &call->headers},
                      .has_payload = reply != NULL,
                      .payload = {.len = len}};
    frame.result.not_run = not_run;
    frame.result.metadata.set = &call->trailers;
    send_last(call, &frame, reply);
}

/* Ends the execution: answers unless the deadline did, and lets go. */
static void end_execution(pt_server_call *call, bool not_run) {
    pt_server_stream_end(call, true);
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

/* Answers in place of the handler. The call's own status may be in its hands. */
static void answer_for(pt_server_call *call, const pt_status *st, bool not_run) {
    pt_frame frame = {.stream = call->stream, .has_result = true, .result = pt_result_of(st)};
    frame.result.not_run = not_run;
    send_last(call, &frame, NULL);
    pt_server_stream_end(call, false);
}

void pt_answer_late(pt_server_call *call) {
    int before = atomic_exchange(&call->state, PT_CALL_ANSWERED);
    if (before != PT_CALL_ANSWERED) {
        pt_status st = PT_STATUS_INIT;
        pt_status_set(&st, PT_DEADLINE_EXCEEDED, "%s: the deadline passed %s", call->entry->method->name,
                      before == PT_CALL_QUEUED ? "before the call could run" : "while the call was running");
        answer_for(call, &st, before == PT_CALL_QUEUED);
    }
    pt_call_let_go(call);
}

void pt_answer_early(pt_server_call *call, const pt_status *st) {
    atomic_store(&call->abandoned, true);
    if (atomic_exchange(&call->state, PT_CALL_ANSWERED) != PT_CALL_ANSWERED) answer_for(call, st, false);
}

void pt_call_abandon(pt_server_call *call) {
    atomic_store(&call->abandoned, true);
    atomic_store(&call->state, PT_CALL_ANSWERED);
    pt_server_stream_end(call, false);
}
