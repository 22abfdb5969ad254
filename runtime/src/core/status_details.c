/* The typed details of a status, written by hand: this layer links no generated code. Field numbers are those of
 * google/rpc/status.proto, google/rpc/error_details.proto and google/protobuf/any.proto. */
#include <stdlib.h>

#include "core/utf8.h"
#include "core/wire.h"
#include "partie/status.h"

enum { STATUS_CODE = 1, STATUS_MESSAGE = 2, STATUS_DETAILS = 3 };
enum { ANY_TYPE_URL = 1, ANY_VALUE = 2 };
enum { BAD_REQUEST_VIOLATIONS = 1 };
enum { VIOLATION_FIELD = 1, VIOLATION_DESCRIPTION = 2, VIOLATION_REASON = 3 };

static const char BAD_REQUEST_URL[] = "type.googleapis.com/google.rpc.BadRequest";

static pt_code put_bytes(pt_buf *b, uint32_t field, pt_slice bytes) {
    uint8_t head[2 * PT_VARINT_MAX_BYTES];
    uint8_t *end = pt_write_varint(pt_write_tag(head, field, PT_WIRE_LEN), bytes.len);
    pt_code code = pt_buf_append(b, head, (size_t)(end - head));
    return code ? code : pt_buf_append(b, bytes.ptr, bytes.len);
}

/* Nothing for an empty text, as proto3 writes it. */
static pt_code put_text(pt_buf *b, uint32_t field, const char *text) {
    size_t len = text ? strlen(text) : 0;
    if (len == 0) return PT_OK;
    pt_code code = put_bytes(b, field, pt_slice_of(text, len));
    if (!code) pt_utf8_repair(b->ptr + b->len - len, len);
    return code;
}

static pt_code put_code(pt_buf *b, pt_code status_code) {
    uint8_t head[2 * PT_VARINT_MAX_BYTES];
    if (status_code == PT_OK) return PT_OK;
    uint8_t *end = pt_write_varint(pt_write_tag(head, STATUS_CODE, PT_WIRE_VARINT), (uint64_t)status_code);
    return pt_buf_append(b, head, (size_t)(end - head));
}

/* The serialized BadRequest in an Any. False: the Any holds something else. */
static bool read_bad_request(pt_slice any, pt_slice *ret_value) {
    pt_reader r = pt_reader_of(any);
    pt_slice url = {0}, value = {0}, bytes;
    uint32_t field;
    unsigned wire_type;
    while (pt_read_tag(&r, &field, &wire_type) && wire_type == PT_WIRE_LEN && pt_read_bytes(&r, &bytes)) {
        if (field == ANY_TYPE_URL) url = bytes;
        if (field == ANY_VALUE) value = bytes;
    }
    if (!pt_slice_equal(url, pt_slice_str(BAD_REQUEST_URL))) return false;
    *ret_value = value;
    return true;
}

/* Copies the violations of what is a BadRequest to `violations`, and the other details to `rest`. Bytes that are no Status
 * count as none from where they stop making sense. */
static pt_code split_details(const pt_status *st, pt_buf *rest, pt_buf *violations) {
    pt_reader r = pt_reader_of(pt_slice_of(st->details, st->details_len));
    pt_code code = PT_OK;
    uint32_t field;
    unsigned wire_type;
    while (!code && pt_read_tag(&r, &field, &wire_type)) {
        pt_slice any, bad_request;
        if (field != STATUS_DETAILS || wire_type != PT_WIRE_LEN) {
            if (!pt_skip_scalar(&r, wire_type)) break;
            continue;
        }
        if (!pt_read_bytes(&r, &any)) break;
        if (read_bad_request(any, &bad_request))
            code = pt_buf_append(violations, bad_request.ptr, bad_request.len);
        else
            code = put_bytes(rest, STATUS_DETAILS, any);
    }
    return code;
}

static pt_code put_violation(pt_buf *violations, const char *field, const char *reason, const char *description) {
    pt_buf one = PT_BUF_INIT(PT_STATUS_DETAILS_BYTES);
    pt_code code = put_text(&one, VIOLATION_FIELD, field);
    if (!code) code = put_text(&one, VIOLATION_DESCRIPTION, description);
    if (!code) code = put_text(&one, VIOLATION_REASON, reason);
    if (!code) code = put_bytes(violations, BAD_REQUEST_VIOLATIONS, pt_buf_slice(&one));
    pt_buf_done(&one);
    return code;
}

/* The whole Status: code, message, the BadRequest, the rest. */
static pt_code put_status(pt_buf *b, const pt_status *st, pt_slice violations, pt_slice rest) {
    pt_buf any = PT_BUF_INIT(PT_STATUS_DETAILS_BYTES);
    pt_code code = put_code(b, st->code);
    if (!code) code = put_text(b, STATUS_MESSAGE, st->message);
    if (!code) code = put_text(&any, ANY_TYPE_URL, BAD_REQUEST_URL);
    if (!code) code = put_bytes(&any, ANY_VALUE, violations);
    if (!code) code = put_bytes(b, STATUS_DETAILS, pt_buf_slice(&any));
    if (!code) code = pt_buf_append(b, rest.ptr, rest.len);
    pt_buf_done(&any);
    return code;
}

void pt_status_add_violation(pt_status *st, const char *field, const char *reason, const char *description) {
    if (!st) return;
    pt_buf rest = PT_BUF_INIT(PT_STATUS_DETAILS_BYTES), violations = PT_BUF_INIT(PT_STATUS_DETAILS_BYTES),
           whole = PT_BUF_INIT(PT_STATUS_DETAILS_BYTES);
    pt_code code = split_details(st, &rest, &violations);
    if (!code) code = put_violation(&violations, field, reason, description);
    if (!code) code = put_status(&whole, st, pt_buf_slice(&violations), pt_buf_slice(&rest));
    if (!code) {
        free(st->details);
        st->details = pt_buf_take(&whole, &st->details_len);
    }
    pt_buf_done(&rest);
    pt_buf_done(&violations);
    pt_buf_done(&whole);
}
