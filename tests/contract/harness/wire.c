#include "wire.h"

#include <stdio.h>
#include <stdlib.h>

static void must(pt_code code) {
    if (code == PT_OK) return;
    fputs("contract tests: out of memory\n", stderr);
    abort();
}

void pt_put_raw(pt_buf *out, const void *bytes, size_t len) {
    must(pt_buf_append(out, bytes, len));
}

void pt_put_text(pt_buf *out, const char *text) {
    must(pt_buf_append_str(out, text));
}

void pt_put_varint(pt_buf *out, uint64_t value) {
    while (value >= 0x80) {
        must(pt_buf_append_byte(out, (uint8_t)(value | 0x80)));
        value >>= 7;
    }
    must(pt_buf_append_byte(out, (uint8_t)value));
}

void pt_put_tag(pt_buf *out, uint32_t number, unsigned wire_type) {
    pt_put_varint(out, (uint64_t)number << 3 | wire_type);
}

static void put_little_endian(pt_buf *out, uint64_t value, size_t len) {
    for (size_t i = 0; i < len; i++)
        must(pt_buf_append_byte(out, (uint8_t)(value >> (8 * i))));
}

void pt_put_fixed32(pt_buf *out, uint32_t value) {
    put_little_endian(out, value, 4);
}

void pt_put_fixed64(pt_buf *out, uint64_t value) {
    put_little_endian(out, value, 8);
}

void pt_put_len(pt_buf *out, uint32_t number, pt_slice bytes) {
    pt_put_tag(out, number, PT_WIRE_LEN);
    pt_put_varint(out, bytes.len);
    pt_put_raw(out, bytes.ptr, bytes.len);
}

bool pt_varint_next(pt_slice *rest, uint64_t *ret_value) {
    uint64_t value = 0;
    for (size_t i = 0; i < rest->len && i < 10; i++) {
        value |= (uint64_t)(rest->ptr[i] & 0x7F) << (7 * i);
        if (rest->ptr[i] & 0x80) continue;
        *rest = pt_slice_of(rest->ptr + i + 1, rest->len - i - 1);
        *ret_value = value;
        return true;
    }
    return false;
}

static bool take_fixed(pt_slice *rest, size_t len, uint64_t *ret_value) {
    if (rest->len < len) return false;
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++)
        value |= (uint64_t)rest->ptr[i] << (8 * i);
    *rest = pt_slice_of(rest->ptr + len, rest->len - len);
    *ret_value = value;
    return true;
}

bool pt_part_next(pt_slice *rest, pt_part *ret_part) {
    pt_slice at = *rest;
    uint64_t tag;
    pt_part part = {0};
    if (!pt_varint_next(&at, &tag)) return false;
    part.number = (uint32_t)(tag >> 3);
    part.wire_type = (unsigned)(tag & 7);
    switch (part.wire_type) {
    case PT_WIRE_VARINT:
        if (!pt_varint_next(&at, &part.value)) return false;
        break;
    case PT_WIRE_FIXED64:
    case PT_WIRE_FIXED32:
        if (!take_fixed(&at, part.wire_type == PT_WIRE_FIXED64 ? 8 : 4, &part.value)) return false;
        break;
    case PT_WIRE_LEN:
        if (!pt_varint_next(&at, &part.value) || part.value > at.len) return false;
        part.bytes = pt_slice_of(at.ptr, (size_t)part.value);
        at = pt_slice_of(at.ptr + part.bytes.len, at.len - part.bytes.len);
        break;
    default: return false;
    }
    part.whole = pt_slice_of(rest->ptr, rest->len - at.len);
    *rest = at;
    *ret_part = part;
    return true;
}
