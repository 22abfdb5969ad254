#include "testing.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"
#include "printer.h"

static char *read_all(FILE *file, size_t *ret_len) {
    size_t len = 0, capacity = 4096;
    char *bytes = pt_grow(NULL, capacity);
    for (size_t got; (got = fread(bytes + len, 1, capacity - len - 1, file)) > 0;) {
        len += got;
        if (len + 1 == capacity) bytes = pt_grow(bytes, capacity *= 2);
    }
    bytes[len] = '\0';
    *ret_len = len;
    return bytes;
}

char *pt_testing_read(const char *path, size_t *ret_len) {
    FILE *file = fopen(path, "rb");
    cr_assert(file, "%s: can't be read", path);
    char *bytes = read_all(file, ret_len);
    fclose(file);
    return bytes;
}

/* The FileDescriptorSet of the files and all that they import. */
static char *descriptor_set(const char *folder, const char *const *files, size_t n, size_t *ret_len) {
    pt_printer command = PT_PRINTER_INIT;
    pt_print(&command, "exec protoc --include_imports --include_source_info --descriptor_set_out=/dev/stdout '-I%s'", folder);
    for (size_t i = 0; i < n; i++)
        pt_print(&command, " '%s'", files[i]);
    FILE *protoc = popen(command.text, "r");
    cr_assert(protoc, "protoc does not start");
    char *bytes = read_all(protoc, ret_len);
    cr_assert_eq(pclose(protoc), 0, "failed: %s", command.text);
    pt_printer_done(&command);
    return bytes;
}

static size_t varint_len(const char *at) {
    size_t len = 1;
    while (*at++ & 0x80)
        len++;
    return len;
}

static size_t varint(const char *at) {
    size_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        value |= (size_t)(*at & 0x7f) << shift;
        if (!(*at++ & 0x80)) return value;
    }
}

uint8_t *pt_testing_request(const char *folder, const char *const *files, size_t n, const char *parameter, size_t *ret_len) {
    enum { TAG_SET_FILE = 0x0a, TAG_PROTO_FILE = 0x7a };
    Google__Protobuf__Compiler__CodeGeneratorRequest asked = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_REQUEST__INIT;
    asked.n_file_to_generate = n;
    asked.file_to_generate = (char **)files;
    asked.parameter = (char *)parameter;
    size_t set_len, len = google__protobuf__compiler__code_generator_request__get_packed_size(&asked);
    char *set = descriptor_set(folder, files, n, &set_len);
    uint8_t *request = pt_grow(NULL, len + set_len + 1);
    google__protobuf__compiler__code_generator_request__pack(&asked, request);
    /* The set's only field is the files, as the request has them under another number. */
    for (char *at = set; at < set + set_len; at += 1 + varint_len(at + 1) + varint(at + 1)) {
        cr_assert_eq(*at, TAG_SET_FILE);
        *at = TAG_PROTO_FILE;
    }
    memcpy(request + len, set, set_len);
    free(set);
    *ret_len = len + set_len;
    return request;
}

Google__Protobuf__Compiler__CodeGeneratorResponse *pt_testing_run(const uint8_t *request, size_t len) {
    size_t response_len;
    uint8_t *bytes = pt_plugin_run((pt_slice){request, len}, &response_len);
    Google__Protobuf__Compiler__CodeGeneratorResponse *response =
        google__protobuf__compiler__code_generator_response__unpack(NULL, response_len, bytes);
    free(bytes);
    cr_assert(response);
    return response;
}
