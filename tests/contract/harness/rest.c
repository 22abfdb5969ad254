#include "rest.h"

#include "draw_value.h"
#include "value_text.h"
#include "wire.h"

#include <partie/json.h>
#include <stdio.h>

#define MAX_VARIABLES 8
#define MAX_PATH 8

/* {a.b=pattern} of a path template */
typedef struct variable {
    const pt_field *path[MAX_PATH];
    size_t depth;
    pt_slice pattern;
} variable;

typedef struct build {
    const pt_schema *schema;
    const pt_type *type;
    const pt_binding *binding;
    pt_slice wire;
    pt_random *d;
    variable variables[MAX_VARIABLES];
    size_t n_variables;
    pt_rest *out;
    bool has_query;
} build;

void pt_rest_done(pt_rest *rest) {
    pt_buf_done(&rest->url);
    pt_buf_done(&rest->body);
    pt_buf_done(&rest->wire);
}

static bool read_field_path(const pt_type *type, const char *text, size_t len, variable *ret) {
    ret->depth = 0;
    while (type && ret->depth < MAX_PATH) {
        const char *dot = memchr(text, '.', len);
        size_t n = dot ? (size_t)(dot - text) : len;
        const pt_field *f = pt_type_field_named(type, text, n);
        if (!f) return false;
        ret->path[ret->depth++] = f;
        if (!dot) return true;
        type = f->message;
        text = dot + 1;
        len -= n + 1;
    }
    return false;
}

static pt_code read_template(build *b, pt_status *st) {
    for (const char *at = b->binding->path; (at = strchr(at, '{')); at++) {
        const char *end = strchr(at, '}'), *equals = memchr(at, '=', end ? (size_t)(end - at) : 0);
        const char *name_end = equals ? equals : end;
        variable *v = &b->variables[b->n_variables];
        if (!end || b->n_variables == MAX_VARIABLES || !read_field_path(b->type, at + 1, (size_t)(name_end - at - 1), v))
            return pt_status_set(st, PT_INVALID_ARGUMENT, "google.api.http path %s: byte %td: not a field of %s",
                                 b->binding->path, at - b->binding->path, b->type->name);
        v->pattern = equals ? pt_slice_of(equals + 1, (size_t)(end - equals - 1)) : pt_slice_str("*");
        b->n_variables++;
    }
    return PT_OK;
}

static bool in_path(const build *b, const pt_field *f) {
    for (size_t i = 0; i < b->n_variables; i++) {
        if (b->variables[i].path[0] == f) return true;
    }
    return false;
}

static bool in_body(const build *b, const pt_field *f) {
    return strcmp(b->binding->body, "*") == 0 || strcmp(b->binding->body, f->name) == 0;
}

/* ---- path ---- */

static const pt_part *find_part(pt_slice wire, uint32_t number, pt_part *ret_part) {
    while (pt_part_next(&wire, ret_part)) {
        if (ret_part->number == number) return ret_part;
    }
    return NULL;
}

/* A segment that a client or a server on the way would resolve or drop is no value for a path. */
static bool fits_segment(const pt_buf *text) {
    pt_slice value = pt_buf_slice(text);
    return value.len && !pt_slice_equal(value, pt_slice_str(".")) && !pt_slice_equal(value, pt_slice_str(".."));
}

/* Text in the form of a pattern: its literals, and something for each * and **. */
static void put_for_pattern(build *b, pt_slice pattern, pt_buf *text) {
    for (size_t i = 0; i < pattern.len; i++) {
        char word[16];
        bool doubled = i + 1 < pattern.len && pattern.ptr[i + 1] == '*';
        if (pattern.ptr[i] != '*') {
            pt_put_raw(text, &pattern.ptr[i], 1);
            continue;
        }
        snprintf(word, sizeof word, doubled ? "x%u/y" : "x%u", (unsigned)pt_random_below(b->d, 100000));
        pt_put_text(text, word);
        i += doubled;
    }
}

