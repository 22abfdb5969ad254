/* Any bytes: what is taken is written so that it passes the check, and that the same comes out of it again.
 * The first byte chooses the type. */
#include <stdlib.h>

#include "partie/limits.h"
#include "partie/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const types[] = {"google.protobuf.FileDescriptorSet", "google.protobuf.Struct", "google.protobuf.Value",
                                        "google.protobuf.Api"};
    static pt_schema *schema;
    if (!schema) schema = pt_schema_new();
    check(schema);
    if (size == 0) return 0;
    const pt_type *type = pt_schema_type(schema, types[data[0] & 3]);
    pt_slice wire = pt_slice_of(data + 1, size - 1);
    pt_limits limits = PT_LIMITS_INIT;
    pt_status st = PT_STATUS_INIT;
    pt_buf once = PT_BUF_INIT(1 << 24), twice = PT_BUF_INIT(1 << 24);
    pt_code code = pt_type_normalize(type, wire, &limits, &once, &st);
    if (code) {
        check(once.len == 0 && st.message[0]);
    } else {
        check(pt_type_check(type, pt_buf_slice(&once), &limits, &st) == PT_OK);
        check(pt_type_normalize(type, pt_buf_slice(&once), &limits, &twice, &st) == PT_OK);
        check(pt_slice_equal(pt_buf_slice(&once), pt_buf_slice(&twice)));
    }
    pt_status_done(&st);
    pt_buf_done(&once);
    pt_buf_done(&twice);
    return 0;
}
