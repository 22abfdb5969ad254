#include "support/program.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/clock.h"

enum { MAX_LISTENERS = 4, MAX_URL = 256, OUTPUT_BYTES = 64 * 1024 };

struct pt_program {
    char *name;
    pid_t pid; /* 0: waited for */
    int status;
    int output; /* read end of its stdout */
    int errors; /* memory file that it writes its stderr to */
    pt_program_options options;
    unsigned url_count;
    char urls[MAX_LISTENERS][MAX_URL];
    char line[MAX_URL]; /* of stdout, as far as it has come */
    size_t line_len;
};

const char *pt_program_path(const char *name) {
    static char path[4096];
    const char *folder = getenv("PARTIE_BIN_DIR");
    snprintf(path, sizeof path, "%s/%s", folder && *folder ? folder : PARTIE_DEFAULT_BIN_DIR, name);
    return path;
}

/* The launchers' options come before the program: setpriv makes it die with us, prlimit limits its files. Both exec, so
 * the process is the program itself in the end. */
static const char **build_argv(const char *path, const char *const *args, uint64_t max_file_bytes, char *fsize,
                               size_t fsize_len) {
    size_t count = 0;
    while (args && args[count])
        count++;
    const char **argv = calloc(count + 8, sizeof *argv);
    cr_assert_not_null(argv);
    size_t n = 0;
    argv[n++] = "setpriv";
    argv[n++] = "--pdeathsig=KILL";
    if (max_file_bytes) {
        snprintf(fsize, fsize_len, "--fsize=%" PRIu64 ":unlimited", max_file_bytes);
        argv[n++] = "prlimit";
        argv[n++] = fsize;
    }
    argv[n++] = path;
    for (size_t i = 0; i < count; i++)
        argv[n++] = args[i];
    return argv;
}

static bool overridden(const char *entry, const char *const *additions) {
    size_t name_len = strcspn(entry, "=") + 1;
    for (size_t i = 0; additions && additions[i]; i++)
        if (strncmp(entry, additions[i], name_len) == 0) return true;
    return false;
}

static const char **build_environment(const char *const *additions) {
    size_t most = 1, n = 0;
    for (size_t i = 0; additions && additions[i]; i++)
        most++;
    for (size_t i = 0; environ[i]; i++)
        most++;
    const char **all = calloc(most, sizeof *all);
    cr_assert_not_null(all);
    for (size_t i = 0; additions && additions[i]; i++)
        all[n++] = additions[i];
    for (size_t i = 0; environ[i]; i++)
        if (!overridden(environ[i], additions)) all[n++] = environ[i];
    return all;
}

/* No signal ignored or blocked that the test's own program had so. */
static void init_attributes(posix_spawnattr_t *attributes, bool ignore_xfsz) {
    sigset_t defaults, none;
    sigemptyset(&none);
    sigfillset(&defaults);
    if (ignore_xfsz) sigdelset(&defaults, SIGXFSZ);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setsigdefault(attributes, &defaults);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static void spawn(pt_program *program, const char **argv, const char **environment, int output) {
    bool limited = program->options.max_file_bytes != 0;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, program->errors, 2);
    init_attributes(&attributes, limited);
    /* An ignored signal stays ignored over exec: so a write over the limit fails with EFBIG instead of killing. */
    void (*before)(int) = limited ? signal(SIGXFSZ, SIG_IGN) : NULL;
    int error = posix_spawnp(&program->pid, argv[0], &actions, &attributes, (char *const *)argv, (char *const *)environment);
    if (limited) signal(SIGXFSZ, before);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    cr_assert_eq(error, 0, "%s: cannot start: %s", program->name, strerror(error));
}

static bool reap(pt_program *program, int flags) {
    if (!program->pid) return true;
    pid_t ended;
    do
        ended = waitpid(program->pid, &program->status, flags);
    while (ended < 0 && errno == EINTR);
    if (ended != program->pid) return false;
    program->pid = 0;
    return true;
}

static int exit_status(const pt_program *program) {
    return WIFSIGNALED(program->status) ? 128 + WTERMSIG(program->status) : WEXITSTATUS(program->status);
}

