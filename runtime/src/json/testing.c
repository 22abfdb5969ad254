#include "json/testing.h"

#include <stdio.h>
#include <stdlib.h>

/* Reads the descriptor set that the build made. */
static void load(pt_schema *schema) {
    FILE *file = fopen(PT_JSON_SHAPES, "rb");
    pt_buf set = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    pt_status st = PT_STATUS_INIT;
    uint8_t chunk[4096];
    bool ok = file != NULL;
    for (size_t n; ok && (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        ok = pt_buf_append(&set, chunk, n) == PT_OK;
    if (file) fclose(file);
    if (!ok || pt_schema_add_set(schema, pt_buf_slice(&set), &st)) {
        fprintf(stderr, PT_JSON_SHAPES ": %s\n", st.message[0] ? st.message : "cannot be read");
        abort();
    }
    pt_buf_done(&set);
}

const pt_schema *pt_json_testing_schema(void) {
    static pt_schema *schema;
    if (!schema) {
        schema = pt_schema_new();
        if (!schema) abort();
        load(schema);
    }
    return schema;
}

const pt_type *pt_json_testing_type(const char *name) {
    char full[128];
    snprintf(full, sizeof full, *name == '.' ? "google.protobuf%s" : "partie.testdata.json.%s", name);
    const pt_type *type = pt_schema_type(pt_json_testing_schema(), full);
    if (!type) {
        fprintf(stderr, "%s: no such type\n", full);
        abort();
    }
    return type;
}

pt_code pt_json_testing_read(const char *type, const char *json, const pt_json_read_options *options, pt_buf *out,
                             pt_status *st) {
    pt_json_read_options own = PT_JSON_READ_OPTIONS_INIT;
    if (options) own = *options;
    own.schema = pt_json_testing_schema();
    pt_buf_clear(out);
    return pt_json_read(pt_json_testing_type(type), pt_slice_str(json), &own, out, st);
}

pt_code pt_json_testing_write(const char *type, pt_slice wire, const pt_json_write_options *options, pt_buf *out,
                              pt_status *st) {
    pt_json_write_options own = PT_JSON_WRITE_OPTIONS_INIT;
    if (options) own = *options;
    own.schema = pt_json_testing_schema();
    pt_buf_clear(out);
    return pt_json_write(pt_json_testing_type(type), wire, &own, out, st);
}

static void fail(const char *what, const pt_buf *first, const pt_buf *second, const pt_status *st) {
    fprintf(stderr, "%s: %s\n%.*s\n%.*s\n", what, st->message, (int)first->len, (const char *)first->ptr, (int)second->len,
            (const char *)second->ptr);
    abort();
}

void pt_json_testing_round_trip(const char *type, pt_slice wire, bool annotations, size_t *ret_len) {
    pt_json_read_options in = {.depth = 1000, .annotations = annotations};
    pt_json_write_options out = {.depth = 100, .annotations = annotations};
    pt_buf first = PT_BUF_INIT(PT_JSON_TESTING_BYTES), again = PT_BUF_INIT(PT_JSON_TESTING_BYTES),
           second = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    pt_status st = PT_STATUS_INIT;
    if (pt_json_testing_write(type, wire, &out, &first, &st) == PT_OK) {
        const char *text = pt_buf_cstr(&first);
        if (!text || pt_json_testing_read(type, text, &in, &again, &st)) fail("its own output is refused", &first, &again, &st);
        if (pt_json_testing_write(type, pt_buf_slice(&again), &out, &second, &st))
            fail("what it read can't be written", &first, &again, &st);
        if (!pt_slice_equal(pt_buf_slice(&first), pt_buf_slice(&second))) fail("written twice", &first, &second, &st);
    }
    *ret_len = first.len;
    pt_buf_done(&first);
    pt_buf_done(&again);
    pt_buf_done(&second);
    pt_status_done(&st);
}
