#include "store_sqlite.h"

#include <criterion/criterion.h>
#include <semaphore.h>
#include <stdio.h>
#include <time.h>

#include "support/tempdir.h"

static pt_tempdir temp;
static char path[128];
static ingest_store store;
static pt_status st;

static void setup(void) {
    pt_tempdir_init(&temp);
    pt_tempdir_file(&temp, "log.db", path, sizeof path);
    st = (pt_status)PT_STATUS_INIT;
    cr_assert_eq(ingest_sqlite_open(path, &store, &st), PT_OK, "%s", st.message);
}

static void teardown(void) {
    ingest_sqlite_close(&store);
    pt_tempdir_done(&temp);
}

TestSuite(ingest_sqlite, .init = setup, .fini = teardown, .timeout = 60);

static ingest_event event_of(const char *source, const char *id, const char *content) {
    return (ingest_event){.source = source, .id = id, .content = pt_slice_str(content)};
}

typedef struct waited {
    ingest_append append;
    sem_t done;
} waited;

static void on_done(ingest_append *append) {
    sem_post(&((waited *)append)->done);
}

static void start(waited *w, const ingest_event *events, size_t n, ingest_result *results) {
    *w = (waited){.append = {.events = events, .n_events = n, .results = results, .done = on_done, .status = PT_STATUS_INIT}};
    sem_init(&w->done, 0, 0);
    cr_assert_eq(store.append(store.self, &w->append, &st), PT_OK, "%s", st.message);
}

/* Ends the test after 10 s, which only a fault can take. */
static pt_code wait_for(waited *w) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    cr_assert_eq(sem_timedwait(&w->done, &until), 0);
    return w->append.status.code;
}

static pt_code append(const ingest_event *events, size_t n, ingest_result *results, waited *w) {
    start(w, events, n, results);
    return wait_for(w);
}

typedef struct page {
    size_t n;
    uint64_t sequences[100];
    char contents[100][32];
} page;

static pt_code collect(void *arg, uint64_t sequence, int64_t recorded_us, pt_slice content, pt_status *status) {
    page *p = arg;
    (void)status;
    cr_expect_gt(recorded_us, 1500000000000000);
    snprintf(p->contents[p->n], sizeof p->contents[0], "%.*s", (int)content.len, (const char *)content.ptr);
    p->sequences[p->n++] = sequence;
    return PT_OK;
}

static ingest_log read_page(uint64_t after, uint32_t max_events, size_t max_bytes, page *ret_page) {
    ingest_range range = {.after = after, .max_events = max_events, .max_bytes = max_bytes};
    ingest_log log;
    ret_page->n = 0;
    cr_assert_eq(store.read(store.self, &range, collect, ret_page, &log, &st), PT_OK, "%s", st.message);
    return log;
}

Test(ingest_sqlite, numbers_events_from_one_and_keeps_them) {
    const ingest_event events[] = {event_of("s", "a", "A"), event_of("s", "b", "B"), event_of("t", "a", "C")};
    ingest_result results[3];
    waited w;
    page p;
    cr_assert_eq(append(events, 3, results, &w), PT_OK, "%s", w.append.status.message);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(results[i].sequence, i + 1);
        cr_expect_not(results[i].duplicate);
    }
    ingest_log before = read_page(0, 100, 1000, &p);
    char id[64];
    snprintf(id, sizeof id, "%s", before.id);
    ingest_sqlite_close(&store);
    cr_assert_eq(ingest_sqlite_open(path, &store, &st), PT_OK, "%s", st.message);
    ingest_log log = read_page(1, 100, 1000, &p);
    cr_expect_eq(log.last_sequence, 3);
    cr_expect_eq(log.n_events, 3);
    cr_expect_str_eq(log.id, id);
    cr_expect_eq(strlen(id), 32);
    cr_expect_eq(p.n, 2);
    cr_expect_eq(p.sequences[0], 2);
    cr_expect_str_eq(p.contents[1], "C");
}

Test(ingest_sqlite, an_empty_log) {
    page p;
    ingest_log log = read_page(0, 100, 1000, &p);
    cr_expect_eq(log.last_sequence, 0);
    cr_expect_eq(log.n_events, 0);
    cr_expect_eq(p.n, 0);
}

Test(ingest_sqlite, the_same_again_is_a_duplicate_of_the_first) {
    const ingest_event event = event_of("s", "a", "A");
    ingest_result result;
    waited w;
    cr_assert_eq(append(&event, 1, &result, &w), PT_OK);
    cr_assert_eq(append(&event, 1, &result, &w), PT_OK);
    cr_expect_eq(result.sequence, 1);
    cr_expect(result.duplicate);
}

