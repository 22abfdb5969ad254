/* What a server answers to peers that are no channel: bare nng REQ sockets with any bytes. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rpc/envelope.h"
#include "support/random.h"
#include "transport/testdata/rig.h"

static nng_socket dial(rig *r) {
    nng_socket s;
    cr_assert_eq(nng_req0_open(&s), 0);
    cr_assert_eq(nng_socket_set_ms(s, NNG_OPT_RECVTIMEO, 20000), 0);
    cr_assert_eq(nng_dial(s, pt_server_url(r->server, 0), NULL, 0), 0);
    return s;
}

/* Sends bytes and reads the answer's frame, which lies in *ret_msg. */
static pt_frame ask(nng_socket s, const void *bytes, size_t len, nng_msg **ret_msg) {
    pt_envelope e;
    pt_frame f;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(nng_send(s, (void *)bytes, len, 0), 0);
    cr_assert_eq(nng_recvmsg(s, ret_msg, 0), 0, "no answer");
    pt_slice got = pt_slice_of(nng_msg_body(*ret_msg), nng_msg_len(*ret_msg));
    pt_reader reader = pt_reader_of(got);
    cr_assert_eq(pt_envelope_read(got, &e, &st), PT_OK, "%s", st.message);
    cr_assert_eq(e.session, 0);
    cr_assert(pt_envelope_next(&reader, &f));
    cr_assert(f.has_result);
    return f;
}

static void expect_refused(nng_socket s, const void *bytes, size_t len, pt_code code, const char *part) {
    nng_msg *msg;
    pt_frame f = ask(s, bytes, len, &msg);
    cr_expect_eq(f.result.code, (uint32_t)code, "%u: %.*s", f.result.code, (int)f.result.message.len, f.result.message.ptr);
    cr_expect_not_null(memmem(f.result.message.ptr, f.result.message.len, part, strlen(part)), "%.*s",
                       (int)f.result.message.len, f.result.message.ptr);
    cr_expect(f.result.not_run);
    nng_msg_free(msg);
}

#define EXPECT_REFUSED(s, literal, code, part) expect_refused(s, literal, sizeof(literal) - 1, code, part)

/* Envelope of one frame; payload NULL: none. */
static size_t write_frame(uint8_t *to, pt_frame f, const void *payload) {
    uint8_t *timeout;
    size_t len = pt_frame_measure(&f);
    uint8_t *p = pt_frame_write(to, &f, &timeout);
    if (payload) memcpy(p, payload, f.payload.len);
    return len;
}

static pt_frame call_frame(const char *method, size_t payload_len) {
    return (pt_frame){.stream = 9,
                      .has_call = true,
                      .call = {.method = pt_slice_str(method)},
                      .half_close = true,
                      .has_payload = true,
                      .payload = {.len = payload_len}};
}

#define ECHO "partie.echo.v1.EchoService/Echo"

Test(wire, a_bare_socket_can_call) {
    rig r;
    nng_msg *msg;
    uint8_t bytes[256];
    rig_init(&r);
    rig_serve(&r, NULL, NULL);
    nng_socket s = dial(&r);
    size_t len = write_frame(bytes, call_frame(ECHO, 4), "\x0a\x02hi");
    pt_frame f = ask(s, bytes, len, &msg);
    cr_expect_eq(f.result.code, 0);
    cr_expect_eq(f.stream, 9, "the stream is given back");
    cr_expect(pt_slice_equal(f.payload, pt_slice_of("\x0a\x02hi", 4)));
    nng_msg_free(msg);

    pt_frame by_hash = call_frame("", 0); /* the hash alone names the method too */
    by_hash.call.method_hash = partie__echo__v1__echo_service__service.methods[0].hash;
    len = write_frame(bytes, by_hash, NULL);
    f = ask(s, bytes, len, &msg);
    cr_expect_eq(f.result.code, 0);
    cr_expect(f.has_payload && f.payload.len == 0);
    nng_msg_free(msg);
    nng_close(s);
    pt_server_close(r.server);
}

