/* Finds the route of a method and a path. The most specific template wins, whatever the order of adding: segment by segment
 * a literal before `*` before `**`, a longer tail behind `**` before a shorter one, and a template with the path's verb
 * before one without a verb.
 *
 * Rules of matching: segments are compared percent-decoded and case-sensitively; slashes at the end of a path don't count;
 * `*` takes an empty segment only between others; `**` takes none or more segments, and at least one where literals follow.
 *
 * A router is built by one thread and constant afterwards; then any number of threads may match. */
#ifndef PT_ROUTING_ROUTER_H
#define PT_ROUTING_ROUTER_H

#include "routing/template.h"

typedef struct pt_router pt_router;

/* Segments that a path may have. */
#define PT_PATH_MAX_SEGMENTS 256

typedef struct pt_path_segment {
    pt_slice raw;  /* as in the path */
    pt_slice text; /* percent-decoded */
} pt_path_segment;

typedef struct pt_match {
    const pt_template *pattern;
    void *target;                    /* what pt_router_add was given */
    const pt_path_segment *segments; /* of the path, without its verb; in the caller's arena */
    uint32_t n_segments;
    uint32_t rest_len; /* how many the `**` took */
} pt_match;

/* An empty router whose memory is `arena`. NULL: no memory. */
pt_router *pt_router_new(pt_arena *arena);

/* Adds a route: `method` is an HTTP method, or "*" for any that has no route of its own. `pattern`, `method` and `target`
 * must live as long as the router. ALREADY_EXISTS: the same method has a template that matches the same paths (only names of
 * variables may differ); then *ret_taken is its target and nothing was added. RESOURCE_EXHAUSTED: the arena. */
pt_code pt_router_add(pt_router *router, const char *method, const pt_template *pattern, void *target,
                      void **ret_taken) PT_MUST_CHECK;

/* Finds the route of `path`: raw, from its first '/' up to and without '?'.
 * NOT_FOUND: no route. INVALID_ARGUMENT: a malformed escape, or too many segments. RESOURCE_EXHAUSTED: `arena`, which takes
 * the segments of the match. */
pt_code pt_router_match(const pt_router *router, const char *method, pt_slice path, pt_arena *arena, pt_match *ret_match,
                        pt_status *st) PT_MUST_CHECK;

/* Writes the methods that `path` has a route for as "GET, POST", sorted, to `out`; nothing where it has none. HEAD stands
 * beside GET, and OPTIONS at the end. A "*" adds nothing by itself. RESOURCE_EXHAUSTED: `out` or `arena`. */
pt_code pt_router_methods(const pt_router *router, pt_slice path, pt_arena *arena, pt_buf *out) PT_MUST_CHECK;

/* The raw text of a variable of the match, still percent-encoded: a view of the path. */
pt_slice pt_match_variable(const pt_match *match, const pt_template_variable *variable);

#endif
