/* Protobuf wire bytes by hand. The contract tests write and take apart messages without the runtime's own codec, so that a
 * fault there cannot hide itself. Lack of memory ends the test program: nothing here returns an error. */
#ifndef PT_CONTRACT_WIRE_H
#define PT_CONTRACT_WIRE_H

#include <partie/buf.h>

enum { PT_WIRE_VARINT = 0, PT_WIRE_FIXED64 = 1, PT_WIRE_LEN = 2, PT_WIRE_SGROUP = 3, PT_WIRE_EGROUP = 4, PT_WIRE_FIXED32 = 5 };

/* Ceiling of the buffers that tests build messages in, in bytes. */
#define PT_TEST_BUF_BYTES (64u << 20)

/* Append to `out`. */
void pt_put_raw(pt_buf *out, const void *bytes, size_t len);
void pt_put_text(pt_buf *out, const char *text);
void pt_put_varint(pt_buf *out, uint64_t value);
void pt_put_tag(pt_buf *out, uint32_t number, unsigned wire_type);
void pt_put_fixed32(pt_buf *out, uint32_t value);
void pt_put_fixed64(pt_buf *out, uint64_t value);

/* Appends a whole field with a length: string, bytes, message or packed list. */
void pt_put_len(pt_buf *out, uint32_t number, pt_slice bytes);

/* A field as it stands on the wire, borrowed from the message. */
typedef struct pt_part {
    uint32_t number;
    unsigned wire_type;
    uint64_t value; /* varint and fixed */
    pt_slice bytes; /* the content of LEN */
    pt_slice whole; /* tag and all */
} pt_part;

/* Takes the first field off `rest`. False: there is none, or it is malformed or a group; then `rest` stays. */
bool pt_part_next(pt_slice *rest, pt_part *ret_part);

/* Takes a bare varint off `rest` (packed lists). False as above. */
bool pt_varint_next(pt_slice *rest, uint64_t *ret_value);

#endif
