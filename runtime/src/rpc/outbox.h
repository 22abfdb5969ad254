/* Frames that wait to leave a session, in order, and the envelopes in which they leave. Both ends of a session have one. */
#ifndef PT_RPC_OUTBOX_H
#define PT_RPC_OUTBOX_H

#include "rpc/envelope.h"
#include "rpc/transport.h"

/* A written frame. From malloc; freed when it has been packed into an envelope. */
typedef struct pt_out_frame {
    struct pt_out_frame *next, **link;
    void *owner;      /* the user's own */
    uint8_t *timeout; /* place for pt_timeout_write, or NULL */
    size_t len;       /* of bytes */
    uint8_t bytes[];
} pt_out_frame;

/* Not thread-safe; must not move. */
typedef struct pt_outbox {
    pt_out_frame *first, **end;
    size_t n;
} pt_outbox;

void pt_outbox_init(pt_outbox *outbox);
/* Frees what is in it. */
void pt_outbox_done(pt_outbox *outbox);

void pt_outbox_add(pt_outbox *outbox, pt_out_frame *frame);
/* Takes out a frame that is in it. */
void pt_outbox_remove(pt_outbox *outbox, pt_out_frame *frame);

/* Moves all frames of `from` to the end of `to`. */
void pt_outbox_move(pt_outbox *from, pt_outbox *to);

/* Writes a frame with `message` packed, or `payload` copied, as its payload if it has one; sets frame->payload.len.
 * NULL: no memory. */
pt_out_frame *pt_out_frame_new(pt_frame *frame, const ProtobufCMessage *message, pt_slice payload);

/* Packs an envelope of the session with as many frames as one envelope should have, perhaps none. `leaving` (may be NULL) is
 * called for each before its bytes are taken. False: no memory, and nothing has changed. */
bool pt_outbox_pack(pt_outbox *outbox, const pt_transport *transport, uint64_t session,
                    void (*leaving)(pt_out_frame *frame, void *arg), void *arg, pt_msg *ret_msg);

#endif
