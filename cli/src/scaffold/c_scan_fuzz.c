#include "c_scan.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pt_c_scan scan = {.rest = pt_slice_of(data, size)};
    pt_c_function f;
    const uint8_t *at = data;
    while (pt_c_scan_next(&scan, &f)) {
        if (f.text.ptr < at || f.text.ptr + f.text.len > data + size || f.name.len == 0) abort();
        at = f.text.ptr + f.text.len;
    }
    return 0;
}
