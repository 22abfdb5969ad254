/* Any bytes: nothing may break, and what was written must survive being read and written again. The first byte chooses type and
 * mapping. */
#include "json/testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const types[] = {"Shapes", "Loose", ".Value", ".Any"};
    if (size == 0) return 0;
    size_t len;
    pt_json_testing_round_trip(types[data[0] & 3], pt_slice_of(data + 1, size - 1), data[0] & 4, &len);
    return 0;
}
