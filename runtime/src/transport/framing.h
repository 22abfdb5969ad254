/* SP's framing of a byte stream, without the stream: bytes in, messages out.
 *
 * A greeting of 8 bytes, then messages behind their length (https://nanomsg.org: SP over TCP; over unix sockets a byte 1 stands
 * before each length). A message of REQ or REP begins with words of 4 bytes, the last of which has its highest bit set. */
#ifndef PT_TRANSPORT_FRAMING_H
#define PT_TRANSPORT_FRAMING_H

#include "rpc/transport.h"

enum { PT_SP_REQ = 0x30, PT_SP_REP = 0x31 };

#define PT_SP_GREETING_BYTES 8

/* Words before the payload: the request's id, with the ids of devices on the way before it; nng allows 15 of them. */
#define PT_SP_WORDS_MAX 16
#define PT_SP_WORDS_BYTES (4 * PT_SP_WORDS_MAX)

/* Memory behind a pt_msg: what stands before the payload on the wire has room before it, so that all leaves in one piece. */
typedef struct pt_block {
    struct pt_block *next; /* in a queue of a connection */
    uint32_t tag;          /* the sender's own */
    size_t len;            /* of data */
    uint8_t *start;        /* of what is written: within room, or data */
    uint8_t room[16 + PT_SP_WORDS_BYTES];
    uint8_t data[];
} pt_block;

/* pt_transport's msg_new and msg_free. */
bool pt_block_new(size_t len, pt_msg *ret_msg);
void pt_block_free(pt_msg msg);

/* Frees a queue of them. */
void pt_blocks_free(pt_block *first);

/* Bytes that a block takes on the wire once it has its head. */
static inline size_t pt_block_wire_len(const pt_block *b) {
    return (size_t)(b->data - b->start) + b->len;
}

/* Writes length and words before the message. `local`: as over unix sockets. */
void pt_block_write_head(pt_block *b, pt_slice words, bool local);

/* Writes PT_SP_GREETING_BYTES. */
void pt_sp_write_greeting(uint8_t *to, uint16_t protocol);

#define PT_FRAMING_BUFFER_BYTES 32768

typedef enum pt_framing_step {
    PT_FRAMING_GREETED, /* the peer's greeting was right */
    PT_FRAMING_MESSAGE, /* a message is there: pt_framing_over before the next step */
    PT_FRAMING_MORE,    /* read more bytes */
    PT_FRAMING_BAD,     /* the peer breaks the rules, or there is no memory for what it sends */
} pt_framing_step;

/* The reading side. Set the first group; the rest is private and starts as zero. Not thread-safe. */
typedef struct pt_framing {
    bool local;
    uint16_t peer_protocol;
    size_t receive_bytes; /* longest message, words included */

    bool greeted;
    pt_block *partial;   /* a message longer than the buffer, */
    size_t partial_have; /* so much of which is there */
    size_t start, len;   /* unread part of the buffer */
    size_t taken;        /* bytes of the message that is being looked at */
    uint8_t buffer[PT_FRAMING_BUFFER_BYTES];
} pt_framing;

/* Where to read to, after PT_FRAMING_MORE; at least one byte. */
uint8_t *pt_framing_space(pt_framing *f, size_t *ret_len);
/* So many bytes were read to there. */
void pt_framing_added(pt_framing *f, size_t n);

/* The next event. With a message: its words, borrowed until pt_framing_over, and its payload in memory of its own. */
pt_framing_step pt_framing_next(pt_framing *f, pt_slice *ret_words, pt_msg *ret_payload);

/* Ends a message. Taken: the payload is the caller's now. Otherwise it is freed, and the same message comes again. */
void pt_framing_over(pt_framing *f, pt_msg payload, bool taken);

/* Frees what is half read. */
void pt_framing_done(pt_framing *f);

#endif
