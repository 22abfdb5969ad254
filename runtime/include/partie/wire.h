/* Protobuf wire format, byte by byte: what everything shares that reads or writes serialized messages without a struct.
 * Source: https://protobuf.dev/programming-guides/encoding/. No allocation, no recursion, no state but the reader's. */
#ifndef PARTIE_WIRE_H
#define PARTIE_WIRE_H

#include "partie/buf.h"

enum { PT_WIRE_VARINT = 0, PT_WIRE_I64 = 1, PT_WIRE_LEN = 2, PT_WIRE_START_GROUP = 3, PT_WIRE_END_GROUP = 4, PT_WIRE_I32 = 5 };

#define PT_VARINT_MAX_BYTES 10
#define PT_SHORT_VARINT_MAX_BYTES 5 /* a tag or a length, however it is padded: protobuf's parsers take no more */
#define PT_FIELD_NUMBER_MAX ((1u << 29) - 1)

/* Walks bytes that it borrows. */
typedef struct pt_reader {
    const uint8_t *pos, *end;
} pt_reader;

static inline pt_reader pt_reader_of(pt_slice s) {
    return (pt_reader){s.ptr, s.ptr ? s.ptr + s.len : s.ptr};
}

static inline size_t pt_reader_left(const pt_reader *r) {
    return (size_t)(r->end - r->pos);
}

/* Reads a varint of up to 10 bytes; bits above 64 are dropped, as protobuf's own parsers do. False: truncated or longer. */
static inline bool pt_read_varint(pt_reader *r, uint64_t *ret) {
    if (r->pos < r->end && *r->pos < 0x80) {
        *ret = *r->pos++;
        return true;
    }
    uint64_t value = 0;
    const uint8_t *p = r->pos;
    for (unsigned shift = 0; shift < 70 && p < r->end; shift += 7) {
        uint8_t byte = *p++;
        if (shift < 64) value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            r->pos = p;
            *ret = value;
            return true;
        }
    }
    return false;
}

/* Little-endian fixed width. False: truncated. */
static inline bool pt_read_fixed32(pt_reader *r, uint32_t *ret) {
    if (pt_reader_left(r) < 4) return false;
    const uint8_t *p = r->pos;
    *ret = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    r->pos += 4;
    return true;
}

static inline bool pt_read_fixed64(pt_reader *r, uint64_t *ret) {
    uint32_t low, high;
    if (pt_reader_left(r) < 8 || !pt_read_fixed32(r, &low) || !pt_read_fixed32(r, &high)) return false;
    *ret = (uint64_t)high << 32 | low;
    return true;
}

/* Reads a length and the bytes behind it, as a view. False: truncated, or a length of more than 5 bytes. */
static inline bool pt_read_bytes(pt_reader *r, pt_slice *ret) {
    const uint8_t *start = r->pos;
    uint64_t len;
    if (!pt_read_varint(r, &len) || r->pos - start > PT_SHORT_VARINT_MAX_BYTES || len > pt_reader_left(r)) {
        r->pos = start;
        return false;
    }
    *ret = (pt_slice){r->pos, (size_t)len};
    r->pos += len;
    return true;
}

/* Reads a tag. False: truncated, over 5 bytes, field number 0 or over 2^29-1, or a wire type that there isn't. */
static inline bool pt_read_tag(pt_reader *r, uint32_t *ret_field, unsigned *ret_wire_type) {
    uint64_t tag;
    const uint8_t *start = r->pos;
    if (!pt_read_varint(r, &tag) || r->pos - start > PT_SHORT_VARINT_MAX_BYTES || tag > UINT32_MAX || tag >> 3 == 0 ||
        (tag & 7) > PT_WIRE_I32) {
        r->pos = start;
        return false;
    }
    *ret_field = (uint32_t)(tag >> 3);
    *ret_wire_type = (unsigned)(tag & 7);
    return true;
}

/* Passes over a value that is no group. False: truncated, or a group. */
static inline bool pt_skip_scalar(pt_reader *r, unsigned wire_type) {
    uint64_t number;
    pt_slice bytes;
    size_t width = wire_type == PT_WIRE_I64 ? 8 : 4;
    switch (wire_type) {
    case PT_WIRE_VARINT: return pt_read_varint(r, &number);
    case PT_WIRE_LEN: return pt_read_bytes(r, &bytes);
    case PT_WIRE_I64:
    case PT_WIRE_I32:
        if (pt_reader_left(r) < width) return false;
        r->pos += width;
        return true;
    default: return false;
    }
}

static inline size_t pt_varint_size(uint64_t value) {
    size_t n = 1;
    while (value >= 0x80) {
        value >>= 7;
        n++;
    }
    return n;
}

/* Writers put bytes at `p`, where there must be room, and return the place behind them. */
static inline uint8_t *pt_write_varint(uint8_t *p, uint64_t value) {
    while (value >= 0x80) {
        *p++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *p++ = (uint8_t)value;
    return p;
}

static inline uint8_t *pt_write_tag(uint8_t *p, uint32_t field, unsigned wire_type) {
    return pt_write_varint(p, (uint64_t)field << 3 | wire_type);
}

static inline uint8_t *pt_write_fixed32(uint8_t *p, uint32_t value) {
    for (int i = 0; i < 4; i++)
        *p++ = (uint8_t)(value >> (8 * i));
    return p;
}

static inline uint8_t *pt_write_fixed64(uint8_t *p, uint64_t value) {
    return pt_write_fixed32(pt_write_fixed32(p, (uint32_t)value), (uint32_t)(value >> 32));
}

static inline uint64_t pt_zigzag(int64_t value) {
    return ((uint64_t)value << 1) ^ (0 - ((uint64_t)value >> 63));
}

static inline int64_t pt_unzigzag(uint64_t value) {
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

#endif
