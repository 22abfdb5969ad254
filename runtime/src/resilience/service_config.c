#include "resilience/service_config.h"

#include <stdlib.h>

#include "core/hash.h"
#include "partie/arena.h"
#include "partie/json.h"
#include "resilience/endpoints.h"
#include "resilience/service_config_check.h"

typedef Grpc__ServiceConfig__ServiceConfig config_message;
typedef Grpc__ServiceConfig__MethodConfig__Name config_name;

/* Memory that reading may take. */
#define READ_BYTES (64u << 20)

#define METHOD_CONFIG_INIT                                                                                                     \
    { .timeout_ns = PT_NEVER, .max_request_bytes = UINT32_MAX, .max_response_bytes = UINT32_MAX, .retry = PT_RETRY_POLICY_INIT }

#define CHANNEL_POLICIES_INIT                                                                                                  \
    {                                                                                                                          \
        .balancing = PT_BALANCING_POLICY_INIT, .breaker = PT_BREAKER_POLICY_INIT, .outlier = PT_OUTLIER_POLICY_INIT,           \
        .throttle = PT_THROTTLE_POLICY_INIT, .retry_budget = PT_DEFAULT_RETRY_BUDGET,                                          \
        .max_outstanding = PT_DEFAULT_MAX_OUTSTANDING                                                                          \
    }

/* A name and what holds for it. The name is "service/method", or "service/" for all methods of a service. */
typedef struct slot {
    const char *name; /* NULL: empty */
    size_t len;
    const pt_method_config *method;
} slot;

struct pt_service_config {
    pt_channel_policies channel;
    pt_method_config built_in;         /* the defaults */
    const pt_method_config *otherwise; /* for methods that nothing names */
    pt_arena arena;                    /* of names, entries and the table */
    slot *slots;                       /* open addressing */
    size_t n_slots;                    /* a power of two, at least twice the names */
};

/* ---- the table of names ---- */

/* The slot of a name, or the empty one where it would go. */
static slot *find(const pt_service_config *c, const char *name, size_t len) {
    size_t i = pt_fnv1a(pt_slice_of(name, len)) & (c->n_slots - 1);
    while (c->slots[i].name && (c->slots[i].len != len || memcmp(c->slots[i].name, name, len) != 0))
        i = (i + 1) & (c->n_slots - 1);
    return &c->slots[i];
}

const pt_method_config *pt_service_config_method(const pt_service_config *config, const char *method) {
    const slot *s = find(config, method, strlen(method));
    if (s->name) return s->method;
    const char *slash = strrchr(method, '/');
    if (slash) s = find(config, method, (size_t)(slash - method) + 1);
    return s->name ? s->method : config->otherwise;
}

static pt_code make_table(pt_service_config *c, const config_message *message, pt_status *st) {
    size_t n = 1;
    for (size_t i = 0; i < message->n_method_config; i++)
        n += message->method_config[i]->n_name;
    for (c->n_slots = 4; c->n_slots < n * 2;)
        c->n_slots *= 2;
    c->slots = pt_arena_calloc(&c->arena, c->n_slots, sizeof *c->slots);
    return c->slots ? PT_OK : pt_status_set(st, PT_RESOURCE_EXHAUSTED, "service config: out of memory");
}

static pt_code add_name(pt_service_config *c, const config_name *name, const pt_method_config *method,
                        const pt_config_place *at) {
    if (!*name->service && *name->method) return pt_config_bad(at, "service", "it is empty beside a method");
    if (strchr(name->service, '/')) return pt_config_bad(at, "service", "\"%s\" has a slash", name->service);
    if (!*name->service) {
        if (c->otherwise != &c->built_in) return pt_config_bad(at, "", "there is another default entry already");
        c->otherwise = method;
        return PT_OK;
    }
    char *text = pt_arena_printf(&c->arena, "%s/%s", name->service, name->method);
    if (!text) return pt_status_set(at->st, PT_RESOURCE_EXHAUSTED, "service config: out of memory");
    slot *s = find(c, text, strlen(text));
    if (s->name) return pt_config_bad(at, "", "%s is named already; each name may stand once", text);
    *s = (slot){text, strlen(text), method};
    return PT_OK;
}

