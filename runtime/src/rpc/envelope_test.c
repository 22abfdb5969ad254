#include "rpc/envelope.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "partie/wire/v1/wire.pb.h"
#include "support/random.h"

typedef Partie__Wire__V1__Envelope envelope_pb;
typedef Partie__Wire__V1__Frame frame_pb;
typedef Partie__Wire__V1__Metadata metadata_pb;

#define ROUNDS 3000
#define MAX_FRAMES 5
#define MAX_PAIRS 4

/* ---- random values; kept small, with zeros and huge numbers among them ---- */

static uint64_t random_number(pt_random *r) {
    return pt_random_below(r, 3) == 0 ? 0 : pt_random_next(r) >> pt_random_below(r, 64);
}

static bool coin(pt_random *r) {
    return pt_random_below(r, 2) == 0;
}

static char *random_text(pt_random *r, pt_arena *a, size_t most) {
    size_t len = pt_random_below(r, most + 1);
    char *text = pt_arena_alloc(a, len + 1);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + pt_random_below(r, 26));
    text[len] = '\0';
    return text;
}

static ProtobufCBinaryData random_bytes(pt_random *r, pt_arena *a) {
    size_t len = pt_random_below(r, 300);
    uint8_t *bytes = pt_arena_alloc(a, len);
    pt_random_bytes(r, bytes, len);
    return (ProtobufCBinaryData){len, bytes};
}

static metadata_pb **random_pairs(pt_random *r, pt_arena *a, size_t *ret_n) {
    *ret_n = pt_random_below(r, MAX_PAIRS + 1);
    metadata_pb **pairs = pt_arena_calloc(a, MAX_PAIRS, sizeof *pairs);
    for (size_t i = 0; i < *ret_n; i++) {
        pairs[i] = pt_arena_alloc(a, sizeof **pairs);
        *pairs[i] = (metadata_pb)PARTIE__WIRE__V1__METADATA__INIT;
        pairs[i]->key = pt_arena_printf(a, "k%s-bin", random_text(r, a, 10));
        pairs[i]->value = random_bytes(r, a);
    }
    return pairs;
}

static Partie__Wire__V1__Call *random_call(pt_random *r, pt_arena *a) {
    Partie__Wire__V1__Call *c = pt_arena_alloc(a, sizeof *c);
    *c = (Partie__Wire__V1__Call)PARTIE__WIRE__V1__CALL__INIT;
    c->method = random_text(r, a, 60);
    c->method_hash = random_number(r);
    c->contract = (uint32_t)random_number(r);
    c->timeout_us = random_number(r) & PT_TIMEOUT_US_MAX;
    c->metadata = random_pairs(r, a, &c->n_metadata);
    c->attempt = (uint32_t)random_number(r);
    c->hops = (uint32_t)random_number(r);
    c->retry_budget = (uint32_t)random_number(r);
    return c;
}

static Partie__Wire__V1__Result *random_result(pt_random *r, pt_arena *a) {
    Partie__Wire__V1__Result *result = pt_arena_alloc(a, sizeof *result);
    *result = (Partie__Wire__V1__Result)PARTIE__WIRE__V1__RESULT__INIT;
    result->code = (uint32_t)random_number(r);
    result->message = random_text(r, a, 200);
    result->details = random_bytes(r, a);
    result->metadata = random_pairs(r, a, &result->n_metadata);
    result->not_run = coin(r);
    result->retry_after_ms = (uint32_t)random_number(r);
    return result;
}

static frame_pb *random_frame(pt_random *r, pt_arena *a) {
    frame_pb *f = pt_arena_alloc(a, sizeof *f);
    *f = (frame_pb)PARTIE__WIRE__V1__FRAME__INIT;
    f->stream = random_number(r);
    if (coin(r)) f->call = random_call(r, a);
    if (coin(r)) f->result = random_result(r, a);
    f->half_close = coin(r);
    f->cancel = coin(r);
    f->credit = random_number(r);
    f->encoding = (Partie__Wire__V1__Encoding)pt_random_below(r, 3);
    f->metadata = random_pairs(r, a, &f->n_metadata);
    f->has_payload = coin(r);
    if (f->has_payload) f->payload = random_bytes(r, a);
    return f;
}

