/* Discovery by a real etcd, which each test starts on free ports in a folder of its own. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "discovery/registration.h"
#include "discovery/testing.h"
#include "support/clock.h"
#include "support/http.h"
#include "support/tempdir.h"

static pt_tempdir dir;
static pt_program *etcd;
static char client_url[64], peer_url[64];
static pt_watch watch = PT_WATCH_INIT;

static const char *etcd_path(void) {
    static const char *const paths[] = {"/usr/bin/etcd", "/usr/local/bin/etcd"};
    for (size_t i = 0; i < 2; i++)
        if (access(paths[i], X_OK) == 0) return paths[i];
    return NULL;
}

/* A port that is free now. etcd can't choose one itself and say which. */
static void free_url(char *ret_url, size_t size) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(ret_url, size, "http://127.0.0.1:%u", ntohs(address.sin_port));
    close(fd);
}

static bool is_healthy(void *arg) {
    (void)arg;
    pt_http *http = pt_http_new(client_url);
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    bool healthy = pt_http_send(http, "GET", "/health", NULL, NULL, 0, &reply) && reply.status == 200;
    pt_http_reply_done(&reply);
    pt_http_free(http);
    return healthy;
}

/* Starts it, or starts it again over the same data. */
static void start_etcd(void) {
    char data[128], cluster[96];
    pt_tempdir_file(&dir, "data", data, sizeof data);
    snprintf(cluster, sizeof cluster, "test=%s", peer_url);
    pt_program_options options = PT_PROGRAM_OPTIONS_INIT;
    options.listeners = 0;
    etcd = pt_program_start(etcd_path(),
                            PT_ARGS("--name", "test", "--data-dir", data, "--listen-client-urls", client_url,
                                    "--advertise-client-urls", client_url, "--listen-peer-urls", peer_url,
                                    "--initial-advertise-peer-urls", peer_url, "--initial-cluster", cluster, "--logger", "zap",
                                    "--log-outputs", "stderr", "--unsafe-no-fsync"),
                            &options);
    cr_assert(pt_wait_until(is_healthy, NULL, 30000), "etcd did not become healthy");
}

static void start(void) {
    if (!etcd_path()) cr_skip_test("etcd is not installed (package etcd-server)");
    pt_tempdir_init(&dir);
    free_url(client_url, sizeof client_url);
    free_url(peer_url, sizeof peer_url);
    start_etcd();
}

static void stop(void) {
    pt_program_free(etcd);
    pt_tempdir_done(&dir);
}

TestSuite(etcd, .init = start, .fini = stop);

static void kill_etcd(void) {
    pt_program_kill(etcd);
    pt_program_free(etcd);
    etcd = NULL;
}

static pt_resolver *resolve(const char *service, const char *members) {
    char target[160];
    snprintf(target, sizeof target, "etcd:///%s", service);
    pt_resolver_options o = PT_RESOLVER_OPTIONS_INIT;
    o.etcd = members;
    o.retry_min_ms = 10;
    o.retry_max_ms = 100;
    pt_resolver *r = NULL;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_resolver_open(target, &o, &(pt_resolver_events){pt_watch_found, pt_watch_failed, &watch}, &r, &st), PT_OK,
                 "%s", st.message);
    return r;
}

static atomic_int registered, unregistered;

static void on_changed(void *arg, bool now, const pt_status *why) {
    (void)arg;
    cr_assert(now ? !why : why && why->message[0]);
    atomic_fetch_add(now ? &registered : &unregistered, 1);
}

static pt_registration *enter(const char *service, const char *url, uint32_t weight, uint32_t ttl_s) {
    char target[160];
    snprintf(target, sizeof target, "etcd://%s/%s", client_url + strlen("http://"), service);
    pt_registration_options o = PT_REGISTRATION_OPTIONS_INIT;
    o.weight = weight;
    o.ttl_s = ttl_s;
    o.retry_min_ms = 10;
    o.retry_max_ms = 100;
    o.changed = on_changed;
    pt_registration *r = NULL;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_registration_open(target, url, &o, &r, &st), PT_OK, "%s", st.message);
    return r;
}

/* ---- tests ---- */

Test(etcd, instances_come_and_go) {
    pt_resolver *r = resolve("orders", client_url);
    pt_watch_await(&watch, "");
    pt_registration *a = enter("orders", "tcp://10.0.0.1:1", 1, 600), *b = enter("orders", "tcp://10.0.0.2:1", 5, 600);
    pt_watch_await(&watch, "tcp://10.0.0.1:1=1 tcp://10.0.0.2:1=5 ");
    pt_watch_await_change(&registered, 2);
    cr_assert(pt_registration_active(a));
    pt_registration_close(a);
    pt_watch_await(&watch, "tcp://10.0.0.2:1=5 ");
    pt_registration_close(b);
    pt_watch_await(&watch, "");
    cr_assert_eq(watch.failure[0], '\0', "%s", watch.failure);
    pt_resolver_close(r);
}

