#include "rpc/envelope.h"

/* Fields of wire.proto; all take a tag of one byte. */
enum { ENVELOPE_SESSION = 1, ENVELOPE_SEQUENCE = 2, ENVELOPE_HELLO = 3, ENVELOPE_GO_AWAY = 4, ENVELOPE_FRAMES = 15 };
enum {
    FRAME_STREAM = 1,
    FRAME_CALL = 2,
    FRAME_RESULT = 3,
    FRAME_HALF_CLOSE = 4,
    FRAME_CANCEL = 5,
    FRAME_CREDIT = 6,
    FRAME_ENCODING = 7,
    FRAME_METADATA = 8,
    FRAME_PAYLOAD = 15
};
enum {
    CALL_METHOD = 1,
    CALL_METHOD_HASH = 2,
    CALL_CONTRACT = 3,
    CALL_TIMEOUT_US = 4,
    CALL_METADATA = 5,
    CALL_ATTEMPT = 6,
    CALL_HOPS = 7,
    CALL_RETRY_BUDGET = 8
};
enum {
    RESULT_CODE = 1,
    RESULT_MESSAGE = 2,
    RESULT_DETAILS = 3,
    RESULT_METADATA = 4,
    RESULT_NOT_RUN = 5,
    RESULT_RETRY_AFTER = 6
};
enum { METADATA_KEY = 1, METADATA_VALUE = 2 };

/* Bytes of a timeout: a varint of fixed width (its upper groups may be zero), so that it can be overwritten in place. */
#define TIMEOUT_WIDTH 6

/* ---- reading ---- */

/* A field with its value, whatever it is. */
typedef struct field {
    uint32_t key;    /* number << 3 | wire type */
    uint64_t number; /* value of a varint or fixed width */
    pt_slice bytes;  /* value of a length-prefixed one */
} field;

#define KEY(number, wire_type) ((uint32_t)(number) << 3 | (wire_type))

static bool read_field(pt_reader *r, field *ret) {
    uint32_t number, fixed32;
    unsigned wire_type;
    if (!pt_read_tag(r, &number, &wire_type)) return false;
    ret->key = KEY(number, wire_type);
    switch (wire_type) {
    case PT_WIRE_VARINT: return pt_read_varint(r, &ret->number);
    case PT_WIRE_I64: return pt_read_fixed64(r, &ret->number);
    case PT_WIRE_LEN: return pt_read_bytes(r, &ret->bytes);
    case PT_WIRE_I32:
        if (!pt_read_fixed32(r, &fixed32)) return false;
        ret->number = fixed32;
        return true;
    default: return false; /* groups: wire.proto has none, and nothing that is added to it will */
    }
}

static bool read_call(pt_slice bytes, pt_call_part *call) {
    pt_reader r = pt_reader_of(bytes);
    field f;
    *call = (pt_call_part){.metadata = {.raw = bytes, .field = CALL_METADATA}};
    while (r.pos < r.end) {
        if (!read_field(&r, &f)) return false;
        switch (f.key) {
        case KEY(CALL_METHOD, PT_WIRE_LEN): call->method = f.bytes; break;
        case KEY(CALL_METHOD_HASH, PT_WIRE_I64): call->method_hash = f.number; break;
        case KEY(CALL_CONTRACT, PT_WIRE_I32): call->contract = (uint32_t)f.number; break;
        case KEY(CALL_TIMEOUT_US, PT_WIRE_VARINT): call->timeout_us = f.number; break;
        case KEY(CALL_ATTEMPT, PT_WIRE_VARINT): call->attempt = (uint32_t)f.number; break;
        case KEY(CALL_HOPS, PT_WIRE_VARINT): call->hops = (uint32_t)f.number; break;
        case KEY(CALL_RETRY_BUDGET, PT_WIRE_VARINT): call->retry_budget = (uint32_t)f.number; break;
        default: break;
        }
    }
    return true;
}

