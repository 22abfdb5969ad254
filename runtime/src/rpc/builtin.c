/* The services that every server has: grpc.health.v1.Health and partie.reflection.v1.ReflectionService. */
#include <stdlib.h>

#include "core/hash.h"
#include "grpc/health/v1/health.rpc.h"
#include "partie/reflection/v1/reflection.rpc.h"
#include "rpc/health.h"

typedef Partie__Reflection__V1__GetDescriptorsRequest descriptors_request;
typedef Partie__Reflection__V1__GetDescriptorsResponse descriptors_response;

/* ---- health ---- */

void pt_server_set_serving(pt_server *server, const char *service, bool serving) {
    if (!service) atomic_store(&server->serving, serving);
    for (size_t i = 0; service && i < server->n_services; i++)
        if (strcmp(server->services[i].service->name, service) == 0) atomic_store(&server->services[i].serving, serving);
    pt_health_changed(server->health);
}

/* ---- reflection ---- */

/* Visits the files that a file imports, then the file, each once. */
static pt_code collect_file(pt_descriptions *d, const pt_file *file) {
    for (size_t i = 0; i < d->n_files; i++)
        if (d->files[i].data == file->descriptor) return PT_OK;
    for (size_t i = 0; i < file->n_imports; i++)
        if (collect_file(d, file->imports[i])) return PT_RESOURCE_EXHAUSTED;
    if (d->n_files % 16 == 0) {
        void *files = reallocarray(d->files, d->n_files + 16, sizeof *d->files);
        if (!files) return PT_RESOURCE_EXHAUSTED;
        d->files = files;
    }
    d->files[d->n_files++] = (ProtobufCBinaryData){file->descriptor_len, (uint8_t *)file->descriptor};
    return PT_OK;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lengths are hashed too, so that no two lists look alike. */
static uint64_t hash_part(uint64_t hash, const void *bytes, size_t len) {
    uint8_t width[8];
    pt_write_fixed64(width, len);
    return pt_fnv1a_more(pt_fnv1a_more(hash, pt_slice_of(width, sizeof width)), pt_slice_of(bytes, len));
}

pt_code pt_descriptions_collect(pt_server *server, pt_status *st) {
    pt_descriptions *d = &server->descriptions;
    pt_descriptions_done(d);
    d->services = calloc(server->n_services, sizeof *d->services);
    if (!d->services) goto no_memory;
    for (size_t i = 0; i < server->n_services; i++) {
        d->services[d->n_services++] = (char *)server->services[i].service->name;
        if (collect_file(d, server->services[i].service->file)) goto no_memory;
    }
    qsort(d->services, d->n_services, sizeof *d->services, by_name);
    d->fingerprint = PT_FNV1A_SEED;
    for (size_t i = 0; i < d->n_services; i++)
        d->fingerprint = hash_part(d->fingerprint, d->services[i], strlen(d->services[i]));
    for (size_t i = 0; i < d->n_files; i++)
        d->fingerprint = hash_part(d->fingerprint, d->files[i].data, d->files[i].len);
    return PT_OK;
no_memory:
    return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "reflection: out of memory");
}

void pt_descriptions_done(pt_descriptions *d) {
    free(d->services);
    free(d->files);
    *d = (pt_descriptions){0};
}

static pt_code get_descriptors(void *self, pt_server_call *call, const descriptors_request *request,
                               descriptors_response *reply) {
    (void)call;
    pt_server *server = self;
    const pt_descriptions *d = &server->descriptions; /* constant since the server listens */
    reply->n_services = d->n_services;
    reply->services = d->services;
    reply->fingerprint = d->fingerprint;
    if (request->known_fingerprint == d->fingerprint) return PT_OK;
    reply->n_files = d->n_files;
    reply->files = d->files;
    return PT_OK;
}

/* ---- both ---- */

pt_code pt_builtins_add(pt_server *server, pt_status *st) {
    static const pt_service *const services[] = {&grpc__health__v1__health__service,
                                                 &partie__reflection__v1__reflection_service__service};
    Partie__Reflection__V1__ReflectionService *reflection = calloc(1, sizeof *reflection);
    if (!reflection) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "server: out of memory");
    server->reflection = reflection;
    *reflection = (Partie__Reflection__V1__ReflectionService){.self = server, .get_descriptors = get_descriptors};
    pt_code code = pt_health_add(server, st);
    if (!code) code = partie__reflection__v1__reflection_service__register(server, reflection, st);
    for (size_t i = 0; !code && i < sizeof services / sizeof *services; i++)
        code = pt_server_set_executor(server, services[i]->name, "admin", st);
    for (size_t i = 0; i < server->methods.n; i++)
        server->methods.entries[i].builtin = true;
    return code;
}
