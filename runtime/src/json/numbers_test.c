#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "json/format.h"
#include "json/number.h"

#define ROUNDS 200000

/* xorshift64; the seed is printed with each failure. */
static uint64_t state, seed;

static void seed_random(void) {
    const char *given = getenv("PARTIE_TEST_SEED");
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

static uint64_t random_bits(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static pt_json_number number_of(const char *text) {
    pt_json_number n;
    const uint8_t *end = (const uint8_t *)text + strlen(text);
    cr_assert(pt_json_number_scan((const uint8_t *)text, end, &n) == end, "%s isn't a number", text);
    return n;
}

Test(number, scans_the_grammar) {
    static const struct {
        const char *text;
        int len; /* -1: no number */
    } cases[] = {{"0", 1},  {"-0", 2},   {"12", 2},  {"1.5", 3},   {"1e5", 3},  {"1E+5", 4}, {"1.0e-05", 7}, {"-", -1},
                 {"", -1},  {"+1", -1},  {".5", -1}, {"1.", -1},   {"1e", -1},  {"1e+", -1}, {"01", 1},      {"1.2.3", 3},
                 {"a", -1}, {"--1", -1}, {"1,", 1},  {"1.e1", -1}, {"0x10", 1}, {"-.5", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pt_json_number n;
        const uint8_t *start = (const uint8_t *)cases[i].text;
        const uint8_t *end = pt_json_number_scan(start, start + strlen(cases[i].text), &n);
        cr_assert_eq(end ? (int)(end - start) : -1, cases[i].len, "%s", cases[i].text);
    }
}

Test(number, whole_numbers_in_every_spelling) {
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {{"0", 0},
                 {"-0", 0},
                 {"1e2", 100},
                 {"1.0", 1},
                 {"100e-2", 1},
                 {"1.5e1", 15},
                 {"9223372036854775807", INT64_MAX},
                 {"-9223372036854775808", INT64_MIN},
                 {"9.223372036854775807e18", INT64_MAX},
                 {"92233720368547758070e-1", INT64_MAX},
                 {"1.000000000000000000000000000000", 1},
                 {"0.00000000000000000000000000001e29", 1},
                 {"0e999999999999999999999", 0},
                 {"0.0e-999999999999999999999", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pt_json_number n = number_of(cases[i].text);
        int64_t value = 77;
        cr_assert_eq(pt_json_number_i64(&n, &value), PT_JSON_NUMBER_FITS, "%s", cases[i].text);
        cr_assert_eq(value, cases[i].value, "%s: %lld", cases[i].text, (long long)value);
    }
}

Test(number, what_is_no_integer) {
    static const struct {
        const char *text;
        pt_json_number_fit fit;
    } cases[] = {{"0.5", PT_JSON_NUMBER_FRACTION},
                 {"1e-1", PT_JSON_NUMBER_FRACTION},
                 {"1.00000000000000000000000000001", PT_JSON_NUMBER_FRACTION},
                 {"1e-999999999999999999999", PT_JSON_NUMBER_FRACTION},
                 {"9223372036854775808", PT_JSON_NUMBER_RANGE},
                 {"-9223372036854775809", PT_JSON_NUMBER_RANGE},
                 {"1e19", PT_JSON_NUMBER_RANGE},
                 {"1e999999999999999999999", PT_JSON_NUMBER_RANGE},
                 {"184467440737095516150", PT_JSON_NUMBER_RANGE},
                 {"1000000000000000000000000000001", PT_JSON_NUMBER_RANGE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pt_json_number n = number_of(cases[i].text);
        int64_t value = 77;
        cr_assert_eq(pt_json_number_i64(&n, &value), cases[i].fit, "%s", cases[i].text);
        cr_assert_eq(value, 77, "%s: the output was touched", cases[i].text);
    }
}

Test(number, unsigned_integers) {
    pt_json_number most = number_of("18446744073709551615"), over = number_of("18446744073709551616"), below = number_of("-1"),
                   zero = number_of("-0");
    uint64_t value = 77;
    cr_assert_eq(pt_json_number_u64(&over, &value), PT_JSON_NUMBER_RANGE);
    cr_assert_eq(pt_json_number_u64(&below, &value), PT_JSON_NUMBER_RANGE);
    cr_assert_eq(value, 77);
    cr_assert_eq(pt_json_number_u64(&most, &value), PT_JSON_NUMBER_FITS);
    cr_assert_eq(value, UINT64_MAX);
    cr_assert_eq(pt_json_number_u64(&zero, &value), PT_JSON_NUMBER_FITS);
    cr_assert_eq(value, 0);
}

/* A text that may be hard to round: random digits, a random double, or the middle between two neighbours. */
static void random_number(char *text, size_t room, uint64_t kind) {
    uint64_t bits = random_bits();
    uint32_t narrow_bits = (uint32_t)random_bits();
    double wide;
    float narrow;
    memcpy(&wide, &bits, sizeof wide);
    memcpy(&narrow, &narrow_bits, sizeof narrow);
    if (!isfinite(wide)) wide = 0.1;
    if (!isfinite(narrow)) narrow = 0.1f;
    int spread = (int)(random_bits() % 700) - 350;
    switch (kind % 5) {
    case 0: snprintf(text, room, "%.17g", wide); break;
    case 1:
        snprintf(text, room, "%.*Lg", 20 + (int)(bits % 30), ((long double)wide + (long double)nextafter(wide, 1)) / 2);
        break;
    case 2: snprintf(text, room, "%.*g", 9 + (int)(bits % 100), ((double)narrow + (double)nextafterf(narrow, 1)) / 2); break;
    case 3: snprintf(text, room, "%llue%d", (unsigned long long)(bits >> (bits % 64)), spread); break;
    default:
        snprintf(text, room, "%llu.%019llue%d", (unsigned long long)(bits >> (bits % 64)), (unsigned long long)bits, spread);
    }
}

Test(number, rounds_as_the_c_library_does) {
    seed_random();
    for (uint64_t i = 0; i < ROUNDS; i++) {
        char text[256];
        random_number(text, sizeof text, i);
        pt_json_number n = number_of(text);
        double wide = strtod(text, NULL), wide_read = INFINITY;
        float narrow = strtof(text, NULL), narrow_read = INFINITY;
        cr_assert_eq(pt_json_number_double(&n, &wide_read), isfinite(wide), "%s (seed %llu)", text, (unsigned long long)seed);
        cr_assert_eq(pt_json_number_float(&n, &narrow_read), isfinite(narrow), "%s (seed %llu)", text,
                     (unsigned long long)seed);
        cr_assert(isinf(wide) || memcmp(&wide, &wide_read, sizeof wide) == 0, "%s (seed %llu)", text, (unsigned long long)seed);
        cr_assert(isinf(narrow) || memcmp(&narrow, &narrow_read, sizeof narrow) == 0, "%s (seed %llu)", text,
                  (unsigned long long)seed);
    }
}

Test(number, thousands_of_digits_decide) {
    static char text[4096];
    snprintf(text, sizeof text, "%.1100f", 0x1p-1074); /* exact: 751 digits behind many zeros */
    pt_json_number n = number_of(text);
    double value;
    cr_assert(pt_json_number_double(&n, &value) && value == 0x1p-1074);
    snprintf(text, sizeof text,
             "9007199254740993"); /* between two doubles: even wins, unless a digit far behind says otherwise */
    n = number_of(text);
    cr_assert(pt_json_number_double(&n, &value) && value == 9007199254740992.0);
    int len = snprintf(text, sizeof text, "9007199254740993.");
    memset(text + len, '0', 2000);
    memcpy(text + len + 2000, "1", 2);
    n = number_of(text);
    cr_assert(pt_json_number_double(&n, &value) && value == 9007199254740994.0, "%.17g", value);
}

Test(number, the_locale_changes_nothing) {
    if (!setlocale(LC_ALL, "de_DE.UTF-8")) setlocale(LC_ALL, "C.UTF-8");
    pt_json_number n = number_of("1.00000000000000011102230246251565404236316680908203126");
    double value;
    cr_assert(pt_json_number_double(&n, &value) && value == 0x1.0000000000001p0, "%.17g", value);
}

static void check_format(double value, const char *expected) {
    char text[PT_FORMAT_NUMBER_BYTES + 1];
    *pt_format_double((uint8_t *)text, value) = '\0';
    cr_assert_str_eq(text, expected);
}

Test(format, doubles) {
    check_format(0, "0");
    check_format(-0.0, "-0");
    check_format(1, "1");
    check_format(-1.5, "-1.5");
    check_format(0.1, "0.1");
    check_format(100.5, "100.5");
    check_format(61234.5, "61234.5");
    check_format(0.0001, "0.0001");
    check_format(0.00001, "1e-05");
    check_format(1234567890123456, "1234567890123456");
    check_format(1e16, "1e+16");
    check_format(1.5e300, "1.5e+300");
    check_format(5e-324, "5e-324");
    check_format(1.7976931348623157e308, "1.7976931348623157e+308");
    check_format(0x1p-44, "5.684341886080802e-14");
}

Test(format, floats) {
    static const struct {
        float value;
        const char *text;
    } cases[] = {{0, "0"},          {0.1f, "0.1"},          {3.4028235e38f, "3.4028235e+38"},
                 {1e-45f, "1e-45"}, {16777216, "16777216"}, {-2.5f, "-2.5"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[PT_FORMAT_NUMBER_BYTES + 1];
        *pt_format_float((uint8_t *)text, cases[i].value) = '\0';
        cr_assert_str_eq(text, cases[i].text);
    }
}

Test(format, integers) {
    char text[PT_FORMAT_NUMBER_BYTES + 1];
    *pt_format_u64((uint8_t *)text, UINT64_MAX) = '\0';
    cr_assert_str_eq(text, "18446744073709551615");
    *pt_format_i64((uint8_t *)text, INT64_MIN) = '\0';
    cr_assert_str_eq(text, "-9223372036854775808");
    for (uint64_t value = 0, i = 0; i < 20; value = value * 10 + 9, i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "%llu", (unsigned long long)value);
        *pt_format_u64((uint8_t *)text, value) = '\0';
        cr_assert_str_eq(text, expected);
    }
}

/* Digits of the significand, without zeros around them. */
static int digits_of(const char *text) {
    int digits = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (*text == '0' && digits == 0)) continue;
        zeros = *text == '0' ? zeros + 1 : 0;
        digits++;
    }
    return digits - zeros;
}

Test(format, the_shortest_text_that_reads_back) {
    seed_random();
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t bits = random_bits();
        double value, back;
        if (i % 4 == 1) bits &= UINT64_C(0xfff) << 52; /* powers of two, whose neighbours are not equally far */
        memcpy(&value, &bits, sizeof value);
        if (i % 4 == 2) value = (double)(int64_t)(bits % 100000000) / 100;
        if (!isfinite(value)) continue;
        char text[PT_FORMAT_NUMBER_BYTES + 1], reference[64];
        *pt_format_double((uint8_t *)text, value) = '\0';
        back = strtod(text, NULL);
        cr_assert(memcmp(&back, &value, sizeof value) == 0, "%.17g became %s (seed %llu)", value, text,
                  (unsigned long long)seed);
        for (int precision = 15; precision <= 17; precision++) {
            snprintf(reference, sizeof reference, "%.*g", precision, value);
            if (strtod(reference, NULL) == value) break;
        }
        cr_assert(digits_of(text) <= digits_of(reference), "%s is longer than %s (seed %llu)", text, reference,
                  (unsigned long long)seed);
    }
}

Test(format, floats_read_back) {
    seed_random();
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t bits = (uint32_t)random_bits();
        float value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        char text[PT_FORMAT_NUMBER_BYTES + 1];
        *pt_format_float((uint8_t *)text, value) = '\0';
        float back = strtof(text, NULL);
        cr_assert(memcmp(&back, &value, sizeof value) == 0, "%.9g became %s (seed %llu)", (double)value, text,
                  (unsigned long long)seed);
    }
}
