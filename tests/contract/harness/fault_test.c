#include "fault.h"

#include "test_schema.h"

#include <partie/limits.h>

typedef struct seen {
    const pt_type *type;
    size_t limits;
} seen;

/* Every fault must be one to the runtime's own check as well. */
static void expect_fault(const pt_fault *fault, void *arg) {
    const pt_limits limits = PT_LIMITS_INIT;
    seen *s = arg;
    pt_status st = PT_STATUS_INIT;
    pt_code code = pt_type_check(s->type, fault->bytes, &limits, &st);
    cr_assert(code == PT_INVALID_ARGUMENT || (fault->limit && code == PT_RESOURCE_EXHAUSTED), "%s: %s: %s: %s", s->type->name,
              fault->what, pt_code_name(code), st.message);
    s->limits += fault->limit;
}

static void expect_faults(const char *name, size_t at_least) {
    pt_schema *schema = test_schema_new();
    seen s = {.type = pt_schema_type(schema, name)};
    cr_assert(s.type, "%s", name);
    size_t n = pt_fault_each(s.type, expect_fault, &s);
    cr_assert_geq(n, at_least, "%s: only %zu faults", name, n);
    cr_assert_geq(s.limits, 2u);
    pt_schema_free(schema);
}

Test(fault, each_kind_of_field_can_be_spoilt) {
    expect_faults("kinds.v1.Everything", 400);
}

Test(fault, an_empty_message_can_be_spoilt) {
    expect_faults("query_events.v1.GetCopyStatusRequest", 8);
}

Test(fault, faults_reach_into_messages) {
    expect_faults("ingest_events.v1.AppendEventsRequest", 100);
}

Test(fault, recursive_types_are_nested_too_deep) {
    expect_faults("google.protobuf.Value", 20);
}
