#include "rpc/outbox.h"

#include <stdlib.h>

/* An envelope is closed when it has so much; what is longer alone leaves alone. */
#define ENVELOPE_BYTES 65536
#define ENVELOPE_FRAMES 1024

_Static_assert(ENVELOPE_FRAMES <= PT_ENVELOPE_MAX_FRAMES, "a receiver would refuse such an envelope");

void pt_outbox_init(pt_outbox *outbox) {
    *outbox = (pt_outbox){.end = &outbox->first};
}

void pt_outbox_done(pt_outbox *outbox) {
    for (pt_out_frame *f = outbox->first, *next; f; f = next) {
        next = f->next;
        free(f);
    }
    pt_outbox_init(outbox);
}

void pt_outbox_add(pt_outbox *outbox, pt_out_frame *frame) {
    frame->next = NULL;
    frame->link = outbox->end;
    *outbox->end = frame;
    outbox->end = &frame->next;
    outbox->n++;
}

void pt_outbox_remove(pt_outbox *outbox, pt_out_frame *frame) {
    *frame->link = frame->next;
    if (frame->next)
        frame->next->link = frame->link;
    else
        outbox->end = frame->link;
    outbox->n--;
}

void pt_outbox_move(pt_outbox *from, pt_outbox *to) {
    if (!from->first) return;
    *to->end = from->first;
    from->first->link = to->end;
    to->end = from->end;
    to->n += from->n;
    pt_outbox_init(from);
}

pt_out_frame *pt_out_frame_new(pt_frame *frame, const ProtobufCMessage *message, pt_slice payload) {
    frame->payload.len = message ? protobuf_c_message_get_packed_size(message) : payload.len;
    size_t len = pt_frame_measure(frame);
    pt_out_frame *f = malloc(sizeof *f + len);
    if (!f) return NULL;
    f->owner = NULL;
    f->len = len;
    uint8_t *place = pt_frame_write(f->bytes, frame, &f->timeout);
    if (message)
        protobuf_c_message_pack(message, place);
    else if (payload.len)
        memcpy(place, payload.ptr, payload.len);
    return f;
}

/* How many of the first frames go together, and their bytes. */
static size_t choose(const pt_outbox *outbox, size_t *ret_bytes) {
    size_t n = 0, bytes = 0;
    for (const pt_out_frame *f = outbox->first; f && n < ENVELOPE_FRAMES; f = f->next, n++) {
        if (n && bytes + f->len > ENVELOPE_BYTES) break;
        bytes += f->len;
    }
    *ret_bytes = bytes;
    return n;
}

bool pt_outbox_pack(pt_outbox *outbox, const pt_transport *transport, uint64_t session,
                    void (*leaving)(pt_out_frame *frame, void *arg), void *arg, pt_msg *ret_msg) {
    const pt_envelope head = {.session = session};
    size_t bytes, n = choose(outbox, &bytes);
    if (!transport->msg_new(pt_envelope_head_size(&head) + bytes, ret_msg)) return false;
    uint8_t *p = pt_envelope_head_write(ret_msg->bytes, &head);
    while (n--) {
        pt_out_frame *f = outbox->first;
        pt_outbox_remove(outbox, f);
        if (leaving) leaving(f, arg);
        memcpy(p, f->bytes, f->len);
        p += f->len;
        free(f);
    }
    return true;
}
