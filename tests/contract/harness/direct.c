#include "direct.h"

#include "wire.h"

#include <criterion/criterion.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdio.h>
#include <time.h>

/* Field numbers of partie/wire/v1/wire.proto. */
enum {
    ENVELOPE_FRAMES = 15,
    FRAME_CALL = 2,
    FRAME_RESULT = 3,
    FRAME_HALF_CLOSE = 4,
    FRAME_PAYLOAD = 15,
    CALL_METHOD = 1,
    CALL_TIMEOUT_US = 4,
    RESULT_CODE = 1,
    RESULT_MESSAGE = 2,
};

static void put_envelope(const char *method, uint64_t timeout_us, pt_slice request, pt_buf *out) {
    pt_buf call = PT_BUF_INIT(PT_TEST_BUF_BYTES), frame = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_put_len(&call, CALL_METHOD, pt_slice_str(method));
    if (timeout_us) {
        pt_put_tag(&call, CALL_TIMEOUT_US, PT_WIRE_VARINT);
        pt_put_varint(&call, timeout_us);
    }
    pt_put_len(&frame, FRAME_CALL, pt_buf_slice(&call));
    pt_put_tag(&frame, FRAME_HALF_CLOSE, PT_WIRE_VARINT);
    pt_put_varint(&frame, 1);
    pt_put_len(&frame, FRAME_PAYLOAD, request);
    pt_put_len(out, ENVELOPE_FRAMES, pt_buf_slice(&frame));
    pt_buf_done(&call);
    pt_buf_done(&frame);
}

static bool find_part(pt_slice message, uint32_t number, pt_part *ret_part) {
    while (pt_part_next(&message, ret_part)) {
        if (ret_part->number == number) return true;
    }
    return false;
}

static void read_result(pt_slice envelope, pt_direct_answer *answer) {
    pt_part frame, result, part;
    bool found = find_part(envelope, ENVELOPE_FRAMES, &frame) && find_part(frame.bytes, FRAME_RESULT, &result);
    cr_assert(found, "direct mode: the answer has no frame with a result");
    if (find_part(result.bytes, RESULT_CODE, &part)) answer->code = (uint32_t)part.value;
    if (find_part(result.bytes, RESULT_MESSAGE, &part)) {
        size_t len = part.bytes.len < sizeof answer->message ? part.bytes.len : sizeof answer->message - 1;
        memcpy(answer->message, part.bytes.ptr, len);
    }
}

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void must(int rv, const char *what) {
    cr_assert_eq(rv, 0, "direct mode: %s: %s", what, nng_strerror(rv));
}

void pt_direct_call(const char *url, const char *method, uint64_t timeout_us, pt_slice request, uint32_t wait_ms,
                    pt_direct_answer *ret_answer) {
    pt_buf envelope = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    nng_socket socket;
    void *answer;
    size_t answer_len;
    *ret_answer = (pt_direct_answer){0};
    put_envelope(method, timeout_us, request, &envelope);
    must(nng_req0_open(&socket), "socket");
    must(nng_socket_set_ms(socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE), "no resending");
    must(nng_socket_set_ms(socket, NNG_OPT_RECVTIMEO, (nng_duration)wait_ms), "receive timeout");
    must(nng_socket_set_ms(socket, NNG_OPT_SENDTIMEO, (nng_duration)wait_ms), "send timeout");
    must(nng_dial(socket, url, NULL, 0), url);
    uint64_t start = now_ms();
    must(nng_send(socket, envelope.ptr, envelope.len, 0), "send");
    int rv = nng_recv(socket, &answer, &answer_len, NNG_FLAG_ALLOC);
    ret_answer->took_ms = (uint32_t)(now_ms() - start);
    if (rv != NNG_ETIMEDOUT) {
        must(rv, "receive");
        ret_answer->came = true;
        read_result(pt_slice_of(answer, answer_len), ret_answer);
        nng_free(answer, answer_len);
    }
    nng_close(socket);
    pt_buf_done(&envelope);
}