Test(etcd, other_services_are_not_seen) {
    static const char *const services[] = {"order", "orders", "orders0", "ordert"};
    pt_registration *entries[4];
    for (int i = 0; i < 4; i++) {
        char url[32];
        snprintf(url, sizeof url, "tcp://10.0.0.%d:1", i);
        entries[i] = enter(services[i], url, 1, 10);
    }
    pt_watch_await_change(&registered, 4);
    pt_resolver *r = resolve("orders", client_url);
    pt_watch_await(&watch, "tcp://10.0.0.1:1=1 ");
    for (int i = 0; i < 4; i++)
        if (i != 1) pt_registration_close(entries[i]);
    pt_registration_close(entries[1]);
    pt_watch_await(&watch, "");
    cr_assert_eq(pt_watch_lists(&watch), 2);
    pt_resolver_close(r);
}

Test(etcd, a_lease_outlives_its_time_by_renewal) {
    pt_resolver *r = resolve("orders", client_url);
    pt_registration *a = enter("orders", "tcp://10.0.0.1:1", 1, 2);
    pt_watch_await(&watch, "tcp://10.0.0.1:1=1 ");
    unsigned lists = pt_watch_lists(&watch);
    pt_sleep_ms(5000); /* what shall not happen gives no sign */
    cr_assert_eq(pt_watch_lists(&watch), lists);
    cr_assert(pt_registration_active(a));
    pt_registration_close(a);
    pt_resolver_close(r);
}

Test(etcd, watching_and_registration_survive_a_crash_of_etcd) {
    pt_resolver *r = resolve("orders", client_url);
    pt_registration *a = enter("orders", "tcp://10.0.0.1:1", 1, 2);
    pt_watch_await(&watch, "tcp://10.0.0.1:1=1 ");
    pt_watch_await_change(&registered, 1); /* which may come later */
    kill_etcd();
    pt_watch_await_failure(&watch, "etcd:///orders: etcd http://127.0.0.1:");
    pt_watch_await_change(&unregistered, 1);
    cr_assert_not(pt_registration_active(a));
    start_etcd();
    pt_watch_await_change(&registered, 2);
    pt_registration *b = enter("orders", "tcp://10.0.0.2:1", 1, 10);
    pt_watch_await(&watch, "tcp://10.0.0.1:1=1 tcp://10.0.0.2:1=1 ");
    pt_registration_close(a);
    pt_registration_close(b);
    pt_watch_await(&watch, "");
    pt_resolver_close(r);
}

/* The lease is taken away behind its back, as after a pause longer than it lasts. */
Test(etcd, a_lost_lease_is_made_again) {
    pt_resolver *r = resolve("orders", client_url);
    pt_registration *a = enter("orders", "tcp://10.0.0.1:1", 1, 3);
    pt_watch_await(&watch, "tcp://10.0.0.1:1=1 ");
    pt_http *http = pt_http_new(client_url);
    json_t *leases = pt_http_post_json(http, "/v3/lease/leases", "{}", 200);
    const char *id = json_string_value(json_object_get(json_array_get(json_object_get(leases, "leases"), 0), "ID"));
    char body[64];
    cr_assert_not_null(id);
    snprintf(body, sizeof body, "{\"ID\": \"%s\"}", id);
    json_decref(pt_http_post_json(http, "/v3/lease/revoke", body, 200));
    json_decref(leases);
    pt_watch_await(&watch, "");
    pt_watch_await(&watch, "tcp://10.0.0.1:1=1 ");
    pt_http_free(http);
    pt_registration_close(a);
    pt_resolver_close(r);
}

Test(etcd, a_dead_instance_goes_when_its_lease_ends) {
    pt_resolver *r = resolve("orders", client_url);
    pt_http *http = pt_http_new(client_url);
    json_decref(pt_http_post_json(http, "/v3/lease/grant", "{\"TTL\": 1, \"ID\": 77}", 200));
    /* partie/services/orders/x = {"url":"tcp://10.0.0.9:1"} */
    json_decref(pt_http_post_json(http, "/v3/kv/put",
                                  "{\"key\": \"cGFydGllL3NlcnZpY2VzL29yZGVycy94\", \"value\": "
                                  "\"eyJ1cmwiOiJ0Y3A6Ly8xMC4wLjAuOToxIn0=\", \"lease\": 77}",
                                  200));
    pt_watch_await(&watch, "tcp://10.0.0.9:1=1 ");
    pt_watch_await(&watch, "");
    pt_http_free(http);
    pt_resolver_close(r);
}