char *pt_program_stderr(const pt_program *program) {
    char *text = calloc(1, OUTPUT_BYTES + 1);
    cr_assert_not_null(text);
    off_t size = lseek(program->errors, 0, SEEK_END);
    off_t start = size > OUTPUT_BYTES ? size - OUTPUT_BYTES : 0;
    ssize_t got = pread(program->errors, text, OUTPUT_BYTES, start);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

/* Fails the test with what happened and what the program said. */
static void fail_with_output(pt_program *program, const char *what) {
    char *text = pt_program_stderr(program);
    fprintf(stderr, "--- stderr of %s ---\n%s--- end ---\n", program->name, text);
    free(text);
    cr_assert_fail("%s: %s", program->name, what);
}

static void take_line(pt_program *program) {
    static const char prefix[] = "listening ";
    program->line[program->line_len] = '\0';
    program->line_len = 0;
    if (strncmp(program->line, prefix, sizeof prefix - 1) != 0 || program->url_count == MAX_LISTENERS) return;
    snprintf(program->urls[program->url_count++], MAX_URL, "%s", program->line + sizeof prefix - 1);
}

/* Reads what there is of stdout. False at its end. */
static bool read_output(pt_program *program) {
    char bytes[512];
    ssize_t got = read(program->output, bytes, sizeof bytes);
    if (got < 0) return errno == EINTR || errno == EAGAIN;
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] == '\n')
            take_line(program);
        else if (program->line_len < sizeof program->line - 1)
            program->line[program->line_len++] = bytes[i];
    }
    return got > 0;
}

static void wait_until_listening(pt_program *program) {
    int64_t deadline = pt_clock_ms() + program->options.start_timeout_ms;
    while (program->url_count < program->options.listeners) {
        int64_t left = deadline - pt_clock_ms();
        if (left <= 0) fail_with_output(program, "did not print its `listening` lines in time");
        struct pollfd readable = {.fd = program->output, .events = POLLIN};
        if (poll(&readable, 1, (int)left) <= 0) continue;
        if (!read_output(program)) fail_with_output(program, "ended before it listened");
    }
}

pt_program *pt_program_start(const char *name, const char *const *args, const pt_program_options *options) {
    static const pt_program_options usual = PT_PROGRAM_OPTIONS_INIT;
    pt_program *program = calloc(1, sizeof *program);
    cr_assert_not_null(program);
    program->options = options ? *options : usual;
    program->name = strdup(name);
    program->errors = memfd_create("stderr", MFD_CLOEXEC);
    int ends[2];
    cr_assert(program->errors >= 0 && pipe2(ends, O_CLOEXEC) == 0, "%s: %s", name, strerror(errno));
    program->output = ends[0];
    fcntl(program->errors, F_SETFL, O_APPEND);

    char fsize[64];
    const char **argv = build_argv(strchr(name, '/') ? name : pt_program_path(name), args, program->options.max_file_bytes,
                                   fsize, sizeof fsize);
    const char **environment = build_environment(program->options.environment);
    spawn(program, argv, environment, ends[1]);
    close(ends[1]);
    free(argv);
    free(environment);
    wait_until_listening(program);
    return program;
}

const char *pt_program_url(const pt_program *program, unsigned index) {
    cr_assert_lt(index, program->url_count, "%s: no listener %u", program->name, index);
    return program->urls[index];
}

pid_t pt_program_pid(const pt_program *program) {
    return program->pid;
}

bool pt_program_running(pt_program *program) {
    return !reap(program, WNOHANG);
}

void pt_program_signal(const pt_program *program, int signal_number) {
    cr_assert(program->pid > 0 && kill(program->pid, signal_number) == 0, "%s: has ended", program->name);
}

int pt_program_wait(pt_program *program, uint32_t timeout_ms) {
    int64_t deadline = pt_clock_ms() + timeout_ms;
    while (!reap(program, WNOHANG)) {
        int64_t left = deadline - pt_clock_ms();
        if (left <= 0) fail_with_output(program, "did not end in time");
        /* Its stdout closes when it ends, so this wakes at once, and is bounded should it have closed it before. */
        struct pollfd readable = {.fd = program->output, .events = POLLIN};
        if (poll(&readable, 1, (int)(left < 100 ? left : 100)) > 0 && !read_output(program)) pt_sleep_ms(1);
    }
    return exit_status(program);
}

void pt_program_stop(pt_program *program) {
    pt_program_signal(program, SIGTERM);
    if (pt_program_wait(program, program->options.stop_timeout_ms) != 0) fail_with_output(program, "did not end with 0");
}

void pt_program_kill(pt_program *program) {
    pt_program_signal(program, SIGKILL);
    reap(program, 0);
}

void pt_program_lift_file_limit(const pt_program *program) {
    struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    cr_assert_eq(prlimit(program->pid, RLIMIT_FSIZE, &unlimited, NULL), 0, "%s: %s", program->name, strerror(errno));
}

void pt_program_free(pt_program *program) {
    if (!program) return;
    if (!reap(program, WNOHANG)) pt_program_kill(program);
    close(program->output);
    close(program->errors);
    free(program->name);
    free(program);
}
