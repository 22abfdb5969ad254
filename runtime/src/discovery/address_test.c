#include "discovery/address.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "discovery/address_file.h"
#include "support/random.h"

static pt_address_list *list_of(const char *text) {
    pt_address_builder b = PT_ADDRESS_BUILDER_INIT;
    pt_address_list *list;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_address_text_read(pt_slice_str(text), &b, &st), PT_OK, "%s", st.message);
    cr_assert_eq(pt_address_builder_finish(&b, &list), PT_OK);
    return list;
}

static char shown[65536];

static const char *show(const pt_address_list *list) {
    size_t n, len = 0;
    const pt_address *a = pt_address_list_get(list, &n);
    shown[0] = '\0';
    for (size_t i = 0; i < n; i++)
        len += (size_t)snprintf(shown + len, sizeof shown - len, "%s=%u ", a[i].url, a[i].weight);
    return shown;
}

static void expect_bad(const char *text, const char *reason) {
    pt_address_builder b = PT_ADDRESS_BUILDER_INIT;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_address_text_read(pt_slice_str(text), &b, &st), PT_INVALID_ARGUMENT, "%s", text);
    cr_assert(strncmp(st.message, reason, strlen(reason)) == 0, "%s\n  not: %s", st.message, reason);
    pt_address_builder_done(&b);
    pt_status_done(&st);
}

Test(address, lists_are_sorted_and_each_url_stands_once) {
    pt_address_list *list = list_of("tcp://b:1 3\ntcp://a:1\n\n# a remark\n  tcp://b:1 5 # another\r\nipc:///x#y\ntcp://b:1");
    cr_assert_str_eq(show(list), "ipc:///x#y=1 tcp://a:1=1 tcp://b:1=5 ");
    pt_address_list_unref(list);
    list = list_of("");
    cr_assert_str_eq(show(list), "");
    pt_address_list_unref(list);
}

Test(address, bad_lines_are_named) {
    expect_bad("tcp://a:1\nhttp://b:1", "line 2: http://b:1: expected tcp://");
    expect_bad("tcp://a:1 x", "line 1: x: expected a weight");
    expect_bad("tcp://a:1 0", "line 1: weight 0 of tcp://a:1: expected 1 to 1000");
    expect_bad("\n\ntcp://a:1 1001", "line 3: weight 1001");
    expect_bad("tcp://a:1 99999999999999999999", "line 1: 99999999999999999999: expected a weight");
    expect_bad("tcp://a:1 1 2", "line 1: expected a URL and at most a weight");
    expect_bad("tcp://", "line 1: tcp://: expected");
    expect_bad("tcp://a\001b", "line 1: tcp://a: a blank or control character at byte 7");
    char longer[400];
    snprintf(longer, sizeof longer, "tcp://%0300d", 1);
    expect_bad(longer, "line 1: URL of 306 bytes: at most 255");
}

static char differences[256];

static void note(char sign, const pt_address *a) {
    size_t len = strlen(differences);
    snprintf(differences + len, sizeof differences - len, "%c%s ", sign, a->url);
}

static void on_gone(void *arg, const pt_address *a) {
    (void)arg;
    note('-', a);
}

static void on_added(void *arg, const pt_address *a) {
    (void)arg;
    note('+', a);
}

static void on_changed(void *arg, const pt_address *before, const pt_address *after) {
    (void)arg, (void)before;
    note('~', after);
}

static const pt_address_difference all = {on_gone, on_added, on_changed, NULL};

Test(address, differences_are_walked_in_order) {
    pt_address_list *a = list_of("tcp://a:1\ntcp://b:1\ntcp://d:1"), *b = list_of("tcp://b:1 2\ntcp://c:1\ntcp://d:1");
    pt_address_list_compare(a, b, &all);
    cr_assert_str_eq(differences, "-tcp://a:1 ~tcp://b:1 +tcp://c:1 ");
    differences[0] = '\0';
    pt_address_list_compare(NULL, a, &all);
    cr_assert_str_eq(differences, "+tcp://a:1 +tcp://b:1 +tcp://d:1 ");
    differences[0] = '\0';
    pt_address_list_compare(a, NULL, &all);
    cr_assert_str_eq(differences, "-tcp://a:1 -tcp://b:1 -tcp://d:1 ");
    cr_assert(pt_address_list_equal(a, a) && !pt_address_list_equal(a, b) && !pt_address_list_equal(a, NULL));
    pt_address_list_unref(a);
    pt_address_list_unref(b);
}

static uint32_t applied[64]; /* weights by the number in the URL */

static void apply_gone(void *arg, const pt_address *a) {
    (void)arg;
    applied[strtoul(a->url + 6, NULL, 10)] = 0;
}

static void apply_added(void *arg, const pt_address *a) {
    (void)arg;
    applied[strtoul(a->url + 6, NULL, 10)] = a->weight;
}

static void apply_changed(void *arg, const pt_address *before, const pt_address *after) {
    cr_assert_eq(applied[strtoul(before->url + 6, NULL, 10)], before->weight);
    apply_added(arg, after);
}

/* Differences, applied one after the other, make the latest list. */
Test(address, differences_add_up) {
    pt_random random;
    pt_random_init(&random);
    pt_address_list *last = NULL;
    for (int round = 0; round < 500; round++) {
        pt_address_builder b = PT_ADDRESS_BUILDER_INIT;
        uint32_t expected[64] = {0};
        for (uint64_t n = pt_random_below(&random, 40); n; n--) {
            char url[32];
            uint32_t i = (uint32_t)pt_random_below(&random, 64), weight = 1 + (uint32_t)pt_random_below(&random, 3);
            snprintf(url, sizeof url, "tcp://%u:1", i);
            cr_assert_eq(pt_address_builder_add(&b, pt_slice_str(url), weight, NULL), PT_OK);
            if (weight > expected[i]) expected[i] = weight;
        }
        pt_address_list *list;
        cr_assert_eq(pt_address_builder_finish(&b, &list), PT_OK);
        pt_address_list_compare(last, list, &(pt_address_difference){apply_gone, apply_added, apply_changed, NULL});
        cr_assert_arr_eq(applied, expected, sizeof expected);
        pt_address_list_unref(last);
        last = list;
    }
    pt_address_list_unref(last);
}

Test(address, a_list_has_a_ceiling) {
    pt_address_builder b = PT_ADDRESS_BUILDER_INIT;
    char url[32];
    for (int i = 0; i < PT_ADDRESSES_MAX; i++) {
        snprintf(url, sizeof url, "tcp://h%d:1", i);
        cr_assert_eq(pt_address_builder_add(&b, pt_slice_str(url), 1, NULL), PT_OK);
    }
    cr_assert_eq(pt_address_builder_add(&b, pt_slice_str("tcp://x:1"), 1, NULL), PT_RESOURCE_EXHAUSTED);
    pt_address_builder_done(&b);
}