Test(wire, what_is_no_direct_call_is_refused_and_the_server_stays_up) {
    rig r;
    uint8_t bytes[512];
    rig_init(&r);
    rig_serve(&r, NULL, NULL);
    nng_socket s = dial(&r);
    EXPECT_REFUSED(s, "GET / HTTP/1.1\r\n\r\n", PT_INVALID_ARGUMENT, "envelope: malformed");
    EXPECT_REFUSED(s, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", PT_INVALID_ARGUMENT, "byte 0");
    EXPECT_REFUSED(s, "\x7a\x00", PT_INVALID_ARGUMENT, "frames of one call");
    EXPECT_REFUSED(s,
                   "\x09"
                   "12345678"
                   "\x10\x01",
                   PT_FAILED_PRECONDITION, "has not opened session 3837363534333231");
    EXPECT_REFUSED(s, "\x1a\x00", PT_FAILED_PRECONDITION, "not session 0");
    expect_refused(s, "", 0, PT_INVALID_ARGUMENT, "no call");
    expect_refused(s, bytes, write_frame(bytes, call_frame("no.Such/Method", 0), NULL), PT_UNIMPLEMENTED, "no.Such/Method");
    expect_refused(s, bytes, write_frame(bytes, call_frame("partie.echo.v1.EchoService/Nope", 0), NULL), PT_UNIMPLEMENTED,
                   "no such method");
    expect_refused(s, bytes, write_frame(bytes, call_frame("partie.echo.v1.EchoService/Watch", 0), NULL), PT_UNIMPLEMENTED,
                   "streaming");
    expect_refused(s, bytes, write_frame(bytes, call_frame("", 0), NULL), PT_UNIMPLEMENTED, "hash 0x0000000000000000");

    pt_frame f = call_frame(ECHO, 0);
    f.has_payload = false;
    expect_refused(s, bytes, write_frame(bytes, f, NULL), PT_INVALID_ARGUMENT, "no payload");
    f = call_frame(ECHO, 0);
    f.cancel = true;
    expect_refused(s, bytes, write_frame(bytes, f, NULL), PT_INVALID_ARGUMENT, "no place in a direct call");
    f = call_frame(ECHO, 0);
    f.encoding = 1;
    expect_refused(s, bytes, write_frame(bytes, f, NULL), PT_UNIMPLEMENTED, "encoding");
    f = call_frame(ECHO, 0);
    f.call.hops = 33;
    expect_refused(s, bytes, write_frame(bytes, f, NULL), PT_FAILED_PRECONDITION, "a loop?");
    size_t len = write_frame(bytes, call_frame(ECHO, 0), NULL);
    expect_refused(s, bytes, len + write_frame(bytes + len, call_frame(ECHO, 0), NULL), PT_INVALID_ARGUMENT, "one call");

    expect_refused(s, bytes, write_frame(bytes, call_frame(ECHO, 3), "\x0a\x05h"), PT_INVALID_ARGUMENT, "request of " ECHO);
    expect_refused(s, bytes, write_frame(bytes, call_frame(ECHO, 4), "\x0a\x02\xff\xfe"), PT_INVALID_ARGUMENT, "text");
    cr_expect_eq(atomic_load(&r.runs), 0);

    nng_msg *msg;
    pt_frame ok = ask(s, bytes, write_frame(bytes, call_frame(ECHO, 0), NULL), &msg);
    cr_expect_eq(ok.result.code, 0, "it serves on");
    nng_msg_free(msg);
    nng_close(s);
    pt_server_close(r.server);
}

/* field 5 nested: 250 times */
Test(wire, deep_messages_are_refused_unread) {
    rig r;
    uint8_t payload[1024], bytes[2048], *p = payload + sizeof payload;
    size_t len = 0;
    rig_init(&r);
    rig_serve(&r, NULL, NULL);
    nng_socket s = dial(&r);
    for (int depth = 0; depth < 250; depth++) {
        if (len >= 128) *--p = (uint8_t)(len >> 7);
        *--p = (uint8_t)(len >= 128 ? len | 0x80 : len);
        *--p = 5 << 3 | 2;
        len = (size_t)(payload + sizeof payload - p);
    }
    expect_refused(s, bytes, write_frame(bytes, call_frame(ECHO, len), p), PT_RESOURCE_EXHAUSTED, "request of " ECHO);
    nng_close(s);
    pt_server_close(r.server);
}

Test(wire, random_bytes_never_stop_the_server) {
    enum { N = 3000 };
    rig r;
    pt_random random;
    uint8_t good[64], bytes[64];
    nng_msg *msg;
    pt_random_init(&random);
    rig_init(&r);
    rig_serve(&r, NULL, NULL);
    nng_socket s = dial(&r);
    size_t len = write_frame(good, call_frame(ECHO, 4), "\x0a\x02hi");
    for (int i = 0; i < N; i++) {
        memcpy(bytes, good, len);
        for (uint64_t n = 1 + pt_random_below(&random, 3); n; n--)
            bytes[pt_random_below(&random, len)] = (uint8_t)pt_random_next(&random);
        ask(s, bytes, pt_random_below(&random, 4) ? len : pt_random_below(&random, len), &msg);
        nng_msg_free(msg);
    }
    nng_close(s);
    pt_server_close(r.server);
}

/* ---- strangers that are no SP sockets ---- */

static int connect_plainly(rig *r) {
    long port = strtol(strrchr(pt_server_url(r->server, 0), ':') + 1, NULL, 10);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Sends bytes and expects that the server hangs up without more than its greeting. */
static void expect_hung_up(rig *r, const char *bytes, size_t len) {
    char back[64];
    ssize_t n, total = 0;
    int fd = connect_plainly(r);
    cr_assert_eq(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
    while ((n = recv(fd, back, sizeof back, 0)) > 0)
        total += n;
    cr_expect_leq(total, 8);
    close(fd);
}

#define GREETING "\0SP\0\0\x30\0\0"

Test(wire, strangers_are_hung_up_on) {
    rig r;
    pt_context ctx;
    rig_init(&r);
    rig_serve(&r, NULL, NULL);
    expect_hung_up(&r, "GET / HTTP/1.1\r\n\r\n", 18);
    expect_hung_up(&r, "\0SP\0\0\x31\0\0", 8);                       /* a server, as we are */
    expect_hung_up(&r, GREETING "\x7f\0\0\0\0\0\0\0", 16);           /* a message of 2^63 bytes */
    expect_hung_up(&r, GREETING "\0\0\0\0\0\0\0\x04\0\0\0\x01", 20); /* no request id */
    expect_hung_up(&r, GREETING "\0\0\0\0\0\0\0\x02\x80\0", 18);     /* half of one */
    rig_open(&r, pt_server_url(r.server, 0), NULL);
    pt_context_init(&ctx);
    cr_expect_eq(rig_call(&r, &ctx, "after"), PT_OK, "%s", ctx.status.message);
    pt_context_done(&ctx);
    rig_stop(&r);
}

Test(wire, a_peer_that_leaves_at_once_does_no_harm) {
    enum { N = 300 };
    rig r;
    uint8_t call[256], bytes[300] = GREETING "\0\0\0\0\0\0\0\0\x80\0\0\1";
    pt_context ctx;
    rig_init(&r);
    rig_serve(&r, NULL, NULL);
    size_t len = write_frame(call, call_frame(ECHO, 4), "\x0a\x02hi");
    bytes[15] = (uint8_t)(4 + len);
    memcpy(bytes + 20, call, len);
    for (int i = 0; i < N; i++) {
        int fd = connect_plainly(&r);
        cr_assert_eq(send(fd, bytes, 20 + len - (size_t)i % 8, MSG_NOSIGNAL), (ssize_t)(20 + len - (size_t)i % 8));
        close(fd);
    }
    rig_open(&r, pt_server_url(r.server, 0), NULL);
    pt_context_init(&ctx);
    cr_expect_eq(rig_call(&r, &ctx, "after"), PT_OK, "%s", ctx.status.message);
    pt_context_done(&ctx);
    rig_stop(&r);
}

/* ---- a channel before something that is no partie server ---- */

typedef struct imposter {
    nng_socket socket;
    bool greets; /* says hello before it answers */
    const char *answer;
    size_t len;
} imposter;

/* Answers hello as a server does; its first 9 bytes are the session. */
static void greet(nng_socket s) {
    nng_msg *msg;
    uint8_t bytes[11];
    cr_assert_eq(nng_recvmsg(s, &msg, 0), 0);
    memcpy(bytes, nng_msg_body(msg), 9);
    memcpy(bytes + 9, "\x1a\x00", 2);
    nng_msg_free(msg);
    cr_assert_eq(nng_send(s, bytes, sizeof bytes, 0), 0);
}

static void *answer_once(void *arg) {
    imposter *i = arg;
    nng_msg *msg;
    uint8_t bytes[64];
    if (i->greets) greet(i->socket);
    if (nng_recvmsg(i->socket, &msg, 0)) return NULL;
    memcpy(bytes, nng_msg_body(msg), 9);
    nng_msg_free(msg);
    memcpy(bytes + 9, i->answer, i->len);
    if (i->greets)
        nng_send(i->socket, bytes, 9 + i->len, 0);
    else
        nng_send(i->socket, (void *)i->answer, i->len, 0);
    return NULL;
}

static void expect_internal(bool greets, const char *answer, size_t len, const char *part) {
    imposter i = {.greets = greets, .answer = answer, .len = len};
    rig r;
    pt_context ctx;
    pthread_t thread;
    rig_init(&r);
    nng_listener listener;
    char url[64];
    int port;
    cr_assert_eq(nng_rep0_open(&i.socket), 0);
    cr_assert_eq(nng_listen(i.socket, "tcp://127.0.0.1:0", &listener, 0), 0);
    cr_assert_eq(nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port), 0);
    snprintf(url, sizeof url, "tcp://127.0.0.1:%d", port);
    pthread_create(&thread, NULL, answer_once, &i);
    rig_open(&r, url, NULL);
    pt_context_init(&ctx);
    cr_expect_eq(rig_call(&r, &ctx, "x"), PT_INTERNAL, "%s", ctx.status.message);
    cr_expect(strstr(ctx.status.message, part), "%s", ctx.status.message);
    pt_context_done(&ctx);
    pthread_join(thread, NULL);
    pt_channel_close(r.channel);
    nng_close(i.socket);
}

Test(wire, an_answer_that_is_none_is_an_internal_error) {
    expect_internal(false, "hello", 5, "no partie envelope");
    expect_internal(false, "", 0, "does not say hello");
    expect_internal(false, "\x7a\x02\x08\x01", 4, "does not say hello");
    expect_internal(true, "hello", 5, "no partie envelope");
    expect_internal(true, "\x7a\x04\x08\x01\x1a\x00", 6, "no message"); /* stream 1, a result */
    expect_internal(true, "\x7a\x07\x08\x01\x1a\x00\x7a\x01\x0a", 9, "reply of " ECHO);
    expect_internal(true, "\x7a\x08\x08\x01\x1a\x00\x7a\x02\x0a\x05", 10, "reply of " ECHO);
}
