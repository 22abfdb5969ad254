/* A server that is killed while it has calls, and what its address is like afterwards. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>

#include "support/clock.h"
#include "support/program.h"
#include "support/tempdir.h"
#include "transport/testdata/rig.h"

typedef struct scene {
    pt_tempdir dir;
    char url[128], file[128];
    pt_program *victim;
} scene;

static void set_up(scene *s) {
    char path[128];
    pt_tempdir_init(&s->dir);
    pt_tempdir_file(&s->dir, "stored", s->file, sizeof s->file);
    snprintf(s->url, sizeof s->url, "ipc://%s", pt_tempdir_file(&s->dir, "s", path, sizeof path));
    s->victim = pt_program_start("rpc_victim", PT_ARGS(s->url, s->file), NULL);
}

static void restart(scene *s) {
    pt_program_kill(s->victim);
    pt_program_free(s->victim);
    s->victim = pt_program_start("rpc_victim", PT_ARGS(s->url, s->file), NULL);
}

static void tear_down(scene *s) {
    pt_program_free(s->victim);
    pt_tempdir_done(&s->dir);
}

static bool has_stored(void *arg) {
    struct stat info;
    return stat(((scene *)arg)->file, &info) == 0 && info.st_size > 0;
}

static off_t stored(scene *s) {
    struct stat info;
    return stat(s->file, &info) ? 0 : info.st_size;
}

Test(death, a_call_under_way_fails_soon_and_is_never_run_again) {
    scene s;
    rig r;
    async_call c;
    pt_context ctx;
    signal_count done = SIGNAL_COUNT_INIT;
    set_up(&s);
    rig_init(&r);
    rig_open(&r, s.url, NULL);
    async_store(&r, &c, &done, "x", 60000);
    cr_assert(pt_wait_until(has_stored, &s, 10000));
    int64_t from = pt_clock_ms();
    restart(&s); /* over the dead one's socket file */
    signal_wait(&done, 1);
    cr_expect_lt(pt_clock_ms() - from, 10000);
    cr_expect_eq(c.ctx.status.code, PT_UNAVAILABLE, "%s", c.ctx.status.message);
    cr_expect_not(c.ctx.not_run, "it may have run, and did");
    async_done(&c);
    pt_context_init(&ctx);
    ctx.wait_for_ready = true;
    cr_expect_eq(rig_call(&r, &ctx, "after"), PT_OK, "%s", ctx.status.message);
    pt_context_done(&ctx);
    cr_expect_eq(stored(&s), 1, "stored %ld times", (long)stored(&s));
    pt_channel_close(r.channel);
    tear_down(&s);
}

/* Calls keep coming while the server is killed again and again: each is answered once, and what was not run says so. */
Test(death, calls_through_deaths_end_once_each, .timeout = 60) {
    enum { CALLS = 64, ROUNDS = 5 };
    scene s;
    rig r;
    signal_count done = SIGNAL_COUNT_INIT;
    static async_call calls[CALLS * ROUNDS];
    set_up(&s);
    rig_init(&r);
    rig_open(&r, s.url, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        pt_context ctx;
        pt_context_init(&ctx);
        ctx.wait_for_ready = true;
        cr_assert_eq(rig_call(&r, &ctx, "up"), PT_OK, "%s", ctx.status.message);
        pt_context_done(&ctx);
        for (int i = 0; i < CALLS; i++)
            async_start(&r, &calls[round * CALLS + i], &done, "x", 20000);
        restart(&s);
    }
    signal_wait(&done, CALLS * ROUNDS);
    for (int i = 0; i < CALLS * ROUNDS; i++) {
        pt_code code = calls[i].ctx.status.code;
        cr_expect(code == PT_OK || code == PT_UNAVAILABLE, "%s", calls[i].ctx.status.message);
        cr_expect_eq(atomic_load(&calls[i].callbacks), 1);
        async_done(&calls[i]);
    }
    pt_channel_close(r.channel);
    tear_down(&s);
}

