/* Query strings, and from the second line on a body: what becomes of them is a message that can be read again. */
#include <assert.h>
#include <stdlib.h>

#include "mapping/request_map.h"

static pt_schema *schema;
static pt_binding bindings[2]; /* without body, and with a field as body */

/* google.protobuf.Api is built in, and has texts, lists, messages, enums and options. */
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    static pt_arena arena;
    static const pt_rpc rpc = {.full_name = "fuzz.Service/Method"};
    static pt_rpc typed;
    (void)argc, (void)argv;
    schema = pt_schema_new();
    pt_arena_init(&arena, 1 << 20);
    typed = rpc;
    typed.input = typed.output = pt_schema_type(schema, "google.protobuf.Api");
    for (size_t i = 0; i < 2; i++) {
        bindings[i] = (pt_binding){.rpc = &typed, .method = "POST"};
        if (pt_template_parse(&arena, "/q", &bindings[i].pattern, NULL)) abort();
    }
    bindings[1].body = PT_BODY_FIELD;
    bindings[1].body_field = pt_type_field_named(typed.input, "source_context", 14);
    return bindings[1].body_field ? 0 : -1;
}

static void map(const pt_binding *binding, pt_slice query, pt_slice body) {
    pt_arena arena;
    pt_status st = PT_STATUS_INIT;
    pt_buf scratch = PT_BUF_INIT(1 << 20), wire = PT_BUF_INIT(1 << 20), json = PT_BUF_INIT(1 << 24);
    const pt_match match = {.pattern = binding->pattern};
    const pt_request_parts parts = {.match = &match, .query = query, .body = body};
    const pt_json_read_options options = {.schema = schema, .depth = 100};
    pt_arena_init(&arena, 8 << 20);
    pt_code code = pt_request_map(binding, &parts, &options, &arena, &scratch, &wire, &st);
    if (code) {
        assert(!wire.len && *st.message);
    } else {
        code = pt_json_write(binding->rpc->input, pt_buf_slice(&wire), NULL, &json, &st);
        assert(code == PT_OK || code == PT_RESOURCE_EXHAUSTED);
    }
    pt_arena_done(&arena);
    pt_status_done(&st);
    pt_buf_done(&scratch);
    pt_buf_done(&wire);
    pt_buf_done(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    const uint8_t *end = size ? memchr(bytes, '\n', size) : NULL;
    pt_slice query = pt_slice_of(bytes, end ? (size_t)(end - bytes) : size);
    pt_slice body = end ? pt_slice_of(end + 1, size - query.len - 1) : (pt_slice){0};
    map(&bindings[body.len > 0], query, body);
    return 0;
}
