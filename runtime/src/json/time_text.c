#include "json/time_text.h"

#include "json/format.h"

#define DAY_SECONDS 86400
#define FIRST_SECOND (-62135596800) /* 0001-01-01T00:00:00Z */
#define LAST_SECOND 253402300799    /* 9999-12-31T23:59:59Z */
#define DURATION_MAX 315576000000   /* 10,000 years */
#define SECOND_NANOS 1000000000

/* The days from 1970-01-01 to a date of the proleptic Gregorian calendar. Years are counted from March, so that the day that a
 * leap year adds is the last one. */
static int64_t days_of(int year, int month, int day) {
    int64_t y = year - (month <= 2), era = y / 400, of_era = y % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

typedef struct date {
    unsigned year, month, day;
} date;

/* The inverse, for days from the year 1 on. */
static date date_of(int64_t days) {
    uint32_t shifted = (uint32_t)(days + 719468), era = shifted / 146097, of_era = shifted % 146097;
    uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * year + year / 4 - year / 100), shifted_month = (5 * of_year + 2) / 153;
    unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    return (date){year + era * 400 + (month <= 2), month, of_year - (153 * shifted_month + 2) / 5 + 1};
}

static int month_days(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* Reads exactly `width` digits, or returns -1. */
static int digits(const uint8_t *p, int width) {
    int value = 0;
    for (int i = 0; i < width; i++) {
        uint8_t digit = (uint8_t)(p[i] - '0');
        if (digit > 9) return -1;
        value = value * 10 + digit;
    }
    return value;
}

/* Reads a fraction of 1 to 9 digits when a point is next. Returns the place behind it. NULL: malformed. */
static const uint8_t *read_fraction(const uint8_t *p, const uint8_t *end, int32_t *ret_nanos) {
    int32_t nanos = 0;
    if (p < end && *p == '.') {
        const uint8_t *first = ++p;
        for (; p < end && (uint8_t)(*p - '0') < 10; p++) {
            if (p - first == 9) return NULL;
            nanos = nanos * 10 + (*p - '0');
        }
        if (p == first) return NULL;
        for (long i = p - first; i < 9; i++)
            nanos *= 10;
    }
    *ret_nanos = nanos;
    return p;
}

/* Reads `Z` or `+hh:mm`, which must end the text, as seconds to the east. */
static bool read_offset(const uint8_t *p, const uint8_t *end, int64_t *ret) {
    if (end - p == 1 && *p == 'Z') {
        *ret = 0;
        return true;
    }
    if (end - p != 6 || (*p != '+' && *p != '-') || p[3] != ':') return false;
    int hours = digits(p + 1, 2), minutes = digits(p + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false;
    int64_t east = hours * 3600 + minutes * 60;
    *ret = *p == '-' ? -east : east;
    return true;
}

bool pt_timestamp_read(pt_slice text, pt_seconds *ret) {
    enum { FIXED = 19 }; /* 2024-03-15T12:34:56 */
    const uint8_t *p = text.ptr;
    if (text.len <= FIXED || p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':') return false;
    int year = digits(p, 4), month = digits(p + 5, 2), day = digits(p + 8, 2);
    int hour = digits(p + 11, 2), minute = digits(p + 14, 2), second = digits(p + 17, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_days(year, month)) return false;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
    pt_seconds time;
    int64_t east;
    p = read_fraction(p + FIXED, text.ptr + text.len, &time.nanos);
    if (!p || !read_offset(p, text.ptr + text.len, &east)) return false;
    time.seconds = days_of(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second - east;
    if (time.seconds < FIRST_SECOND || time.seconds > LAST_SECOND) return false;
    *ret = time;
    return true;
}

bool pt_duration_read(pt_slice text, pt_seconds *ret) {
    const uint8_t *p = text.ptr, *end = p + text.len;
    bool negative = p < end && *p == '-';
    p += negative;
    const uint8_t *first = p;
    int64_t seconds = 0;
    for (; p < end && (uint8_t)(*p - '0') < 10; p++) {
        seconds = seconds * 10 + (*p - '0');
        if (seconds > DURATION_MAX) return false;
    }
    if (p == first) return false;
    int32_t nanos;
    p = read_fraction(p, end, &nanos);
    if (!p || end - p != 1 || *p != 's') return false;
    *ret = (pt_seconds){negative ? -seconds : seconds, negative ? -nanos : nanos};
    return true;
}

static uint8_t *write_fraction(uint8_t *to, uint32_t nanos) {
    if (nanos == 0) return to;
    *to++ = '.';
    if (nanos % 1000000 == 0) return pt_format_digits(to, nanos / 1000000, 3);
    if (nanos % 1000 == 0) return pt_format_digits(to, nanos / 1000, 6);
    return pt_format_digits(to, nanos, 9);
}

uint8_t *pt_timestamp_write(uint8_t *to, pt_seconds time) {
    if (time.seconds < FIRST_SECOND || time.seconds > LAST_SECOND || time.nanos < 0 || time.nanos >= SECOND_NANOS) return NULL;
    int64_t from_first = time.seconds - FIRST_SECOND;
    date d = date_of(from_first / DAY_SECONDS + FIRST_SECOND / DAY_SECONDS);
    uint32_t of_day = (uint32_t)(from_first % DAY_SECONDS);
    to = pt_format_digits(to, d.year, 4);
    *to++ = '-';
    to = pt_format_digits(to, d.month, 2);
    *to++ = '-';
    to = pt_format_digits(to, d.day, 2);
    *to++ = 'T';
    to = pt_format_digits(to, of_day / 3600, 2);
    *to++ = ':';
    to = pt_format_digits(to, of_day / 60 % 60, 2);
    *to++ = ':';
    to = pt_format_digits(to, of_day % 60, 2);
    to = write_fraction(to, (uint32_t)time.nanos);
    *to++ = 'Z';
    return to;
}

uint8_t *pt_duration_write(uint8_t *to, pt_seconds time) {
    if (time.seconds < -DURATION_MAX || time.seconds > DURATION_MAX) return NULL;
    if (time.nanos <= -SECOND_NANOS || time.nanos >= SECOND_NANOS) return NULL;
    if ((time.seconds < 0 && time.nanos > 0) || (time.seconds > 0 && time.nanos < 0)) return NULL;
    bool negative = time.seconds < 0 || time.nanos < 0;
    if (negative) *to++ = '-';
    to = pt_format_u64(to, (uint64_t)(negative ? -time.seconds : time.seconds));
    to = write_fraction(to, (uint32_t)(negative ? -time.nanos : time.nanos));
    *to++ = 's';
    return to;
}
