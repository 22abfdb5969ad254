/* partie's own codec. */
#include <stdio.h>
#include <stdlib.h>

#include "codec.h"
#include "partie/json.h"
#include "samples.h"

typedef struct state {
    pt_schema *schema;
    const pt_type *type;
    pt_buf wire, text; /* their memory is used again, as a gateway does it */
} state;

/* The descriptor set that the build made. */
static bool load(pt_schema *schema) {
    FILE *file = fopen(PT_BENCH_SAMPLES, "rb");
    pt_buf set = PT_BUF_INIT(PT_SAMPLE_BYTES);
    uint8_t chunk[4096];
    bool ok = file != NULL;
    for (size_t n; ok && (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        ok = pt_buf_append(&set, chunk, n) == PT_OK;
    if (file) fclose(file);
    ok = ok && pt_schema_add_set(schema, pt_buf_slice(&set), NULL) == PT_OK;
    pt_buf_done(&set);
    return ok;
}

static void close_state(void *arg) {
    state *s = arg;
    if (!s) return;
    pt_schema_free(s->schema);
    pt_buf_done(&s->wire);
    pt_buf_done(&s->text);
    free(s);
}

static void *open_state(const char *type) {
    char full[64];
    state *s = malloc(sizeof *s);
    if (!s) return NULL;
    *s = (state){.schema = pt_schema_new(), .wire = PT_BUF_INIT(PT_SAMPLE_BYTES), .text = PT_BUF_INIT(PT_SAMPLE_BYTES)};
    snprintf(full, sizeof full, "partie.bench.v1.%s", type);
    if (s->schema && load(s->schema)) s->type = pt_schema_type(s->schema, full);
    if (s->type) return s;
    close_state(s);
    return NULL;
}

static bool parse(void *arg, pt_text json) {
    state *s = arg;
    pt_buf_clear(&s->wire);
    return pt_json_read(s->type, pt_slice_of(json.bytes, json.len), NULL, &s->wire, NULL) == PT_OK;
}

static bool print(void *arg) {
    state *s = arg;
    pt_buf_clear(&s->text);
    return pt_json_write(s->type, pt_buf_slice(&s->wire), NULL, &s->text, NULL) == PT_OK;
}

static pt_text text_of(const pt_buf *b) {
    return (pt_text){(const char *)b->ptr, b->len};
}

static pt_text printed(void *arg) {
    const state *s = arg;
    return text_of(&s->text);
}

/* Entries come in the order of the text, which in the samples is that of their keys. */
static pt_text wire(void *arg) {
    const state *s = arg;
    return text_of(&s->wire);
}

const pt_codec pt_codec_partie = {.peer = "partie",
                                  .open = open_state,
                                  .close = close_state,
                                  .parse = parse,
                                  .print = print,
                                  .printed = printed,
                                  .wire = wire};
