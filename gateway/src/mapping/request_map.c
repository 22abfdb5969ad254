#include "mapping/request_map.h"

#include "mapping/query.h"
#include "partie/limits.h"
#include "partie/wire.h"
#include "routing/percent.h"

/* A member of a oneof that the request sets, and where: two of one oneof contradict each other. */
typedef struct choice {
    pt_field_path path; /* up to and with the member */
    struct choice *next;
} choice;

/* A message that a query parameter says as text, such as a Timestamp. */
typedef struct spoken {
    pt_field_path path;
    size_t at, len; /* what was put for it */
    struct spoken *next;
} spoken;

typedef struct mapping {
    const pt_binding *binding;
    const pt_request_parts *parts;
    const pt_json_read_options *options;
    pt_arena *arena;
    pt_buf *scratch, *out;
    choice *choices;
    spoken *spoken;
    bool in_message; /* a parameter or variable put something into a message of the request, which may stand there already */
} mapping;

static pt_code no_memory(pt_status *st) {
    return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "request: out of memory");
}

/* Puts what a parameter or variable says behind what is there. */
static pt_code put(mapping *m, const pt_field_path *path, pt_slice text, pt_status *st) {
    m->in_message |= path->fields[0]->type == PT_TYPE_MESSAGE && !path->fields[0]->repeated;
    return pt_field_path_put(path, text, m->scratch, m->out, st);
}

static bool same_place(const pt_field_path *a, const pt_field_path *b) {
    if (a->n_fields != b->n_fields || pt_field_path_last(a)->oneof != pt_field_path_last(b)->oneof) return false;
    return memcmp(a->fields, b->fields, (a->n_fields - 1) * sizeof(void *)) == 0;
}

/* Notes the members of oneofs along `path`. */
static pt_code choose(mapping *m, const pt_field_path *path, pt_status *st) {
    for (uint32_t n = 1; n <= path->n_fields; n++) {
        const pt_field_path here = {.fields = path->fields, .n_fields = n};
        const pt_field *member = pt_field_path_last(&here);
        choice *c = m->choices;
        if (member->oneof < 0) continue;
        while (c && !same_place(&c->path, &here))
            c = c->next;
        if (c && pt_field_path_last(&c->path) != member)
            return pt_status_set(st, PT_INVALID_ARGUMENT, "%s and %s exclude each other", pt_field_path_last(&c->path)->name,
                                 member->name);
        if (c) continue;
        c = pt_arena_alloc(m->arena, sizeof *c);
        if (!c) return no_memory(st);
        *c = (choice){.path = here, .next = m->choices};
        m->choices = c;
    }
    return PT_OK;
}

static pt_code map_body(mapping *m, pt_status *st) {
    const pt_binding *b = m->binding;
    pt_code code;
    if (!m->parts->body.len) return PT_OK;
    if (b->body == PT_BODY_NONE)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "body: %s takes none over %s %s", b->rpc->full_name, b->method,
                             b->pattern->text);
    if (b->body == PT_BODY_ALL) {
        code = pt_json_read(b->rpc->input, m->parts->body, m->options, m->out, st);
    } else {
        const pt_field_path path = {.fields = &b->body_field, .n_fields = 1};
        code = choose(m, &path, st);
        if (!code) code = pt_json_read_field(b->body_field, m->parts->body, m->options, m->out, st);
    }
    if (code) pt_status_prefix(st, "body");
    return code;
}

/* True where `path` is `field` itself or lies within it, or contains it. */
static bool overlaps(const pt_field_path *a, const pt_field_path *b) {
    uint32_t n = a->n_fields < b->n_fields ? a->n_fields : b->n_fields;
    return memcmp(a->fields, b->fields, n * sizeof(void *)) == 0;
}

static pt_code check_parameter(const mapping *m, const pt_field_path *path, pt_status *st) {
    const pt_binding *b = m->binding;
    if (b->body == PT_BODY_FIELD && path->fields[0] == b->body_field)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "the body is this field");
    for (uint32_t i = 0; i < b->pattern->n_variables; i++)
        if (path->n_fields >= b->variables[i].n_fields && overlaps(path, &b->variables[i]))
            return pt_status_set(st, PT_INVALID_ARGUMENT, "the path says this field");
    return PT_OK;
}

/* Takes away what was put for `s`, as other bytes were put for it at `at`. */
static void replace(mapping *m, spoken *s, size_t at) {
    uint8_t *gone = m->out->ptr + s->at;
    size_t from = s->at, len = s->len;
    memmove(gone, gone + len, m->out->len - from - len);
    m->out->len -= len;
    for (spoken *other = m->spoken; other; other = other->next)
        if (other->at > from) other->at -= len;
    s->at = at - len;
    s->len = m->out->len - s->at;
}

/* Of a single field the last value counts. With numbers and texts it does so by itself, but two messages would be merged into a
 * third. `at`: where the new value was put. */
static pt_code keep_last(mapping *m, const pt_field_path *path, size_t at, pt_status *st) {
    const pt_field *f = pt_field_path_last(path);
    spoken *s = m->spoken;
    if (f->type != PT_TYPE_MESSAGE || f->repeated) return PT_OK;
    while (s && (s->path.n_fields != path->n_fields || !overlaps(&s->path, path)))
        s = s->next;
    if (s) {
        replace(m, s, at);
        return PT_OK;
    }
    s = pt_arena_alloc(m->arena, sizeof *s);
    if (!s) return no_memory(st);
    *s = (spoken){.path = *path, .at = at, .len = m->out->len - at, .next = m->spoken};
    m->spoken = s;
    return PT_OK;
}

