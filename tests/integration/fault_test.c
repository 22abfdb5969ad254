/* Faults that a client must be told honestly: a service that is away, late or out of disk. Every process stays up and works
 * again when the fault is over. */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/system.h"

enum { MOST_EVENTS = 20000 };

static pt_system sys;

static void init(void) {
    pt_system_init(&sys);
}

static void start(void) {
    pt_system_start(&sys);
}

static void stop(void) {
    pt_system_stop(&sys);
}

static const char event_format[] =
    "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/fault\",\"type\":\"fault.test\",\"data\":{\"id\":\"%s\"}}";

/* Appends one event; the answer is `ret_reply`'s. */
static void append(const char *id, pt_http_reply *ret_reply) {
    char body[512];
    snprintf(body, sizeof body, event_format, id, id);
    bool answered = pt_http_send(sys.http, "POST", "/ingest/events", PT_ARGS("Content-Type: application/json"), body,
                                 strlen(body), ret_reply);
    cr_assert(answered, "no answer: %s", ret_reply->problem);
}

static bool stored(void *arg) {
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    append(arg, &reply);
    bool ok = reply.status == 200;
    pt_http_reply_done(&reply);
    return ok;
}

static void assert_error(const pt_http_reply *reply, int status, const char *code) {
    cr_assert_eq(reply->status, status, "HTTP %d: %s", reply->status, reply->body);
    json_t *error = json_loads(reply->body, 0, NULL);
    cr_assert(json_is_object(error), "no error object: %s", reply->body);
    cr_assert(json_is_array(json_object_get(error, "details")) || !json_object_get(error, "details"));
    cr_assert_gt(strlen(json_string_value(json_object_get(error, "message"))), 0u);
    cr_assert(strstr(reply->body, code) || json_is_integer(json_object_get(error, "code")), "no code: %s", reply->body);
    json_decref(error);
}

Test(fault, service_away_is_503_with_retry_after, .init = start, .fini = stop, .timeout = 200) {
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    pt_program_kill(sys.ingest);
    append("away", &reply);
    assert_error(&reply, 503, "UNAVAILABLE");
    char retry_after[32];
    cr_assert(pt_http_header(&reply, "Retry-After", retry_after, sizeof retry_after), "%s", reply.headers);
    cr_assert_gt(strtol(retry_after, NULL, 10), 0, "Retry-After: %s", retry_after);

    /* The other service answers as before. */
    cr_assert(pt_http_send(sys.http, "GET", "/query/events", NULL, NULL, 0, &reply));
    cr_assert_eq(reply.status, 200, "%s", reply.body);
    pt_http_reply_done(&reply);

    pt_system_restart_ingest(&sys);
    cr_assert(pt_wait_until(stored, (char[]){"away"}, 20000), "it does not come back");
}

Test(fault, service_late_is_504, .init = init, .fini = stop, .timeout = 200) {
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    pt_system_start_ingest(&sys, NULL, NULL);
    pt_system_start_query(&sys, NULL, NULL);
    pt_system_start_gateway(&sys, PT_ARGS("--timeout", "700ms"), NULL);
    pt_system_wait_ready(&sys);
    pt_program_signal(sys.ingest, SIGSTOP);
    int64_t began = pt_clock_ms();
    append("late", &reply);
    int64_t took = pt_clock_ms() - began;
    pt_program_signal(sys.ingest, SIGCONT);
    assert_error(&reply, 504, "DEADLINE_EXCEEDED");
    cr_assert(took >= 600 && took < 15000, "answered after %" PRId64 " ms", took);
    pt_http_reply_done(&reply);
    cr_assert(pt_wait_until(stored, (char[]){"late"}, 20000), "it does not come back");
}

Test(fault, gateway_may_start_first, .init = init, .fini = stop, .timeout = 200) {
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    pt_system_start_gateway(&sys, NULL, NULL);
    append("early", &reply);
    cr_assert(reply.status == 503 || reply.status == 404, "HTTP %d: %s", reply.status, reply.body);
    pt_http_reply_done(&reply);
    pt_system_start_query(&sys, NULL, NULL);
    pt_system_start_ingest(&sys, NULL, NULL);
    pt_system_wait_ready(&sys);
    cr_assert(stored((char[]){"early"}));
}

/* Appends until a write fails; returns how many were stored. Every answer on the way must be one of the two. */
static unsigned fill_disk(pt_http_reply *ret_reply) {
    unsigned count = 0;
    char id[32];
    do {
        snprintf(id, sizeof id, "full-%u", count);
        append(id, ret_reply);
    } while (ret_reply->status == 200 && ++count < MOST_EVENTS);
    return count;
}

/* With ingest-events started on a disk that is nearly full: fills it, has `make_room` called, and goes on. */
static void check_full_disk(void (*make_room)(void)) {
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    pt_system_start_query(&sys, NULL, NULL);
    pt_system_start_gateway(&sys, NULL, NULL);
    pt_system_wait_ready(&sys);

    unsigned count = fill_disk(&reply);
    cr_assert(count > 0 && count < MOST_EVENTS, "%u stored before the disk was full", count);
    cr_assert(reply.status == 429 || reply.status == 503 || reply.status == 507, "HTTP %d: %s", reply.status, reply.body);
    cr_assert(strstr(reply.body, "disk") || strstr(reply.body, "space"), "does not say why: %s", reply.body);
    cr_assert(pt_program_running(sys.ingest));
    json_t *status = pt_http_get_json(sys.http, "/ingest/status", 200);
    cr_assert_eq(pt_json_uint64(status, "eventCount"), count, "what was refused must not be there, what was not must");
    json_decref(status);

    make_room();
    cr_assert(pt_wait_until(stored, (char[]){"room"}, 20000), "it does not recover");
    pt_http_reply_done(&reply);
}

static void lift_file_limit(void) {
    pt_program_lift_file_limit(sys.ingest);
}

Test(fault, file_limit_is_refused_and_forgotten_when_lifted, .init = init, .fini = stop, .timeout = 300) {
    pt_program_options limited = PT_PROGRAM_OPTIONS_INIT;
    limited.max_file_bytes = 300000;
    pt_system_start_ingest(&sys, NULL, &limited);
    check_full_disk(lift_file_limit);
}

/* ingest-events lives in a mount namespace of its own; this is how to get in. */
static void remove_filler(void) {
    char path[256];
    snprintf(path, sizeof path, "/proc/%d/root%s/disk/filler", (int)pt_program_pid(sys.ingest), sys.dir.path);
    cr_assert_eq(unlink(path), 0, "%s: %s", path, strerror(errno));
}

Test(fault, full_disk_is_refused_and_forgotten_when_there_is_room, .init = init, .fini = stop, .timeout = 300) {
    if (system("unshare --map-root-user --mount mount -t tmpfs none /tmp 2>/dev/null") != 0)
        cr_skip_test("a small file system cannot be mounted here");
    static const char script[] = "mount -t tmpfs -o size=1m none \"$1\" && head -c 500000 /dev/zero >\"$1/filler\" && shift && "
                                 "exec \"$@\"";
    char disk[128], db[128];
    pt_tempdir_file(&sys.dir, "disk", disk, sizeof disk);
    pt_tempdir_file(&sys.dir, "disk/ingest.db", db, sizeof db);
    cr_assert_eq(mkdir(disk, 0700), 0);
    sys.ingest = pt_program_start("/usr/bin/unshare",
                                  PT_ARGS("--map-root-user", "--mount", "sh", "-c", script, "sh", disk,
                                          pt_program_path("ingest-events"), "--listen", sys.ingest_url, "--db", db),
                                  NULL);
    check_full_disk(remove_filler);
}