/* Draws a value that fits the variable's field and pattern, as a part without its whole. */
static void draw_variable(build *b, const variable *v, const pt_field *leaf, pt_buf *value, pt_buf *text) {
    pt_part part = {.number = leaf->number};
    if (leaf->type == PT_TYPE_STRING) {
        put_for_pattern(b, v->pattern, text);
        pt_put_varint(value, text->len);
        pt_put_raw(value, text->ptr, text->len);
        return;
    }
    pt_buf field = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_draw_scalar(b->d, leaf, PT_DRAW_FULL, false, value);
    pt_put_tag(&field, leaf->number, pt_field_wire_type(leaf));
    pt_put_raw(&field, value->ptr, value->len);
    pt_slice rest = pt_buf_slice(&field);
    if (pt_part_next(&rest, &part)) (void)pt_value_text(leaf, &part, text);
    pt_buf_done(&field);
}

/* Appends the leaf's field, within the messages on the way to it. */
static void put_nested(const variable *v, pt_slice field, pt_buf *out) {
    pt_buf content = PT_BUF_INIT(PT_TEST_BUF_BYTES), outer = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_put_raw(&content, field.ptr, field.len);
    for (size_t i = v->depth - 1; i-- > 0;) {
        pt_buf_clear(&outer);
        pt_put_len(&outer, v->path[i]->number, pt_buf_slice(&content));
        pt_buf swap = content;
        content = outer;
        outer = swap;
    }
    pt_put_raw(out, content.ptr, content.len);
    pt_buf_done(&content);
    pt_buf_done(&outer);
}

static void put_variable(build *b, const variable *v) {
    if (!v->depth) return; /* read_template gives every variable a field */
    const pt_field *leaf = v->path[v->depth - 1];
    pt_buf text = PT_BUF_INIT(PT_TEST_BUF_BYTES), value = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_buf field = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_part part;
    bool plain = v->depth == 1 && pt_slice_equal(v->pattern, pt_slice_str("*"));
    if (plain && find_part(b->wire, leaf->number, &part) && pt_value_text(leaf, &part, &text) && fits_segment(&text)) {
        pt_put_raw(&field, part.whole.ptr, part.whole.len);
    } else {
        pt_buf_clear(&text);
        draw_variable(b, v, leaf, &value, &text);
        pt_put_tag(&field, leaf->number, pt_field_wire_type(leaf));
        pt_put_raw(&field, value.ptr, value.len);
    }
    pt_percent_encode(pt_buf_slice(&text), plain ? "" : "/", &b->out->url);
    put_nested(v, pt_buf_slice(&field), &b->out->wire);
    pt_buf_done(&text);
    pt_buf_done(&value);
    pt_buf_done(&field);
}

static void put_path(build *b) {
    const variable *v = b->variables, *end = v + b->n_variables;
    const char *at = b->binding->path;
    while (*at) {
        if (*at == '{' && v < end) {
            put_variable(b, v++);
            at = strchr(at, '}') + 1;
        } else {
            const char *piece = *at == '*' ? "x" : at;
            pt_put_raw(&b->out->url, piece, 1);
            at += strncmp(at, "**", 2) == 0 ? 2 : 1;
        }
    }
}

/* ---- body ---- */

static pt_code put_body(build *b, pt_status *st) {
    const pt_json_write_options options = {.schema = b->schema, .depth = 100, .annotations = true};
    pt_buf content = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    bool whole = strcmp(b->binding->body, "*") == 0;
    const pt_field *only = whole ? NULL : pt_type_field_named(b->type, b->binding->body, strlen(b->binding->body));
    pt_slice rest = b->wire;
    pt_part part;
    if (!whole && !only)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "google.api.http body %s: no such field", b->binding->body);
    while (pt_part_next(&rest, &part)) {
        const pt_field *f = pt_type_field(b->type, part.number);
        if (f && in_body(b, f) && !in_path(b, f)) pt_put_raw(&content, part.whole.ptr, part.whole.len);
    }
    if (only && only->type == PT_TYPE_MESSAGE && !only->repeated && !content.len)
        pt_put_len(&content, only->number, (pt_slice){0});
    pt_put_raw(&b->out->wire, content.ptr, content.len);
    b->out->has_body = true;
    pt_code code = whole ? pt_json_write(b->type, pt_buf_slice(&content), &options, &b->out->body, st)
                         : pt_json_write_field(only, pt_buf_slice(&content), &options, &b->out->body, st);
    pt_buf_done(&content);
    return code;
}

/* ---- query ---- */