static pt_code map_parameter(mapping *m, const pt_query_pair *pair, pt_status *st) {
    pt_field_path path;
    if (m->binding->body == PT_BODY_ALL)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "unknown: every field that the path leaves is in the body");
    pt_code code = pt_field_path_find(m->binding->rpc->input, pair->name, m->arena, &path, st);
    if (code) return code;
    code = check_parameter(m, &path, st);
    if (!code) code = choose(m, &path, st);
    size_t at = m->out->len;
    if (!code) code = put(m, &path, pair->value, st);
    return code ? code : keep_last(m, &path, at, st);
}

static pt_code map_query(mapping *m, pt_status *st) {
    pt_query query = pt_query_of(m->parts->query);
    for (;;) {
        pt_query_pair pair;
        bool found = false;
        pt_code code = pt_query_next(&query, m->arena, &pair, &found, st);
        if (code || !found) return code;
        code = map_parameter(m, &pair, st);
        if (code) {
            int shown = pair.name.len < 100 ? (int)pair.name.len : 100;
            pt_status_prefix(st, "query parameter \"%.*s\"", shown, (const char *)pair.name.ptr);
            return code;
        }
    }
}

static bool in_body(const pt_binding *b, const pt_field_path *path) {
    return b->body == PT_BODY_ALL || (b->body == PT_BODY_FIELD && path->fields[0] == b->body_field);
}

/* `said_from` and `said_len`: where in `out` stands what body and query said. */
static pt_code map_variable(mapping *m, uint32_t i, size_t said_from, size_t said_len, pt_status *st) {
    const pt_template_variable *variable = &m->binding->pattern->variables[i];
    const pt_field_path *path = &m->binding->variables[i];
    pt_slice raw = pt_match_variable(m->parts->match, variable), in_said;
    size_t len, before = m->out->len;
    uint8_t *text = pt_arena_alloc(m->arena, raw.len);
    if (!text) return no_memory(st);
    if (!pt_percent_decode(raw, variable->several ? PT_PERCENT_KEEP_SLASH : PT_PERCENT_ALL, text, &len))
        return pt_status_set(st, PT_INVALID_ARGUMENT, "a %% without two hexadecimal digits behind it");
    pt_code code = choose(m, path, st);
    if (!code) code = put(m, path, pt_slice_of(text, len), st);
    if (code || !said_len || !in_body(m->binding, path)) return code;
    if (!pt_field_path_get(path, pt_slice_of(m->out->ptr + said_from, said_len), &in_said)) return PT_OK;
    if (!pt_slice_equal(in_said, pt_buf_slice(m->scratch)))
        return pt_status_set(st, PT_INVALID_ARGUMENT, "the body says otherwise");
    m->out->len = before; /* a list in a message, such as a FieldMask, must not get its elements twice */
    return PT_OK;
}

static pt_code map_variables(mapping *m, size_t start, pt_status *st) {
    size_t len = m->out->len - start;
    for (uint32_t i = 0; i < m->binding->pattern->n_variables; i++) {
        pt_code code = map_variable(m, i, start, len, st);
        if (code) {
            pt_status_prefix(st, "path variable %s", m->binding->pattern->variables[i].field_path);
            return code;
        }
    }
    return PT_OK;
}

/* True when a message field of the request may stand in `out` more than once; those 64 numbers apart are not told apart. */
static bool in_parts(const mapping *m, size_t start) {
    pt_reader r = pt_reader_of(pt_slice_of(m->out->ptr + start, m->out->len - start));
    uint64_t seen = 0;
    uint32_t number;
    unsigned wire_type;
    while (pt_reader_left(&r) && pt_read_tag(&r, &number, &wire_type) && pt_skip_scalar(&r, wire_type)) {
        const pt_field *f = wire_type == PT_WIRE_LEN ? pt_type_field(m->binding->rpc->input, number) : NULL;
        if (!f || f->type != PT_TYPE_MESSAGE || f->repeated) continue;
        uint64_t bit = UINT64_C(1) << (number % 64);
        if (seen & bit) return true;
        seen |= bit;
    }
    return false;
}

/* Makes one message of what was put behind one another: services can't merge. */
static pt_code merge(mapping *m, size_t start, pt_status *st) {
    pt_limits limits = PT_LIMITS_INIT;
    limits.message_bytes = m->out->max;
    pt_buf_clear(m->scratch);
    pt_slice parts = pt_slice_of(m->out->ptr + start, m->out->len - start);
    pt_code code = pt_type_normalize(m->binding->rpc->input, parts, &limits, m->scratch, st);
    if (code) return code;
    m->out->len = start;
    code = pt_buf_append(m->out, m->scratch->ptr, m->scratch->len);
    return code ? pt_status_set(st, code, "the request is too large") : PT_OK;
}

pt_code pt_request_map(const pt_binding *binding, const pt_request_parts *parts, const pt_json_read_options *options,
                       pt_arena *arena, pt_buf *scratch, pt_buf *out, pt_status *st) {
    mapping m = {.binding = binding,
                 .parts = parts,
                 .options = options,
                 .arena = arena,
                 .scratch = scratch,
                 .out = out,
                 .choices = NULL,
                 .spoken = NULL,
                 .in_message = false};
    size_t start = out->len;
    pt_code code = map_body(&m, st);
    if (!code) code = map_query(&m, st);
    /* Last, as the last value of a field wins. */
    if (!code) code = map_variables(&m, start, st);
    if (!code && m.in_message && in_parts(&m, start)) code = merge(&m, start, st);
    if (code) out->len = start;
    return code;
}
