#include "mapping/binding.h"

#include "google/api/http.pb.h"
#include "partie/limits.h"
#include "partie/wire.h"

#define HTTP_EXTENSION 72295728 /* of google.protobuf.MethodOptions */

typedef Google__Api__HttpRule http_rule;

typedef struct compiling {
    const pt_rpc *rpc;
    pt_arena *arena;
    pt_binding_fn *take;
    void *arg;
    pt_status *st;
} compiling;

static pt_code refuse(const compiling *c, const char *why, const char *name) {
    return pt_status_set(c->st, PT_INVALID_ARGUMENT, "%s \"%s\"", why, name);
}

/* Method and template of a rule. False: it has no pattern. */
static bool read_pattern(const http_rule *rule, const char **ret_method, const char **ret_text) {
    switch (rule->pattern_case) {
    case GOOGLE__API__HTTP_RULE__PATTERN_GET: *ret_method = "GET", *ret_text = rule->get; return true;
    case GOOGLE__API__HTTP_RULE__PATTERN_PUT: *ret_method = "PUT", *ret_text = rule->put; return true;
    case GOOGLE__API__HTTP_RULE__PATTERN_POST: *ret_method = "POST", *ret_text = rule->post; return true;
    case GOOGLE__API__HTTP_RULE__PATTERN_DELETE: *ret_method = "DELETE", *ret_text = rule->delete_; return true;
    case GOOGLE__API__HTTP_RULE__PATTERN_PATCH: *ret_method = "PATCH", *ret_text = rule->patch; return true;
    case GOOGLE__API__HTTP_RULE__PATTERN_CUSTOM:
        *ret_method = rule->custom->kind, *ret_text = rule->custom->path;
        return **ret_method != 0;
    default: return false;
    }
}

static bool has_text_form(const pt_field *f) {
    if (f->type != PT_TYPE_MESSAGE) return f->type != PT_TYPE_GROUP;
    switch (f->message->well_known) {
    case PT_WK_TIMESTAMP:
    case PT_WK_DURATION:
    case PT_WK_FIELD_MASK:
    case PT_WK_WRAPPER: return true;
    default: return false;
    }
}

static pt_code find_variables(const compiling *c, pt_binding *b) {
    uint32_t n = b->pattern->n_variables;
    pt_field_path *paths = pt_arena_calloc(c->arena, n, sizeof *paths);
    if (!paths) return pt_status_set(c->st, PT_RESOURCE_EXHAUSTED, "out of memory");
    for (uint32_t i = 0; i < n; i++) {
        const char *dotted = b->pattern->variables[i].field_path;
        pt_code code = pt_field_path_find(c->rpc->input, pt_slice_str(dotted), c->arena, &paths[i], c->st);
        if (code) return code;
        const pt_field *f = pt_field_path_last(&paths[i]);
        if (f->repeated || f->map || !has_text_form(f)) return refuse(c, "no text can be put into the path variable", dotted);
    }
    b->variables = paths;
    return PT_OK;
}

static pt_code find_bodies(const compiling *c, const http_rule *rule, pt_binding *b) {
    const char *body = rule->body, *response = rule->response_body;
    b->body = !*body ? PT_BODY_NONE : !strcmp(body, "*") ? PT_BODY_ALL : PT_BODY_FIELD;
    if (b->body == PT_BODY_FIELD && !(b->body_field = pt_type_field_named(c->rpc->input, body, strlen(body))))
        return refuse(c, "the request has no field for the body named", body);
    if (*response && !(b->response_field = pt_type_field_named(c->rpc->output, response, strlen(response))))
        return refuse(c, "the reply has no field for response_body named", response);
    return PT_OK;
}

static pt_code compile_rule(const compiling *c, const http_rule *rule) {
    const char *method, *text;
    pt_binding *b = pt_arena_calloc(c->arena, 1, sizeof *b);
    if (!b) return pt_status_set(c->st, PT_RESOURCE_EXHAUSTED, "out of memory");
    if (!read_pattern(rule, &method, &text)) return pt_status_set(c->st, PT_INVALID_ARGUMENT, "a rule without a pattern");
    b->rpc = c->rpc;
    b->method = method;
    pt_code code = pt_template_parse(c->arena, text, &b->pattern, c->st);
    if (!code) code = find_variables(c, b);
    if (!code) code = find_bodies(c, rule, b);
    return code ? code : c->take(b, c->arg, c->st);
}

/* The option as it stands in the options; what stands there more than once is one message in parts. */
static pt_code find_option(const compiling *c, pt_slice *ret_rule) {
    pt_reader r = pt_reader_of(c->rpc->options);
    pt_slice rule = {0}, part;
    uint32_t number;
    unsigned wire_type;
    while (pt_reader_left(&r)) {
        if (!pt_read_tag(&r, &number, &wire_type)) break;
        bool wanted = number == HTTP_EXTENSION && wire_type == PT_WIRE_LEN;
        if (wanted ? !pt_read_bytes(&r, &part) : !pt_skip_scalar(&r, wire_type)) break;
        if (!wanted) continue;
        uint8_t *whole = pt_arena_alloc(c->arena, rule.len + part.len);
        if (!whole) return pt_status_set(c->st, PT_RESOURCE_EXHAUSTED, "out of memory");
        if (rule.len) memcpy(whole, rule.ptr, rule.len);
        if (part.len) memcpy(whole + rule.len, part.ptr, part.len);
        rule = pt_slice_of(whole, rule.len + part.len);
    }
    *ret_rule = rule;
    return pt_reader_left(&r) ? pt_status_set(c->st, PT_INVALID_ARGUMENT, "malformed options") : PT_OK;
}

static pt_code unpack(const compiling *c, pt_slice bytes, const http_rule **ret_rule) {
    const pt_limits limits = PT_LIMITS_INIT;
    pt_code code = pt_message_check(&google__api__http_rule__descriptor, bytes, &limits, c->st);
    if (code) return code;
    *ret_rule = google__api__http_rule__unpack(pt_arena_protobuf(c->arena), bytes.len, bytes.ptr);
    return *ret_rule ? PT_OK : pt_status_set(c->st, PT_RESOURCE_EXHAUSTED, "out of memory");
}

static pt_code compile_rules(const compiling *c) {
    pt_slice bytes = {0};
    const http_rule *rule = NULL;
    pt_code code = find_option(c, &bytes);
    if (code || !bytes.len) return code;
    code = unpack(c, bytes, &rule);
    if (!code) code = compile_rule(c, rule);
    for (size_t i = 0; !code && i < rule->n_additional_bindings; i++)
        code = compile_rule(c, rule->additional_bindings[i]);
    return code;
}

pt_code pt_bindings_of(const pt_rpc *rpc, pt_arena *arena, pt_binding_fn *take, void *arg, pt_status *st) {
    const compiling c = {.rpc = rpc, .arena = arena, .take = take, .arg = arg, .st = st};
    pt_code code = compile_rules(&c);
    if (code) pt_status_prefix(st, "%s: google.api.http", rpc->full_name);
    return code;
}
