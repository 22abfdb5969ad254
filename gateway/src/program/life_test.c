/* The running gateway: services that come, go and dawdle, clients that leave, its own end. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ingest_events/v1/ingest_events.rpc.h"
#include "support/clock.h"
#include "support/tempdir.h"
#include "testing/rig.h"

static pt_rig rig;
static pt_tempdir dir;
static char backend[128];

/* A socket file is an address that is known before the service is there. */
static void start(void) {
    char path[100];
    pt_tempdir_init(&dir);
    snprintf(backend, sizeof backend, "ipc://%s", pt_tempdir_file(&dir, "shelf", path, sizeof path));
}

static void stop(void) {
    pt_rig_stop(&rig);
    pt_tempdir_done(&dir);
}

TestSuite(life, .init = start, .fini = stop);

Test(life, routes_come_up_with_their_service_and_survive_it) {
    pt_rig_start_gateway(&rig, backend, NULL);
    pt_rig_send(&rig, "GET", "/v1/books/b", NULL, NULL, 503);
    pt_rig_expect_error(&rig, 14, backend);
    cr_expect_str_eq(pt_rig_header(&rig, "Retry-After"), "1");
    pt_rig_send(&rig, "GET", "/healthz", NULL, NULL, 200);

    rig.shelf = pt_shelf_start(backend);
    pt_rig_wait_status(&rig, "/v1/books/b", 200);
    pt_rig_send(&rig, "GET", "/nope", NULL, NULL, 404);

    pt_shelf_stop(rig.shelf);
    rig.shelf = NULL;
    pt_rig_wait_status(&rig, "/v1/books/b", 503);
    pt_rig_expect_error(&rig, 14, "");
    cr_expect_str_eq(pt_rig_header(&rig, "Retry-After"), "1");
    pt_rig_send(&rig, "GET", "/nope", NULL, NULL, 404);

    rig.shelf = pt_shelf_start(backend);
    pt_rig_wait_status(&rig, "/v1/books/b", 200);
}

Test(life, routes_change_with_the_contract) {
    const IngestEvents__V1__IngestEventsService other = INGEST_EVENTS__V1__INGEST_EVENTS_SERVICE__INIT;
    pt_status st = PT_STATUS_INIT;
    pt_server *server;
    rig.shelf = pt_shelf_start(backend);
    pt_rig_start_gateway(&rig, backend, NULL);
    pt_rig_wait_status(&rig, "/v1/books/b", 200);
    pt_rig_send(&rig, "GET", "/ingest/status", NULL, NULL, 404);
    pt_shelf_stop(rig.shelf);
    rig.shelf = NULL;

    cr_assert_eq(pt_server_new(NULL, &server, &st), PT_OK, "%s", st.message);
    cr_assert_eq(ingest_events__v1__ingest_events_service__register(server, &other, &st), PT_OK, "%s", st.message);
    cr_assert_eq(pt_server_listen(server, backend, &st), PT_OK, "%s", st.message);
    pt_rig_wait_status(&rig, "/ingest/status", 501);
    pt_rig_send(&rig, "GET", "/v1/books/b", NULL, NULL, 404);
    pt_server_close(server);
}

Test(life, a_descriptor_set_gives_routes_before_the_service_is_there) {
    pt_rig_start_gateway(&rig, backend, PT_ARGS("--descriptor-set", PT_TEST_CONTRACTS));
    pt_rig_send(&rig, "GET", "/nope", NULL, NULL, 404);
    pt_rig_send(&rig, "GET", "/v1/books/b", NULL, NULL, 503);
    rig.shelf = pt_shelf_start(backend);
    pt_rig_wait_status(&rig, "/v1/books/b", 200);
    pt_rig_send(&rig, "GET", "/v1/good", NULL, NULL, 501);
}

