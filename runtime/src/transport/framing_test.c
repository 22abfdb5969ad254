#include "transport/framing.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "support/random.h"

#define WORD "\x80\0\0\7"

static pt_framing *new_framing(bool local) {
    pt_framing *f = calloc(1, sizeof *f);
    f->local = local;
    f->peer_protocol = PT_SP_REQ;
    f->receive_bytes = 1 << 20;
    return f;
}

/* Feeds bytes in reads of at most `step` and counts the messages, whose bytes must all be the low byte of their length. Every
 * third is refused at first. Returns what it stops with. */
static pt_framing_step feed(pt_framing *f, const uint8_t *bytes, size_t len, size_t step, size_t *ret_n) {
    size_t at = 0, seen = 0;
    *ret_n = 0;
    for (;;) {
        pt_slice words;
        pt_msg payload;
        pt_framing_step s = pt_framing_next(f, &words, &payload);
        if (s == PT_FRAMING_BAD) return s;
        if (s == PT_FRAMING_MESSAGE) {
            cr_assert(pt_slice_equal(words, pt_slice_of(WORD, 4)));
            for (size_t i = 0; i < payload.len; i++)
                cr_assert_eq(payload.bytes[i], (uint8_t)payload.len);
            bool taken = ++seen % 3 != 0;
            pt_framing_over(f, payload, taken);
            if (taken) pt_block_free(payload);
            *ret_n += taken;
        }
        if (s != PT_FRAMING_MORE) continue;
        size_t room, n = len - at < step ? len - at : step;
        uint8_t *space = pt_framing_space(f, &room);
        cr_assert_gt(room, 0);
        if (n > room) n = room;
        if (n == 0) return s;
        memcpy(space, bytes + at, n);
        pt_framing_added(f, n);
        at += n;
    }
}

/* A greeting and messages of these lengths, as they are written. */
static uint8_t *stream_of(const size_t *lens, size_t n, bool local, size_t *ret_len) {
    uint8_t *bytes = malloc(PT_SP_GREETING_BYTES);
    pt_sp_write_greeting(bytes, PT_SP_REQ);
    *ret_len = PT_SP_GREETING_BYTES;
    for (size_t i = 0; i < n; i++) {
        pt_msg msg;
        cr_assert(pt_block_new(lens[i], &msg));
        memset(msg.bytes, (int)(uint8_t)lens[i], lens[i]);
        pt_block *b = msg.handle;
        pt_block_write_head(b, pt_slice_of(WORD, 4), local);
        size_t len = pt_block_wire_len(b);
        cr_assert_eq(len, lens[i] + 12 + local);
        bytes = realloc(bytes, *ret_len + len);
        memcpy(bytes + *ret_len, b->start, len);
        *ret_len += len;
        pt_block_free(msg);
    }
    return bytes;
}

Test(framing, what_was_written_is_read_however_it_is_cut) {
    enum { N = 60 };
    static const size_t around[] = {0,
                                    1,
                                    100,
                                    PT_FRAMING_BUFFER_BYTES - 13,
                                    PT_FRAMING_BUFFER_BYTES - 12,
                                    PT_FRAMING_BUFFER_BYTES - 11,
                                    PT_FRAMING_BUFFER_BYTES,
                                    200000};
    static const size_t steps[] = {1, 7, 1000, 32768, 1 << 20};
    pt_random r;
    pt_random_init(&r);
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++)
        for (int local = 0; local < 2; local++) {
            size_t lens[N], len, n;
            for (int i = 0; i < N; i++)
                lens[i] = pt_random_below(&r, 3) ? pt_random_below(&r, 300) : around[pt_random_below(&r, 8)];
            uint8_t *bytes = stream_of(lens, N, local, &len);
            pt_framing *f = new_framing(local);
            cr_expect_eq(feed(f, bytes, len, steps[s], &n), PT_FRAMING_MORE);
            cr_expect_eq(n, N);
            pt_framing_done(f);
            free(f);
            free(bytes);
        }
}

static pt_framing_step feed_text(const char *bytes, size_t len, bool local) {
    pt_framing *f = new_framing(local);
    size_t n;
    pt_framing_step s = feed(f, (const uint8_t *)bytes, len, 5, &n);
    pt_framing_done(f);
    free(f);
    return s;
}

#define GREETING "\0SP\0\0\x30\0\0"
#define FEED(literal, local) feed_text(literal, sizeof(literal) - 1, local)

Test(framing, refuses_what_breaks_the_rules) {
    cr_expect_eq(FEED(GREETING, false), PT_FRAMING_MORE);
    cr_expect_eq(FEED("\0SP\0\0\x31\0\0", false), PT_FRAMING_BAD, "a greeting of the wrong side");
    cr_expect_eq(FEED("\0SP\1\0\x30\0\0", false), PT_FRAMING_BAD, "another version");
    cr_expect_eq(FEED("GET / HTTP/1.1", false), PT_FRAMING_BAD);
    cr_expect_eq(FEED(GREETING "\0\0\0\0\0\x10\0\1", false), PT_FRAMING_BAD, "longer than may be");
    cr_expect_eq(FEED(GREETING "\0\0\0\0\0\x10\0\0", false), PT_FRAMING_MORE, "as long as may be");
    cr_expect_eq(FEED(GREETING "\0\0\0\0\0\0\0\0", false), PT_FRAMING_BAD, "no words");
    cr_expect_eq(FEED(GREETING "\0\0\0\0\0\0\0\4\0\0\0\1", false), PT_FRAMING_BAD, "words without an end");
    cr_expect_eq(FEED(GREETING "\2\0\0\0\0\0\0\0\4" WORD, true), PT_FRAMING_BAD, "another kind of message");
    cr_expect_eq(FEED(GREETING "\1\0\0\0\0\0\0\0\4" WORD, true), PT_FRAMING_MORE);
}
