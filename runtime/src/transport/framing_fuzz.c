/* Reads any bytes as a connection's, cut into reads of the sizes that the first bytes say, and refuses some messages at first.
 */
#include <assert.h>

#include "transport/framing.h"

#define RECEIVE_BYTES 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static pt_framing f;
    if (size < 4) return 0;
    f = (pt_framing){.local = data[0] & 1, .peer_protocol = PT_SP_REQ, .receive_bytes = RECEIVE_BYTES};
    size_t step = 1 + data[1] * (size_t)data[2], refuse = data[3] & 3, at = 4, n = 0;
    if (data[0] & 2) f.greeted = true;
    for (;;) {
        pt_slice words;
        pt_msg payload;
        pt_framing_step s = pt_framing_next(&f, &words, &payload);
        if (s == PT_FRAMING_BAD) break;
        if (s == PT_FRAMING_MESSAGE) {
            assert(words.len >= 4 && words.len <= PT_SP_WORDS_BYTES && words.ptr[words.len - 4] & 0x80);
            assert(payload.len + words.len <= RECEIVE_BYTES);
            bool taken = ++n % 4 != refuse;
            pt_framing_over(&f, payload, taken);
            if (taken) pt_block_free(payload);
        }
        if (s != PT_FRAMING_MORE) continue;
        size_t room, left = size - at;
        uint8_t *space = pt_framing_space(&f, &room);
        size_t len = step < room ? step : room;
        assert(room > 0);
        if (len > left) len = left;
        if (len == 0) break;
        memcpy(space, data + at, len);
        pt_framing_added(&f, len);
        at += len;
    }
    pt_framing_done(&f);
    return 0;
}
