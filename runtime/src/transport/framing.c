#include "transport/framing.h"

#include <stdlib.h>

/* ---- blocks ---- */

static pt_block *new_block(size_t len) {
    pt_block *b = len < SIZE_MAX / 2 ? malloc(sizeof *b + len) : NULL;
    if (!b) return NULL;
    b->next = NULL;
    b->tag = 0;
    b->len = len;
    b->start = b->data;
    return b;
}

bool pt_block_new(size_t len, pt_msg *ret_msg) {
    pt_block *b = new_block(len);
    if (b) *ret_msg = (pt_msg){.handle = b, .bytes = b->data, .len = len};
    return b != NULL;
}

void pt_block_free(pt_msg msg) {
    free(msg.handle);
}

void pt_blocks_free(pt_block *first) {
    for (pt_block *b = first, *next; b; b = next) {
        next = b->next;
        free(b);
    }
}

static uint8_t *write_u64(uint8_t *p, uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8)
        *p++ = (uint8_t)(value >> shift);
    return p;
}

void pt_block_write_head(pt_block *b, pt_slice words, bool local) {
    uint8_t *p = b->start = b->data - words.len - 8 - local;
    if (local) *p++ = 1;
    p = write_u64(p, words.len + b->len);
    if (words.len) memcpy(p, words.ptr, words.len);
}

void pt_sp_write_greeting(uint8_t *to, uint16_t protocol) {
    const uint8_t greeting[PT_SP_GREETING_BYTES] = {0, 'S', 'P', 0, (uint8_t)(protocol >> 8), (uint8_t)protocol, 0, 0};
    memcpy(to, greeting, sizeof greeting);
}

/* ---- reading ---- */

static void consume(pt_framing *f, size_t n) {
    f->start += n;
    f->len -= n;
    if (f->len == 0) f->start = 0;
}

uint8_t *pt_framing_space(pt_framing *f, size_t *ret_len) {
    if (f->partial) {
        *ret_len = f->partial->len - f->partial_have;
        return f->partial->data + f->partial_have;
    }
    if (f->start) memmove(f->buffer, f->buffer + f->start, f->len);
    f->start = 0;
    *ret_len = sizeof f->buffer - f->len;
    return f->buffer + f->len;
}

void pt_framing_added(pt_framing *f, size_t n) {
    if (f->partial)
        f->partial_have += n;
    else
        f->len += n;
}

static pt_framing_step read_greeting(pt_framing *f) {
    uint8_t expected[PT_SP_GREETING_BYTES];
    if (f->len < sizeof expected) return PT_FRAMING_MORE;
    pt_sp_write_greeting(expected, f->peer_protocol);
    if (memcmp(f->buffer + f->start, expected, sizeof expected) != 0) return PT_FRAMING_BAD;
    f->greeted = true;
    consume(f, sizeof expected);
    return PT_FRAMING_GREETED;
}

/* Bytes of the words at the front; 0: there are none that a peer may send. */
static size_t words_len(pt_slice message) {
    for (size_t at = 0; at + 4 <= message.len && at < PT_SP_WORDS_BYTES; at += 4)
        if (message.ptr[at] & 0x80) return at + 4;
    return 0;
}

/* Splits a message that is there as a whole. `block`: what it lies in, or NULL: it is copied from the buffer. */
static pt_framing_step split(pt_slice message, pt_block *block, pt_slice *ret_words, pt_msg *ret_payload) {
    size_t words = words_len(message), len = message.len - words;
    if (!words) return PT_FRAMING_BAD;
    pt_msg payload = {.handle = block, .bytes = (uint8_t *)message.ptr + words, .len = len};
    if (!block) {
        if (!pt_block_new(len, &payload)) return PT_FRAMING_BAD;
        memcpy(payload.bytes, message.ptr + words, len);
    }
    *ret_words = pt_slice_of(message.ptr, words);
    *ret_payload = payload;
    return PT_FRAMING_MESSAGE;
}

/* Begins a message that does not fit the buffer. */
static pt_framing_step begin_partial(pt_framing *f, size_t head, size_t len) {
    f->partial = new_block(len);
    if (!f->partial) return PT_FRAMING_BAD;
    f->partial_have = f->len - head;
    memcpy(f->partial->data, f->buffer + f->start + head, f->partial_have);
    consume(f, f->len);
    return PT_FRAMING_MORE;
}

static pt_framing_step read_buffer(pt_framing *f, pt_slice *ret_words, pt_msg *ret_payload) {
    const uint8_t *p = f->buffer + f->start;
    size_t head = 8u + f->local;
    uint64_t len = 0;
    if (f->len < head) return PT_FRAMING_MORE;
    if (f->local && p[0] != 1) return PT_FRAMING_BAD;
    for (size_t i = head - 8; i < head; i++)
        len = len << 8 | p[i];
    if (len > f->receive_bytes) return PT_FRAMING_BAD;
    if (len > f->len - head) return len + head > sizeof f->buffer ? begin_partial(f, head, (size_t)len) : PT_FRAMING_MORE;
    f->taken = head + (size_t)len;
    return split(pt_slice_of(p + head, (size_t)len), NULL, ret_words, ret_payload);
}

pt_framing_step pt_framing_next(pt_framing *f, pt_slice *ret_words, pt_msg *ret_payload) {
    if (!f->greeted) return read_greeting(f);
    if (!f->partial) return read_buffer(f, ret_words, ret_payload);
    if (f->partial_have < f->partial->len) return PT_FRAMING_MORE;
    return split(pt_slice_of(f->partial->data, f->partial->len), f->partial, ret_words, ret_payload);
}

void pt_framing_over(pt_framing *f, pt_msg payload, bool taken) {
    bool was_partial = f->partial != NULL;
    if (!taken && !was_partial) pt_block_free(payload);
    if (!taken) return;
    if (!was_partial) consume(f, f->taken);
    f->partial = NULL;
}

void pt_framing_done(pt_framing *f) {
    free(f->partial);
    f->partial = NULL;
}
