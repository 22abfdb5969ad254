/* Speaks the protobuf conformance runner's protocol: a length and a ConformanceRequest on stdin, a length and a
 * ConformanceResponse on stdout, until stdin ends. See
 * https://github.com/protocolbuffers/protobuf/blob/main/conformance/conformance.proto */
#include <stdio.h>
#include <stdlib.h>

#include "partie/json.h"
#include "partie/limits.h"
#include "partie/wire.h"

#define MESSAGE_MAX (64u << 20)

enum { REQUEST_PROTOBUF = 1, REQUEST_JSON = 2, REQUEST_OUTPUT = 3, REQUEST_TYPE = 4, REQUEST_CATEGORY = 5 };
enum { RESULT_PARSE_ERROR = 1, RESULT_RUNTIME_ERROR, RESULT_PROTOBUF, RESULT_JSON, RESULT_SKIPPED, RESULT_SERIALIZE_ERROR };
enum { OUTPUT_PROTOBUF = 1, OUTPUT_JSON = 2, CATEGORY_IGNORE_UNKNOWN = 3 };

typedef struct request {
    unsigned payload; /* field number of what came; 0: a form that isn't spoken here */
    pt_slice content;
    uint64_t output, category;
    pt_slice type;
} request;

static bool read_request(pt_slice bytes, request *ret) {
    pt_reader in = pt_reader_of(bytes);
    request r = {0};
    uint32_t number;
    unsigned wire_type;
    while (in.pos < in.end) {
        if (!pt_read_tag(&in, &number, &wire_type)) return false;
        bool ok;
        switch (number) {
        case REQUEST_PROTOBUF:
        case REQUEST_JSON:
            r.payload = number;
            ok = pt_read_bytes(&in, &r.content);
            break;
        case REQUEST_TYPE: ok = pt_read_bytes(&in, &r.type); break;
        case REQUEST_OUTPUT: ok = pt_read_varint(&in, &r.output); break;
        case REQUEST_CATEGORY: ok = pt_read_varint(&in, &r.category); break;
        default: ok = pt_skip_scalar(&in, wire_type);
        }
        if (!ok) return false;
    }
    *ret = r;
    return true;
}

/* Writes a response with one field. */
static bool answer(unsigned field, pt_slice content) {
    uint8_t head[4 + 2 * PT_VARINT_MAX_BYTES], *p = pt_write_tag(head + 4, field, PT_WIRE_LEN);
    p = pt_write_varint(p, content.len);
    pt_write_fixed32(head, (uint32_t)((size_t)(p - head) - 4 + content.len));
    bool ok = fwrite(head, 1, (size_t)(p - head), stdout) == (size_t)(p - head);
    ok = ok && fwrite(content.ptr, 1, content.len, stdout) == content.len;
    return ok && fflush(stdout) == 0;
}

/* Brings the payload into wire bytes. 0: done; else the field that answers why not. */
static unsigned take_payload(const pt_schema *schema, const pt_type *type, const request *r, pt_buf *wire, pt_status *st) {
    if (r->payload == REQUEST_JSON) {
        pt_json_read_options options = PT_JSON_READ_OPTIONS_INIT;
        options.schema = schema;
        options.ignore_unknown = r->category == CATEGORY_IGNORE_UNKNOWN;
        return pt_json_read(type, r->content, &options, wire, st) ? RESULT_PARSE_ERROR : 0;
    }
    pt_limits limits = PT_LIMITS_INIT;
    return pt_type_normalize(type, r->content, &limits, wire, st) ? RESULT_PARSE_ERROR : 0;
}

static bool serve(const pt_schema *schema, const request *r, pt_buf *wire, pt_buf *json) {
    pt_status st = PT_STATUS_INIT;
    const pt_type *type = pt_schema_type_n(schema, (const char *)r->type.ptr, r->type.len);
    bool spoken = r->payload && (r->output == OUTPUT_PROTOBUF || r->output == OUTPUT_JSON);
    if (!type || !spoken) return answer(RESULT_SKIPPED, pt_slice_str(type ? "no such format" : "no such type"));
    unsigned wrong = take_payload(schema, type, r, wire, &st);
    if (!wrong && r->output == OUTPUT_JSON) {
        pt_json_write_options options = PT_JSON_WRITE_OPTIONS_INIT;
        options.schema = schema;
        wrong = pt_json_write(type, pt_buf_slice(wire), &options, json, &st) ? RESULT_SERIALIZE_ERROR : 0;
    }
    bool ok = wrong                      ? answer(wrong, pt_slice_str(st.message))
              : r->output == OUTPUT_JSON ? answer(RESULT_JSON, pt_buf_slice(json))
                                         : answer(RESULT_PROTOBUF, pt_buf_slice(wire));
    pt_status_done(&st);
    return ok;
}

/* Reads what a length announces. False: the input is over or broken. */
static bool next_request(pt_buf *bytes) {
    uint8_t head[4];
    uint32_t len;
    if (fread(head, 1, sizeof head, stdin) != sizeof head) return false;
    pt_reader in = pt_reader_of(pt_slice_of(head, sizeof head));
    if (!pt_read_fixed32(&in, &len)) return false;
    pt_buf_clear(bytes);
    if (pt_buf_reserve(bytes, len) || fread(bytes->ptr, 1, len, stdin) != len) return false;
    bytes->len = len;
    return true;
}

static bool load(pt_schema *schema, const char *path, pt_status *st) {
    FILE *file = fopen(path, "rb");
    pt_buf set = PT_BUF_INIT(MESSAGE_MAX);
    uint8_t chunk[65536];
    if (!file) return pt_status_set(st, PT_NOT_FOUND, "%s: cannot be opened", path) == PT_OK;
    bool ok = true;
    for (size_t n; ok && (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        ok = pt_buf_append(&set, chunk, n) == PT_OK;
    ok = ok && pt_schema_add_set(schema, pt_buf_slice(&set), st) == PT_OK;
    fclose(file);
    pt_buf_done(&set);
    return ok;
}

int main(int argc, char **argv) {
    pt_status st = PT_STATUS_INIT;
    pt_schema *schema = pt_schema_new();
    if (argc != 3 || strcmp(argv[1], "--descriptors") != 0) {
        fprintf(stderr, "usage: %s --descriptors FILE\n", argv[0]);
        return 2;
    }
    if (!schema || !load(schema, argv[2], &st)) {
        fprintf(stderr, "%s: %s\n", argv[0], st.message);
        return 1;
    }
    pt_buf bytes = PT_BUF_INIT(MESSAGE_MAX), wire = PT_BUF_INIT(MESSAGE_MAX), json = PT_BUF_INIT(MESSAGE_MAX);
    request r;
    bool ok = true;
    while (ok && next_request(&bytes)) {
        pt_buf_clear(&wire);
        pt_buf_clear(&json);
        ok = read_request(pt_buf_slice(&bytes), &r) && serve(schema, &r, &wire, &json);
    }
    pt_buf_done(&bytes);
    pt_buf_done(&wire);
    pt_buf_done(&json);
    pt_schema_free(schema);
    return ok ? 0 : 1;
}
