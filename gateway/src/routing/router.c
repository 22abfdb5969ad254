#include "routing/router.h"

#include <stdlib.h>

#include "routing/percent.h"

typedef struct leaf {
    const char *method;
    const pt_template *pattern;
    void *target;
    struct leaf *next;
} leaf;

typedef struct node {
    pt_slice literal;      /* what leads here; empty for wildcards */
    struct node *children; /* literals */
    struct node *next;     /* among its parent's literals */
    struct node *any, *rest;
    leaf *leaves; /* routes that end here */
} node;

typedef struct name {
    const char *text;
    struct name *next;
} name;

struct pt_router {
    pt_arena *arena;
    node root;
    name *methods; /* sorted */
    name *verbs;
};

pt_router *pt_router_new(pt_arena *arena) {
    pt_router *router = pt_arena_calloc(arena, 1, sizeof *router);
    if (router) router->arena = arena;
    return router;
}

static pt_code add_name(pt_router *router, name **list, const char *text) {
    while (*list && strcmp((*list)->text, text) < 0)
        list = &(*list)->next;
    if (*list && !strcmp((*list)->text, text)) return PT_OK;
    name *added = pt_arena_alloc(router->arena, sizeof *added);
    if (!added) return PT_RESOURCE_EXHAUSTED;
    *added = (name){.text = text, .next = *list};
    *list = added;
    return PT_OK;
}

static node *child(const node *parent, pt_slice literal) {
    for (node *n = parent->children; n; n = n->next)
        if (pt_slice_equal(n->literal, literal)) return n;
    return NULL;
}

static node *step(pt_router *router, node *at, const pt_segment *segment) {
    const bool literal = segment->kind == PT_SEGMENT_LITERAL;
    node **place = literal ? &at->children : segment->kind == PT_SEGMENT_ANY ? &at->any : &at->rest;
    node *known = literal ? child(at, segment->literal) : *place;
    if (known) return known;
    node *added = pt_arena_calloc(router->arena, 1, sizeof *added);
    if (!added) return NULL;
    added->literal = segment->literal;
    if (literal) added->next = *place;
    *place = added;
    return added;
}

static const leaf *find_leaf(const node *at, const char *method, const char *verb) {
    const leaf *fallback = NULL;
    for (const leaf *l = at->leaves; l; l = l->next) {
        if (strcmp(l->pattern->verb, verb) != 0) continue;
        if (!strcmp(l->method, method)) return l;
        if (!strcmp(l->method, "*")) fallback = l;
    }
    return fallback;
}

pt_code pt_router_add(pt_router *router, const char *method, const pt_template *pattern, void *target, void **ret_taken) {
    node *at = &router->root;
    for (uint32_t i = 0; i < pattern->n_segments; i++)
        if (!(at = step(router, at, &pattern->segments[i]))) return PT_RESOURCE_EXHAUSTED;
    const leaf *taken = find_leaf(at, method, pattern->verb);
    if (taken && !strcmp(taken->method, method)) {
        *ret_taken = taken->target;
        return PT_ALREADY_EXISTS;
    }
    leaf *added = pt_arena_alloc(router->arena, sizeof *added);
    if (!added || add_name(router, &router->methods, method)) return PT_RESOURCE_EXHAUSTED;
    if (*pattern->verb && add_name(router, &router->verbs, pattern->verb)) return PT_RESOURCE_EXHAUSTED;
    *added = (leaf){.method = method, .pattern = pattern, .target = target, .next = at->leaves};
    at->leaves = added;
    return PT_OK;
}

/* One search: constant but for what it found. */
typedef struct search {
    const char *method, *verb;
    const pt_path_segment *segments;
    uint32_t n_segments;
    uint32_t rest_len;
} search;

/* Tails of a `**` are literals only, so this walks straight down. */
static const leaf *match_tail(const search *s, const node *at, uint32_t from) {
    for (uint32_t i = from; i < s->n_segments; i++)
        if (!(at = child(at, s->segments[i].text))) return NULL;
    return find_leaf(at, s->method, s->verb);
}

static const leaf *match_rest(search *s, const node *rest, uint32_t from) {
    const leaf *found = NULL;
    for (uint32_t tail = from + 1; rest->children && tail < s->n_segments && !found; tail++) {
        found = match_tail(s, rest, tail);
        if (found) s->rest_len = tail - from;
    }
    if (found) return found;
    s->rest_len = s->n_segments - from;
    return find_leaf(rest, s->method, s->verb);
}

/* Recursion is as deep as the deepest template. Without `**`, which ends it, no node is seen twice. */
static const leaf *match_node(search *s, const node *at, uint32_t i) {
    const leaf *found = NULL;
    const node *next;
    if (i < s->n_segments) {
        const pt_path_segment *segment = &s->segments[i];
        if ((next = child(at, segment->text))) found = match_node(s, next, i + 1);
        bool takes = segment->raw.len || i + 1 < s->n_segments;
        if (!found && at->any && takes) found = match_node(s, at->any, i + 1);
    } else {
        found = find_leaf(at, s->method, s->verb);
    }
    return found || !at->rest ? found : match_rest(s, at->rest, i);
}

