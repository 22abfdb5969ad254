#include "json/number.h"

#include <float.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "json/pow10.h"

#define SAFE_DIGITS 19           /* any number of so many digits fits 64 bits */
#define EXPONENT_CAP (1LL << 40) /* beyond what a text can make up for by its length */

static bool is_digit(uint8_t c) {
    return (uint8_t)(c - '0') < 10;
}

/* Reads the exponent's sign and digits. NULL: there are none. */
static const uint8_t *scan_exponent(const uint8_t *p, const uint8_t *end, int64_t *ret) {
    bool negative = false;
    if (p < end && (*p == '+' || *p == '-')) negative = *p++ == '-';
    if (p == end || !is_digit(*p)) return NULL;
    int64_t value = 0;
    for (; p < end && is_digit(*p); p++) {
        if (value < EXPONENT_CAP) value = value * 10 + (*p - '0');
    }
    *ret = negative ? -value : value;
    return p;
}

/* Reads the digits again for a number that has more than fit: leading zeros don't count, and what no longer fits is cut. */
static void reread_digits(const uint8_t *p, const uint8_t *end, pt_json_number *n) {
    bool fraction = false, full = false;
    int64_t shift = 0;
    n->mantissa = 0;
    for (; p < end; p++) {
        if (*p == '.') {
            fraction = true;
            continue;
        }
        uint64_t digit = (uint64_t)(*p - '0');
        if (!full && n->mantissa <= (UINT64_MAX - digit) / 10) {
            n->mantissa = n->mantissa * 10 + digit;
            shift -= fraction;
        } else {
            full = true;
            n->cut |= digit != 0;
            shift += !fraction;
        }
    }
    n->exponent += shift;
}

/* Adds the digits at `p` to the mantissa; bits above 64 are lost. Returns the place behind them. */
static const uint8_t *scan_digits(const uint8_t *p, const uint8_t *end, uint64_t *mantissa) {
    uint64_t value = *mantissa;
    for (; p < end && is_digit(*p); p++)
        value = value * 10 + (uint64_t)(*p - '0');
    *mantissa = value;
    return p;
}

const uint8_t *pt_json_number_scan(const uint8_t *p, const uint8_t *end, pt_json_number *ret) {
    const uint8_t *start = p;
    bool negative = p < end && *p == '-';
    const uint8_t *first = p += negative;
    uint64_t mantissa = 0;
    int64_t exponent = 0, scale = 0;
    if (p == end || !is_digit(*p)) return NULL;
    p = *p == '0' ? p + 1 : scan_digits(p, end, &mantissa);
    size_t digits = (size_t)(p - first);
    if (p < end && *p == '.') {
        const uint8_t *fraction = p + 1;
        p = scan_digits(fraction, end, &mantissa);
        if (p == fraction) return NULL;
        digits += (size_t)(p - fraction);
        scale = fraction - p;
    }
    const uint8_t *last = p;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p = scan_exponent(p + 1, end, &exponent);
        if (!p) return NULL;
    }
    ret->text.ptr = start; /* one by one: a struct put together elsewhere would be stored and loaded again */
    ret->text.len = (size_t)(p - start);
    ret->mantissa = mantissa;
    ret->exponent = exponent + scale;
    ret->negative = negative;
    ret->cut = false;
    if (digits > SAFE_DIGITS) {
        ret->exponent = exponent;
        reread_digits(first, last, ret);
    }
    return p;
}

/* The size without the sign. */
static pt_json_number_fit whole(const pt_json_number *n, uint64_t *ret) {
    if (n->cut) return n->exponent > 0 ? PT_JSON_NUMBER_RANGE : PT_JSON_NUMBER_FRACTION;
    uint64_t value = n->mantissa;
    int64_t exponent = value ? n->exponent : 0;
    for (; exponent < 0; exponent++) {
        if (value % 10 != 0) return PT_JSON_NUMBER_FRACTION;
        value /= 10;
    }
    for (; exponent > 0; exponent--) {
        if (value > UINT64_MAX / 10) return PT_JSON_NUMBER_RANGE;
        value *= 10;
    }
    *ret = value;
    return PT_JSON_NUMBER_FITS;
}

pt_json_number_fit pt_json_number_i64(const pt_json_number *n, int64_t *ret) {
    uint64_t size;
    pt_json_number_fit fit = whole(n, &size);
    if (fit) return fit;
    if (size > (uint64_t)INT64_MAX + n->negative) return PT_JSON_NUMBER_RANGE;
    *ret = (int64_t)(n->negative ? 0 - size : size);
    return PT_JSON_NUMBER_FITS;
}

pt_json_number_fit pt_json_number_u64(const pt_json_number *n, uint64_t *ret) {
    uint64_t size;
    pt_json_number_fit fit = whole(n, &size);
    if (fit) return fit;
    if (n->negative && size) return PT_JSON_NUMBER_RANGE;
    *ret = size;
    return PT_JSON_NUMBER_FITS;
}

static locale_t c_locale;

