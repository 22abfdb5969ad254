/* The types that the harness's own tests draw. */
#ifndef PT_CONTRACT_TEST_SCHEMA_H
#define PT_CONTRACT_TEST_SCHEMA_H

#include <criterion/criterion.h>
#include <partie/schema.h>

#include "ingest_events/v1/ingest_events.rpc.h"
#include "kinds.pb.h"
#include "query_events/v1/query_events.rpc.h"

static void test_schema_add(pt_schema *schema, const pt_file *file) {
    pt_status st = PT_STATUS_INIT;
    for (size_t i = 0; i < file->n_imports; i++)
        test_schema_add(schema, file->imports[i]);
    pt_code code = pt_schema_add_file(schema, pt_slice_of(file->descriptor, file->descriptor_len), &st);
    cr_assert_eq(code, PT_OK, "%s: %s", file->name, st.message);
}

/* The services' contracts and every kind of field. The caller frees it. */
static inline pt_schema *test_schema_new(void) {
    pt_schema *schema = pt_schema_new();
    cr_assert(schema);
    test_schema_add(schema, &kinds__file);
    test_schema_add(schema, ingest_events__v1__ingest_events_service__service.file);
    test_schema_add(schema, query_events__v1__query_events_service__service.file);
    return schema;
}

#endif