Test(ingest_sqlite, other_content_under_the_same_name_is_refused_and_nothing_of_its_batch_stays) {
    const ingest_event first = event_of("s", "a", "A");
    const ingest_event batch[] = {event_of("s", "new", "N"), event_of("s", "a", "other")};
    const ingest_event next = event_of("s", "next", "X");
    ingest_result results[2];
    waited w;
    page p;
    cr_assert_eq(append(&first, 1, results, &w), PT_OK);
    cr_assert_eq(append(batch, 2, results, &w), PT_ALREADY_EXISTS);
    cr_expect_str_eq(w.append.status.message, "id 'a' of source 's' is stored as sequence 1 with other content");
    cr_expect_eq(w.append.failed, 1);
    cr_assert_eq(append(&next, 1, results, &w), PT_OK);
    cr_expect_eq(results[0].sequence, 2, "the refused batch leaves no gap");
    read_page(0, 100, 1000, &p);
    cr_expect_eq(p.n, 2);
    pt_status_done(&w.append.status);
}

Test(ingest_sqlite, duplicates_within_a_batch) {
    const ingest_event batch[] = {event_of("s", "a", "A"), event_of("s", "b", "B"), event_of("s", "a", "A")};
    ingest_result results[3];
    waited w;
    cr_assert_eq(append(batch, 3, results, &w), PT_OK);
    cr_expect_eq(results[2].sequence, 1);
    cr_expect(results[2].duplicate);
    cr_expect_eq(results[1].sequence, 2);
}

Test(ingest_sqlite, pages_are_bounded_by_count_and_bytes_but_never_empty) {
    const ingest_event events[] = {event_of("s", "1", "0123456789"), event_of("s", "2", "0123456789"),
                                   event_of("s", "3", "0123456789")};
    ingest_result results[3];
    waited w;
    page p;
    cr_assert_eq(append(events, 3, results, &w), PT_OK);
    read_page(0, 2, 1000, &p);
    cr_expect_eq(p.n, 2);
    read_page(0, 100, 29, &p);
    cr_expect_eq(p.n, 2);
    read_page(0, 100, 30, &p);
    cr_expect_eq(p.n, 3);
    read_page(2, 100, 1, &p);
    cr_expect_eq(p.n, 1);
    read_page(3, 100, 1000, &p);
    cr_expect_eq(p.n, 0);
    read_page(UINT64_MAX, 100, 1000, &p);
    cr_expect_eq(p.n, 0);
}

static pt_code refuse(void *arg, uint64_t sequence, int64_t recorded_us, pt_slice content, pt_status *status) {
    (void)arg;
    (void)recorded_us;
    (void)content;
    return pt_status_set(status, PT_ABORTED, "no more after %llu", (unsigned long long)sequence);
}

Test(ingest_sqlite, a_visit_that_fails_ends_the_reading) {
    const ingest_event event = event_of("s", "a", "A");
    ingest_result result;
    waited w;
    cr_assert_eq(append(&event, 1, &result, &w), PT_OK);
    ingest_range range = {.max_events = 10, .max_bytes = 100};
    ingest_log log = {.last_sequence = 77};
    cr_expect_eq(store.read(store.self, &range, refuse, NULL, &log, &st), PT_ABORTED);
    cr_expect_eq(log.last_sequence, 77, "outputs are untouched on failure");
}

Test(ingest_sqlite, sequences_follow_without_gaps_when_many_wait_and_some_are_refused) {
    enum { CALLS = 200 };
    static ingest_event events[CALLS];
    static char ids[CALLS][16];
    static waited calls[CALLS];
    static ingest_result results[CALLS];
    const ingest_event taken = event_of("s", "taken", "first");
    ingest_result result;
    waited w;
    cr_assert_eq(append(&taken, 1, &result, &w), PT_OK);
    for (int i = 0; i < CALLS; i++) {
        snprintf(ids[i], sizeof ids[i], "%d", i);
        events[i] = i % 4 == 3 ? event_of("s", "taken", "second") : event_of("s", ids[i], "x");
        start(&calls[i], &events[i], 1, &results[i]);
    }
    uint64_t expected = 2;
    for (int i = 0; i < CALLS; i++) {
        cr_expect_eq(wait_for(&calls[i]), i % 4 == 3 ? PT_ALREADY_EXISTS : PT_OK);
        if (i % 4 != 3) cr_expect_eq(results[i].sequence, expected++);
        pt_status_done(&calls[i].append.status);
    }
    page p;
    cr_expect_eq(read_page(1000, 1, 1, &p).last_sequence, expected - 1);
}
