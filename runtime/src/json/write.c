#include "json/write.h"

#include "json/lexer.h"

#define WIRE_MAX ((size_t)INT32_MAX) /* protobuf's own limit */

static void writer_init(pt_json_writer *w, pt_slice wire, const pt_json_write_options *options, pt_buf *out, pt_status *st) {
    static const pt_json_write_options defaults = PT_JSON_WRITE_OPTIONS_INIT;
    w->report = (pt_json_report){.start = wire.len ? wire.ptr : (const uint8_t *)"", .st = st};
    w->out = out;
    w->options = options ? *options : defaults;
    if (w->options.depth > PT_JSON_DEPTH_MAX) w->options.depth = PT_JSON_DEPTH_MAX;
    w->depth = w->options.depth;
    pt_arena_init(&w->arena, SIZE_MAX); /* as much as the message justifies: some times its size */
    pt_collector_init(&w->fields, wire, &w->arena);
    pt_json_keys_init(&w->keys);
}

/* Ends the writing: on failure nothing stays appended. */
static pt_code writer_done(pt_json_writer *w, size_t before, bool ok) {
    pt_json_keys_done(&w->keys);
    pt_arena_done(&w->arena);
    if (ok) return PT_OK;
    w->out->len = before;
    return w->report.code;
}

static bool check_size(pt_json_writer *w, pt_slice wire) {
    if (wire.len <= WIRE_MAX) return true;
    return pt_json_fail(&w->report, PT_RESOURCE_EXHAUSTED, w->report.start, "a message over 2 GiB");
}

pt_code pt_json_write(const pt_type *type, pt_slice wire, const pt_json_write_options *options, pt_buf *out, pt_status *st) {
    pt_json_writer w;
    size_t before = out->len;
    writer_init(&w, wire, options, out, st);
    bool ok = check_size(&w, wire) && pt_json_put_message(&w, type, (pt_range){0, 1});
    return writer_done(&w, before, ok);
}

static bool put_field_value(pt_json_writer *w, const pt_field *field, pt_range runs) {
    pt_slice bytes = {NULL, 0};
    uint64_t bits = 0;
    if (runs.n == 0) return pt_json_put_zero(w, field);
    if (field->map) return pt_json_put_map(w, field, runs);
    if (field->repeated) return pt_json_put_list(w, field, runs);
    switch (field->type) {
    case PT_TYPE_MESSAGE: return pt_json_put_submessage(w, field->message, runs);
    case PT_TYPE_STRING:
    case PT_TYPE_BYTES: return pt_last_bytes(&w->fields, runs, &bytes) && pt_json_put_blob(w, field, bytes);
    default: return pt_last_bits(&w->fields, field, runs, &bits) && pt_json_put_bits(w, field, bits, false);
    }
}

pt_code pt_json_write_field(const pt_field *field, pt_slice wire, const pt_json_write_options *options, pt_buf *out,
                            pt_status *st) {
    pt_json_writer w;
    pt_json_step step = {.field = field, .index = PT_JSON_NO_INDEX};
    pt_range runs;
    size_t before = out->len;
    writer_init(&w, wire, options, out, st);
    bool ok = check_size(&w, wire) && pt_json_collect(&w, field->parent, (pt_range){0, 1}, &runs);
    w.report.step = &step;
    ok = ok && put_field_value(&w, field, pt_runs_of(&w.fields, runs, field->number));
    return writer_done(&w, before, ok);
}
