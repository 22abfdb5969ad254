#include "scaffold/project.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_root(const char *folder) {
    static const char *const marks[] = {"proto", "services/CMakeLists.txt", "scripts/generate"};
    char path[PT_PATH_BYTES];
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (!pt_path_exists(pt_path(path, "%s/%s", folder, marks[i]))) return false;
    }
    return true;
}

static pt_code find_root(const char *root, pt_project *p, pt_status *st) {
    char folder[PATH_MAX];
    if (!realpath(root ? root : ".", folder))
        return pt_status_set(st, PT_NOT_FOUND, "%s: %s", root ? root : ".", strerror(errno));
    while (*folder) {
        if (is_root(folder)) {
            pt_path(p->root, "%s", folder);
            return PT_OK;
        }
        if (root) break;
        *strrchr(folder, '/') = '\0';
    }
    return pt_status_set(st, PT_NOT_FOUND,
                         "%s is not in a tree of partie (a folder with proto/, services/ and scripts/generate); "
                         "go into one, or name it with --root",
                         root ? root : "this folder");
}

/* Programs of a build lie in BUILD/bin, beside each other. */
static pt_code find_plugin(const char *plugin, pt_project *p, pt_status *st) {
    char self[PT_PATH_BYTES] = "";
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash = len > 0 ? strrchr(self, '/') : NULL;
    if (slash) *slash = '\0';
    if (plugin)
        pt_path(p->plugin, "%s", plugin);
    else
        pt_path(p->plugin, "%s/protoc-gen-partie", self);
    if (access(p->plugin, X_OK) != 0)
        return pt_status_set(st, PT_NOT_FOUND, "%s: %s; build the target protoc-gen-partie, or name it with --plugin",
                             p->plugin, strerror(errno));
    char cache[PT_PATH_BYTES];
    slash = strrchr(self, '/');
    if (slash) *slash = '\0';
    if (!plugin && pt_path_exists(pt_path(cache, "%s/CMakeCache.txt", self))) pt_path(p->build, "%s", self);
    return PT_OK;
}

pt_code pt_project_find(const char *root, const char *plugin, pt_project *ret_project, pt_status *st) {
    pt_project p = {.root = ""};
    pt_code code = find_root(root, &p, st);
    if (!code) code = find_plugin(plugin, &p, st);
    if (!code) *ret_project = p;
    return code;
}

static void read_back(int fd, pt_buf *output) {
    char block[4096];
    ssize_t n;
    lseek(fd, 0, SEEK_SET);
    while ((n = read(fd, block, sizeof block)) > 0 && pt_buf_append(output, block, (size_t)n) == PT_OK)
        continue;
}

static int spawn_in(const pt_project *project, const char *const *argv, int errors, pid_t *ret_pid) {
    posix_spawn_file_actions_t actions;
    int rv = posix_spawn_file_actions_init(&actions);
    if (rv) return rv;
    rv = posix_spawn_file_actions_addchdir_np(&actions, project->root);
    if (!rv && errors >= 0) rv = posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    /* exec takes the strings as they are and changes none */
    if (!rv) rv = posix_spawnp(ret_pid, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return rv;
}

pt_code pt_project_run(const pt_project *project, const char *const *argv, pt_buf *output, pt_status *st) {
    pid_t pid;
    int status = 0, errors = output ? memfd_create("stderr", MFD_CLOEXEC) : -1;
    if (output && errors < 0) return pt_status_set(st, PT_UNAVAILABLE, "%s: %s", argv[0], strerror(errno));
    int rv = spawn_in(project, argv, errors, &pid);
    if (!rv) {
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    if (output) {
        read_back(errors, output);
        close(errors);
    }
    if (rv) return pt_status_set(st, PT_UNAVAILABLE, "%s: %s; is it installed?", argv[0], strerror(rv));
    if (status) return pt_status_set(st, PT_FAILED_PRECONDITION, "%s failed", argv[0]);
    return PT_OK;
}

/* protoc names contracts as imports do; people look for them from the root. */
static void print_complaints(const pt_project *project, pt_buf *output) {
    for (const char *line = pt_buf_cstr(output); line && *line;) {
        char path[PT_PATH_BYTES];
        const char *end = strchr(line, '\n');
        size_t len = end ? (size_t)(end - line) : strlen(line), name = strcspn(line, ":\n");
        bool contract = line[name] == ':' && pt_path_exists(pt_path(path, "%s/proto/%.*s", project->root, (int)name, line));
        fprintf(stderr, "%s%.*s\n", contract ? "proto/" : "", (int)len, line);
        line = end ? end + 1 : line + len;
    }
}

pt_code pt_project_protoc(const pt_project *project, const char *contract, const char *const *arguments, pt_status *st) {
    char plugin[PT_PATH_BYTES + 64];
    pt_buf output = PT_BUF_INIT(1u << 20);
    snprintf(plugin, sizeof plugin, "--plugin=protoc-gen-partie=%s", project->plugin);
    const char *argv[9] = {"protoc", plugin, "-Iproto", contract};
    for (size_t i = 0; i < 4 && arguments[i]; i++)
        argv[i + 4] = arguments[i];
    pt_code code = pt_project_run(project, argv, &output, st);
    print_complaints(project, &output);
    if (code == PT_FAILED_PRECONDITION)
        pt_status_set(st, code, "proto/%s does not compile (see above); mend it and run this again", contract);
    pt_buf_done(&output);
    return code;
}