static void make_c_locale(void) {
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* Writes the number for strtod: digits beyond the 800th can only tell above from exactly between, so one 1 stands for them all.
 */
static void plain_text(const pt_json_number *n, char *text, size_t room) {
    enum { MAX_DIGITS = 800 };
    char *p = text;
    bool fraction = false, cut = false;
    int kept = 0;
    int64_t exponent = 0, written = 0;
    const uint8_t *end = n->text.ptr + n->text.len;
    const uint8_t *at = n->text.ptr + n->negative;
    for (; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            fraction = true;
        } else if (kept < MAX_DIGITS) {
            if (kept || *at != '0') p[kept++] = (char)*at;
            exponent -= fraction;
        } else {
            cut |= *at != '0';
            exponent += !fraction;
        }
    }
    if (at < end) scan_exponent(at + 1, end, &written);
    if (kept == 0) p[kept++] = '0';
    if (cut) {
        p[kept++] = '1';
        exponent--;
    }
    exponent += written;
    if (exponent > INT_MAX) exponent = INT_MAX;
    if (exponent < INT_MIN) exponent = INT_MIN;
    snprintf(p + kept, room - (size_t)kept, "e%d", (int)exponent);
}

/* Room for what plain_text writes. */
#define PLAIN_BYTES 824

/* The exact conversion of the C library. False: no locale. */
static bool slow_size(const pt_json_number *n, bool single, double *ret) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_c_locale);
    if (!c_locale) return false;
    char text[PLAIN_BYTES];
    plain_text(n, text, sizeof text);
    *ret = single ? (double)strtof_l(text, NULL, c_locale) : strtod_l(text, NULL, c_locale);
    return true;
}

/* Exact when both operands are and one rounding is made (W. D. Clinger, "How to read floating point numbers accurately", 1990).
 */
static bool exact_size(uint64_t mantissa, int64_t exponent, double *ret) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (mantissa >> 53 || exponent < -22 || exponent > 22) return false;
    double value = (double)mantissa;
    *ret = exponent < 0 ? value / powers[-exponent] : value * powers[exponent];
    return true;
}

/* Multiplies by a power of ten and rounds, unless what the power lacks behind its 128 bits could change the rounding (D.
 * Lemire, "Number parsing at a gigabyte per second", 2021). False: it could, or the result is subnormal or infinite. */
static bool product_size(uint64_t mantissa, int64_t exponent, double *ret) {
    if (exponent < PT_POW10_MIN || exponent > PT_POW10_MAX || mantissa == 0) return false;
    const uint64_t *power = pt_pow10[exponent - PT_POW10_MIN];
    int zeros = __builtin_clzll(mantissa);
    uint64_t low, high = pt_mul_high(mantissa << zeros, power[0], &low);
    if ((high & 0x1ff) == 0x1ff || (high & 0x1ff) == 0) { /* near a rounding boundary: 64 bits of the power decide too little */
        uint64_t rest, more = pt_mul_high(mantissa << zeros, power[1], &rest);
        low += more;
        high += low < more;
        if (low == 0 || low == UINT64_MAX || low + 1 == UINT64_MAX) return false;
    }
    int top = (int)(high >> 63);
    uint64_t kept = high >> (top + 9); /* 54 bits: one more than a double has */
    kept = (kept + (kept & 1)) >> 1;
    int biased = pt_floor_log2_pow10((int)exponent) + 63 - zeros + top + 1023;
    if (kept >> 53) {
        kept >>= 1;
        biased++;
    }
    if (biased < 1 || biased > 2046) return false;
    uint64_t bits = (uint64_t)biased << 52 | (kept & ((UINT64_C(1) << 52) - 1));
    memcpy(ret, &bits, sizeof bits);
    return true;
}

/* Without the sign; infinite when too large. */
static bool nearest_size(const pt_json_number *n, double *ret) {
    if (n->mantissa == 0 && !n->cut) {
        *ret = 0;
        return true;
    }
    double above;
    if (!n->cut && exact_size(n->mantissa, n->exponent, ret)) return true;
    if (product_size(n->mantissa, n->exponent, ret)) {
        if (!n->cut) return true;
        if (n->mantissa < UINT64_MAX && product_size(n->mantissa + 1, n->exponent, &above) && above <= *ret) return true;
    }
    return slow_size(n, false, ret);
}

bool pt_json_number_double(const pt_json_number *n, double *ret) {
    double size;
    if (!nearest_size(n, &size) || isinf(size)) return false;
    *ret = n->negative ? -size : size;
    return true;
}

/* True when rounding the double to float may round a second time in another direction: it stands exactly between two floats, or
 * below their normal range, where fewer bits are kept. */
static bool rounds_twice(double size) {
    uint64_t bits;
    memcpy(&bits, &size, sizeof bits);
    return size < (double)FLT_MIN || (bits & ((UINT64_C(1) << 29) - 1)) == UINT64_C(1) << 28;
}

bool pt_json_number_float(const pt_json_number *n, float *ret) {
    const double too_large = 0x1.ffffffp127; /* the first that rounds to infinity */
    double size;
    if (!nearest_size(n, &size)) return false;
    if (rounds_twice(size) && !slow_size(n, true, &size)) return false;
    if (size >= too_large) return false;
    *ret = (float)(n->negative ? -size : size);
    return true;
}