Test(life, with_several_backends_each_service_goes_to_its_own) {
    rig.shelf = pt_shelf_start(backend);
    pt_rig_start_gateway(&rig, "ipc:///nowhere", PT_ARGS("--backend", backend));
    pt_rig_wait_status(&rig, "/v1/books/b", 200);
    pt_rig_send(&rig, "GET", "/nope", NULL, NULL, 503);
    pt_rig_expect_error(&rig, 14, "ipc:///nowhere");
}

/* ---- the end ---- */

typedef struct slow_call {
    pthread_t thread;
    const char *url;
    int status;
} slow_call;

static void *run_slow(void *arg) {
    slow_call *call = arg;
    pt_http *http = pt_http_new(call->url);
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    pt_http_send(http, "GET", "/v1/fail/0?after=1s", NULL, NULL, 0, &reply);
    call->status = reply.status;
    pt_http_reply_done(&reply);
    pt_http_free(http);
    return NULL;
}

static bool all_under_way(void *arg) {
    /* The service sleeps in each call before it counts it, so what is under way shows only at the gateway. */
    const char *text = pt_rig_send(&rig, "GET", "/healthz", NULL, NULL, 200), *count = strstr(text, "\"waiting\":");
    return count && strtol(count + 10, NULL, 10) >= *(int *)arg;
}

Test(life, sigterm_loses_no_request_under_way) {
    enum { N = 12 };
    slow_call calls[N];
    int n = N;
    rig.shelf = pt_shelf_start(backend);
    pt_rig_start_gateway(&rig, backend, NULL);
    pt_rig_wait_status(&rig, "/v1/books/b", 200);
    for (int i = 0; i < N; i++) {
        calls[i] = (slow_call){.url = pt_program_url(rig.gateway, 0)};
        cr_assert_eq(pthread_create(&calls[i].thread, NULL, run_slow, &calls[i]), 0);
    }
    cr_assert(pt_wait_until(all_under_way, &n, 10000));
    pt_program_signal(rig.gateway, SIGTERM);
    for (int i = 0; i < N; i++) {
        pthread_join(calls[i].thread, NULL);
        cr_expect_eq(calls[i].status, 200, "call %d: %d", i, calls[i].status);
    }
    cr_expect_eq(pt_program_wait(rig.gateway, 10000), 0);
}

Test(life, what_does_not_end_in_time_is_answered_503) {
    slow_call call = {.url = NULL};
    int one = 1;
    rig.shelf = pt_shelf_start(backend);
    pt_rig_start_gateway(&rig, backend, PT_ARGS("--drain", "50ms"));
    pt_rig_wait_status(&rig, "/v1/books/b", 200);
    call.url = pt_program_url(rig.gateway, 0);
    cr_assert_eq(pthread_create(&call.thread, NULL, run_slow, &call), 0);
    cr_assert(pt_wait_until(all_under_way, &one, 10000));
    pt_program_signal(rig.gateway, SIGTERM);
    pthread_join(call.thread, NULL);
    cr_expect_eq(call.status, 503);
    cr_expect_eq(pt_program_wait(rig.gateway, 10000), 0);
}

/* ---- clients ---- */

