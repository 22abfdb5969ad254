#include "target.h"

#include <stdio.h>

#include "partie/kit/flags.h"
#include "partie/reflection/v1/reflection.rpc.h"

pt_code pt_target_open(pt_target *target, const char *url, uint32_t timeout_ms, pt_status *st) {
    target->timeout_ms = timeout_ms;
    return pt_channel_open(url, NULL, &target->channel, st);
}

void pt_target_context(const pt_target *target, pt_context *ctx) {
    pt_context_init(ctx);
    ctx->timeout_ms = target->timeout_ms;
    /* A first connection that fails ends the call at once, with its reason. */
    ctx->wait_for_ready = false;
}

static pt_code add_files(pt_target *target, const Partie__Reflection__V1__GetDescriptorsResponse *reply, pt_status *st) {
    target->schema = pt_schema_new();
    if (!target->schema) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    pt_code code = PT_OK;
    for (size_t i = 0; !code && i < reply->n_files; i++)
        code = pt_schema_add_file(target->schema, pt_slice_of(reply->files[i].data, reply->files[i].len), st);
    return code;
}

pt_code pt_target_reflect(pt_target *target, pt_status *st) {
    pt_context ctx;
    Partie__Reflection__V1__GetDescriptorsRequest request = PARTIE__REFLECTION__V1__GET_DESCRIPTORS_REQUEST__INIT;
    Partie__Reflection__V1__GetDescriptorsResponse *reply;
    pt_target_context(target, &ctx);
    pt_code code = partie__reflection__v1__reflection_service__get_descriptors(target->channel, &ctx, &request, &reply);
    if (code)
        pt_status_copy(st, &ctx.status);
    else
        code = add_files(target, reply, st);
    pt_context_done(&ctx);
    return code;
}

bool pt_is_built_in(const char *service) {
    return strcmp(service, "grpc.health.v1.Health") == 0 || strcmp(service, "partie.reflection.v1.ReflectionService") == 0;
}

/* "a.v1.S/M" and "a.v1.S.M" are the same. */
static bool is_full_name(const pt_rpc *rpc, const char *name) {
    size_t service = strlen(rpc->service);
    return strncmp(rpc->service, name, service) == 0 && (name[service] == '/' || name[service] == '.') &&
           strcmp(rpc->name, name + service + 1) == 0;
}

pt_code pt_target_rpc(const pt_target *target, const char *name, const pt_rpc **ret_rpc, pt_status *st) {
    size_t n, matches = 0;
    const pt_rpc *const *rpcs = pt_schema_rpcs(target->schema, &n), *found = NULL;
    for (size_t i = 0; i < n; i++) {
        if (is_full_name(rpcs[i], name)) {
            *ret_rpc = rpcs[i];
            return PT_OK;
        }
        if (strcmp(rpcs[i]->name, name) != 0) continue;
        found = rpcs[i];
        matches++;
    }
    const char *url = pt_channel_target(target->channel);
    if (matches > 1)
        return pt_status_set(st, PT_INVALID_ARGUMENT, "%s: several services have it; say which, as in %s", name,
                             found->full_name);
    if (!matches)
        return pt_status_set(st, PT_NOT_FOUND, "%s: %s has no such rpc; `partie list %s` shows those that there are", name, url,
                             url);
    *ret_rpc = found;
    return PT_OK;
}

void pt_target_done(pt_target *target) {
    pt_channel_close(target->channel);
    pt_schema_free(target->schema);
    *target = (pt_target)PT_TARGET_INIT;
}

int pt_target_fail(const char *program, const pt_status *st) {
    fprintf(stderr, "%s: %s: %s\n", program, pt_code_name(st->code), st->message);
    return PT_EXIT_FAILURE;
}