static void random_envelope(pt_random *r, pt_arena *a, envelope_pb *ret) {
    *ret = (envelope_pb)PARTIE__WIRE__V1__ENVELOPE__INIT;
    ret->session = random_number(r);
    ret->sequence = random_number(r);
    ret->n_frames = pt_random_below(r, MAX_FRAMES + 1);
    ret->frames = pt_arena_calloc(a, MAX_FRAMES, sizeof *ret->frames);
    for (size_t i = 0; i < ret->n_frames; i++)
        ret->frames[i] = random_frame(r, a);
}

/* ---- comparing ---- */

static void expect_bytes(pt_slice got, ProtobufCBinaryData want) {
    cr_assert(pt_slice_equal(got, pt_slice_of(want.data, want.len)));
}

static void expect_pairs(const pt_pairs *got, metadata_pb *const *want, size_t n, pt_arena *a) {
    pt_metadata md;
    pt_metadata_init(&md, a);
    cr_assert_eq(pt_pairs_read(got, &md, NULL), PT_OK);
    cr_assert_eq(md.n_pairs, n);
    for (size_t i = 0; i < n; i++) {
        cr_assert_str_eq(md.pairs[i].key, want[i]->key);
        expect_bytes(md.pairs[i].value, want[i]->value);
    }
}

static void expect_frame(const pt_frame *got, const frame_pb *want, pt_arena *a) {
    cr_assert_eq(got->stream, want->stream);
    cr_assert_eq(got->has_call, want->call != NULL);
    cr_assert_eq(got->has_result, want->result != NULL);
    cr_assert_eq(got->half_close, want->half_close != 0);
    cr_assert_eq(got->cancel, want->cancel != 0);
    cr_assert_eq(got->credit, want->credit);
    cr_assert_eq(got->encoding, (uint32_t)want->encoding);
    cr_assert_eq(got->has_payload, want->has_payload != 0);
    if (want->has_payload) expect_bytes(got->payload, want->payload);
    expect_pairs(&got->metadata, want->metadata, want->n_metadata, a);
    if (want->call) {
        cr_assert(pt_slice_equal(got->call.method, pt_slice_str(want->call->method)));
        cr_assert_eq(got->call.method_hash, want->call->method_hash);
        cr_assert_eq(got->call.contract, want->call->contract);
        cr_assert_eq(got->call.timeout_us, want->call->timeout_us);
        cr_assert_eq(got->call.attempt, want->call->attempt);
        cr_assert_eq(got->call.hops, want->call->hops);
        cr_assert_eq(got->call.retry_budget, want->call->retry_budget);
        expect_pairs(&got->call.metadata, want->call->metadata, want->call->n_metadata, a);
    }
    if (want->result) {
        cr_assert_eq(got->result.code, want->result->code);
        cr_assert(pt_slice_equal(got->result.message, pt_slice_str(want->result->message)));
        expect_bytes(got->result.details, want->result->details);
        cr_assert_eq(got->result.not_run, want->result->not_run != 0);
        cr_assert_eq(got->result.retry_after_ms, want->result->retry_after_ms);
        expect_pairs(&got->result.metadata, want->result->metadata, want->result->n_metadata, a);
    }
}

static pt_slice packed(const ProtobufCMessage *message, pt_arena *a) {
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = pt_arena_alloc(a, len);
    return pt_slice_of(bytes, protobuf_c_message_pack(message, bytes));
}

