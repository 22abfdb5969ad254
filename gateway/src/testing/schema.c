#include "testing/schema.h"

#include <criterion/criterion.h>
#include <stdio.h>

pt_schema *pt_testing_schema(void) {
    pt_buf bytes = PT_BUF_INIT(1 << 20);
    pt_status st = PT_STATUS_INIT;
    FILE *f = fopen(PT_TEST_CONTRACTS, "rb");
    cr_assert(f, "%s can't be read", PT_TEST_CONTRACTS);
    cr_assert_eq(pt_buf_reserve(&bytes, bytes.max), PT_OK);
    bytes.len = fread(bytes.ptr, 1, bytes.max, f);
    fclose(f);
    pt_schema *schema = pt_schema_new();
    cr_assert_eq(pt_schema_add_set(schema, pt_buf_slice(&bytes), &st), PT_OK, "%s", st.message);
    pt_buf_done(&bytes);
    return schema;
}
