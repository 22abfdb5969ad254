#include "routing/percent.h"

static int hex_digit(uint8_t c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool pt_percent_decode(pt_slice in, pt_percent_mode mode, uint8_t *ret_out, size_t *ret_len) {
    uint8_t *out = ret_out;
    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.ptr[i];
        if (c == '+' && mode == PT_PERCENT_QUERY) c = ' ';
        if (c != '%') {
            *out++ = c;
            continue;
        }
        if (in.len - i < 3) return false;
        int high = hex_digit(in.ptr[i + 1]), low = hex_digit(in.ptr[i + 2]);
        if (high < 0 || low < 0) return false;
        uint8_t byte = (uint8_t)(high << 4 | low);
        if (byte == '/' && mode == PT_PERCENT_KEEP_SLASH) {
            memmove(out, in.ptr + i, 3);
            out += 3;
        } else {
            *out++ = byte;
        }
        i += 2;
    }
    *ret_len = (size_t)(out - ret_out);
    return true;
}