/* Reads bytes that generated code wrote. */
static void expect_read(pt_slice bytes, const envelope_pb *want, pt_arena *a) {
    pt_envelope got;
    pt_frame frame;
    pt_reader r = pt_reader_of(bytes);
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_envelope_read(bytes, &got, &st), PT_OK, "%s", st.message);
    cr_assert_eq(got.session, want->session);
    cr_assert_eq(got.sequence, want->sequence);
    cr_assert_eq(got.n_frames, want->n_frames);
    for (size_t i = 0; i < want->n_frames; i++) {
        cr_assert(pt_envelope_next(&r, &frame));
        expect_frame(&frame, want->frames[i], a);
    }
    cr_assert_not(pt_envelope_next(&r, &frame));
}

Test(envelope, reads_what_generated_code_writes) {
    pt_random r;
    pt_arena a;
    pt_random_init(&r);
    pt_arena_init(&a, 1 << 22);
    for (int i = 0; i < ROUNDS; i++) {
        envelope_pb e;
        random_envelope(&r, &a, &e);
        expect_read(packed(&e.base, &a), &e, &a);
        pt_arena_reset(&a);
    }
    pt_arena_done(&a);
}

/* ---- writing ---- */

static pt_metadata *set_of(metadata_pb *const *pairs, size_t n, pt_arena *a) {
    pt_metadata *md = pt_arena_alloc(a, sizeof *md);
    pt_metadata_init(md, a);
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(pt_metadata_add(md, pairs[i]->key, pt_slice_of(pairs[i]->value.data, pairs[i]->value.len)), PT_OK);
    return md;
}

static pt_frame frame_of(const frame_pb *f, pt_arena *a) {
    pt_frame frame = {.stream = f->stream,
                      .has_call = f->call != NULL,
                      .has_result = f->result != NULL,
                      .half_close = f->half_close,
                      .cancel = f->cancel,
                      .credit = f->credit,
                      .encoding = (uint32_t)f->encoding,
                      .metadata = {.set = set_of(f->metadata, f->n_metadata, a)},
                      .has_payload = f->has_payload,
                      .payload = pt_slice_of(f->payload.data, f->payload.len)};
    if (f->call)
        frame.call = (pt_call_part){.method = pt_slice_str(f->call->method),
                                    .method_hash = f->call->method_hash,
                                    .contract = f->call->contract,
                                    .timeout_us = f->call->timeout_us,
                                    .attempt = f->call->attempt,
                                    .hops = f->call->hops,
                                    .retry_budget = f->call->retry_budget,
                                    .metadata = {.set = set_of(f->call->metadata, f->call->n_metadata, a)}};
    if (f->result)
        frame.result = (pt_result_part){.code = f->result->code,
                                        .message = pt_slice_str(f->result->message),
                                        .details = pt_slice_of(f->result->details.data, f->result->details.len),
                                        .not_run = f->result->not_run,
                                        .retry_after_ms = f->result->retry_after_ms,
                                        .metadata = {.set = set_of(f->result->metadata, f->result->n_metadata, a)}};
    return frame;
}

/* Writes by our codec, into exactly as many bytes as were measured, so that the sanitizer sees one too many. */
static pt_slice written(const envelope_pb *e, pt_arena *a) {
    pt_envelope head = {.session = e->session, .sequence = e->sequence};
    pt_frame frames[MAX_FRAMES];
    size_t len = pt_envelope_head_size(&head);
    for (size_t i = 0; i < e->n_frames; i++) {
        frames[i] = frame_of(e->frames[i], a);
        len += pt_frame_measure(&frames[i]);
    }
    uint8_t *bytes = pt_arena_alloc(a, len), *p = pt_envelope_head_write(bytes, &head), *timeout;
    for (size_t i = 0; i < e->n_frames; i++) {
        p = pt_frame_write(p, &frames[i], &timeout);
        cr_assert_eq(timeout != NULL, frames[i].has_call && frames[i].call.timeout_us);
        if (frames[i].has_payload && frames[i].payload.len) memcpy(p, frames[i].payload.ptr, frames[i].payload.len);
        if (frames[i].has_payload) p += frames[i].payload.len;
    }
    cr_assert_eq((size_t)(p - bytes), len);
    return pt_slice_of(bytes, len);
}

