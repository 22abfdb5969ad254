/* Any bytes as a file of addresses: refused with the line, or made into a sorted list of good URLs. */
#include <assert.h>

#include "discovery/address_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pt_address_builder b = PT_ADDRESS_BUILDER_INIT;
    pt_status st = PT_STATUS_INIT;
    if (pt_address_text_read(pt_slice_of(data, size), &b, &st)) {
        assert(st.message[0]);
        pt_status_done(&st);
        pt_address_builder_done(&b);
        return 0;
    }
    pt_address_list *list;
    size_t n;
    if (pt_address_builder_finish(&b, &list)) return 0;
    const pt_address *a = pt_address_list_get(list, &n);
    for (size_t i = 0; i < n; i++) {
        assert(pt_url_validate(pt_slice_str(a[i].url), NULL) == PT_OK);
        assert(a[i].weight >= 1 && a[i].weight <= PT_WEIGHT_MAX);
        assert(i == 0 || strcmp(a[i - 1].url, a[i].url) < 0);
    }
    pt_address_list_unref(list);
    return 0;
}