static bool read_result(pt_slice bytes, pt_result_part *result) {
    pt_reader r = pt_reader_of(bytes);
    field f;
    *result = (pt_result_part){.metadata = {.raw = bytes, .field = RESULT_METADATA}};
    while (r.pos < r.end) {
        if (!read_field(&r, &f)) return false;
        switch (f.key) {
        case KEY(RESULT_CODE, PT_WIRE_VARINT): result->code = (uint32_t)f.number; break;
        case KEY(RESULT_MESSAGE, PT_WIRE_LEN): result->message = f.bytes; break;
        case KEY(RESULT_DETAILS, PT_WIRE_LEN): result->details = f.bytes; break;
        case KEY(RESULT_NOT_RUN, PT_WIRE_VARINT): result->not_run = f.number != 0; break;
        case KEY(RESULT_RETRY_AFTER, PT_WIRE_VARINT): result->retry_after_ms = (uint32_t)f.number; break;
        default: break;
        }
    }
    return true;
}

/* False: malformed, or a part that stands twice (no serializer splits a message in two). */
static bool read_frame(pt_slice bytes, pt_frame *frame) {
    pt_reader r = pt_reader_of(bytes);
    field f;
    *frame = (pt_frame){.metadata = {.raw = bytes, .field = FRAME_METADATA}};
    while (r.pos < r.end) {
        if (!read_field(&r, &f)) return false;
        switch (f.key) {
        case KEY(FRAME_STREAM, PT_WIRE_VARINT): frame->stream = f.number; break;
        case KEY(FRAME_CALL, PT_WIRE_LEN):
            if (frame->has_call || !read_call(f.bytes, &frame->call)) return false;
            frame->has_call = true;
            break;
        case KEY(FRAME_RESULT, PT_WIRE_LEN):
            if (frame->has_result || !read_result(f.bytes, &frame->result)) return false;
            frame->has_result = true;
            break;
        case KEY(FRAME_HALF_CLOSE, PT_WIRE_VARINT): frame->half_close = f.number != 0; break;
        case KEY(FRAME_CANCEL, PT_WIRE_VARINT): frame->cancel = f.number != 0; break;
        case KEY(FRAME_CREDIT, PT_WIRE_VARINT): frame->credit = f.number; break;
        case KEY(FRAME_ENCODING, PT_WIRE_VARINT): frame->encoding = (uint32_t)f.number; break;
        case KEY(FRAME_PAYLOAD, PT_WIRE_LEN):
            frame->has_payload = true;
            frame->payload = f.bytes;
            break;
        default: break;
        }
    }
    return true;
}

static bool read_pair(pt_slice bytes, pt_slice *ret_key, pt_slice *ret_value) {
    pt_reader r = pt_reader_of(bytes);
    field f;
    *ret_key = *ret_value = (pt_slice){0};
    while (r.pos < r.end) {
        if (!read_field(&r, &f)) return false;
        if (f.key == KEY(METADATA_KEY, PT_WIRE_LEN)) *ret_key = f.bytes;
        if (f.key == KEY(METADATA_VALUE, PT_WIRE_LEN)) *ret_value = f.bytes;
    }
    return true;
}

/* Whether one more frame may stand in the envelope. */
static pt_code check_frame(pt_slice bytes, size_t n_before, size_t at, pt_status *st) {
    pt_frame frame;
    if (n_before == PT_ENVELOPE_MAX_FRAMES)
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "envelope: more than %d frames", PT_ENVELOPE_MAX_FRAMES);
    if (!read_frame(bytes, &frame))
        return pt_status_set(st, PT_INVALID_ARGUMENT, "envelope: malformed frame %zu at byte %zu", n_before, at);
    if (frame.has_call && frame.call.method.len > PT_METHOD_NAME_MAX)
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "envelope: frame %zu: method name longer than %d bytes", n_before,
                             PT_METHOD_NAME_MAX);
    return PT_OK;
}

pt_code pt_envelope_read(pt_slice bytes, pt_envelope *ret_envelope, pt_status *st) {
    pt_reader r = pt_reader_of(bytes);
    pt_envelope e = {.bytes = bytes};
    field f;
    while (r.pos < r.end) {
        size_t at = (size_t)(r.pos - bytes.ptr);
        if (!read_field(&r, &f)) return pt_status_set(st, PT_INVALID_ARGUMENT, "envelope: malformed field at byte %zu", at);
        switch (f.key) {
        case KEY(ENVELOPE_SESSION, PT_WIRE_I64): e.session = f.number; break;
        case KEY(ENVELOPE_SEQUENCE, PT_WIRE_VARINT): e.sequence = f.number; break;
        case KEY(ENVELOPE_HELLO, PT_WIRE_LEN):
            e.has_hello = true;
            e.hello = f.bytes;
            break;
        case KEY(ENVELOPE_GO_AWAY, PT_WIRE_LEN):
            e.has_go_away = true;
            e.go_away = f.bytes;
            break;
        case KEY(ENVELOPE_FRAMES, PT_WIRE_LEN): {
            pt_code code = check_frame(f.bytes, e.n_frames, at, st);
            if (code) return code;
            e.n_frames++;
            break;
        }
        default: break;
        }
    }
    *ret_envelope = e;
    return PT_OK;
}