Test(envelope, writes_what_generated_code_reads) {
    pt_random r;
    pt_arena a;
    pt_random_init(&r);
    pt_arena_init(&a, 1 << 22);
    for (int i = 0; i < ROUNDS; i++) {
        envelope_pb e;
        random_envelope(&r, &a, &e);
        pt_slice bytes = written(&e, &a), want = packed(&e.base, &a);
        ProtobufCMessage *got =
            protobuf_c_message_unpack(&partie__wire__v1__envelope__descriptor, pt_arena_protobuf(&a), bytes.len, bytes.ptr);
        cr_assert_not_null(got);
        cr_assert(pt_slice_equal(packed(got, &a), want)); /* packing again drops the padding of the timeout */
        pt_arena_reset(&a);
    }
    pt_arena_done(&a);
}

Test(envelope, overwrites_a_timeout_in_place) {
    pt_frame f = {.stream = 7, .has_call = true, .call = {.method = pt_slice_str("a/b"), .timeout_us = 1}, .has_payload = true};
    uint8_t bytes[64], *timeout;
    size_t len = pt_frame_measure(&f);
    pt_frame_write(bytes, &f, &timeout);
    static const uint64_t values[][2] = {
        {0, 1}, {1, 1}, {127, 127}, {128, 128}, {10000000, 10000000}, {UINT64_MAX, PT_TIMEOUT_US_MAX}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        pt_frame back;
        pt_reader r = pt_reader_of(pt_slice_of(bytes, len));
        pt_timeout_write(timeout, values[i][0]);
        cr_assert(pt_envelope_next(&r, &back));
        cr_assert_eq(back.call.timeout_us, values[i][1]);
        cr_assert_eq(back.stream, 7);
    }
}

/* ---- refusing ---- */

static pt_code read_code(const char *bytes, size_t len) {
    pt_envelope e, before;
    memset(&e, 0xa5, sizeof e);
    before = e;
    pt_code code = pt_envelope_read(pt_slice_of(bytes, len), &e, NULL);
    if (code) cr_assert_eq(memcmp(&e, &before, sizeof e), 0, "output changed on failure");
    return code;
}

#define READ_CODE(literal) read_code(literal, sizeof(literal) - 1)

Test(envelope, refuses_what_is_malformed) {
    cr_expect_eq(READ_CODE(""), PT_OK);
    cr_expect_eq(READ_CODE("\x7a"), PT_INVALID_ARGUMENT, "a tag alone");
    cr_expect_eq(READ_CODE("\x7a\x05"
                           "ab"),
                 PT_INVALID_ARGUMENT, "a frame longer than the message");
    cr_expect_eq(READ_CODE("\x09\x01"), PT_INVALID_ARGUMENT, "a truncated session");
    cr_expect_eq(READ_CODE("\x7a\x02\x12\x05"), PT_INVALID_ARGUMENT, "a call longer than its frame");
    cr_expect_eq(READ_CODE("\x7a\x04\x12\x00\x12\x00"), PT_INVALID_ARGUMENT, "two calls in a frame");
    cr_expect_eq(READ_CODE("\x7a\x04\x1a\x00\x1a\x00"), PT_INVALID_ARGUMENT, "two results in a frame");
    cr_expect_eq(READ_CODE("\x7a\x02\x12\x00"), PT_OK, "an empty call");
    cr_expect_eq(READ_CODE("\x00\x00"), PT_INVALID_ARGUMENT, "field 0");
    cr_expect_eq(READ_CODE("hello, server"), PT_INVALID_ARGUMENT);
    cr_expect_eq(READ_CODE("\x8b\x06\x8c\x06"), PT_INVALID_ARGUMENT, "a group");
}

