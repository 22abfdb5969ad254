/* Path templates and paths: the first line is a template, the others are paths that are matched against it. */
#include <assert.h>
#include <stdlib.h>

#include "routing/percent.h"
#include "routing/router.h"

/* What a variable takes lies within the path, and behind what the one before it took. */
static void check_variables(const pt_match *match, pt_slice path) {
    const uint8_t *from = path.ptr;
    for (uint32_t i = 0; i < match->pattern->n_variables; i++) {
        pt_slice raw = pt_match_variable(match, &match->pattern->variables[i]);
        if (!raw.len) continue;
        assert(raw.ptr >= from && raw.ptr + raw.len <= path.ptr + path.len);
        from = raw.ptr + raw.len;
        uint8_t *text = malloc(raw.len);
        size_t len;
        /* The router has refused malformed escapes before. */
        assert(text && pt_percent_decode(raw, PT_PERCENT_KEEP_SLASH, text, &len) && len <= raw.len);
        free(text);
    }
}

static void match_path(const pt_router *router, pt_slice path, pt_arena *arena) {
    pt_match match;
    if (pt_router_match(router, "GET", path, arena, &match, NULL)) return;
    assert(match.n_segments <= PT_PATH_MAX_SEGMENTS);
    check_variables(&match, path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    pt_arena arena;
    const pt_template *pattern;
    void *taken;
    const uint8_t *end = size ? memchr(bytes, '\n', size) : NULL;
    size_t len = end ? (size_t)(end - bytes) : size;
    pt_arena_init(&arena, 8 << 20);
    char *text = pt_arena_strndup(&arena, (const char *)bytes, len);
    pt_router *router = pt_router_new(&arena);
    if (text && router && !pt_template_parse(&arena, text, &pattern, NULL)) {
        assert(!pt_router_add(router, "GET", pattern, router, &taken));
        assert(pt_router_add(router, "GET", pattern, router, &taken) == PT_ALREADY_EXISTS);
        while (end) {
            const uint8_t *start = end + 1;
            size_t left = size - (size_t)(start - bytes);
            end = left ? memchr(start, '\n', left) : NULL;
            match_path(router, pt_slice_of(start, end ? (size_t)(end - start) : left), &arena);
        }
    }
    pt_arena_done(&arena);
    return 0;
}
