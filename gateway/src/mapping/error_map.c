#include "mapping/error_map.h"

#include "google/rpc/error_details.pb.h"
#include "partie/json.h"
#include "partie/limits.h"
#include "partie/wire.h"

enum { STATUS_DETAILS = 3, ANY_TYPE_URL = 1, ANY_VALUE = 2 };

/* Adds a file after those it imports; google.protobuf's own are built in. */
static pt_code add_file(pt_schema *types, const pt_file *file, pt_status *st) {
    if (!strncmp(file->name, "google/protobuf/", 16)) return PT_OK;
    pt_code code = PT_OK;
    for (size_t i = 0; !code && i < file->n_imports; i++)
        code = add_file(types, file->imports[i], st);
    return code ? code : pt_schema_add_file(types, pt_slice_of(file->descriptor, file->descriptor_len), st);
}

pt_code pt_error_types_new(pt_schema **ret_types, pt_status *st) {
    pt_schema *types = pt_schema_new();
    if (!types) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "types of errors: out of memory");
    pt_code code = add_file(types, &google__rpc__error_details__file, st);
    if (code) {
        pt_schema_free(types);
        return code;
    }
    *ret_types = types;
    return PT_OK;
}

/* The next google.protobuf.Any in the details. False: no more, or bytes that are no google.rpc.Status. */
static bool next_detail(pt_reader *r, pt_slice *ret_any) {
    uint32_t number;
    unsigned wire_type;
    while (pt_read_tag(r, &number, &wire_type)) {
        bool wanted = number == STATUS_DETAILS && wire_type == PT_WIRE_LEN;
        if (wanted) return pt_read_bytes(r, ret_any);
        if (!pt_skip_scalar(r, wire_type)) return false;
    }
    return false;
}

static void split_any(pt_slice any, pt_slice *ret_url, pt_slice *ret_value) {
    pt_reader r = pt_reader_of(any);
    pt_slice bytes;
    uint32_t number;
    unsigned wire_type;
    *ret_url = *ret_value = (pt_slice){0};
    while (pt_read_tag(&r, &number, &wire_type) && wire_type == PT_WIRE_LEN && pt_read_bytes(&r, &bytes)) {
        if (number == ANY_TYPE_URL) *ret_url = bytes;
        if (number == ANY_VALUE) *ret_value = bytes;
    }
}

/* Field by field, as for any other message: a text, and bytes in base64. */
static pt_code write_unknown(const pt_type *any_type, pt_slice any, pt_buf *out) {
    const pt_json_write_options options = PT_JSON_WRITE_OPTIONS_INIT;
    pt_code code = pt_buf_append_str(out, "{\"@type\":");
    if (!code) code = pt_json_write_field(pt_type_field(any_type, ANY_TYPE_URL), any, &options, out, NULL);
    if (!code) code = pt_buf_append_str(out, ",\"value\":");
    if (!code) code = pt_json_write_field(pt_type_field(any_type, ANY_VALUE), any, &options, out, NULL);
    return code ? code : pt_buf_append_byte(out, '}');
}

/* INVALID_ARGUMENT: it is no Any. */
static pt_code write_detail(pt_slice any, const pt_schema *contract, const pt_schema *types, pt_buf *out) {
    const pt_type *any_type = pt_schema_type(types, "google.protobuf.Any");
    const pt_schema *const schemas[] = {contract, types};
    for (size_t i = 0; i < 2; i++) {
        if (!schemas[i]) continue;
        pt_json_write_options options = PT_JSON_WRITE_OPTIONS_INIT;
        options.schema = schemas[i];
        pt_code code = pt_json_write(any_type, any, &options, out, NULL);
        if (code != PT_INVALID_ARGUMENT) return code;
    }
    return write_unknown(any_type, any, out);
}

static pt_code write_details(const pt_status *error, const pt_schema *contract, const pt_schema *types, pt_buf *out) {
    pt_reader r = pt_reader_of(pt_slice_of(error->details, error->details_len));
    pt_slice any;
    bool first = true;
    while (next_detail(&r, &any)) {
        size_t before = out->len;
        pt_code code = first ? PT_OK : pt_buf_append_byte(out, ',');
        if (!code) code = write_detail(any, contract, types, out);
        if (code == PT_INVALID_ARGUMENT)
            out->len = before; /* a detail that can't be read is left out */
        else if (code)
            return code;
        else
            first = false;
    }
    return PT_OK;
}

pt_code pt_error_map(const pt_status *error, const pt_schema *contract, const pt_schema *types, pt_buf *out) {
    size_t start = out->len;
    pt_code code = pt_buf_printf(out, "{\"code\":%d,\"message\":", (int)error->code);
    if (!code) code = pt_json_quote(out, pt_slice_str(error->message));
    if (!code) code = pt_buf_append_str(out, ",\"details\":[");
    if (!code) code = write_details(error, contract, types, out);
    if (!code) code = pt_buf_append_str(out, "]}");
    if (code) out->len = start;
    return code;
}

static uint64_t retry_seconds(pt_slice bytes) {
    const pt_limits limits = PT_LIMITS_INIT;
    uint64_t seconds = 0;
    if (pt_message_check(&google__rpc__retry_info__descriptor, bytes, &limits, NULL)) return 0;
    Google__Rpc__RetryInfo *info = google__rpc__retry_info__unpack(NULL, bytes.len, bytes.ptr);
    if (info && info->retry_delay && info->retry_delay->seconds >= 0) {
        seconds = (uint64_t)info->retry_delay->seconds + (info->retry_delay->nanos > 0);
    }
    google__rpc__retry_info__free_unpacked(info, NULL);
    return seconds;
}

uint64_t pt_error_retry_seconds(const pt_status *error) {
    pt_reader r = pt_reader_of(pt_slice_of(error->details, error->details_len));
    pt_slice any, url, value;
    while (next_detail(&r, &any)) {
        split_any(any, &url, &value);
        if (pt_slice_equal(url, pt_slice_str("type.googleapis.com/google.rpc.RetryInfo"))) return retry_seconds(value);
    }
    return 0;
}
