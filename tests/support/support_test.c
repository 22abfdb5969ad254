#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/http.h"
#include "support/program.h"
#include "support/random.h"
#include "support/tempdir.h"

static pt_program *shell(const char *script, const pt_program_options *options) {
    return pt_program_start("/bin/sh", PT_ARGS("-c", script), options);
}

Test(program, gives_the_urls_it_printed_in_order) {
    pt_program_options two = PT_PROGRAM_OPTIONS_INIT;
    two.listeners = 2;
    pt_program *program = shell("echo hello; echo listening tcp://a; echo listening http://b; exec sleep 60", &two);
    cr_assert_str_eq(pt_program_url(program, 0), "tcp://a");
    cr_assert_str_eq(pt_program_url(program, 1), "http://b");
    pt_program_free(program);
}

Test(program, reports_exit_status_and_signal) {
    pt_program *program = shell("echo listening x; exit 3", NULL);
    cr_assert_eq(pt_program_wait(program, 5000), 3);
    pt_program_free(program);
    program = shell("echo listening x; kill -11 $$", NULL);
    cr_assert_eq(pt_program_wait(program, 5000), 128 + SIGSEGV);
    pt_program_free(program);
}

Test(program, stops_on_sigterm_and_keeps_stderr) {
    pt_program *program = shell("trap 'echo bye >&2; exit 0' TERM; echo listening x; while :; do sleep 0.01; done", NULL);
    pt_program_stop(program);
    char *text = pt_program_stderr(program);
    cr_assert_str_eq(text, "bye\n");
    free(text);
    cr_assert_eq(pt_program_pid(program), 0);
    pt_program_free(program);
}

Test(program, kill_leaves_nothing_running) {
    pt_program *program = shell("echo listening x; exec sleep 60", NULL);
    pid_t pid = pt_program_pid(program);
    cr_assert(pt_program_running(program));
    pt_program_kill(program);
    cr_assert_not(pt_program_running(program));
    cr_assert_eq(kill(pid, 0), -1);
    pt_program_free(program);
}

Test(program, sees_additions_to_its_environment) {
    pt_program_options options = PT_PROGRAM_OPTIONS_INIT;
    options.environment = PT_ARGS("PARTIE_X=one", "HOME=/nowhere");
    pt_program *program = shell("echo listening $PARTIE_X$HOME", &options);
    cr_assert_str_eq(pt_program_url(program, 0), "one/nowhere");
    pt_program_free(program);
}

Test(program, file_limit_is_an_error_of_write_and_can_be_lifted) {
    pt_tempdir dir;
    pt_tempdir_init(&dir);
    char script[512];
    snprintf(script, sizeof script,
             "trap 'head -c 9000 /dev/zero >%s/b && exit 0; exit 9' TERM; head -c 9000 /dev/zero >%s/a || echo listening "
             "refused; while :; do sleep 0.01; done",
             dir.path, dir.path);
    pt_program_options options = PT_PROGRAM_OPTIONS_INIT;
    options.max_file_bytes = 4096;
    pt_program *program = shell(script, &options);
    cr_assert_str_eq(pt_program_url(program, 0), "refused");
    pt_program_lift_file_limit(program);
    pt_program_stop(program);
    pt_program_free(program);
    pt_tempdir_done(&dir);
}

Test(tempdir, is_removed_with_its_content) {
    pt_tempdir dir;
    pt_tempdir_init(&dir);
    char path[128], command[600];
    pt_tempdir_file(&dir, "sub", path, sizeof path);
    snprintf(command, sizeof command, "mkdir %s && echo x >%s/file && ln -s / %s/link", path, path, path);
    cr_assert_eq(system(command), 0);
    pt_tempdir_done(&dir);
    cr_assert_eq(access(path, F_OK), -1);
    cr_assert_eq(access("/bin", F_OK), 0, "must not follow links");
    pt_tempdir_done(&dir);
}

Test(random, the_same_seed_gives_the_same_numbers) {
    setenv("PARTIE_TEST_SEED", "42", 1);
    pt_random a, b;
    pt_random_init(&a);
    pt_random_seed(&b, 42);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(pt_random_next(&a), pt_random_next(&b));
    pt_random_seed(&b, 43);
    cr_assert_neq(pt_random_next(&a), pt_random_next(&b));
}

Test(random, below_stays_below) {
    pt_random random;
    pt_random_init(&random);
    bool seen[7] = {false};
    for (int i = 0; i < 1000; i++) {
        uint64_t n = pt_random_below(&random, 7);
        cr_assert_lt(n, 7u);
        seen[n] = true;
    }
    for (int i = 0; i < 7; i++)
        cr_assert(seen[i], "never %d in 1,000", i);
}

static bool third_time(void *arg) {
    return ++*(int *)arg == 3;
}

Test(clock, waits_until_it_holds_or_gives_up) {
    int looks = 0;
    cr_assert(pt_wait_until(third_time, &looks, 5000));
    cr_assert_eq(looks, 3);
    looks = 3;
    cr_assert_not(pt_wait_until(third_time, &looks, 20));
}

Test(http, without_a_server_says_why) {
    pt_http *http = pt_http_new("http://127.0.0.1:1");
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    cr_assert_not(pt_http_send(http, "GET", "/", NULL, NULL, 0, &reply));
    cr_assert_eq(reply.status, 0);
    cr_assert_gt(strlen(reply.problem), 0u);
    pt_http_reply_done(&reply);
    pt_http_free(http);
}

Test(http, finds_headers_in_any_case) {
    pt_http_reply reply = {.headers = (char[]){"HTTP/1.1 503 x\r\nRetry-after:  7\r\nRetry: 8\r\n\r\n"}};
    char value[16];
    cr_assert(pt_http_header(&reply, "Retry-After", value, sizeof value));
    cr_assert_str_eq(value, "7");
    cr_assert_not(pt_http_header(&reply, "After", value, sizeof value));
}
