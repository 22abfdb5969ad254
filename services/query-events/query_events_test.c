#include "query_events.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const query_filter all = {.type = "", .source = "", .subject = ""};

static pt_status st;

static void reset(void) {
    pt_status_done(&st);
    st = (pt_status)PT_STATUS_INIT;
}

TestSuite(query_filter, .init = reset, .fini = reset);
TestSuite(page_token, .init = reset, .fini = reset);
TestSuite(follow, .init = reset, .fini = reset);

static void expect_refused(const query_filter *filter, const char *message) {
    cr_expect_eq(query_check_filter(filter, &st), PT_INVALID_ARGUMENT);
    cr_expect_str_eq(st.message, message);
    cr_expect_not_null(st.details, "there is a violation");
    reset();
}

Test(query_filter, times_lie_in_range_and_order) {
    query_filter f = all;
    cr_expect_eq(query_check_filter(&f, &st), PT_OK);
    f.has_start = true;
    f.start = (query_time){253402300800, 0};
    expect_refused(&f, "start_time: must lie in the years 1 to 9999");
    f.start = (query_time){0, -1};
    expect_refused(&f, "start_time: must lie in the years 1 to 9999");
    f.start = (query_time){10, 5};
    f.has_end = true;
    f.end = (query_time){-62135596801, 0};
    expect_refused(&f, "end_time: must lie in the years 1 to 9999");
    f.end = (query_time){10, 5};
    expect_refused(&f, "end_time: must be after start_time");
    f.end = (query_time){10, 6};
    cr_expect_eq(query_check_filter(&f, &st), PT_OK);
}

Test(page_size, has_a_default_and_a_ceiling) {
    cr_expect_eq(query_page_size(0), 100);
    cr_expect_eq(query_page_size(7), 7);
    cr_expect_eq(query_page_size(1001), 1000);
}

Test(page_token, comes_back_with_its_filter_only) {
    query_filter filters[7] = {all, all, all, all, all, all, all};
    filters[1].type = "a";
    filters[2].source = "a";
    filters[3].type = "b";
    filters[4].has_start = true;
    filters[5].has_end = true;
    filters[6].has_start = true;
    filters[6].start.nanos = 1;
    for (size_t made = 0; made < 7; made++) {
        char token[QUERY_TOKEN_BYTES];
        query_write_token(&filters[made], UINT64_MAX - made, token);
        for (size_t used = 0; used < 7; used++) {
            uint64_t after = 42;
            pt_code code = query_read_token(token, &filters[used], &after, &st);
            cr_expect_eq(code, made == used ? PT_OK : PT_INVALID_ARGUMENT, "made for %zu, used with %zu", made, used);
            cr_expect_eq(after, made == used ? UINT64_MAX - made : 42);
        }
    }
    cr_expect_str_eq(st.message, "page_token: was made for other conditions; repeat those or start again without it");
}

Test(page_token, an_empty_one_is_the_first_page) {
    uint64_t after = 42;
    cr_expect_eq(query_read_token("", &all, &after, &st), PT_OK);
    cr_expect_eq(after, 0);
}

Test(page_token, refuses_what_is_none) {
    char token[QUERY_TOKEN_BYTES], changed[QUERY_TOKEN_BYTES + 8];
    uint64_t after = 42;
    query_write_token(&all, 17, token);
    snprintf(changed, sizeof changed, "%s0", token);
    cr_expect_eq(query_read_token(changed, &all, &after, &st), PT_INVALID_ARGUMENT);
    snprintf(changed, sizeof changed, "%.33s", token);
    cr_expect_eq(query_read_token(changed, &all, &after, &st), PT_INVALID_ARGUMENT);
    snprintf(changed, sizeof changed, "%.33sg", token);
    cr_expect_eq(query_read_token(changed, &all, &after, &st), PT_INVALID_ARGUMENT);
    snprintf(changed, sizeof changed, "02%s", token + 2);
    cr_expect_eq(query_read_token(changed, &all, &after, &st), PT_INVALID_ARGUMENT);
    cr_expect_str_eq(st.message, "page_token: is not a token of this service; start again without one");
    cr_expect_eq(after, 42);
}

Test(follow, a_log_that_changed_or_lost_its_end_is_noticed) {
    query_copy copy = {.log_id = "log-a", .applied = 10};
    cr_expect_eq(query_check_log(&copy, "log-a", 10, &st), PT_OK);
    cr_expect_eq(query_check_log(&copy, "log-a", 11, &st), PT_OK);
    cr_expect_eq(query_check_log(&copy, "log-b", 11, &st), PT_DATA_LOSS);
    cr_expect_str_eq(st.message, "the owner's log is 'log-b', the copy was made of 'log-a'");
    cr_expect_eq(query_check_log(&copy, "log-a", 9, &st), PT_DATA_LOSS);
    cr_expect_str_eq(st.message, "the owner's log ends at 9, the copy has 10");
    copy = (query_copy){.log_id = "", .applied = 0};
    cr_expect_eq(query_check_log(&copy, "log-b", 0, &st), PT_OK, "an empty copy may follow any log");
}

Test(follow, events_come_without_a_gap) {
    const query_copy copy = {.applied = 10};
    query_event events[] = {{.sequence = 11}, {.sequence = 12}, {.sequence = 13}};
    cr_expect_eq(query_check_next(&copy, events, 3, &st), PT_OK);
    cr_expect_eq(query_check_next(&copy, events, 0, &st), PT_OK);
    events[2].sequence = 14;
    cr_expect_eq(query_check_next(&copy, events, 3, &st), PT_DATA_LOSS);
    cr_expect_str_eq(st.message, "the owner's log goes on with 14 where 13 was expected");
    events[0].sequence = 10;
    cr_expect_eq(query_check_next(&copy, events, 1, &st), PT_DATA_LOSS);
}
