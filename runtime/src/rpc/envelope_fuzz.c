/* Reads any bytes as an envelope; what is accepted must read the same after it was written again. */
#include <assert.h>
#include <stdlib.h>

#include "rpc/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(pt_slice outer, pt_slice inner) {
    assert(inner.len == 0 || (inner.ptr >= outer.ptr && inner.ptr + inner.len <= outer.ptr + outer.len));
}

/* Metadata and order aside, a frame is the same after a turn through the writer. */
static void check_frame(const pt_frame *f) {
    pt_frame copy = *f, back;
    uint8_t *timeout;
    size_t len = pt_frame_measure(&copy);
    uint8_t *bytes = malloc(len);
    assert(bytes);
    uint8_t *end = pt_frame_write(bytes, &copy, &timeout);
    if (copy.has_payload && copy.payload.len) memcpy(end, copy.payload.ptr, copy.payload.len);
    assert(end + (copy.has_payload ? copy.payload.len : 0) == bytes + len);
    pt_reader r = pt_reader_of(pt_slice_of(bytes, len));
    assert(pt_envelope_next(&r, &back));
    assert(back.stream == f->stream && back.credit == f->credit && back.encoding == f->encoding);
    assert(back.has_call == f->has_call && back.has_result == f->has_result && back.cancel == f->cancel);
    assert(back.has_payload == f->has_payload && pt_slice_equal(back.payload, f->payload));
    if (f->has_call) assert(pt_slice_equal(back.call.method, f->call.method) && back.call.hops == f->call.hops);
    if (f->has_result) assert(pt_slice_equal(back.result.message, f->result.message) && back.result.code == f->result.code);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pt_slice bytes = pt_slice_of(data, size);
    pt_envelope e;
    pt_status st = PT_STATUS_INIT;
    if (pt_envelope_read(bytes, &e, &st)) {
        assert(st.message[0]);
        return 0;
    }
    pt_reader r = pt_reader_of(bytes);
    pt_frame f;
    size_t n = 0;
    for (; pt_envelope_next(&r, &f); n++) {
        pt_arena arena;
        pt_metadata md;
        check_inside(bytes, f.payload);
        check_inside(bytes, f.call.method);
        check_inside(bytes, f.result.details);
        check_frame(&f);
        pt_arena_init(&arena, 1 << 20);
        pt_metadata_init(&md, &arena);
        if (pt_pairs_read(&f.metadata, &md, NULL) == PT_OK && f.has_call && pt_pairs_read(&f.call.metadata, &md, NULL) == PT_OK)
            assert(md.n_pairs <= PT_METADATA_MAX_PAIRS);
        pt_arena_done(&arena);
    }
    assert(n == e.n_frames);
    return 0;
}