static pt_code add_methods(pt_service_config *c, const config_message *message, pt_status *st) {
    pt_code code = make_table(c, message, st);
    for (size_t i = 0; !code && i < message->n_method_config; i++) {
        const Grpc__ServiceConfig__MethodConfig *m = message->method_config[i];
        pt_method_config *method = pt_arena_alloc(&c->arena, sizeof *method);
        if (!method) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "service config: out of memory");
        *method = (pt_method_config)METHOD_CONFIG_INIT;
        code = pt_config_method(m, i, st, method);
        for (size_t k = 0; !code && k < m->n_name; k++) {
            pt_config_place at = pt_config_at(st, "methodConfig[%zu].name[%zu]", i, k);
            code = add_name(c, m->name[k], method, &at);
        }
    }
    return code;
}

/* ---- reading ---- */

static pt_code add_file(pt_schema *schema, const pt_file *file, pt_status *st) {
    for (size_t i = 0; i < file->n_imports; i++) {
        pt_code code = add_file(schema, file->imports[i], st);
        if (code) return code;
    }
    return pt_schema_add_file(schema, pt_slice_of(file->descriptor, file->descriptor_len), st);
}

/* JSON to the bytes of the message. */
static pt_code read_json(pt_slice json, pt_buf *wire, pt_status *st) {
    pt_schema *schema = pt_schema_new();
    if (!schema) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "service config: out of memory");
    pt_code code = add_file(schema, &grpc__service_config__service_config__file, st);
    if (!code) {
        code = pt_json_read(pt_schema_type(schema, "grpc.service_config.ServiceConfig"), json, NULL, wire, st);
        if (code) pt_status_prefix(st, "service config");
    }
    pt_schema_free(schema);
    return code;
}

static pt_code build(pt_service_config *c, const config_message *message, pt_status *st) {
    pt_code code = pt_config_channel(message, st, &c->channel);
    if (!code) code = add_methods(c, message, st);
    if (code || !message->health_check_config || !message->health_check_config->service_name) return code;
    c->channel.health_check = pt_arena_strdup(&c->arena, message->health_check_config->service_name->value);
    return c->channel.health_check ? PT_OK : pt_status_set(st, PT_RESOURCE_EXHAUSTED, "service config: out of memory");
}

static pt_code parse(pt_service_config *c, pt_slice json, pt_buf *wire, pt_arena *arena, pt_status *st) {
    pt_code code = json.len ? read_json(json, wire, st) : PT_OK;
    if (code) return code;
    config_message *message = grpc__service_config__service_config__unpack(pt_arena_protobuf(arena), wire->len, wire->ptr);
    if (!message) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "service config: it needs too much memory");
    return build(c, message, st);
}

pt_code pt_service_config_parse(pt_slice json, pt_service_config **ret_config, pt_status *st) {
    if (json.len > PT_SERVICE_CONFIG_BYTES)
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "service config: %zu bytes, at most %u", json.len,
                             PT_SERVICE_CONFIG_BYTES);
    pt_service_config *c = calloc(1, sizeof *c);
    if (!c) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "service config: out of memory");
    c->channel = (pt_channel_policies)CHANNEL_POLICIES_INIT;
    c->built_in = (pt_method_config)METHOD_CONFIG_INIT;
    c->otherwise = &c->built_in;
    pt_arena_init(&c->arena, READ_BYTES);
    pt_buf wire = PT_BUF_INIT(READ_BYTES);
    pt_arena arena;
    pt_arena_init(&arena, READ_BYTES);
    pt_code code = parse(c, json, &wire, &arena, st);
    pt_arena_done(&arena);
    pt_buf_done(&wire);
    if (code)
        pt_service_config_free(c);
    else
        *ret_config = c;
    return code;
}

void pt_service_config_free(pt_service_config *config) {
    if (!config) return;
    pt_arena_done(&config->arena);
    free(config);
}

const pt_channel_policies *pt_service_config_channel(const pt_service_config *config) {
    return &config->channel;
}