Test(envelope, skips_fields_that_it_does_not_know) {
    /* fields 20 (varint), 21 (fixed32), 22 (bytes), 23 (fixed64), then a frame with field 14, and stream 5 */
    static const char bytes[] = "\xa0\x01\x07\xad\x01"
                                "abcd"
                                "\xb2\x01\x02xy"
                                "\xb9\x01"
                                "12345678"
                                "\x7a\x04\x70\x01\x08\x05";
    pt_envelope e;
    pt_frame f;
    pt_slice s = pt_slice_of(bytes, sizeof bytes - 1);
    pt_reader r = pt_reader_of(s);
    cr_assert_eq(pt_envelope_read(s, &e, NULL), PT_OK);
    cr_assert_eq(e.n_frames, 1);
    cr_assert(pt_envelope_next(&r, &f));
    cr_assert_eq(f.stream, 5);
}

Test(envelope, bounds_frames_and_names) {
    size_t n = PT_ENVELOPE_MAX_FRAMES + 1;
    char *bytes = malloc(2 * n);
    pt_status st = PT_STATUS_INIT;
    pt_envelope e;
    for (size_t i = 0; i < n; i++)
        memcpy(bytes + 2 * i, "\x7a", 2); /* an empty frame: its length is the literal's NUL */
    cr_expect_eq(pt_envelope_read(pt_slice_of(bytes, 2 * (n - 1)), &e, NULL), PT_OK);
    cr_expect_eq(pt_envelope_read(pt_slice_of(bytes, 2 * n), &e, &st), PT_RESOURCE_EXHAUSTED);
    cr_expect(strstr(st.message, "4096 frames"), "%s", st.message);
    free(bytes);

    char name[PT_METHOD_NAME_MAX + 2];
    memset(name, 'a', sizeof name);
    for (size_t len = PT_METHOD_NAME_MAX; len < sizeof name; len++) {
        pt_frame f = {.has_call = true, .call = {.method = pt_slice_of(name, len)}};
        uint8_t frame[PT_METHOD_NAME_MAX + 32], *timeout;
        size_t size = pt_frame_measure(&f);
        pt_frame_write(frame, &f, &timeout);
        cr_expect_eq(pt_envelope_read(pt_slice_of(frame, size), &e, NULL),
                     len > PT_METHOD_NAME_MAX ? PT_RESOURCE_EXHAUSTED : PT_OK);
    }
}

static pt_code read_pairs(const char *frame, size_t len, pt_status *st) {
    pt_arena a;
    pt_metadata md;
    pt_arena_init(&a, 1 << 20);
    pt_metadata_init(&md, &a);
    pt_code code = pt_pairs_read(&(pt_pairs){.raw = pt_slice_of(frame, len), .field = 5}, &md, st);
    pt_arena_done(&a);
    return code;
}

#define READ_PAIRS(literal, st) read_pairs(literal, sizeof(literal) - 1, st)

Test(envelope, refuses_metadata_that_is_none) {
    pt_status st = PT_STATUS_INIT;
    cr_expect_eq(READ_PAIRS("\x2a\x06\x0a\x01k\x12\x01v", &st), PT_OK);
    cr_expect_eq(READ_PAIRS("\x2a\x03\x12\x01v", &st), PT_INVALID_ARGUMENT, "no key");
    cr_expect_eq(READ_PAIRS("\x2a\x06\x0a\x01k\x12\x01\n", &st), PT_INVALID_ARGUMENT, "a value that is no text");
    cr_expect_eq(READ_PAIRS("\x2a\x08\x0a\x03k\0l\x12\x01v", &st), PT_INVALID_ARGUMENT, "a key with a NUL");
    cr_expect_eq(READ_PAIRS("\x2a\x02\x0a\x09", &st), PT_INVALID_ARGUMENT, "truncated");
    char many[(PT_METADATA_MAX_PAIRS + 1) * 8];
    for (size_t i = 0; i < sizeof many; i += 8)
        memcpy(many + i, "\x2a\x06\x0a\x01k\x12\x01v", 8);
    cr_expect_eq(read_pairs(many, sizeof many - 8, &st), PT_OK);
    cr_expect_eq(read_pairs(many, sizeof many, &st), PT_RESOURCE_EXHAUSTED);
}