Test(etcd, an_entry_that_makes_no_sense_hides_no_other) {
    pt_http *http = pt_http_new(client_url);
    /* partie/services/orders/x = nonsense */
    json_decref(pt_http_post_json(http, "/v3/kv/put",
                                  "{\"key\": \"cGFydGllL3NlcnZpY2VzL29yZGVycy94\", \"value\": \"bm9uc2Vuc2U=\"}", 200));
    pt_registration *a = enter("orders", "tcp://10.0.0.1:1", 1, 10);
    pt_watch_await_change(&registered, 1);
    pt_resolver *r = resolve("orders", client_url);
    pt_watch_await(&watch, "tcp://10.0.0.1:1=1 ");
    pt_watch_await_failure(&watch, "etcd key partie/services/orders/x");
    pt_http_free(http);
    pt_registration_close(a);
    pt_resolver_close(r);
}

Test(etcd, goes_to_the_next_member_when_one_is_down) {
    char members[160], dead[64];
    free_url(dead, sizeof dead);
    snprintf(members, sizeof members, "%s,%s", dead, client_url);
    pt_registration *a = enter("orders", "tcp://10.0.0.1:1", 1, 10);
    pt_resolver *r = resolve("orders", members);
    pt_watch_await(&watch, "tcp://10.0.0.1:1=1 ");
    pt_registration_close(a);
    pt_watch_await(&watch, "");
    pt_resolver_close(r);
}

/* The watch must fall behind what etcd has compacted: it hangs on a member that is stopped while the keys change. */
Test(etcd, a_compacted_revision_is_read_anew) {
    pt_resolver *r = resolve("orders", client_url);
    pt_watch_await(&watch, "");
    kill_etcd();
    pt_watch_await_failure(&watch, "etcd:///orders: etcd ");
    char former[64];
    memcpy(former, client_url, sizeof former);
    free_url(client_url, sizeof client_url); /* hidden from the resolver */
    start_etcd();
    pt_http *http = pt_http_new(client_url);
    json_t *reply = NULL;
    for (int i = 0; i < 5; i++) {
        json_decref(reply);
        reply = pt_http_post_json(http, "/v3/kv/put",
                                  "{\"key\": \"cGFydGllL3NlcnZpY2VzL29yZGVycy94\", \"value\": "
                                  "\"eyJ1cmwiOiJ0Y3A6Ly8xMC4wLjAuOToxIn0=\"}",
                                  200);
    }
    const char *revision = json_string_value(json_object_get(json_object_get(reply, "header"), "revision"));
    char body[64];
    snprintf(body, sizeof body, "{\"revision\": \"%s\", \"physical\": true}", revision);
    json_decref(pt_http_post_json(http, "/v3/kv/compaction", body, 200));
    json_decref(reply);
    pt_http_free(http);
    kill_etcd();
    memcpy(client_url, former, sizeof former);
    start_etcd();
    pt_watch_await(&watch, "tcp://10.0.0.9:1=1 ");
    pt_resolver_close(r);
}

Test(etcd, closing_is_quick_whatever_hangs) {
    pt_resolver *r = resolve("orders", client_url);
    pt_registration *a = enter("orders", "tcp://10.0.0.1:1", 1, 10);
    pt_watch_await(&watch, "tcp://10.0.0.1:1=1 ");
    pt_program_signal(etcd, SIGSTOP);
    int64_t begin_ms = pt_clock_ms();
    pt_resolver_close(r);
    cr_assert_lt(pt_clock_ms() - begin_ms, 1000);
    pt_registration_close(a);
    cr_assert_lt(pt_clock_ms() - begin_ms, 4000, "2 s are for the withdrawal");
    pt_program_signal(etcd, SIGCONT);
}

Test(etcd, refuses_bad_options) {
    static const struct {
        const char *target, *url;
        uint32_t weight, ttl_s;
        const char *reason;
    } cases[] = {{"dns:///x:1", "tcp://a:1", 1, 10, "expected etcd:///service"},
                 {"etcd:///", "tcp://a:1", 1, 10, "expected etcd:///service"},
                 {"etcd:///s", "http://a:1", 1, 10, "expected tcp://"},
                 {"etcd:///s", "tcp://a:1", 0, 10, "weight: 0"},
                 {"etcd:///s", "tcp://a:1", 1, 1, "ttl_s: 1"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pt_registration_options o = PT_REGISTRATION_OPTIONS_INIT;
        o.weight = cases[i].weight;
        o.ttl_s = cases[i].ttl_s;
        pt_registration *r = NULL;
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(pt_registration_open(cases[i].target, cases[i].url, &o, &r, &st), PT_INVALID_ARGUMENT);
        cr_assert_not_null(strstr(st.message, cases[i].reason), "%s", st.message);
        pt_status_done(&st);
    }
}
