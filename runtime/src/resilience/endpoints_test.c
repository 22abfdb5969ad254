#include "resilience/endpoints.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "resilience/random.h"
#include "support/random.h"

static const pt_balancing_policy balancing = PT_BALANCING_POLICY_INIT;
static const pt_breaker_policy breaker = PT_BREAKER_POLICY_INIT;
static const pt_outlier_policy outlier = PT_OUTLIER_POLICY_INIT;

static char history[512];
static pt_endpoints *es;

static void note(char sign, const pt_endpoint *e) {
    size_t len = strlen(history);
    snprintf(history + len, sizeof history - len, "%c%s ", sign, e->url);
}

static void on_added(void *arg, pt_endpoint *e) {
    (void)arg;
    note('+', e);
    pt_endpoint_set_ready(e, true);
}

static void on_gone(void *arg, pt_endpoint *e) {
    (void)arg;
    note('-', e);
}

static void init(void) {
    pt_endpoints_options o = {.balancing = &balancing,
                              .breaker = &breaker,
                              .outlier = &outlier,
                              .max_outstanding = 100,
                              .added = on_added,
                              .gone = on_gone};
    cr_assert_eq(pt_endpoints_new(&o, &es, NULL), PT_OK);
}

static void done(void) {
    pt_endpoints_free(es);
}

TestSuite(endpoints, .init = init, .fini = done);

static void update(size_t n, const char *const *urls) {
    pt_address addresses[16];
    for (size_t i = 0; i < n; i++)
        addresses[i] = (pt_address){urls[i], 1};
    history[0] = '\0';
    cr_assert_eq(pt_endpoints_update(es, addresses, n, NULL), PT_OK);
}

#define UPDATE(...) update(sizeof(const char *const[]){__VA_ARGS__} / sizeof(char *), (const char *const[]){__VA_ARGS__})

static pt_pick pick(uint64_t now_ns, uint64_t random) {
    pt_pick p;
    uint64_t retry_ns;
    cr_assert_eq(pt_endpoints_pick(es, &(pt_pick_request){.now_ns = now_ns, .random = random}, &p, &retry_ns), PT_PICKED);
    return p;
}

static void fail(uint64_t now_ns) {
    pt_pick p = pick(now_ns, 1);
    pt_endpoints_report(es, &p, &(pt_endpoint_end){.code = PT_UNAVAILABLE}, now_ns);
}

static void keep(void *arg, const pt_endpoint_snapshot *e) {
    *(pt_endpoint_snapshot *)arg = *e;
}

static pt_endpoint_snapshot look(uint64_t now_ns) {
    pt_endpoint_snapshot s = {0};
    pt_endpoints_look(es, now_ns, keep, &s);
    return s;
}

Test(endpoints, updates_tell_what_came_and_went) {
    UPDATE("tcp://a:1", "tcp://b:1", "tcp://c:1");
    cr_assert_str_eq(history, "+tcp://a:1 +tcp://b:1 +tcp://c:1 ");
    UPDATE("tcp://b:1", "tcp://c:1", "tcp://d:1");
    cr_assert_str_eq(history, "+tcp://d:1 -tcp://a:1 ");
    UPDATE("tcp://b:1", "tcp://c:1", "tcp://d:1");
    cr_assert_str_eq(history, "");
    update(0, NULL);
    cr_assert_str_eq(history, "-tcp://b:1 -tcp://c:1 -tcp://d:1 ");
}

Test(endpoints, what_stays_keeps_its_state) {
    UPDATE("tcp://a:1");
    for (int i = 0; i < 5; i++)
        fail(0);
    cr_assert_eq(look(0).breaker.state, PT_BREAKER_OPEN);
    UPDATE("tcp://0:1", "tcp://a:1");
    cr_assert(look(0).ready && look(0).breaker.state == PT_BREAKER_OPEN);
    pt_pick p = pick(1, 1);
    cr_assert_str_eq(p.endpoint->url, "tcp://0:1");
    pt_endpoints_report(es, &p, &(pt_endpoint_end){.code = PT_OK}, 2);
    UPDATE("tcp://0:1");
    UPDATE("tcp://a:1");
    cr_assert_eq(look(0).breaker.state, PT_BREAKER_CLOSED, "it was forgotten");
}

Test(endpoints, calls_end_on_an_endpoint_that_has_gone) {
    UPDATE("tcp://a:1");
    pt_pick p = pick(0, 1);
    update(0, NULL);
    cr_assert_str_eq(p.endpoint->url, "tcp://a:1");
    pt_endpoints_report(es, &p, &(pt_endpoint_end){.code = PT_OK}, 5);
    cr_assert_null(p.endpoint);
}

