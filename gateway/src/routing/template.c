#include "routing/template.h"

#include "routing/percent.h"

typedef struct parser {
    pt_arena *arena;
    const char *text, *pos;
    pt_status *st;
    pt_segment segments[PT_TEMPLATE_MAX_SEGMENTS];
    uint32_t n_segments;
    pt_template_variable variables[PT_TEMPLATE_MAX_VARIABLES];
    uint32_t n_variables;
    uint32_t rest;
    bool in_variable;
} parser;

static pt_code refuse(const parser *p, const char *why) {
    return pt_status_set(p->st, PT_INVALID_ARGUMENT, "path template \"%s\", byte %zu: %s", p->text, (size_t)(p->pos - p->text),
                         why);
}

static pt_code no_memory(const parser *p) {
    return pt_status_set(p->st, PT_RESOURCE_EXHAUSTED, "path template \"%s\": out of memory", p->text);
}

/* RFC 3986 pchar without ':', which starts a verb, and without '*', which is a wildcard. */
static bool is_literal_char(char c) {
    return c && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~!$&'()+,;=@%", c));
}

static bool is_ident_char(char c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

static pt_code parse_literal(parser *p, pt_slice *ret) {
    const char *start = p->pos;
    while (is_literal_char(*p->pos))
        p->pos++;
    size_t len = (size_t)(p->pos - start);
    if (!len) return refuse(p, "expected a segment: a literal, *, ** or {field}");
    uint8_t *decoded = pt_arena_alloc(p->arena, len);
    if (!decoded) return no_memory(p);
    if (!pt_percent_decode(pt_slice_of(start, len), PT_PERCENT_ALL, decoded, &len))
        return refuse(p, "malformed %XX before here");
    *ret = pt_slice_of(decoded, len);
    return PT_OK;
}

static pt_code add_segment(parser *p, pt_segment_kind kind, pt_slice literal) {
    if (p->n_segments == PT_TEMPLATE_MAX_SEGMENTS) return refuse(p, "too many segments");
    if (p->rest != PT_TEMPLATE_NO_REST && kind != PT_SEGMENT_LITERAL) return refuse(p, "only literals may stand behind **");
    if (kind == PT_SEGMENT_REST) p->rest = p->n_segments;
    p->segments[p->n_segments++] = (pt_segment){.kind = kind, .literal = literal};
    return PT_OK;
}

static pt_code parse_plain_segment(parser *p) {
    pt_slice literal = {0};
    if (*p->pos == '*') {
        bool rest = p->pos[1] == '*';
        p->pos += rest ? 2 : 1;
        return add_segment(p, rest ? PT_SEGMENT_REST : PT_SEGMENT_ANY, literal);
    }
    pt_code code = parse_literal(p, &literal);
    return code ? code : add_segment(p, PT_SEGMENT_LITERAL, literal);
}

static pt_code parse_field_path(parser *p, const char **ret_path) {
    const char *start = p->pos;
    for (;;) {
        if (!is_ident_char(*p->pos, true)) return refuse(p, "expected a field name");
        while (is_ident_char(*p->pos, false))
            p->pos++;
        if (*p->pos != '.') break;
        p->pos++;
    }
    char *path = pt_arena_strndup(p->arena, start, (size_t)(p->pos - start));
    if (!path) return no_memory(p);
    for (uint32_t i = 0; i < p->n_variables; i++)
        if (!strcmp(p->variables[i].field_path, path)) return refuse(p, "the field is bound before");
    *ret_path = path;
    return PT_OK;
}

static pt_code parse_segment(parser *p);

static pt_code parse_segments(parser *p) {
    for (;;) {
        pt_code code = parse_segment(p);
        if (code) return code;
        if (*p->pos != '/') return PT_OK;
        p->pos++;
    }
}

static pt_code parse_variable(parser *p) {
    pt_template_variable variable = {.first = p->n_segments};
    p->pos++;
    if (p->in_variable) return refuse(p, "a variable inside a variable");
    if (p->n_variables == PT_TEMPLATE_MAX_VARIABLES) return refuse(p, "too many variables");
    pt_code code = parse_field_path(p, &variable.field_path);
    if (code) return code;
    if (*p->pos == '=') {
        p->pos++;
        p->in_variable = true;
        code = parse_segments(p);
        p->in_variable = false;
    } else {
        code = add_segment(p, PT_SEGMENT_ANY, (pt_slice){0});
    }
    if (code) return code;
    if (*p->pos != '}') return refuse(p, "expected }");
    p->pos++;
    variable.end = p->n_segments;
    variable.several = variable.end - variable.first > 1 || p->rest == variable.first;
    p->variables[p->n_variables++] = variable;
    return PT_OK;
}

static pt_code parse_segment(parser *p) {
    return *p->pos == '{' ? parse_variable(p) : parse_plain_segment(p);
}

static pt_code parse_verb(parser *p, const char **ret_verb) {
    *ret_verb = "";
    if (*p->pos != ':') return PT_OK;
    const char *start = ++p->pos;
    while (is_literal_char(*p->pos) || (*p->pos == ':' && p->pos > start && p->pos[-1] != ':'))
        p->pos++;
    if (p->pos == start || p->pos[-1] == ':') return refuse(p, "expected a verb behind the colon");
    *ret_verb = pt_arena_strndup(p->arena, start, (size_t)(p->pos - start));
    return *ret_verb ? PT_OK : no_memory(p);
}

static pt_code finish(parser *p, const char *verb, const pt_template **ret_template) {
    pt_template *t = pt_arena_calloc(p->arena, 1, sizeof *t);
    if (!t) return no_memory(p);
    t->text = pt_arena_strdup(p->arena, p->text);
    t->segments = pt_arena_copy(p->arena, p->segments, p->n_segments * sizeof *p->segments);
    t->variables = pt_arena_copy(p->arena, p->variables, p->n_variables * sizeof *p->variables);
    if (!t->text || !t->segments || !t->variables) return no_memory(p);
    t->n_segments = p->n_segments;
    t->n_variables = p->n_variables;
    t->rest = p->rest;
    t->verb = verb;
    *ret_template = t;
    return PT_OK;
}

pt_code pt_template_parse(pt_arena *arena, const char *text, const pt_template **ret_template, pt_status *st) {
    parser p = {.arena = arena, .text = text, .pos = text, .st = st, .rest = PT_TEMPLATE_NO_REST};
    const char *verb;
    if (*p.pos != '/') return refuse(&p, "expected /");
    p.pos++;
    pt_code code = *p.pos ? parse_segments(&p) : PT_OK;
    if (!code) code = parse_verb(&p, &verb);
    if (code) return code;
    if (*p.pos) return refuse(&p, "expected / or the end");
    return finish(&p, verb, ret_template);
}
