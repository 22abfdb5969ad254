#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pool.h"
#include "printer.h"
#include "testing.h"

#define MAX_NAMES 64

typedef Google__Protobuf__Compiler__CodeGeneratorResponse response;

typedef struct name {
    char text[128];
} name;

static void response_free(response *answer) {
    google__protobuf__compiler__code_generator_response__free_unpacked(answer, NULL);
}

/* ---- golden cases: testdata/CASE/ *.proto and what they become in testdata/CASE/gen ---- */

static name found[MAX_NAMES];
static size_t n_found, prefix_len;
static const char *wanted_suffix;

static int collect(const char *path, const struct stat *st, int type, struct FTW *at) {
    (void)st;
    (void)at;
    size_t len = strlen(path), suffix = strlen(wanted_suffix);
    if (type != FTW_F || len < suffix || strcmp(path + len - suffix, wanted_suffix) != 0) return 0;
    cr_assert_lt(n_found, (size_t)MAX_NAMES);
    snprintf(found[n_found++].text, sizeof found->text, "%s", path + prefix_len);
    return 0;
}

/* Fills `found` with the files below `folder` whose names end so. */
static void find_files(const char *folder, const char *suffix) {
    n_found = 0;
    prefix_len = strlen(folder) + 1;
    wanted_suffix = suffix;
    nftw(folder, collect, 8, FTW_PHYS);
}

static response *run_case(const char *folder) {
    const char *files[MAX_NAMES];
    find_files(folder, ".proto");
    for (size_t i = 0; i < n_found; i++)
        files[i] = found[i].text;
    size_t len;
    uint8_t *request = pt_testing_request(folder, files, n_found, NULL, &len);
    response *answer = pt_testing_run(request, len);
    free(request);
    return answer;
}

ParameterizedTestParameters(plugin, matches_the_golden_files) {
    static name cases[MAX_NAMES];
    size_t n = 0;
    DIR *all = opendir(PARTIE_TESTDATA);
    for (struct dirent *entry; all && (entry = readdir(all)) && n < MAX_NAMES;)
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "errors") != 0)
            snprintf(cases[n++].text, sizeof cases->text, "%.100s", entry->d_name);
    if (all) closedir(all);
    return cr_make_param_array(name, cases, n);
}

ParameterizedTest(name *param, plugin, matches_the_golden_files) {
    char folder[512], path[1024];
    snprintf(folder, sizeof folder, "%s/%s", PARTIE_TESTDATA, param->text);
    response *first = run_case(folder), *second = run_case(folder);
    cr_assert_null(first->error, "%s", first->error);
    cr_assert_eq(first->n_file, second->n_file);
    for (size_t i = 0; i < first->n_file; i++) {
        size_t len;
        snprintf(path, sizeof path, "%s/gen/%s", folder, first->file[i]->name);
        char *golden = pt_testing_read(path, &len);
        cr_expect_str_eq(first->file[i]->content, golden, "%s differs; if that is meant, run scripts/generate", path);
        cr_expect_str_eq(first->file[i]->content, second->file[i]->content, "%s: two runs differ", path);
        free(golden);
    }
    snprintf(path, sizeof path, "%s/gen", folder);
    find_files(path, "");
    cr_expect_eq(n_found, first->n_file, "%s has files that are not generated", path);
    response_free(first);
    response_free(second);
}

/* ---- contracts that are refused: testdata/errors/NAME.proto and NAME.txt ---- */

ParameterizedTestParameters(plugin, refuses_with_place_and_reason) {
    find_files(PARTIE_TESTDATA "/errors", ".proto");
    return cr_make_param_array(name, found, n_found);
}

ParameterizedTest(name *param, plugin, refuses_with_place_and_reason) {
    const char *file = param->text;
    char path[512];
    size_t len;
    uint8_t *request = pt_testing_request(PARTIE_TESTDATA "/errors", &file, 1, NULL, &len);
    response *answer = pt_testing_run(request, len);
    free(request);
    snprintf(path, sizeof path, "%s/errors/%.*s.txt", PARTIE_TESTDATA, (int)strcspn(file, "."), file);
    char *expected = pt_testing_read(path, &len);
    if (len) expected[len - 1] = '\0'; /* the file's last newline */
    cr_assert_not_null(answer->error, "%s was taken", file);
    cr_expect_str_eq(answer->error, expected);
    cr_expect_eq(answer->n_file, 0);
    free(expected);
    response_free(answer);
}

/* ---- parameters and requests ---- */

static response *run_with_parameter(const char *parameter) {
    const char *file = "messages.proto";
    size_t len;
    uint8_t *request = pt_testing_request(PARTIE_TESTDATA "/messages_only", &file, 1, parameter, &len);
    response *answer = pt_testing_run(request, len);
    free(request);
    return answer;
}

