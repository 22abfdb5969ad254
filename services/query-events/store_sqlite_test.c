#include "store_sqlite.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/random.h"
#include "support/tempdir.h"

static pt_tempdir temp;
static char path[128];
static query_store store;
static query_copy copy;
static pt_status st;

static const query_filter all = {.type = "", .source = "", .subject = ""};

static void setup(void) {
    pt_tempdir_init(&temp);
    pt_tempdir_file(&temp, "copy.db", path, sizeof path);
    st = (pt_status)PT_STATUS_INIT;
    cr_assert_eq(query_sqlite_open(path, &store, &st), PT_OK, "%s", st.message);
    cr_assert_eq(store.load(store.self, &copy, &st), PT_OK, "%s", st.message);
}

static void teardown(void) {
    query_sqlite_close(&store);
    pt_tempdir_done(&temp);
}

TestSuite(query_sqlite, .init = setup, .fini = teardown, .timeout = 60);

static query_event event_of(uint64_t sequence, const char *type, const char *source, const char *id, int64_t seconds) {
    return (query_event){.sequence = sequence,
                         .recorded_us = 1700000000000000 + (int64_t)sequence,
                         .time = {.seconds = seconds},
                         .type = type,
                         .source = source,
                         .subject = "",
                         .id = id,
                         .content = pt_slice_str(id)};
}

static void apply(const query_event *events, size_t n) {
    snprintf(copy.log_id, sizeof copy.log_id, "the-log");
    cr_assert_eq(store.apply(store.self, &copy, events, n, &st), PT_OK, "%s", st.message);
    cr_assert_eq(store.load(store.self, &copy, &st), PT_OK, "%s", st.message);
}

typedef struct found {
    size_t n;
    uint64_t sequences[4096];
    char last[64];
    bool more;
} found;

static found result;

static pt_code collect(void *arg, uint64_t sequence, int64_t recorded_us, pt_slice content, pt_status *status) {
    found *f = arg;
    (void)status;
    cr_expect_eq(recorded_us, 1700000000000000 + (int64_t)sequence);
    snprintf(f->last, sizeof f->last, "%.*s", (int)content.len, (const char *)content.ptr);
    f->sequences[f->n++] = sequence;
    return PT_OK;
}

static void list(const query_filter *filter, uint64_t after, uint32_t max_events, size_t max_bytes) {
    const query_page page = {.filter = filter, .after = after, .max_events = max_events, .max_bytes = max_bytes};
    result.n = 0;
    cr_assert_eq(store.list(store.self, &page, collect, &result, &result.more, &st), PT_OK, "%s", st.message);
}

Test(query_sqlite, position_and_rows_move_together_and_survive) {
    const query_event events[] = {event_of(1, "t", "s", "a", 0), event_of(2, "t", "s", "b", 0)};
    cr_expect_eq(copy.applied, 0);
    cr_expect_str_eq(copy.log_id, "");
    apply(events, 2);
    query_sqlite_close(&store);
    cr_assert_eq(query_sqlite_open(path, &store, &st), PT_OK, "%s", st.message);
    cr_assert_eq(store.load(store.self, &copy, &st), PT_OK);
    cr_expect_eq(copy.applied, 2);
    cr_expect_eq(copy.n_events, 2);
    cr_expect_str_eq(copy.log_id, "the-log");
    list(&all, 0, 10, 1000);
    cr_expect_eq(result.n, 2);
}

Test(query_sqlite, a_page_is_applied_once) {
    const query_event events[] = {event_of(1, "t", "s", "a", 0)}, next[] = {event_of(2, "t", "s", "b", 0)};
    const query_copy before = copy;
    apply(events, 1);
    cr_expect_eq(store.apply(store.self, &before, events, 1, &st), PT_ALREADY_EXISTS);
    cr_expect_eq(store.apply(store.self, &before, next, 1, &st), PT_INTERNAL);
    cr_expect_str_eq(st.message, "the copy is no longer at 0");
    list(&all, 0, 10, 1000);
    cr_expect_eq(result.n, 1, "nothing of a refused page stays");
}

Test(query_sqlite, pages_say_whether_there_is_more) {
    query_event events[] = {event_of(1, "t", "s", "0123456789", 0), event_of(2, "u", "s", "0123456788", 0),
                            event_of(3, "t", "s", "0123456787", 0), event_of(4, "t", "s", "0123456786", 0)};
    apply(events, 4);
    query_filter t = all;
    t.type = "t";
    list(&t, 0, 2, 1000);
    cr_expect(result.n == 2 && result.sequences[1] == 3 && result.more);
    list(&t, 3, 2, 1000);
    cr_expect(result.n == 1 && result.sequences[0] == 4 && !result.more);
    list(&t, 0, 3, 1000);
    cr_expect(result.n == 3 && !result.more);
    list(&all, 0, 10, 25);
    cr_expect(result.n == 2 && result.more);
    list(&all, 0, 10, 1);
    cr_expect(result.n == 1 && result.more);
}

Test(query_sqlite, finds_by_id_and_source) {
    const query_event events[] = {event_of(1, "t", "s", "a", 0), event_of(2, "t", "r", "a", 0), event_of(3, "t", "s", "b", 0)};
    apply(events, 3);
    result.n = 0;
    cr_assert_eq(store.find(store.self, "a", "", 0, collect, &result, &st), PT_OK);
    cr_expect_eq(result.n, 2);
    result.n = 0;
    cr_assert_eq(store.find(store.self, "a", "r", 0, collect, &result, &st), PT_OK);
    cr_expect(result.n == 1 && result.sequences[0] == 2);
    result.n = 0;
    cr_assert_eq(store.find(store.self, "none", "", 0, collect, &result, &st), PT_OK);
    cr_expect_eq(result.n, 0);
}

