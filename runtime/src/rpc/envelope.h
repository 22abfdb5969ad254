/* Codec of partie.wire.v1.Envelope: bytes in, views out, and the other way round. It copies nothing and allocates nothing.
 *
 * Reading: pt_envelope_read checks the whole and counts the frames; pt_envelope_next walks them. Views point into the bytes.
 * Writing: measure the frames, allocate the sum once, write. A frame ends with its payload, so the writer of a frame leaves
 * the place right behind itself for a message that is packed straight into it. */
#ifndef PT_RPC_ENVELOPE_H
#define PT_RPC_ENVELOPE_H

#include "core/wire.h"
#include "partie/metadata.h"

/* Ceilings that bytes from a peer meet. */
#define PT_ENVELOPE_MAX_FRAMES 4096
#define PT_METHOD_NAME_MAX 512 /* bytes */

/* Most that Call.timeout_us is written as: two days, so that it fits the width that is kept free for it. */
#define PT_TIMEOUT_US_MAX ((UINT64_C(1) << 42) - 1)

/* partie.wire.v1.Envelope without its frames. */
typedef struct pt_envelope {
    uint64_t session, sequence;
    bool has_hello, has_go_away; /* reading only */
    pt_slice hello, go_away;     /* reading only; serialized */
    size_t n_frames;             /* reading only */
    pt_slice bytes;              /* reading only: the whole */
} pt_envelope;

/* Metadata on either side of the codec. */
typedef struct pt_pairs {
    const pt_metadata *set; /* writing: may be NULL */
    pt_slice raw;           /* reading: the message that holds the pairs, */
    uint32_t field;         /* and their field number; see pt_pairs_read */
} pt_pairs;

/* partie.wire.v1.Call */
typedef struct pt_call_part {
    pt_slice method;
    uint64_t method_hash;
    uint32_t contract;
    uint64_t timeout_us;
    uint32_t attempt, hops, retry_budget;
    pt_pairs metadata;
    size_t len; /* writing: set by pt_frame_measure */
} pt_call_part;

/* partie.wire.v1.Result */
typedef struct pt_result_part {
    uint32_t code;
    pt_slice message, details;
    bool not_run;
    uint32_t retry_after_ms;
    pt_pairs metadata;
    size_t len; /* writing: set by pt_frame_measure */
} pt_result_part;

/* partie.wire.v1.Frame */
typedef struct pt_frame {
    uint64_t stream;
    bool has_call, has_result, half_close, cancel, has_payload;
    uint64_t credit;
    uint32_t encoding;
    pt_call_part call;     /* if has_call */
    pt_result_part result; /* if has_result */
    pt_pairs metadata;
    pt_slice payload; /* if has_payload; writing: only the length counts */
    size_t len;       /* writing: set by pt_frame_measure */
} pt_frame;

/* Checks that `bytes` are an envelope with all its frames well-formed, fields that it doesn't know aside.
 * INVALID_ARGUMENT: they are not; the message names the byte. RESOURCE_EXHAUSTED: too many frames, or a method name that is too
 * long. */
pt_code pt_envelope_read(pt_slice bytes, pt_envelope *ret_envelope, pt_status *st) PT_MUST_CHECK;

/* Takes the next frame of an envelope that was read. Start with a reader over envelope->bytes. False: there are no more. */
bool pt_envelope_next(pt_reader *r, pt_frame *ret_frame);

/* Adds the pairs that a frame brought to `to`, whose own checks and ceilings hold.
 * INVALID_ARGUMENT, RESOURCE_EXHAUSTED: as pt_metadata_add. */
pt_code pt_pairs_read(const pt_pairs *pairs, pt_metadata *to, pt_status *st) PT_MUST_CHECK;

/* Bytes of the envelope's head when written. */
size_t pt_envelope_head_size(const pt_envelope *envelope);

/* Writes session and sequence at `p` and returns the place behind them. */
uint8_t *pt_envelope_head_write(uint8_t *p, const pt_envelope *envelope);

/* Sets the len fields of a frame and returns the bytes that it takes within an envelope, payload included. */
size_t pt_frame_measure(pt_frame *frame);

/* Writes a measured frame at `p`, all but the bytes of its payload, and returns the place behind: the caller puts
 * payload.len bytes there. Where the frame has a call with a timeout, *ret_timeout becomes the place of it for
 * pt_timeout_write; otherwise NULL. */
uint8_t *pt_frame_write(uint8_t *p, const pt_frame *frame, uint8_t **ret_timeout);

/* Overwrites the timeout of a frame that was written, when it has waited before it leaves. At least 1, since 0 says none. */
void pt_timeout_write(uint8_t *timeout, uint64_t timeout_us);

#endif