static pt_code decode_segment(pt_path_segment *segment, pt_arena *arena, pt_status *st) {
    segment->text = segment->raw;
    if (!segment->raw.len || !memchr(segment->raw.ptr, '%', segment->raw.len)) return PT_OK;
    uint8_t *text = pt_arena_alloc(arena, segment->raw.len);
    size_t len;
    if (!text) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "path: out of memory");
    if (!pt_percent_decode(segment->raw, PT_PERCENT_ALL, text, &len))
        return pt_status_set(st, PT_INVALID_ARGUMENT, "path: a %% without two hexadecimal digits behind it");
    segment->text = pt_slice_of(text, len);
    return PT_OK;
}

static pt_code split(pt_slice path, pt_arena *arena, pt_path_segment **ret_segments, uint32_t *ret_n, pt_status *st) {
    while (path.len && path.ptr[path.len - 1] == '/')
        path.len--;
    uint32_t n = 0;
    for (size_t i = 0; i < path.len; i++)
        n += path.ptr[i] == '/';
    if (n > PT_PATH_MAX_SEGMENTS)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "path: more than %d segments", PT_PATH_MAX_SEGMENTS);
    pt_path_segment *segments = pt_arena_calloc(arena, n, sizeof *segments);
    if (!segments) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "path: out of memory");
    const uint8_t *pos = path.ptr, *end = path.ptr + path.len;
    for (uint32_t i = 0; i < n; i++) {
        pos++;
        const uint8_t *slash = pos < end ? memchr(pos, '/', (size_t)(end - pos)) : NULL;
        const uint8_t *stop = slash ? slash : end;
        segments[i].raw = pt_slice_of(pos, (size_t)(stop - pos));
        pos = stop;
        pt_code code = decode_segment(&segments[i], arena, st);
        if (code) return code;
    }
    *ret_segments = segments;
    *ret_n = n;
    return PT_OK;
}

/* A colon that was escaped is no verb's: looks at the raw text, longest verb first. */
static const leaf *match_verbs(const pt_router *router, search *s, pt_path_segment *last, pt_arena *arena, pt_code *ret_code) {
    const pt_path_segment whole = *last;
    for (size_t i = 0; i < whole.raw.len; i++) {
        if (whole.raw.ptr[i] != ':') continue;
        pt_slice verb = pt_slice_of(whole.raw.ptr + i + 1, whole.raw.len - i - 1);
        for (const name *v = router->verbs; v; v = v->next) {
            if (!pt_slice_equal(verb, pt_slice_str(v->text))) continue;
            last->raw.len = i;
            *ret_code = decode_segment(last, arena, NULL);
            s->verb = v->text;
            const leaf *found = *ret_code ? NULL : match_node(s, &router->root, 0);
            if (found || *ret_code) return found;
        }
    }
    *last = whole;
    s->verb = "";
    return NULL;
}

pt_code pt_router_match(const pt_router *router, const char *method, pt_slice path, pt_arena *arena, pt_match *ret_match,
                        pt_status *st) {
    pt_path_segment *segments = NULL;
    uint32_t n = 0;
    pt_code code = split(path, arena, &segments, &n, st);
    if (code) return code;
    search s = {.method = method, .verb = "", .segments = segments, .n_segments = n};
    const leaf *found = n ? match_verbs(router, &s, &segments[n - 1], arena, &code) : NULL;
    if (code) return pt_status_set(st, code, "path: out of memory");
    if (!found) found = match_node(&s, &router->root, 0);
    if (!found) return pt_status_set(st, PT_NOT_FOUND, "no route for %s %.*s", method, (int)path.len, (const char *)path.ptr);
    *ret_match = (pt_match){
        .pattern = found->pattern, .target = found->target, .segments = segments, .n_segments = n, .rest_len = s.rest_len};
    return PT_OK;
}

static pt_code append_method(pt_buf *out, const char *method) {
    pt_code code = out->len ? pt_buf_append_str(out, ", ") : PT_OK;
    return code ? code : pt_buf_append_str(out, method);
}

pt_code pt_router_methods(const pt_router *router, pt_slice path, pt_arena *arena, pt_buf *out) {
    for (const name *m = router->methods; m; m = m->next) {
        pt_match match;
        pt_code code = pt_router_match(router, m->text, path, arena, &match, NULL);
        if (code == PT_RESOURCE_EXHAUSTED) return code;
        if (code || !strcmp(m->text, "*")) continue;
        code = append_method(out, m->text);
        if (!code && !strcmp(m->text, "GET")) code = append_method(out, "HEAD");
        if (code) return code;
    }
    return out->len ? append_method(out, "OPTIONS") : PT_OK;
}

pt_slice pt_match_variable(const pt_match *match, const pt_template_variable *variable) {
    const pt_template *t = match->pattern;
    uint32_t first = variable->first, end = variable->end;
    /* Segments behind the `**` have moved by what it took beyond, or short of, one. */
    if (t->rest != PT_TEMPLATE_NO_REST && first > t->rest) first = first + match->rest_len - 1;
    if (t->rest != PT_TEMPLATE_NO_REST && end > t->rest) end = end + match->rest_len - 1;
    if (end <= first) return (pt_slice){0};
    const uint8_t *start = match->segments[first].raw.ptr;
    const pt_slice last = match->segments[end - 1].raw;
    return pt_slice_of(start, (size_t)(last.ptr + last.len - start));
}