bool pt_envelope_next(pt_reader *r, pt_frame *ret_frame) {
    field f;
    while (r->pos < r->end && read_field(r, &f))
        if (f.key == KEY(ENVELOPE_FRAMES, PT_WIRE_LEN)) return read_frame(f.bytes, ret_frame);
    return false;
}

pt_code pt_pairs_read(const pt_pairs *pairs, pt_metadata *to, pt_status *st) {
    pt_reader r = pt_reader_of(pairs->raw);
    field f;
    pt_slice key, value;
    char name[PT_METADATA_MAX_BYTES + 1];
    while (r.pos < r.end && read_field(&r, &f)) {
        if (f.key != KEY(pairs->field, PT_WIRE_LEN)) continue;
        if (!read_pair(f.bytes, &key, &value) || key.len > PT_METADATA_MAX_BYTES)
            return pt_status_set(st, PT_INVALID_ARGUMENT, "metadata: pair %zu is malformed", to->n_pairs);
        if (key.len) memcpy(name, key.ptr, key.len);
        name[key.len] = '\0';
        pt_code code = strlen(name) == key.len ? pt_metadata_add(to, name, value) : PT_INVALID_ARGUMENT;
        if (code == PT_RESOURCE_EXHAUSTED) return pt_status_set(st, code, "metadata: too many pairs or bytes");
        if (code) return pt_status_set(st, code, "metadata: pair %zu: not a key, or its value does not fit it", to->n_pairs);
    }
    return PT_OK;
}

/* ---- writing ---- */

/* Proto3's implicit presence: zero is not written. */
static size_t varint_size(uint64_t value) {
    return value ? 1 + pt_varint_size(value) : 0;
}

static size_t block_size(size_t len) {
    return 1 + pt_varint_size(len) + len;
}

static size_t text_size(pt_slice text) {
    return text.len ? block_size(text.len) : 0;
}

static uint8_t *write_varint(uint8_t *p, uint32_t number, uint64_t value) {
    return value ? pt_write_varint(pt_write_tag(p, number, PT_WIRE_VARINT), value) : p;
}

static uint8_t *write_head(uint8_t *p, uint32_t number, size_t len) {
    return pt_write_varint(pt_write_tag(p, number, PT_WIRE_LEN), len);
}

static uint8_t *write_text(uint8_t *p, uint32_t number, pt_slice text) {
    if (!text.len) return p;
    p = write_head(p, number, text.len);
    memcpy(p, text.ptr, text.len);
    return p + text.len;
}

static size_t pair_size(const pt_metadata_pair *pair) {
    return text_size(pt_slice_str(pair->key)) + text_size(pair->value);
}

static size_t pairs_size(const pt_pairs *pairs) {
    size_t size = 0;
    for (size_t i = 0; pairs->set && i < pairs->set->n_pairs; i++)
        size += block_size(pair_size(&pairs->set->pairs[i]));
    return size;
}

static uint8_t *write_pairs(uint8_t *p, uint32_t number, const pt_pairs *pairs) {
    for (size_t i = 0; pairs->set && i < pairs->set->n_pairs; i++) {
        const pt_metadata_pair *pair = &pairs->set->pairs[i];
        p = write_head(p, number, pair_size(pair));
        p = write_text(p, METADATA_KEY, pt_slice_str(pair->key));
        p = write_text(p, METADATA_VALUE, pair->value);
    }
    return p;
}

static size_t call_size(const pt_call_part *c) {
    size_t size = text_size(c->method) + varint_size(c->attempt) + varint_size(c->hops) + varint_size(c->retry_budget);
    if (c->method_hash) size += 9;
    if (c->contract) size += 5;
    if (c->timeout_us) size += 1 + TIMEOUT_WIDTH;
    return size + pairs_size(&c->metadata);
}