Test(endpoints, shows_what_is_known) {
    UPDATE("tcp://a:1");
    pt_pick p = pick(PT_SECONDS(1), 1), q = pick(PT_SECONDS(1), 1), held = pick(PT_SECONDS(1), 1);
    pt_endpoints_report(es, &p, &(pt_endpoint_end){.code = PT_OK}, PT_SECONDS(1) + PT_MILLISECONDS(8));
    pt_endpoints_report(es, &q, &(pt_endpoint_end){.code = PT_INTERNAL}, PT_SECONDS(1) + PT_MILLISECONDS(1));
    pt_endpoint_snapshot s = look(PT_SECONDS(1));
    cr_assert(s.ready && !s.ejected && s.weight == 1 && s.outstanding == 1 && s.n_calls == 2 && s.n_failures == 1);
    cr_assert_eq(s.latency_ns, PT_MILLISECONDS(8), "failures are quick, and do not count");
    cr_assert_eq(s.breaker.failures_in_a_row, 1);
    pt_endpoints_report(es, &held, &(pt_endpoint_end){.code = PT_OK}, PT_SECONDS(2));
}

Test(endpoints, calls_that_did_not_leave_say_nothing) {
    UPDATE("tcp://a:1");
    for (int i = 0; i < 10; i++) {
        pt_pick p = pick(0, 1);
        pt_endpoints_report(es, &p, &(pt_endpoint_end){.code = PT_RESOURCE_EXHAUSTED, .not_run = true}, 0);
    }
    pt_endpoint_snapshot s = look(0);
    cr_assert(s.breaker.state == PT_BREAKER_CLOSED && s.n_failures == 0 && s.latency_ns == 0);
}

Test(endpoints, a_sweep_ejects_the_bad_one) {
    UPDATE("tcp://a:1", "tcp://b:1", "tcp://c:1", "tcp://d:1", "tcp://e:1", "tcp://f:1");
    pt_random random;
    pt_random_init(&random);
    int calls_on_c = 0;
    for (int i = 0; i < 3000; i++) {
        pt_pick p = pick(0, pt_random_next(&random));
        bool bad = p.endpoint->url[6] == 'c' && calls_on_c++ % 2; /* never two in a row, for the breaker */
        pt_endpoints_report(es, &p, &(pt_endpoint_end){.code = bad ? PT_INTERNAL : PT_OK}, 0);
    }
    cr_assert_eq(pt_endpoints_sweep(es, PT_SECONDS(10), 1), PT_OK);
    for (int i = 0; i < 1000; i++) {
        pt_pick p = pick(PT_SECONDS(11), pt_random_next(&random));
        cr_assert_str_neq(p.endpoint->url, "tcp://c:1");
        pt_endpoints_report(es, &p, &(pt_endpoint_end){.code = PT_OK}, PT_SECONDS(11));
    }
}

Test(endpoints, says_what_a_call_without_a_place_ends_with) {
    static const struct {
        pt_pick_result result;
        pt_code code;
    } cases[] = {{PT_PICK_EMPTY, PT_UNAVAILABLE},
                 {PT_PICK_NOT_READY, PT_UNAVAILABLE},
                 {PT_PICK_OPEN, PT_UNAVAILABLE},
                 {PT_PICK_FULL, PT_RESOURCE_EXHAUSTED}};
    for (size_t i = 0; i < 4; i++) {
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(pt_pick_status(cases[i].result, "dns:///x:1", &st), cases[i].code);
        cr_assert_eq(strncmp(st.message, "dns:///x:1: ", 12), 0);
        pt_status_done(&st);
    }
}

static atomic_bool stop;

static void *call_on(void *arg) {
    uint64_t i = *(const uint64_t *)arg, retry_ns;
    while (!atomic_load(&stop)) {
        pt_pick p;
        if (pt_endpoints_pick(es, &(pt_pick_request){.random = pt_scatter(i++)}, &p, &retry_ns) != PT_PICKED) continue;
        pt_endpoints_report(es, &p, &(pt_endpoint_end){.code = i % 5 ? PT_OK : PT_INTERNAL}, 0);
    }
    return NULL;
}

Test(endpoints, lists_change_under_calls) {
    static const char *const urls[] = {"tcp://a:1", "tcp://b:1", "tcp://c:1", "tcp://d:1"};
    static uint64_t seeds[2] = {0, 1ull << 32};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, call_on, &seeds[i]), 0);
    for (size_t i = 0; i < 2000; i++) {
        update(1 + i % 3, urls + i % 2);
        cr_assert_eq(pt_endpoints_sweep(es, i, i), PT_OK);
        look(i);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(look(0).outstanding, 0);
}