Test(plugin, says_that_it_knows_proto3_optional) {
    response *answer = run_with_parameter(NULL);
    cr_expect_eq(answer->supported_features, 1);
    response_free(answer);
}

Test(plugin, takes_kind_code) {
    response *answer = run_with_parameter("kind=code");
    cr_expect_null(answer->error);
    cr_expect_eq(answer->n_file, 2);
    response_free(answer);
}

Test(plugin, names_the_known_parameters) {
    response *answer = run_with_parameter("speed=3");
    cr_expect_str_eq(answer->error, "parameter \"speed\" is unknown; known are: kind");
    cr_expect_eq(answer->n_file, 0);
    response_free(answer);
}

Test(plugin, names_the_known_kinds) {
    response *answer = run_with_parameter("kind=poem");
    cr_assert_not_null(answer->error);
    cr_expect(strstr(answer->error, "kind \"poem\" is unknown; known are: code") == answer->error, "%s", answer->error);
    response_free(answer);
}

static void expect_error(const void *request, size_t len, const char *expected) {
    response *answer = pt_testing_run(request, len);
    cr_assert_not_null(answer->error);
    cr_expect_str_eq(answer->error, expected);
    response_free(answer);
}

Test(plugin, refuses_what_is_no_request) {
    expect_error("\x7a\xff\x01garbage", 10, "the request is not a well-formed CodeGeneratorRequest");
    expect_error("\x0b", 1, "the request is not a well-formed CodeGeneratorRequest");
}

Test(plugin, refuses_a_file_that_the_request_does_not_have) {
    expect_error("\x0a\x07x.proto", 9, "x.proto: asked for, but the request does not have it");
}

/* A request with one file of the given fields. */
static void expect_file_error(Google__Protobuf__FileDescriptorProto *file, const char *expected) {
    Google__Protobuf__Compiler__CodeGeneratorRequest request = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_REQUEST__INIT;
    request.n_proto_file = 1;
    request.proto_file = &file;
    request.n_file_to_generate = 1;
    request.file_to_generate = &file->name;
    size_t len = google__protobuf__compiler__code_generator_request__get_packed_size(&request);
    uint8_t *bytes = pt_grow(NULL, len);
    google__protobuf__compiler__code_generator_request__pack(&request, bytes);
    expect_error(bytes, len, expected);
    free(bytes);
}

Test(plugin, refuses_editions) {
    Google__Protobuf__FileDescriptorProto file = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_PROTO__INIT;
    file.name = "x.proto";
    file.syntax = "editions";
    expect_file_error(&file, "x.proto: syntax \"editions\" is not supported; write syntax = \"proto3\"");
}

Test(plugin, refuses_paths_that_leave_the_output_folder) {
    Google__Protobuf__FileDescriptorProto file = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_PROTO__INIT;
    file.name = "../x.proto";
    expect_file_error(&file, "../x.proto: the path of a contract must be there once, relative, and of letters, digits, _ - . "
                             "+ and /; rename it");
}

Test(plugin, refuses_message_types_nested_too_deep) {
    Google__Protobuf__FileDescriptorProto file = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_PROTO__INIT;
    static Google__Protobuf__DescriptorProto messages[100], *chain[100];
    for (size_t i = 0; i < 100; i++) {
        google__protobuf__descriptor_proto__init(&messages[i]);
        messages[i].name = "M";
        chain[i] = &messages[i];
        messages[i].n_nested_type = i < 99;
        messages[i].nested_type = &chain[i + 1 < 100 ? i + 1 : i];
    }
    file.name = "x.proto";
    file.n_message_type = 1;
    file.message_type = chain;
    expect_file_error(&file, "a contract nests message types deeper than 50 levels; move the inner ones out");
}

/* ---- size ---- */

Test(plugin, makes_stubs_of_200_rpcs) {
    char folder[] = "/tmp/partie-plugin-XXXXXX", path[64];
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/large.proto", folder);
    FILE *out = fopen(path, "w");
    cr_assert(out);
    fputs("syntax = \"proto3\";\npackage large.v1;\n", out);
    for (int i = 0; i < 200; i++)
        fprintf(out,
                "// A.\nmessage Req%d { string a = 1; optional int32 b = 2; repeated Rep%d c = 3; }\n"
                "message Rep%d { map<string, Req%d> d = 1; oneof e { int64 f = 2; bytes g = 3; } }\n",
                i, i, i, i);
    fputs("service Large {\n", out);
    for (int i = 0; i < 200; i++)
        fprintf(out, "  rpc Call%d(Req%d) returns (Rep%d);\n", i, i, i);
    fputs("}\n", out);
    fclose(out);
    const char *file = "large.proto";
    size_t len;
    uint8_t *request = pt_testing_request(folder, &file, 1, NULL, &len);
    response *answer = pt_testing_run(request, len);
    cr_expect_eq(answer->n_file, 4);
    response_free(answer);
    free(request);
    unlink(path);
    rmdir(folder);
}