void pt_timeout_write(uint8_t *timeout, uint64_t timeout_us) {
    uint64_t left = timeout_us > PT_TIMEOUT_US_MAX ? PT_TIMEOUT_US_MAX : timeout_us ? timeout_us : 1;
    for (int i = 0; i < TIMEOUT_WIDTH; i++, left >>= 7)
        timeout[i] = (uint8_t)((left & 0x7f) | (i < TIMEOUT_WIDTH - 1 ? 0x80 : 0));
}

static uint8_t *write_call(uint8_t *p, const pt_call_part *c, uint8_t **ret_timeout) {
    p = write_text(p, CALL_METHOD, c->method);
    if (c->method_hash) p = pt_write_fixed64(pt_write_tag(p, CALL_METHOD_HASH, PT_WIRE_I64), c->method_hash);
    if (c->contract) p = pt_write_fixed32(pt_write_tag(p, CALL_CONTRACT, PT_WIRE_I32), c->contract);
    if (c->timeout_us) {
        *ret_timeout = pt_write_tag(p, CALL_TIMEOUT_US, PT_WIRE_VARINT);
        pt_timeout_write(*ret_timeout, c->timeout_us);
        p = *ret_timeout + TIMEOUT_WIDTH;
    }
    p = write_pairs(p, CALL_METADATA, &c->metadata);
    p = write_varint(p, CALL_ATTEMPT, c->attempt);
    p = write_varint(p, CALL_HOPS, c->hops);
    return write_varint(p, CALL_RETRY_BUDGET, c->retry_budget);
}

static size_t result_size(const pt_result_part *r) {
    return varint_size(r->code) + text_size(r->message) + text_size(r->details) + pairs_size(&r->metadata) +
           varint_size(r->not_run) + varint_size(r->retry_after_ms);
}

static uint8_t *write_result(uint8_t *p, const pt_result_part *r) {
    p = write_varint(p, RESULT_CODE, r->code);
    p = write_text(p, RESULT_MESSAGE, r->message);
    p = write_text(p, RESULT_DETAILS, r->details);
    p = write_pairs(p, RESULT_METADATA, &r->metadata);
    p = write_varint(p, RESULT_NOT_RUN, r->not_run);
    return write_varint(p, RESULT_RETRY_AFTER, r->retry_after_ms);
}

size_t pt_envelope_head_size(const pt_envelope *envelope) {
    return (envelope->session ? 9 : 0) + varint_size(envelope->sequence);
}

uint8_t *pt_envelope_head_write(uint8_t *p, const pt_envelope *envelope) {
    if (envelope->session) p = pt_write_fixed64(pt_write_tag(p, ENVELOPE_SESSION, PT_WIRE_I64), envelope->session);
    return write_varint(p, ENVELOPE_SEQUENCE, envelope->sequence);
}

size_t pt_frame_measure(pt_frame *f) {
    size_t size = varint_size(f->stream) + varint_size(f->half_close) + varint_size(f->cancel) + varint_size(f->credit) +
                  varint_size(f->encoding) + pairs_size(&f->metadata);
    if (f->has_call) size += block_size(f->call.len = call_size(&f->call));
    if (f->has_result) size += block_size(f->result.len = result_size(&f->result));
    if (f->has_payload) size += block_size(f->payload.len);
    f->len = size;
    return block_size(size);
}

uint8_t *pt_frame_write(uint8_t *p, const pt_frame *f, uint8_t **ret_timeout) {
    *ret_timeout = NULL;
    p = write_head(p, ENVELOPE_FRAMES, f->len);
    p = write_varint(p, FRAME_STREAM, f->stream);
    if (f->has_call) p = write_call(write_head(p, FRAME_CALL, f->call.len), &f->call, ret_timeout);
    if (f->has_result) p = write_result(write_head(p, FRAME_RESULT, f->result.len), &f->result);
    p = write_varint(p, FRAME_HALF_CLOSE, f->half_close);
    p = write_varint(p, FRAME_CANCEL, f->cancel);
    p = write_varint(p, FRAME_CREDIT, f->credit);
    p = write_varint(p, FRAME_ENCODING, f->encoding);
    p = write_pairs(p, FRAME_METADATA, &f->metadata);
    return f->has_payload ? write_head(p, FRAME_PAYLOAD, f->payload.len) : p;
}
