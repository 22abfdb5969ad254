/* The life of a program, from its flags to its exit code, with a server of its own in this process. */
#include "partie/kit/app.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/tempdir.h"

static struct {
    int checked, started, drained, stopped;
    pt_code check_with, start_with;
    const char *ready_file; /* looked for at the drain */
    bool ready_at_drain;
} life;

static const char *text = "default";

static const pt_flag flags[] = {
    {.name = "text", .kind = PT_FLAG_TEXT, .value = &text, .arg = "TEXT", .help = "a text"},
};

static pt_code check(void *self, pt_status *st) {
    (void)self;
    life.checked++;
    return life.check_with ? pt_status_set(st, life.check_with, "--text: not this one") : PT_OK;
}

static pt_code start(void *self, pt_app *app, pt_status *st) {
    (void)self;
    life.started++;
    if (life.start_with) return pt_status_set(st, life.start_with, "no luck");
    raise(SIGINT);  /* blocked until the program is ready and waits for it */
    raise(SIGTERM); /* a second one changes nothing */
    return pt_app_server(app) ? PT_OK : pt_app_announce(app, "http://127.0.0.1:8080", st);
}

static void drain(void *self) {
    (void)self;
    life.drained++;
    life.ready_at_drain = life.ready_file && access(life.ready_file, F_OK) == 0;
}

static void stop(void *self) {
    (void)self;
    life.stopped++;
}

static pt_app_options options = {.name = "test-app",
                                 .summary = "tests a life",
                                 .flags = flags,
                                 .n_flags = 1,
                                 .check = check,
                                 .start = start,
                                 .drain = drain,
                                 .stop = stop};

/* Runs the program with a command line of words parted by blanks. */
static int run(const char *command_line) {
    static char words[512];
    static char *argv[16];
    int argc = 0;
    snprintf(words, sizeof words, "test-app %s", command_line);
    for (char *rest = words, *word; (word = strsep(&rest, " ")) != NULL;) {
        if (*word) argv[argc++] = word;
    }
    return pt_app_main(&options, argc, argv);
}

static void redirect(void) {
    cr_redirect_stdout();
    cr_redirect_stderr();
}

TestSuite(app, .init = redirect, .timeout = 30);

Test(app, lives_and_stops_by_a_signal) {
    cr_expect_eq(run("--text x"), PT_EXIT_OK);
    cr_expect_str_eq(text, "x");
    cr_expect(life.checked == 1 && life.started == 1 && life.drained == 1 && life.stopped == 1);
    fflush(stdout);
    cr_assert_stdout_eq_str("listening http://127.0.0.1:8080\n");
}

static void expect_stdout_starts_with(const char *start_of_it) {
    char out[256] = "";
    fflush(stdout);
    FILE *file = cr_get_redirected_stdout();
    cr_expect(fread(out, 1, sizeof out - 1, file) > 0);
    cr_expect_eq(strncmp(out, start_of_it, strlen(start_of_it)), 0, "%s", out);
}

Test(app, a_server_listens_and_says_where) {
    options.listen = "inproc://app-default";
    cr_expect_eq(run("--listen tcp://127.0.0.1:0 --listen inproc://app-test"), PT_EXIT_OK);
    expect_stdout_starts_with("listening tcp://127.0.0.1:");
}

Test(app, wrong_usage_is_exit_code_2_and_starts_nothing) {
    cr_expect_eq(run("--txt x"), PT_EXIT_USAGE);
    cr_expect_eq(life.started, 0);
    fflush(stderr);
    cr_assert_stderr_eq_str("test-app: --txt: there is no such flag; did you mean --text?\n");
}

Test(app, what_check_refuses_is_wrong_usage) {
    life.check_with = PT_INVALID_ARGUMENT;
    cr_expect_eq(run(""), PT_EXIT_USAGE);
    cr_expect_eq(life.started, 0);
    fflush(stderr);
    cr_assert_stderr_eq_str("test-app: --text: not this one\n");
}

Test(app, a_failed_start_is_exit_code_1_and_is_closed) {
    life.start_with = PT_UNAVAILABLE;
    cr_expect_eq(run(""), PT_EXIT_FAILURE);
    cr_expect(life.stopped == 1 && life.drained == 0);
}

Test(app, an_address_that_cannot_be_had_is_exit_code_1) {
    options.listen = "inproc://app-default";
    cr_expect_eq(run("--listen nonsense"), PT_EXIT_FAILURE);
    cr_expect_eq(life.stopped, 1);
}

Test(app, check_config_opens_nothing) {
    cr_expect_eq(run("--check-config"), PT_EXIT_OK);
    cr_expect(life.checked == 1 && life.started == 0);
    expect_stdout_starts_with("test-app: the configuration is valid\n");
}

Test(app, help_and_version) {
    cr_expect_eq(run("--help"), PT_EXIT_OK);
    cr_expect_eq(run("--version"), PT_EXIT_OK);
    cr_expect_eq(life.checked, 0);
    expect_stdout_starts_with("test-app: tests a life\n");
}

Test(app, the_ready_file_goes_before_the_drain) {
    pt_tempdir temp;
    char path[128], command_line[256];
    pt_tempdir_init(&temp);
    pt_tempdir_file(&temp, "ready", path, sizeof path);
    snprintf(command_line, sizeof command_line, "--ready-file %s", path);
    life.ready_file = path;
    cr_expect_eq(run(command_line), PT_EXIT_OK);
    cr_expect_not(life.ready_at_drain);
    cr_expect_neq(access(path, F_OK), 0);
    cr_expect_eq(run("--ready-file /nonexistent/ready"), PT_EXIT_FAILURE);
    pt_tempdir_done(&temp);
}
