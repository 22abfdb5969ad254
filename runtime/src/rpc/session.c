#include "rpc/session.h"

#include <inttypes.h>
#include <stdlib.h>

#include "partie/wire/v1/wire.pb.h"
#include "rpc/dispatch.h"
#include "rpc/server_stream.h"

#define TABLE_SIZE 256

struct pt_session {
    pt_server *server;
    pt_peer *peer; /* held */
    uint64_t id;
    pt_session *next, **link; /* of the server's list; under its lock */
    atomic_uint holders;      /* the connection, and each call */

    pthread_mutex_t lock; /* of what follows */
    pt_outbox out;
    pt_route held[PT_SESSION_HELD + 1]; /* oldest first */
    size_t n_held;
    bool writing; /* something was handed over and isn't written yet */
    bool corked;  /* an envelope is being taken; what it causes leaves together */
    bool gone;    /* the peer has left */
    bool says_go_away;
    pt_server_call *table[TABLE_SIZE]; /* open calls by stream */
};

/* ---- life ---- */

void pt_session_hold(pt_session *s) {
    atomic_fetch_add(&s->holders, 1);
}

void pt_session_let_go(pt_session *s) {
    if (atomic_fetch_sub(&s->holders, 1) != 1) return;
    s->server->transport->peer_let_go(s->peer);
    pt_outbox_done(&s->out);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static pt_session *new_session(pt_server *server, pt_peer *peer, uint64_t id) {
    pt_session *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->server = server;
    s->peer = peer;
    s->id = id;
    atomic_init(&s->holders, 1);
    pthread_mutex_init(&s->lock, NULL);
    pt_outbox_init(&s->out);
    server->transport->peer_hold(peer);
    pthread_mutex_lock(&server->lock);
    s->says_go_away = server->draining;
    s->next = server->sessions;
    s->link = &server->sessions;
    if (s->next) s->next->link = &s->next;
    server->sessions = s;
    pthread_mutex_unlock(&server->lock);
    return s;
}

/* ---- sending ---- */

/* An envelope that is no run of frames: hello or go_away. */
static bool pack_head(pt_server *server, const Partie__Wire__V1__Envelope *envelope, pt_msg *ret_msg) {
    if (!server->transport->msg_new(protobuf_c_message_get_packed_size(&envelope->base), ret_msg)) return false;
    protobuf_c_message_pack(&envelope->base, ret_msg->bytes);
    return true;
}

static bool pack_go_away(pt_session *s, pt_msg *ret_msg) {
    Partie__Wire__V1__GoAway go_away = PARTIE__WIRE__V1__GO_AWAY__INIT;
    Partie__Wire__V1__Envelope envelope = PARTIE__WIRE__V1__ENVELOPE__INIT;
    go_away.message = (char *)"the server is shutting down";
    envelope.session = s->id;
    envelope.go_away = &go_away;
    return pack_head(s->server, &envelope, ret_msg);
}

/* The next envelope if one is due, queued at the connection. With the lock. */
static bool send_one(pt_session *s) {
    bool has_news = s->out.first || s->says_go_away;
    bool due = s->n_held > PT_SESSION_HELD || (s->n_held && has_news && !s->writing);
    pt_msg msg;
    if (!due || s->corked || s->gone) return false;
    bool packed =
        s->says_go_away ? pack_go_away(s, &msg) : pt_outbox_pack(&s->out, s->server->transport, s->id, NULL, NULL, &msg);
    if (!packed) return false;
    s->says_go_away = false;
    pt_route route = s->held[0];
    memmove(&s->held[0], &s->held[1], --s->n_held * sizeof s->held[0]);
    s->writing = true;
    s->server->transport->peer_reply(s->peer, &route, msg);
    return true;
}

/* Sends what is due. With the lock, which it releases. */
static void unlock_and_flush(pt_session *s) {
    bool queued = false;
    while (send_one(s))
        queued = true;
    pthread_mutex_unlock(&s->lock);
    if (queued) s->server->transport->peer_flush(s->peer);
}

void pt_session_written(pt_server *server, pt_peer *peer) {
    pt_session *s = *server->transport->peer_user(peer);
    if (!s) return;
    pthread_mutex_lock(&s->lock);
    s->writing = false;
    unlock_and_flush(s);
}

/* ---- open calls ---- */

static pt_server_call **bucket_of(pt_session *s, uint64_t stream) {
    return &s->table[stream % TABLE_SIZE];
}

static pt_server_call *find(pt_session *s, uint64_t stream) {
    pt_server_call *call = *bucket_of(s, stream);
    while (call && call->stream != stream)
        call = call->next_open;
    return call;
}

static void remove_call(pt_session *s, pt_server_call *call) {
    pt_server_call **at = bucket_of(s, call->stream);
    while (*at && *at != call)
        at = &(*at)->next_open;
    if (*at) *at = call->next_open;
}

void pt_session_send(pt_server_call *call, pt_out_frame *frame, bool last) {
    pt_session *s = call->session;
    pthread_mutex_lock(&s->lock);
    if (last) remove_call(s, call);
    if (s->gone)
        free(frame);
    else if (frame)
        pt_outbox_add(&s->out, frame);
    unlock_and_flush(s);
}

/* Answers a frame that did not become a call. */
static void refuse(pt_session *s, uint64_t stream, const pt_status *st) {
    pt_frame frame = {.stream = stream, .has_result = true, .result = pt_result_of(st)};
    frame.result.not_run = true;
    pt_out_frame *f = pt_out_frame_new(&frame, NULL, (pt_slice){0});
    if (!f) return; /* without memory for an answer the client's deadline ends its call */
    pthread_mutex_lock(&s->lock);
    pt_outbox_add(&s->out, f);
    unlock_and_flush(s);
}

void pt_session_left(pt_server *server, pt_peer *peer) {
    pt_session *s = *server->transport->peer_user(peer);
    if (!s) return;
    pthread_mutex_lock(&server->lock);
    *s->link = s->next;
    if (s->next) s->next->link = s->link;
    pthread_mutex_unlock(&server->lock);
    pthread_mutex_lock(&s->lock);
    s->gone = true;
    for (size_t i = 0; i < TABLE_SIZE; i++)
        for (pt_server_call *call; (call = s->table[i]);) {
            s->table[i] = call->next_open;
            bool held = pt_call_hold(call); /* as long as it is in the table, somebody holds it */
            pthread_mutex_unlock(&s->lock);
            pt_call_abandon(call);
            if (held) pt_call_let_go(call);
            pthread_mutex_lock(&s->lock);
        }
    pthread_mutex_unlock(&s->lock);
    pt_session_let_go(s);
}

void pt_sessions_go_away(pt_server *server) {
    pthread_mutex_lock(&server->lock);
    for (pt_session *s = server->sessions; s; s = s->next) {
        pthread_mutex_lock(&s->lock);
        s->says_go_away = true;
        unlock_and_flush(s);
    }
    pthread_mutex_unlock(&server->lock);
}

bool pt_sessions_are_empty(pt_server *server) {
    bool empty = true;
    pthread_mutex_lock(&server->lock);
    for (pt_session *s = server->sessions; s && empty; s = s->next) {
        pthread_mutex_lock(&s->lock);
        empty = !s->out.first;
        pthread_mutex_unlock(&s->lock);
    }
    pthread_mutex_unlock(&server->lock);
    return empty;
}

/* ---- receiving ---- */

/* Enters a call, which isn't running yet. INVALID_ARGUMENT: its stream is open already. */
static pt_code add_call(pt_session *s, pt_server_call *call, pt_status *st) {
    pthread_mutex_lock(&s->lock);
    bool fresh = !find(s, call->stream);
    if (fresh) {
        call->next_open = *bucket_of(s, call->stream);
        *bucket_of(s, call->stream) = call;
    }
    pthread_mutex_unlock(&s->lock);
    return fresh ? PT_OK : pt_status_set(st, PT_INVALID_ARGUMENT, "envelope: stream %" PRIu64 " is open already", call->stream);
}

/* True: the frame became a call. */
static bool open_call(pt_session *s, const pt_frame *frame, pt_parcel *parcel, pt_dispatch *d) {
    pt_status st = PT_STATUS_INIT;
    pt_incoming in = {.stream = frame->stream,
                      .call = &frame->call,
                      .frame = frame,
                      .has_payload = frame->has_payload,
                      .payload = frame->payload,
                      .parcel = parcel,
                      .peer = s->peer,
                      .session = s};
    pt_server_call *call = NULL;
    pt_code code = pt_frame_check(frame, &st);
    if (!code) code = pt_call_make(s->server, &in, &call, &st);
    if (!code && (code = add_call(s, call, &st))) pt_call_unmake(call);
    if (code)
        refuse(s, frame->stream, &st);
    else
        pt_dispatch_add(d, call);
    return !code;
}

static void refuse_more(pt_server_call *call) {
    pt_status st = PT_STATUS_INIT;
    pt_status_set(&st, PT_RESOURCE_EXHAUSTED, "%s: a message over the limit, or beyond the stream's credit",
                  call->entry->method->name);
    pt_answer_early(call, &st);
}

/* A frame of a call that is there already, or was. */
static void continue_call(pt_session *s, const pt_frame *frame) {
    pthread_mutex_lock(&s->lock);
    pt_server_call *call = find(s, frame->stream);
    bool held = call && pt_call_hold(call);
    if (held && frame->cancel) remove_call(s, call);
    pthread_mutex_unlock(&s->lock);
    if (!held) return;
    if (frame->cancel)
        pt_call_abandon(call);
    else if (pt_server_stream_frame(call, frame))
        refuse_more(call);
    pt_call_let_go(call);
}

static void take_frames(pt_session *s, const pt_envelope *envelope, pt_parcel *parcel) {
    pt_reader r = pt_reader_of(envelope->bytes);
    pt_dispatch d = {.server = s->server};
    pt_frame frame;
    uint32_t n_calls = 0;
    while (pt_envelope_next(&r, &frame)) {
        if (!frame.has_call)
            continue_call(s, &frame);
        else if (open_call(s, &frame, parcel, &d))
            n_calls++;
    }
    /* The places are taken before the calls can run and give them back. */
    if (n_calls > 1) s->server->transport->port_occupy(s->server->port, n_calls - 1);
    pt_dispatch_done(&d);
    if (!n_calls) s->server->transport->port_release(s->server->port, 1);
}

static void take_envelope(pt_session *s, const pt_route *route, const pt_envelope *envelope, pt_parcel *parcel) {
    pthread_mutex_lock(&s->lock);
    if (s->n_held > PT_SESSION_HELD) s->n_held--; /* there was no memory to release one; the newest is forgotten */
    s->held[s->n_held++] = *route;
    s->corked = true;
    pthread_mutex_unlock(&s->lock);
    take_frames(s, envelope, parcel);
    pthread_mutex_lock(&s->lock);
    s->corked = false;
    unlock_and_flush(s);
}

/* Opens the peer's session and says hello. */
static pt_code welcome(pt_server *server, pt_peer *peer, const pt_route *route, const pt_envelope *envelope, pt_status *st) {
    pt_msg msg;
    Partie__Wire__V1__Hello hello = PARTIE__WIRE__V1__HELLO__INIT;
    Partie__Wire__V1__Envelope answer = PARTIE__WIRE__V1__ENVELOPE__INIT;
    void **user = server->transport->peer_user(peer);
    if (!envelope->session || *user)
        return pt_status_set(st, PT_FAILED_PRECONDITION, "envelope: hello opens one session a connection, and not session 0");
    if (envelope->n_frames)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "envelope: frames follow after the envelope with hello");
    hello.version = 1;
    hello.max_message_bytes = server->options.limits.message_bytes;
    answer.session = envelope->session;
    answer.hello = &hello;
    if (!pack_head(server, &answer, &msg)) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "session: out of memory");
    *user = new_session(server, peer, envelope->session);
    if (!*user) {
        server->transport->msg_free(msg);
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "session: out of memory");
    }
    server->transport->peer_reply(peer, route, msg);
    server->transport->peer_flush(peer);
    return PT_OK;
}

void pt_session_request(pt_server *server, pt_peer *peer, const pt_route *route, const pt_envelope *envelope, pt_msg msg) {
    pt_session *s = *server->transport->peer_user(peer);
    pt_status st = PT_STATUS_INIT;
    pt_code code = PT_OK;
    pt_parcel *parcel = pt_parcel_new(server->transport, msg);
    if (!parcel)
        code = pt_status_set(&st, PT_RESOURCE_EXHAUSTED, "envelope: out of memory");
    else if (envelope->has_hello)
        code = welcome(server, peer, route, envelope, &st);
    else if (!s || s->id != envelope->session)
        code = pt_status_set(&st, PT_FAILED_PRECONDITION, "envelope: this connection has not opened session %016" PRIx64,
                             envelope->session);
    if (code) pt_answer_status(server, peer, route, 0, &st);
    if (code || envelope->has_hello)
        server->transport->port_release(server->port, 1);
    else
        take_envelope(s, route, envelope, parcel);
    pt_parcel_let_go(parcel);
}
