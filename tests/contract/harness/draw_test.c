#include "draw.h"

#include "test_schema.h"
#include "wire.h"

#include <partie/json.h>
#include <partie/limits.h>

#define DRAWS 200

static const char *const names[] = {"kinds.v1.Everything",
                                    "kinds.v1.Choice",
                                    "kinds.v1.WellKnown",
                                    "events.v1.Event",
                                    "ingest_events.v1.AppendEventsRequest",
                                    "query_events.v1.ListEventsRequest",
                                    "google.protobuf.Struct"};

static void expect_valid(const pt_type *type, pt_slice wire) {
    const pt_limits limits = PT_LIMITS_INIT;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_type_check(type, wire, &limits, &st), PT_OK, "%s: %s", type->name, st.message);
}

static void expect_same_after_json(const pt_schema *schema, const pt_type *type, pt_slice wire, bool annotations) {
    const pt_json_write_options write = {.schema = schema, .depth = 100, .annotations = annotations};
    const pt_json_read_options read = {.schema = schema, .depth = 100, .annotations = annotations};
    pt_buf json = PT_BUF_INIT(PT_TEST_BUF_BYTES), again = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_json_write(type, wire, &write, &json, &st), PT_OK, "%s: %s", type->name, st.message);
    cr_assert_eq(pt_json_read(type, pt_buf_slice(&json), &read, &again, &st), PT_OK, "%s: %s\n%.*s", type->name, st.message,
                 (int)json.len, (const char *)json.ptr);
    cr_assert(pt_slice_equal(wire, pt_buf_slice(&again)), "%s: %zu bytes became %zu\n%.*s", type->name, wire.len, again.len,
              (int)json.len, (const char *)json.ptr);
    pt_buf_done(&json);
    pt_buf_done(&again);
}

static void draw_all(pt_draw_style style) {
    pt_schema *schema = test_schema_new();
    pt_random random;
    pt_random_init(&random);
    for (size_t i = 0; i < DRAWS * sizeof names / sizeof *names; i++) {
        const pt_type *type = pt_schema_type(schema, names[i / DRAWS]);
        pt_buf wire = PT_BUF_INIT(PT_TEST_BUF_BYTES);
        cr_assert(type, "%s", names[i / DRAWS]);
        pt_draw_message(&random, type, style, &wire);
        expect_valid(type, pt_buf_slice(&wire));
        expect_same_after_json(schema, type, pt_buf_slice(&wire), false);
        expect_same_after_json(schema, type, pt_buf_slice(&wire), true);
        pt_buf_done(&wire);
    }
    pt_schema_free(schema);
}

Test(draw, mixed_messages_are_valid_and_canonical) {
    draw_all(PT_DRAW_MIXED);
}

Test(draw, full_messages_are_valid_and_canonical) {
    draw_all(PT_DRAW_FULL);
}

Test(draw, patient_messages_are_valid_and_canonical) {
    draw_all(PT_DRAW_PATIENT);
}

Test(draw, a_full_message_has_every_field) {
    pt_schema *schema = test_schema_new();
    const pt_type *type = pt_schema_type(schema, "kinds.v1.Repeated");
    pt_buf wire = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_random random;
    bool seen[32] = {false};
    pt_random_init(&random);
    pt_draw_message(&random, type, PT_DRAW_FULL, &wire);
    pt_slice rest = pt_buf_slice(&wire);
    for (pt_part part; pt_part_next(&rest, &part);)
        seen[part.number] = true;
    for (uint32_t i = 0; i < type->n_fields; i++)
        cr_assert(seen[type->fields[i].number], "%s", type->fields[i].name);
    pt_buf_done(&wire);
    pt_schema_free(schema);
}

Test(draw, a_seed_gives_the_same_message_again) {
    pt_schema *schema = test_schema_new();
    const pt_type *type = pt_schema_type(schema, "kinds.v1.Everything");
    pt_buf first = PT_BUF_INIT(PT_TEST_BUF_BYTES), second = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_random random;
    pt_draw_seed(&random, 7, "salt");
    pt_draw_message(&random, type, PT_DRAW_MIXED, &first);
    pt_draw_seed(&random, 7, "salt");
    pt_draw_message(&random, type, PT_DRAW_MIXED, &second);
    cr_assert(pt_slice_equal(pt_buf_slice(&first), pt_buf_slice(&second)));
    pt_buf_clear(&second);
    pt_draw_seed(&random, 7, "pepper");
    pt_draw_message(&random, type, PT_DRAW_MIXED, &second);
    cr_assert_not(pt_slice_equal(pt_buf_slice(&first), pt_buf_slice(&second)));
    pt_buf_done(&first);
    pt_buf_done(&second);
    pt_schema_free(schema);
}
