/* partie new service NAME */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "scaffold/contract.h"
#include "scaffold/sample.h"
#include "scaffold/service.h"

static const char *root = "", *plugin = "";

static const pt_flag own_flags[] = {
    {.name = "root",
     .kind = PT_FLAG_TEXT,
     .value = &root,
     .arg = "PATH",
     .help = "the source tree; without it the one that the working folder is in"},
    {.name = "plugin",
     .kind = PT_FLAG_TEXT,
     .value = &plugin,
     .arg = "PATH",
     .help = "protoc-gen-partie; without it the one beside this program"},
};
static const pt_flag_group groups[] = {{"Flags", own_flags, sizeof own_flags / sizeof *own_flags}};
static const pt_flags flags = {.program = "partie new service",
                               .summary = "makes services/NAME from proto/NAME/v1/NAME.proto, or brings it up to date with it",
                               .arguments = "NAME",
                               .epilog = "NAME is lower-case letters, digits and dashes; in the contract's name dashes are "
                                         "underscores. Where there is no contract a\n"
                                         "commented sample is written. What it makes builds, starts and is tested by its "
                                         "contract; each rpc answers UNIMPLEMENTED\n"
                                         "until its function in handler.c is written. Run again after a change of the "
                                         "contract, it adds a function for each new rpc\n"
                                         "and changes nothing else that is yours.",
                               .groups = groups,
                               .n_groups = 1};

static pt_code write_sample(const pt_project *project, const pt_service_name *name, pt_status *st) {
    char path[PT_PATH_BYTES], folder[PT_PATH_BYTES];
    pt_buf text = PT_BUF_INIT(65536);
    if (pt_path_exists(pt_path(path, "%s/proto/%s", project->root, name->contract))) return PT_OK;
    pt_code code = pt_folder_make(pt_path(folder, "%s/proto/%s/v1", project->root, name->id), st);
    if (!code && pt_sample_contract(name, &text)) code = pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    if (!code) code = pt_file_write(path, pt_buf_slice(&text), st);
    if (!code) printf("proto/%s: a sample, as there was none\n", name->contract);
    pt_buf_done(&text);
    return code;
}

/* gen/ and the generated suites follow the contract. */
static pt_code generate(const pt_project *project, pt_status *st) {
    if (*project->build && setenv("BUILD", project->build, 1) != 0)
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    fflush(stdout);
    pt_code code = pt_project_run(project, (const char *const[]){"scripts/generate", NULL}, NULL, st);
    if (code) pt_status_prefix(st, "the generated code is not up to date; mend what is said above and run this again");
    return code;
}

static pt_code make(const pt_project *project, const pt_service_name *name, const char *draft, pt_status *st) {
    char out[PT_PATH_BYTES + 32];
    snprintf(out, sizeof out, "--partie_out=kind=scaffold:%s", draft);
    pt_code code = write_sample(project, name, st);
    if (!code) code = pt_contract_check(project, name, draft, st);
    if (!code) code = pt_project_protoc(project, name->contract, (const char *const[]){out, NULL}, st);
    if (!code) code = pt_service_install(project, name, draft, st);
    if (!code) code = generate(project, st);
    return code;
}

static void print_next(const pt_service_name *name) {
    printf("\nNext:\n"
           "  build:  cmake --preset dev && cmake --build build/dev --target %s_test\n"
           "  start:  build/dev/bin/%s\n"
           "  test:   ctest --test-dir build/dev -R 'contract.%s$' -V\n"
           "  write:  the functions in services/%s/handler.c; docs/new-service.md goes through it\n",
           name->name, name->name, name->name, name->name);
}

static int make_service(int argc, char **argv) {
    int n, exit_code;
    char draft[PT_PATH_BYTES] = "";
    pt_project project;
    pt_service_name name;
    pt_status st = PT_STATUS_INIT;
    if (!pt_command_parse(&flags, argc, argv, 1, 1, &n, &exit_code)) return exit_code;
    if (pt_service_name_init(argv[1], &name, &st)) {
        pt_command_fail(flags.program, st.message);
        return PT_EXIT_USAGE;
    }
    pt_code code = pt_project_find(*root ? root : NULL, *plugin ? plugin : NULL, &project, &st);
    if (!code) code = pt_service_check(&project, &name, &st);
    if (!code) code = pt_folder_make_temporary(project.root, name.name, draft, &st);
    if (!code) code = make(&project, &name, draft, &st);
    pt_folder_remove(draft);
    if (code) return pt_command_fail(flags.program, st.message);
    print_next(&name);
    return fflush(stdout) ? PT_EXIT_FAILURE : PT_EXIT_OK;
}

int pt_command_new(int argc, char **argv) {
    static const pt_command kinds[] = {{"service", "a service, from its contract", make_service}};
    return pt_command_choose("partie new", "makes the first draft of things", "", kinds, 1, argc, argv);
}
