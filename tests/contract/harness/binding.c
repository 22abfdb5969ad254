#include "binding.h"

#include "wire.h"

#include <stdlib.h>

/* Field numbers of google/api/annotations.proto and http.proto. */
enum { HTTP_EXTENSION = 72295728, RULE_BODY = 7, RULE_CUSTOM = 8, RULE_ADDITIONAL = 11, RULE_RESPONSE_BODY = 12 };

static const char *verb_of(uint32_t number) {
    static const char *const verbs[] = {[2] = "GET", [3] = "PUT", [4] = "POST", [5] = "DELETE", [6] = "PATCH"};
    return number < sizeof verbs / sizeof *verbs ? verbs[number] : NULL;
}

static void set_text(char **text, pt_slice value) {
    char *copy = strndup(value.ptr ? (const char *)value.ptr : "", value.len);
    if (!copy) abort();
    free(*text);
    *text = copy;
}

static void read_custom(pt_slice pattern, pt_binding *b) {
    pt_part part;
    while (pt_part_next(&pattern, &part)) {
        if (part.number == 1) set_text(&b->verb, part.bytes);
        if (part.number == 2) set_text(&b->path, part.bytes);
    }
}

static void read_rule(pt_slice rule, pt_bindings *all) {
    if (all->n == PT_MAX_BINDINGS) return;
    pt_binding *b = &all->items[all->n++];
    set_text(&b->verb, pt_slice_str(""));
    set_text(&b->path, pt_slice_str(""));
    set_text(&b->body, pt_slice_str(""));
    set_text(&b->response_body, pt_slice_str(""));
    pt_part part;
    while (pt_part_next(&rule, &part)) {
        if (verb_of(part.number)) {
            set_text(&b->verb, pt_slice_str(verb_of(part.number)));
            set_text(&b->path, part.bytes);
        }
        if (part.number == RULE_BODY) set_text(&b->body, part.bytes);
        if (part.number == RULE_RESPONSE_BODY) set_text(&b->response_body, part.bytes);
        if (part.number == RULE_CUSTOM) read_custom(part.bytes, b);
        if (part.number == RULE_ADDITIONAL) read_rule(part.bytes, all);
    }
}

void pt_bindings_init(const pt_rpc *rpc, pt_bindings *ret_bindings) {
    *ret_bindings = (pt_bindings){.n = 0};
    pt_slice options = rpc->options;
    pt_part part;
    while (pt_part_next(&options, &part)) {
        if (part.number == HTTP_EXTENSION) read_rule(part.bytes, ret_bindings);
    }
}

void pt_bindings_done(pt_bindings *bindings) {
    for (size_t i = 0; i < bindings->n; i++) {
        free(bindings->items[i].verb);
        free(bindings->items[i].path);
        free(bindings->items[i].body);
        free(bindings->items[i].response_body);
    }
    bindings->n = 0;
}
