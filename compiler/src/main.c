/* protoc-gen-partie: run by protoc, which talks to it over stdin and stdout. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "partie/version.h"
#include "plugin.h"

static void help(void) {
    puts("usage: protoc --partie_out=[NAME=VALUE,...:]DIR [-IPATH] FILE.proto...\n"
         "\n"
         "protoc-gen-partie makes the C of partie from contracts. protoc starts it, found on PATH or given with\n"
         "--plugin=protoc-gen-partie=PATH; run by hand it knows --help and --version.\n"
         "\n"
         "parameters:");
    for (const pt_parameter *parameter = pt_parameters; parameter->name; parameter++)
        printf("  %-8s %s\n", parameter->name, parameter->help);
    puts("\nkinds:");
    for (const pt_emitter *emitter = pt_emitters; emitter->kind; emitter++)
        printf("  %-8s %s\n", emitter->kind, emitter->help);
}

/* All of stdin; NULL if it can't be read. */
static uint8_t *read_request(size_t *ret_len) {
    size_t len = 0, capacity = (size_t)1 << 16;
    uint8_t *bytes = pt_grow(NULL, capacity);
    for (size_t got; (got = fread(bytes + len, 1, capacity - len, stdin)) > 0;) {
        len += got;
        if (len == capacity) bytes = pt_grow(bytes, capacity *= 2);
    }
    if (ferror(stdin)) {
        free(bytes);
        return NULL;
    }
    *ret_len = len;
    return bytes;
}

static int run(void) {
    size_t request_len, response_len;
    uint8_t *request = read_request(&request_len);
    if (!request) {
        perror("protoc-gen-partie: stdin");
        return EXIT_FAILURE;
    }
    uint8_t *response = pt_plugin_run((pt_slice){request, request_len}, &response_len);
    free(request);
    bool written = fwrite(response, 1, response_len, stdout) == response_len && fflush(stdout) == 0;
    free(response);
    if (!written) perror("protoc-gen-partie: stdout");
    return written ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv) {
    if (argc == 1) return run();
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        help();
        return EXIT_SUCCESS;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("protoc-gen-partie " PT_VERSION);
        return EXIT_SUCCESS;
    }
    fprintf(stderr, "protoc-gen-partie: unknown argument %s; try --help\n", argv[1]);
    return 2;
}