static void put_parameter(build *b, const char *prefix, const pt_field *f, const pt_buf *text) {
    pt_put_text(&b->out->url, b->has_query ? "&" : "?");
    b->has_query = true;
    pt_put_text(&b->out->url, prefix);
    pt_put_text(&b->out->url, f->json_name);
    pt_put_text(&b->out->url, "=");
    pt_percent_encode(pt_buf_slice(text), "", &b->out->url);
}

static void put_query_value(build *b, const char *prefix, const pt_field *f, const pt_part *part, pt_buf *out) {
    pt_buf text = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    if (pt_value_text(f, part, &text)) {
        put_parameter(b, prefix, f, &text);
        if (part->whole.len) pt_put_raw(out, part->whole.ptr, part->whole.len);
    }
    pt_buf_done(&text);
}

static bool take_element(const pt_field *f, pt_slice *rest, uint64_t *ret_value) {
    unsigned wire_type = pt_field_wire_type(f);
    if (wire_type == PT_WIRE_VARINT) return pt_varint_next(rest, ret_value);
    size_t size = wire_type == PT_WIRE_FIXED64 ? 8 : 4;
    if (rest->len < size) return false;
    *ret_value = 0;
    for (size_t i = 0; i < size; i++)
        *ret_value |= (uint64_t)rest->ptr[i] << (8 * i);
    *rest = pt_slice_of(rest->ptr + size, rest->len - size);
    return true;
}

static void put_query_list(build *b, const char *prefix, const pt_field *f, const pt_part *part, pt_buf *out) {
    pt_slice rest = part->bytes;
    pt_part element = {.number = f->number};
    while (take_element(f, &rest, &element.value))
        put_query_value(b, prefix, f, &element, out);
    pt_put_raw(out, part->whole.ptr, part->whole.len);
}

static void put_query(build *b, const pt_type *type, const char *prefix, pt_slice wire, pt_buf *out);

static void put_query_message(build *b, const char *prefix, const pt_field *f, pt_slice content, pt_buf *out) {
    pt_buf inner = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    char deeper[256];
    int n = snprintf(deeper, sizeof deeper, "%s%s.", prefix, f->json_name);
    if (n > 0 && (size_t)n < sizeof deeper) put_query(b, f->message, deeper, content, &inner);
    if (inner.len) pt_put_len(out, f->number, pt_buf_slice(&inner));
    pt_buf_done(&inner);
}

static bool has_text_form(const pt_type *type) {
    return type->well_known == PT_WK_TIMESTAMP || type->well_known == PT_WK_DURATION || type->well_known == PT_WK_FIELD_MASK ||
           type->well_known == PT_WK_WRAPPER;
}

static void put_query(build *b, const pt_type *type, const char *prefix, pt_slice wire, pt_buf *out) {
    bool top = type == b->type && !*prefix;
    pt_part part;
    while (pt_part_next(&wire, &part)) {
        const pt_field *f = pt_type_field(type, part.number);
        if (!f || f->map || (top && (in_path(b, f) || in_body(b, f)))) continue;
        bool message = f->type == PT_TYPE_MESSAGE;
        if (message && !f->repeated && f->message->well_known == PT_WK_NONE)
            put_query_message(b, prefix, f, part.bytes, out);
        else if (message && (f->repeated || !has_text_form(f->message)))
            continue;
        else if (f->packed && part.wire_type == PT_WIRE_LEN)
            put_query_list(b, prefix, f, &part, out);
        else
            put_query_value(b, prefix, f, &part, out);
    }
}

pt_code pt_rest_build(const pt_schema *schema, const pt_type *type, const pt_binding *binding, pt_slice wire, pt_random *d,
                      pt_rest *ret_rest, pt_status *st) {
    build b = {.schema = schema, .type = type, .binding = binding, .wire = wire, .d = d, .out = ret_rest};
    pt_code code = read_template(&b, st);
    if (code) return code;
    pt_buf_clear(&ret_rest->url);
    pt_buf_clear(&ret_rest->body);
    pt_buf_clear(&ret_rest->wire);
    ret_rest->has_body = false;
    put_path(&b);
    if (*binding->body && (code = put_body(&b, st)) != PT_OK) return code;
    if (strcmp(binding->body, "*") != 0) put_query(&b, type, "", wire, &ret_rest->wire);
    return PT_OK;
}
