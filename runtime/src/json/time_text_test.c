#include <criterion/criterion.h>

#include "json/mask_path.h"
#include "json/time_text.h"

typedef struct sample {
    const char *text;
    pt_seconds time;
    const char *written; /* NULL: as it was read */
} sample;

static void check(const sample *s, bool (*read)(pt_slice, pt_seconds *), uint8_t *(*write)(uint8_t *, pt_seconds)) {
    pt_seconds time;
    uint8_t text[PT_TIME_TEXT_BYTES];
    cr_assert(read(pt_slice_str(s->text), &time), "%s was refused", s->text);
    cr_assert_eq(time.seconds, s->time.seconds, "%s: %lld s", s->text, (long long)time.seconds);
    cr_assert_eq(time.nanos, s->time.nanos, "%s: %d ns", s->text, (int)time.nanos);
    uint8_t *end = write(text, time);
    pt_slice expected = pt_slice_str(s->written ? s->written : s->text);
    cr_assert(end && pt_slice_equal(pt_slice_of(text, (size_t)(end - text)), expected), "%s: %.*s", s->text, (int)(end - text),
              text);
}

static void check_refused(const char *const *texts, size_t n, bool (*read)(pt_slice, pt_seconds *)) {
    for (size_t i = 0; i < n; i++) {
        pt_seconds time = {7, 7};
        cr_assert(!read(pt_slice_str(texts[i]), &time), "%s was taken", texts[i]);
        cr_assert(time.seconds == 7 && time.nanos == 7, "%s: the output was touched", texts[i]);
    }
}

Test(timestamp, reads_and_writes) {
    static const sample samples[] = {
        {"1970-01-01T00:00:00Z", {0, 0}, NULL},
        {"0001-01-01T00:00:00Z", {-62135596800, 0}, NULL},
        {"9999-12-31T23:59:59.999999999Z", {253402300799, 999999999}, NULL},
        {"2024-02-29T12:34:56.789Z", {1709210096, 789000000}, NULL},
        {"2000-02-29T00:00:00.000001Z", {951782400, 1000}, NULL},
        {"1969-12-31T23:59:59.5Z", {-1, 500000000}, "1969-12-31T23:59:59.500Z"},
        {"1970-01-01T01:30:00+01:30", {0, 0}, "1970-01-01T00:00:00Z"},
        {"1969-12-31T16:00:00-08:00", {0, 0}, "1970-01-01T00:00:00Z"},
        {"0001-01-01T23:59:00+23:59", {-62135596800, 0}, "0001-01-01T00:00:00Z"},
        {"2024-01-01T00:00:00.10Z", {1704067200, 100000000}, "2024-01-01T00:00:00.100Z"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        check(&samples[i], pt_timestamp_read, pt_timestamp_write);
}

Test(timestamp, refuses) {
    static const char *const texts[] = {
        "",
        "2024-01-01",
        "2024-01-01T00:00:00",
        "0000-01-01T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2024-01-32T00:00:00Z",
        "2024-01-00T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:60Z",
        "2024-01-01t00:00:00Z",
        "2024-01-01T00:00:00z",
        "2024-01-01 00:00:00Z",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00.1234567890Z",
        "2024-01-01T00:00:00+0100",
        "2024-01-01T00:00:00+01",
        "2024-01-01T00:00:00+24:00",
        "2024-01-01T00:00:00+01:60",
        "2024-01-01T00:00:00Zx",
        " 2024-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "20240101T000000Z",
        "2024-1-01T00:00:00Z",
        "-024-01-01T00:00:00Z",
    };
    check_refused(texts, sizeof texts / sizeof *texts, pt_timestamp_read);
}

Test(timestamp, every_day_of_four_centuries_comes_back) {
    for (int64_t day = -146097; day < 146097; day++) {
        pt_seconds in = {day * 86400 + 86399, 0}, out;
        uint8_t text[PT_TIME_TEXT_BYTES];
        uint8_t *end = pt_timestamp_write(text, in);
        cr_assert(end && pt_timestamp_read(pt_slice_of(text, (size_t)(end - text)), &out) && out.seconds == in.seconds,
                  "day %lld", (long long)day);
    }
}

Test(duration, reads_and_writes) {
    static const sample samples[] = {
        {"0s", {0, 0}, NULL},
        {"1.500s", {1, 500000000}, NULL},
        {"-1.500s", {-1, -500000000}, NULL},
        {"-0.5s", {0, -500000000}, "-0.500s"},
        {"-0s", {0, 0}, "0s"},
        {"0.000000001s", {0, 1}, NULL},
        {"315576000000.999999999s", {315576000000, 999999999}, NULL},
        {"-315576000000s", {-315576000000, 0}, NULL},
        {"007s", {7, 0}, "7s"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        check(&samples[i], pt_duration_read, pt_duration_write);
}

Test(duration, refuses) {
    static const char *const texts[] = {
        "",     "1",   "s",  "-s",  ".5s",  "1.s",           "1.0000000000s",  "+1s",
        "1e3s", "1 s", "1S", "1ss", "--1s", "315576000001s", "-315576000001s", "99999999999999999999s",
        "1.5"};
    check_refused(texts, sizeof texts / sizeof *texts, pt_duration_read);
}

Test(duration, writes_no_impossible_value) {
    static const pt_seconds wrong[] = {{1, -1},           {-1, 1},        {0, 1000000000}, {0, -1000000000},
                                       {315576000001, 0}, {INT64_MIN, 0}, {INT64_MAX, 0}};
    uint8_t text[PT_TIME_TEXT_BYTES];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert(!pt_duration_write(text, wrong[i]), "%zu", i);
}

Test(timestamp, writes_no_impossible_value) {
    static const pt_seconds wrong[] = {{0, -1},           {0, 1000000000}, {-62135596801, 0},
                                       {253402300800, 0}, {INT64_MIN, 0},  {INT64_MAX, 0}};
    uint8_t text[PT_TIME_TEXT_BYTES];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert(!pt_timestamp_write(text, wrong[i]), "%zu", i);
}

Test(mask_path, goes_both_ways) {
    static const struct {
        const char *snake, *camel;
    } paths[] = {{"a", "a"}, {"foo_bar", "fooBar"}, {"a.b_c.d", "a.bC.d"}, {"foo2", "foo2"}, {"_foo", "Foo"}, {"*", "*"}};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        uint8_t text[32];
        uint8_t *end = pt_mask_path_to_camel(text, pt_slice_str(paths[i].snake));
        cr_assert(end && pt_slice_equal(pt_slice_of(text, (size_t)(end - text)), pt_slice_str(paths[i].camel)), "%s",
                  paths[i].snake);
        end = pt_mask_path_to_snake(text, pt_slice_str(paths[i].camel));
        cr_assert(end && pt_slice_equal(pt_slice_of(text, (size_t)(end - text)), pt_slice_str(paths[i].snake)), "%s",
                  paths[i].camel);
    }
}

Test(mask_path, refuses_what_would_not_come_back) {
    static const char *const snakes[] = {"", "fooBar", "foo_3", "foo__bar", "foo_", "_", "a,b", "foo_.a"};
    static const char *const camels[] = {"", "foo_bar", "_"};
    uint8_t text[32];
    for (size_t i = 0; i < sizeof snakes / sizeof *snakes; i++)
        cr_assert(!pt_mask_path_to_camel(text, pt_slice_str(snakes[i])), "%s", snakes[i]);
    for (size_t i = 0; i < sizeof camels / sizeof *camels; i++)
        cr_assert(!pt_mask_path_to_snake(text, pt_slice_str(camels[i])), "%s", camels[i]);
}