/* ---- clients that are killed ---- */

/* With nng's own REP socket, one of some ten such deaths hung every connection of the process for good. */
Test(death, clients_killed_under_load_leave_no_trace, .timeout = 100) {
    enum { ROUNDS = 40 };
    rig r;
    pt_context ctx;
    rig_init(&r);
    rig_serve(&r, NULL, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        unsigned before = atomic_load(&r.runs);
        pt_program *client = pt_program_start("rpc_hammer", PT_ARGS(pt_server_url(r.server, 0)), NULL);
        while (atomic_load(&r.runs) < before + 200)
            pt_sleep_ms(1);
        pt_program_kill(client);
        pt_program_free(client);
    }
    rig_open(&r, pt_server_url(r.server, 0), NULL);
    pt_context_init(&ctx);
    cr_expect_eq(rig_call(&r, &ctx, "after"), PT_OK, "%s", ctx.status.message);
    pt_context_done(&ctx);
    pt_channel_close(r.channel);
    cr_expect_eq(pt_server_drain(r.server, 10000), PT_OK);
    pt_server_close(r.server);
}

/* ---- addresses ---- */

static pt_code listen_code(const char *url, pt_status *st) {
    pt_server *server;
    cr_assert_eq(pt_server_new(NULL, &server, st), PT_OK, "%s", st->message);
    pt_code code = pt_server_listen(server, url, st);
    cr_expect_eq(pt_server_url(server, 0) != NULL, code == PT_OK);
    pt_server_close(server);
    return code;
}

Test(death, an_address_in_use_is_told_from_a_stale_one) {
    scene s;
    pt_status st = PT_STATUS_INIT;
    set_up(&s);
    cr_expect_eq(listen_code(s.url, &st), PT_ALREADY_EXISTS, "%s", st.message);
    cr_expect(strstr(st.message, s.url), "%s", st.message);
    pt_program_kill(s.victim);
    cr_expect_eq(listen_code(s.url, &st), PT_OK, "%s", st.message);
    tear_down(&s);
}

Test(death, a_tcp_or_inproc_address_in_use_is_refused) {
    rig r;
    pt_status st = PT_STATUS_INIT;
    rig_init(&r);
    rig_serve(&r, NULL, NULL);
    cr_expect_eq(listen_code(pt_server_url(r.server, 0), &st), PT_ALREADY_EXISTS, "%s", st.message);
    cr_assert_eq(pt_server_listen(r.server, "inproc://taken", &st), PT_OK);
    cr_expect_eq(listen_code("inproc://taken", &st), PT_ALREADY_EXISTS, "%s", st.message);
    pt_server_close(r.server);
}

Test(death, a_file_that_is_no_socket_is_left_alone) {
    pt_tempdir dir;
    char path[128], url[150], back[8] = "";
    pt_status st = PT_STATUS_INIT;
    pt_tempdir_init(&dir);
    pt_tempdir_file(&dir, "precious", path, sizeof path);
    FILE *f = fopen(path, "w");
    fputs("data", f);
    fclose(f);
    snprintf(url, sizeof url, "ipc://%s", path);
    cr_expect_eq(listen_code(url, &st), PT_ALREADY_EXISTS);
    cr_expect(strstr(st.message, "no socket"), "%s", st.message);
    f = fopen(path, "r");
    cr_assert_not_null(f, "the file is gone");
    cr_expect_str_eq(fgets(back, sizeof back, f), "data");
    fclose(f);
    pt_tempdir_done(&dir);
}

Test(death, an_address_that_the_system_refuses_is_told_with_its_reason) {
    pt_status st = PT_STATUS_INIT;
    pt_code code = listen_code("tcp://192.0.2.1:0", &st); /* TEST-NET: no interface has it */
    cr_expect(code == PT_UNAVAILABLE || code == PT_INVALID_ARGUMENT, "%s", pt_code_name(code));
    cr_expect(strstr(st.message, "tcp://192.0.2.1:0: "), "%s", st.message);
}
