#include "common/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int sig) {
    (void)sig;
    interrupted = 1;
}

void pt_child_setup(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN; /* a child that has ended is reported by write */
    sigaction(SIGPIPE, &action, NULL);
}

/* In the child, between fork and exec. */
static void become(char *const *argv, const char *preload, const int *in, const int *out) {
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0); /* Ctrl-C is for the driver, which then ends its children in order */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(in[0], STDIN_FILENO) < 0 || dup2(out[1], STDOUT_FILENO) < 0) _exit(127);
    if (preload) setenv("LD_PRELOAD", preload, 1);
    execv(argv[0], argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static void close_both(const int *ends) {
    if (ends[0] >= 0) close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
}

pt_code pt_child_start(pt_child *child, char *const *argv, const char *preload, pt_status *st) {
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    const char *slash = strrchr(argv[0], '/');
    *child = (pt_child)PT_CHILD_INIT;
    child->name = slash ? slash + 1 : argv[0];
    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC)) goto fail;
    pid_t pid = fork();
    if (pid < 0) goto fail;
    if (pid == 0) become(argv, preload, in, out);
    close(in[0]);
    close(out[1]);
    child->pid = pid;
    child->in = in[1];
    child->out = out[0];
    return PT_OK;
fail:
    close_both(in);
    close_both(out);
    return pt_status_set(st, PT_UNAVAILABLE, "%s: cannot be started: %s", argv[0], strerror(errno));
}

/* Waits until there is something to read, at most until `deadline`. */
static pt_code await(const pt_child *child, uint64_t deadline, pt_status *st) {
    struct pollfd poll_fd = {.fd = child->out, .events = POLLIN};
    for (;;) {
        uint64_t now = pt_clock_ns();
        if (interrupted) return pt_status_set(st, PT_CANCELLED, "interrupted");
        if (now >= deadline) return pt_status_set(st, PT_DEADLINE_EXCEEDED, "%s says nothing", child->name);
        int ready = poll(&poll_fd, 1, (int)((deadline - now) / 1000000) + 1);
        if (ready > 0) return PT_OK;
        if (ready < 0 && errno != EINTR) return pt_status_set(st, PT_INTERNAL, "poll: %s", strerror(errno));
    }
}

pt_code pt_child_read(pt_child *child, double seconds, char *ret_line, size_t size, pt_status *st) {
    uint64_t deadline = pt_clock_ns() + (uint64_t)(seconds * 1e9);
    for (;;) {
        char *end = memchr(child->line, '\n', child->len);
        if (end) {
            size_t used = (size_t)(end - child->line) + 1;
            snprintf(ret_line, size, "%.*s", (int)(used - 1), child->line);
            child->len -= used;
            memmove(child->line, end + 1, child->len);
            return PT_OK;
        }
        if (child->len == sizeof child->line) return pt_status_set(st, PT_INTERNAL, "%s writes long lines", child->name);
        pt_code code = await(child, deadline, st);
        if (code) return code;
        ssize_t got = read(child->out, child->line + child->len, sizeof child->line - child->len);
        if (got <= 0) return pt_status_set(st, PT_UNAVAILABLE, "%s has ended", child->name);
        child->len += (size_t)got;
    }
}

pt_code pt_child_expect(pt_child *child, double seconds, const char *word, char *ret_rest, size_t size, pt_status *st) {
    char line[512];
    size_t n = strlen(word);
    pt_code code = pt_child_read(child, seconds, line, sizeof line, st);
    if (code) return code;
    if (strncmp(line, word, n) != 0 || (line[n] != ' ' && line[n]))
        return pt_status_set(st, PT_INTERNAL, "%s says \"%s\" in place of \"%s\"", child->name, line, word);
    if (ret_rest) snprintf(ret_rest, size, "%s", line[n] ? line + n + 1 : "");
    return PT_OK;
}

pt_code pt_child_write(pt_child *child, const char *line, pt_status *st) {
    char text[512];
    int n = snprintf(text, sizeof text, "%s\n", line);
    if (write(child->in, text, (size_t)n) != n) return pt_status_set(st, PT_UNAVAILABLE, "%s has ended", child->name);
    return PT_OK;
}

/* Waits for its end. False: it still runs after that time. */
static bool ended(pid_t pid, double seconds, int *ret_status) {
    uint64_t deadline = pt_clock_ns() + (uint64_t)(seconds * 1e9);
    while (waitpid(pid, ret_status, WNOHANG) == 0) {
        if (pt_clock_ns() >= deadline) return false;
        pt_clock_sleep(0.001);
    }
    return true;
}

pt_code pt_child_stop(pt_child *child, int sig, pt_status *st) {
    int status = 0;
    pid_t pid = child->pid;
    if (!pid) return PT_OK;
    close(child->in);
    if (sig) kill(pid, sig);
    bool in_time = ended(pid, 10, &status);
    if (!in_time) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
    }
    close(child->out);
    child->pid = 0;
    child->in = child->out = -1;
    if (!in_time) return pt_status_set(st, PT_INTERNAL, "%s did not end within 10 s and was killed", child->name);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return PT_OK;
    if (WIFSIGNALED(status) && sig && WTERMSIG(status) == sig) return PT_OK;
    return WIFSIGNALED(status) ? pt_status_set(st, PT_INTERNAL, "%s: %s", child->name, strsignal(WTERMSIG(status)))
                               : pt_status_set(st, PT_INTERNAL, "%s ended with %d", child->name, WEXITSTATUS(status));
}