typedef struct buckets {
    size_t n;
    char text[1024];
} buckets;

static pt_code print_bucket(void *arg, const query_bucket *bucket, pt_status *status) {
    buckets *b = arg;
    size_t len = strlen(b->text);
    (void)status;
    b->n++;
    snprintf(b->text + len, sizeof b->text - len, "%s@%lld=%llu ", bucket->type, (long long)bucket->hour,
             (unsigned long long)bucket->count);
    return PT_OK;
}

Test(query_sqlite, counts_by_type_and_hour_also_before_1970) {
    const query_event events[] = {event_of(1, "t", "s", "a", 3600), event_of(2, "u", "s", "b", 3599),
                                  event_of(3, "t", "s", "c", 7199), event_of(4, "t", "s", "d", 7200),
                                  event_of(5, "u", "r", "e", -1),   event_of(6, "u", "r", "f", -3600),
                                  event_of(7, "u", "r", "g", -3601)};
    apply(events, 7);
    buckets b = {.n = 0};
    cr_assert_eq(store.count(store.self, &all, 0, print_bucket, &b, &st), PT_OK, "%s", st.message);
    cr_expect_str_eq(b.text, "t@3600=2 t@7200=1 u@-7200=1 u@-3600=2 u@0=1 ");
    query_filter f = all;
    f.type = "u";
    f.has_end = true;
    f.end = (query_time){0, 0};
    b = (buckets){.n = 0};
    cr_assert_eq(store.count(store.self, &f, 0, print_bucket, &b, &st), PT_OK, "%s", st.message);
    cr_expect_str_eq(b.text, "u@-7200=1 u@-3600=2 ");
}

Test(query_sqlite, too_many_buckets_are_refused) {
    enum { N = QUERY_MAX_BUCKETS + 1 };
    query_event *events = calloc(N, sizeof *events);
    char(*ids)[8] = calloc(N, sizeof *ids);
    for (uint64_t i = 0; i < N; i++) {
        snprintf(ids[i], sizeof ids[i], "%u", (unsigned)i);
        events[i] = event_of(i + 1, "t", "s", ids[i], (int64_t)i * 3600);
    }
    apply(events, N);
    buckets b = {.n = 0};
    cr_expect_eq(store.count(store.self, &all, 0, print_bucket, &b, &st), PT_RESOURCE_EXHAUSTED);
    free(events);
    free(ids);
}

/* ---- every set of conditions against a plain loop over the same events ---- */

enum { EVENTS = 5000 };

static bool is_before(query_time a, query_time b) {
    return a.seconds != b.seconds ? a.seconds < b.seconds : a.nanos < b.nanos;
}

static bool holds(const query_filter *f, const query_event *e) {
    return (!*f->type || !strcmp(f->type, e->type)) && (!*f->source || !strcmp(f->source, e->source)) &&
           (!*f->subject || !strcmp(f->subject, e->subject)) && (!f->has_start || !is_before(e->time, f->start)) &&
           (!f->has_end || is_before(e->time, f->end));
}

static void expect_same(const query_filter *filter, const query_event *events) {
    size_t at = 0;
    uint64_t after = 0;
    do {
        list(filter, after, 700, SIZE_MAX);
        for (size_t i = 0; i < result.n; i++) {
            while (at < EVENTS && !holds(filter, &events[at]))
                at++;
            cr_assert(at < EVENTS && result.sequences[i] == events[at].sequence);
            after = events[at++].sequence;
        }
    } while (result.more);
    while (at < EVENTS && !holds(filter, &events[at]))
        at++;
    cr_assert_eq(at, EVENTS, "an event is missing");
}

Test(query_sqlite, all_filters_find_what_a_plain_loop_finds) {
    static const char *const words[] = {"a", "b", "c", "d"};
    static query_event events[EVENTS];
    static char ids[EVENTS][8];
    pt_random random;
    pt_random_init(&random);
    for (size_t i = 0; i < EVENTS; i++) {
        snprintf(ids[i], sizeof ids[i], "%zu", i);
        events[i] = event_of(i + 1, words[pt_random_below(&random, 4)], words[pt_random_below(&random, 4)], ids[i],
                             (int64_t)pt_random_below(&random, 1000));
        events[i].time.nanos = (int32_t)pt_random_below(&random, 3);
        events[i].subject = words[pt_random_below(&random, 4)];
    }
    apply(events, EVENTS);
    for (unsigned set = 0; set < 32; set++) {
        query_filter f = all;
        if (set & 1) f.type = words[pt_random_below(&random, 4)];
        if (set & 2) f.source = words[pt_random_below(&random, 4)];
        if (set & 4) f.subject = words[pt_random_below(&random, 4)];
        f.has_start = set & 8;
        f.has_end = set & 16;
        f.start = (query_time){(int64_t)pt_random_below(&random, 300), 1};
        for (int64_t width = 10; width < 1000; width *= 9) { /* few events in the range, and many */
            f.end = (query_time){f.start.seconds + width, 2};
            expect_same(&f, events);
        }
    }
}
