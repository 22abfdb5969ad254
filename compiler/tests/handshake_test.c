/* Generated headers refuse to compile with libraries that they don't fit, and say what to do. */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Writes `text` to folder/name, whose own folder is new. */
static void write_header(const char *folder, const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%.*s", folder, (int)strcspn(name, "/"), name);
    cr_assert_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *header = fopen(path, "w");
    cr_assert(header);
    fputs(text, header);
    fclose(header);
}

static void remove_header(const char *folder, const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    rmdir(folder);
}

/* The compiler's output for a file that includes `header`, with a stand-in for the library's header `name` in front of the
 * real one. "" if it compiles. */
static void compile(const char *header, const char *name, const char *text, char output[static 4096]) {
    char folder[] = "/tmp/partie-handshake-XXXXXX", command[2048];
    cr_assert(mkdtemp(folder));
    write_header(folder, name, text);
    snprintf(command, sizeof command, "echo '#include \"%s\"' | %s -std=c17 -D_GNU_SOURCE -fsyntax-only -I%s %s -x c - 2>&1",
             header, PARTIE_CC, folder, PARTIE_INCLUDES);
    FILE *cc = popen(command, "r");
    cr_assert(cc);
    size_t len = fread(output, 1, 4095, cc);
    output[len] = '\0';
    bool compiled = pclose(cc) == 0;
    cr_expect_eq(compiled, len == 0, "%s", output);
    remove_header(folder, name);
}

static char output[4096];

Test(handshake, stubs_compile_with_their_runtime) {
    compile("services.rpc.h", "partie/version.h", "#define PT_STUBS_VERSION 2\n#define PT_STUBS_OLDEST 2\n", output);
    cr_expect_str_eq(output, "");
}

Test(handshake, stubs_compile_with_a_newer_runtime_that_still_knows_them) {
    compile("services.rpc.h", "partie/version.h", "#define PT_STUBS_VERSION 9\n#define PT_STUBS_OLDEST 2\n", output);
    cr_expect_str_eq(output, "");
}

Test(handshake, stubs_refuse_an_older_runtime) {
    compile("services.rpc.h", "partie/version.h", "#define PT_STUBS_VERSION 1\n#define PT_STUBS_OLDEST 1\n", output);
    cr_expect(strstr(output, "services.rpc.h needs a newer libpartie"), "%s", output);
}

Test(handshake, stubs_refuse_a_runtime_that_no_longer_knows_them) {
    compile("services.rpc.h", "partie/version.h", "#define PT_STUBS_VERSION 4\n#define PT_STUBS_OLDEST 3\n", output);
    cr_expect(strstr(output, "services.rpc.h is too old for this libpartie"), "%s", output);
}

/* protobuf-c's own header, under another version. */
#define PROTOBUF_C(version, oldest)                                                                                            \
    "#include_next <protobuf-c/protobuf-c.h>\n#undef PROTOBUF_C_VERSION_NUMBER\n#undef PROTOBUF_C_MIN_COMPILER_VERSION\n"      \
    "#define PROTOBUF_C_VERSION_NUMBER " #version "\n#define PROTOBUF_C_MIN_COMPILER_VERSION " #oldest "\n"

Test(handshake, messages_refuse_an_older_protobuf_c) {
    compile("services.pb.h", "protobuf-c/protobuf-c.h", PROTOBUF_C(1002001, 1000000), output);
    cr_expect(strstr(output, "services.pb.h needs protobuf-c 1.3 or newer"), "%s", output);
}

Test(handshake, messages_refuse_a_protobuf_c_that_no_longer_knows_them) {
    compile("services.pb.h", "protobuf-c/protobuf-c.h", PROTOBUF_C(2000000, 2000000), output);
    cr_expect(strstr(output, "services.pb.h is too old for this protobuf-c"), "%s", output);
}
