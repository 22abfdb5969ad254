/* Any text: nothing may break, and what was read must survive being written and read again. The first byte chooses type and
 * options. */
#include "json/testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const types[] = {"Shapes", "Loose", ".Value", ".Any"};
    if (size == 0) return 0;
    const char *name = types[data[0] & 3];
    bool annotations = data[0] & 4;
    pt_json_read_options options = {
        .schema = pt_json_testing_schema(), .depth = 50, .ignore_unknown = data[0] & 8, .annotations = annotations};
    pt_buf wire = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    pt_status st = PT_STATUS_INIT;
    pt_slice text = pt_slice_of(data + 1, size - 1);
    if (pt_json_read(pt_json_testing_type(name), text, &options, &wire, &st) == PT_OK) {
        size_t len;
        pt_json_testing_round_trip(name, pt_buf_slice(&wire), annotations, &len);
        if (len == 0) __builtin_trap(); /* what was read can always be written */
    }
    pt_status_done(&st);
    pt_buf_done(&wire);
    return 0;
}
