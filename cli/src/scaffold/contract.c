#include "scaffold/contract.h"

#include <stdio.h>

#include "google/protobuf/descriptor.pb.h"

/* Field numbers of FileDescriptorProto and ServiceDescriptorProto, of which places are made. */
enum { FILE_PACKAGE = 2, FILE_SERVICE = 6, SERVICE_METHOD = 2 };

/* The line of a declaration, from 1; 1 where protoc told none. */
static int line_of(const Google__Protobuf__FileDescriptorProto *file, const int32_t *path, size_t n) {
    const Google__Protobuf__SourceCodeInfo *info = file->source_code_info;
    for (size_t i = 0; info && i < info->n_location; i++) {
        const Google__Protobuf__SourceCodeInfo__Location *l = info->location[i];
        if (l->n_path == n && l->n_span && memcmp(l->path, path, n * sizeof *path) == 0) return l->span[0] + 1;
    }
    return 1;
}

static pt_code check_package(const Google__Protobuf__FileDescriptorProto *file, const pt_service_name *name, pt_status *st) {
    const char *package = file->package ? file->package : "";
    if (strcmp(package, name->package) == 0) return PT_OK;
    return pt_status_set(st, PT_FAILED_PRECONDITION,
                         "proto/%s:%d: the package is `%s`; that of %s must be `%s`: write `package %s;`", name->contract,
                         line_of(file, (const int32_t[]){FILE_PACKAGE}, 1), package, name->name, name->package, name->package);
}

static void note_streams(const Google__Protobuf__FileDescriptorProto *file, const pt_service_name *name) {
    for (size_t i = 0; i < file->n_service; i++) {
        for (size_t j = 0; j < file->service[i]->n_method; j++) {
            const Google__Protobuf__MethodDescriptorProto *m = file->service[i]->method[j];
            const int32_t path[] = {FILE_SERVICE, (int32_t)i, SERVICE_METHOD, (int32_t)j};
            if (!m->client_streaming && !m->server_streaming) continue;
            printf("proto/%s:%d: note: %s streams; it gets no handler and answers UNIMPLEMENTED for now\n", name->contract,
                   line_of(file, path, 4), m->name);
        }
    }
}

static pt_code check_file(const Google__Protobuf__FileDescriptorProto *file, const pt_service_name *name, pt_status *st) {
    pt_code code = check_package(file, name, st);
    if (!code && !file->n_service)
        code =
            pt_status_set(st, PT_FAILED_PRECONDITION, "proto/%s:1: there is no service in it: add `service %sService { ... }`",
                          name->contract, name->camel);
    if (!code) note_streams(file, name);
    return code;
}

pt_code pt_contract_check(const pt_project *project, const pt_service_name *name, const char *folder, pt_status *st) {
    char path[PT_PATH_BYTES], argument[PT_PATH_BYTES + 32];
    pt_buf bytes = PT_BUF_INIT(PT_SOURCE_BYTES);
    snprintf(argument, sizeof argument, "--descriptor_set_out=%s", pt_path(path, "%s/.descriptors", folder));
    const char *const arguments[] = {argument, "--include_source_info", NULL};
    pt_code code = pt_project_protoc(project, name->contract, arguments, st);
    if (!code) code = pt_file_read(path, &bytes, st);
    remove(path);
    if (!code) {
        Google__Protobuf__FileDescriptorSet *set = google__protobuf__file_descriptor_set__unpack(NULL, bytes.len, bytes.ptr);
        code = set && set->n_file == 1 ? check_file(set->file[0], name, st)
                                       : pt_status_set(st, PT_INTERNAL, "%s: protoc wrote no descriptor", path);
        if (set) google__protobuf__file_descriptor_set__free_unpacked(set, NULL);
    }
    pt_buf_done(&bytes);
    return code;
}