static int connect_raw(void) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const char *colon = strrchr(pt_program_url(rig.gateway, 0), ':');
    to.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void send_raw(int fd, const char *text) {
    cr_assert_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Reads until the peer closes. */
static size_t read_all(int fd, char *ret_text, size_t size) {
    size_t len = 0;
    ssize_t n;
    while (len + 1 < size && (n = recv(fd, ret_text + len, size - 1 - len, 0)) > 0)
        len += (size_t)n;
    ret_text[len] = 0;
    return len;
}

static bool log_shows(void *arg) {
    char *text = pt_program_stderr(rig.gateway);
    bool found = strstr(text, arg);
    free(text);
    return found;
}

Test(life, a_client_that_leaves_is_noticed) {
    rig.shelf = pt_shelf_start(backend);
    pt_rig_start_gateway(&rig, backend, NULL);
    pt_rig_wait_status(&rig, "/v1/books/b", 200);
    int fd = connect_raw(), one = 1;
    send_raw(fd, "GET /v1/fail/0?after=8s HTTP/1.1\r\nHost: x\r\nX-Request-Id: leaver\r\n\r\n");
    cr_assert(pt_wait_until(all_under_way, &one, 10000));
    int64_t before = pt_clock_ms();
    close(fd);
    char status[] = "\"status\":499";
    cr_assert(pt_wait_until(log_shows, status, 5000), "long before the service would answer");
    cr_expect_lt(pt_clock_ms() - before, 5000);
    pt_rig_send(&rig, "GET", "/v1/books/b", NULL, NULL, 200);
    pt_program_stop(rig.gateway);
}

Test(life, a_connection_serves_one_request_after_the_other) {
    rig.shelf = pt_shelf_start(backend);
    pt_rig_start_gateway(&rig, backend, NULL);
    pt_rig_wait_status(&rig, "/v1/books/b", 200);
    int fd = connect_raw();
    for (int i = 0; i < 50; i++)
        send_raw(fd, "GET /v1/books/b HTTP/1.1\r\nHost: x\r\n\r\n");
    send_raw(fd, "GET /v1/books/b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    char *text = malloc(1 << 20);
    read_all(fd, text, 1 << 20);
    int answers = 0;
    for (char *at = text; (at = strstr(at, "HTTP/1.1 200 OK")); at++)
        answers++;
    cr_expect_eq(answers, 51);
    free(text);
    close(fd);
}

Test(life, requests_of_two_readings_are_refused_and_the_connection_ends) {
    const char *const bad[] = {
        "GET /v1/books/b HTTP/1.1\r\n\r\n",
        "GET /v1/books/a b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /v1/books/b HTTP/1.1\r\nHost: x\r\nX-A : b\r\n\r\n",
        "POST /v1/shelves/1/books HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /v1/shelves/1/books HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    };
    rig.shelf = pt_shelf_start(backend);
    pt_rig_start_gateway(&rig, backend, NULL);
    pt_rig_wait_status(&rig, "/v1/books/b", 200);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[4096];
        int fd = connect_raw();
        send_raw(fd, bad[i]);
        read_all(fd, text, sizeof text);
        cr_expect(strstr(text, "HTTP/1.1 400 ") == text, "%s: %s", bad[i], text);
        cr_expect(strstr(text, "{\"code\":3,"), "%s: %s", bad[i], text);
        close(fd);
    }
}

Test(life, a_taken_port_is_named_with_the_next_step) {
    rig.shelf = pt_shelf_start(backend);
    pt_rig_start_gateway(&rig, backend, NULL);
    const char *address = strstr(pt_program_url(rig.gateway, 0), "//") + 2;
    const pt_program_options options = {.listeners = 0, .start_timeout_ms = 1000, .stop_timeout_ms = 1000};
    pt_program *second = pt_program_start("partie-gateway", PT_ARGS("--listen", address, "--backend", backend), &options);
    cr_expect_eq(pt_program_wait(second, 10000), 1);
    char *text = pt_program_stderr(second);
    cr_expect(strstr(text, address) && strstr(text, "another program has this port"), "%s", text);
    free(text);
    pt_program_free(second);
}

Test(life, one_address_can_not_take_all_connections) {
    rig.shelf = pt_shelf_start(backend);
    pt_rig_start_gateway(&rig, backend, PT_ARGS("--connections-per-address", "3"));
    pt_rig_wait_status(&rig, "/v1/books/b", 200);
    int kept[2];
    char text[64];
    for (int i = 0; i < 2; i++) {
        kept[i] = connect_raw();
        send_raw(kept[i], "GET /v1/books/b HTTP/1.1\r\nHost: x\r\n\r\n");
        cr_assert_gt(recv(kept[i], text, sizeof text, 0), 0);
    }
    int refused = connect_raw();
    cr_expect_eq(read_all(refused, text, sizeof text), 0);
    close(refused);
    close(kept[0]);
    close(kept[1]);
}
