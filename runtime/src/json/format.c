#include "json/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "json/pow10.h"

/* "00" to "99" */
static const char pairs[200] = {
#define PAIR(tens, units) (char)('0' + (tens)), (char)('0' + (units))
#define TEN(tens)                                                                                                              \
    PAIR(tens, 0), PAIR(tens, 1), PAIR(tens, 2), PAIR(tens, 3), PAIR(tens, 4), PAIR(tens, 5), PAIR(tens, 6), PAIR(tens, 7),    \
        PAIR(tens, 8), PAIR(tens, 9)
    TEN(0), TEN(1), TEN(2), TEN(3), TEN(4), TEN(5),
    TEN(6), TEN(7), TEN(8), TEN(9)
#undef TEN
#undef PAIR
};

/* Writes the digits so that the last one stands before `end`; returns the first. */
static uint8_t *digits_before(uint8_t *end, uint64_t value) {
    while (value >= 100) {
        memcpy(end -= 2, pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (value >= 10) {
        memcpy(end -= 2, pairs + value * 2, 2);
    } else {
        *--end = (uint8_t)('0' + value);
    }
    return end;
}

uint8_t *pt_format_u64(uint8_t *p, uint64_t value) {
    uint8_t text[20], *end = text + sizeof text;
    uint8_t *first = digits_before(end, value);
    size_t len = (size_t)(end - first);
    memcpy(p, first, len);
    return p + len;
}

uint8_t *pt_format_i64(uint8_t *p, int64_t value) {
    if (value >= 0) return pt_format_u64(p, (uint64_t)value);
    *p = '-';
    return pt_format_u64(p + 1, 0 - (uint64_t)value);
}

uint8_t *pt_format_digits(uint8_t *p, uint32_t value, unsigned width) {
    uint8_t *end = p + width, *at = end;
    for (; at - p >= 2; value /= 100)
        memcpy(at -= 2, pairs + value % 100 * 2, 2);
    if (at > p) *p = (uint8_t)('0' + value % 10);
    return end;
}

/* A number as digits * 10^exponent. */
typedef struct decimal {
    uint64_t digits;
    int exponent;
} decimal;

/* What the shortest decimal of a binary number is searched from: value = c * 2^q, and whether its lower neighbour is nearer
 * than its upper one, as below a power of two. */
typedef struct binary {
    uint64_t c;
    int q;
    bool lower_closer;
} binary;

/* The integer part of power * factor * 2^-128, its last bit set when anything was cut off: rounding to odd keeps the
 * comparisons of `shortest` exact. */
static uint64_t scale(uint64_t high, uint64_t low, uint64_t factor) {
    uint64_t rest, ignored;
    uint64_t carry = pt_mul_high(low, factor, &ignored);
    uint64_t result = pt_mul_high(high, factor, &rest);
    rest += carry;
    result += rest < carry;
    return result | (rest > 1);
}

/* The shortest decimal inside the rounding interval of the number; of several, the one nearest to it. The method is that of
 * R. Giulietti, "The Schubfach way to render doubles" (2020): one candidate with a digit less, else one of two neighbours. */
static decimal shortest(binary b) {
    int k = (b.q * 1262611 - (b.lower_closer ? 524031 : 0)) >> 22; /* floor(log10 of the interval's width) */
    int shift = b.q + pt_floor_log2_pow10(-k) + 1;
    const uint64_t *power = pt_pow10[-k - PT_POW10_MIN];
    uint64_t high = power[0], low = power[1];
    if (-k < 0 || -k > 55) { /* rounded up from here on: an exact power is not to be raised */
        low++;
        high += low == 0;
    }
    uint64_t odd = b.c & 1;
    uint64_t lower = scale(high, low, (4 * b.c - 2 + b.lower_closer) << shift) + odd;
    uint64_t middle = scale(high, low, (4 * b.c) << shift);
    uint64_t upper = scale(high, low, (4 * b.c + 2) << shift) - odd;
    uint64_t s = middle / 4, tens = s / 10;
    if (s >= 10) {
        bool below = lower <= 40 * tens, above = 40 * tens + 40 <= upper;
        if (below != above) return (decimal){tens + above, k + 1};
    }
    bool below = lower <= 4 * s, above = 4 * s + 4 <= upper;
    if (below != above) return (decimal){s + above, k};
    uint64_t half = 4 * s + 2;
    return (decimal){s + (middle > half || (middle == half && (s & 1))), k};
}

static uint8_t *format_exponent(uint8_t *p, int exponent) {
    *p++ = 'e';
    *p++ = exponent < 0 ? '-' : '+';
    unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    return pt_format_digits(p, size, size < 100 ? 2 : 3);
}

static uint8_t *zeros(uint8_t *p, int n) {
    memset(p, '0', (size_t)n);
    return p + n;
}

static uint8_t *format_decimal(uint8_t *p, decimal d) {
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    uint8_t text[20], *end = text + sizeof text, *first = digits_before(end, d.digits);
    int len = (int)(end - first), point = len + d.exponent; /* digits before the point */
    if (point < -3 || point > 16) {
        *p++ = *first++;
        if (len > 1) *p++ = '.';
        memcpy(p, first, (size_t)len - 1);
        return format_exponent(p + len - 1, point - 1);
    }
    if (point <= 0) {
        *p++ = '0';
        *p++ = '.';
        p = zeros(p, -point);
        memcpy(p, first, (size_t)len);
        return p + len;
    }
    int whole = point < len ? point : len;
    memcpy(p, first, (size_t)whole);
    p += whole;
    if (point >= len) return zeros(p, point - len);
    *p++ = '.';
    memcpy(p, first + whole, (size_t)(len - whole));
    return p + len - whole;
}

/* Most numbers that people write have few digits: when the value is a whole number of 1/10000, as the one rounding of a
 * division shows, that is its shortest form, since no two decimals of up to 15 digits read as the same double. */
static bool few_digits(double size, decimal *ret) {
    if (size >= 1e11) return false;
    uint64_t digits = (uint64_t)(size * 1e4 + 0.5);
    if ((double)digits / 1e4 != size) return false;
    *ret = (decimal){digits, -4};
    return true;
}

uint8_t *pt_format_double(uint8_t *p, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (bits >> 63) *p++ = '-';
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int exponent = (int)(bits >> 52 & 0x7ff);
    if (exponent == 0 && fraction == 0) {
        *p++ = '0';
        return p;
    }
    double size = value < 0 ? -value : value;
    if (size < 1e15 && size == (double)(uint64_t)size) return pt_format_u64(p, (uint64_t)size);
    decimal d;
    if (few_digits(size, &d)) return format_decimal(p, d);
    if (exponent == 0) return format_decimal(p, shortest((binary){fraction, -1074, false}));
    binary b = {fraction | UINT64_C(1) << 52, exponent - 1075, fraction == 0 && exponent > 1};
    return format_decimal(p, shortest(b));
}

uint8_t *pt_format_float(uint8_t *p, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (bits >> 31) *p++ = '-';
    uint32_t fraction = bits & ((UINT32_C(1) << 23) - 1);
    int exponent = (int)(bits >> 23 & 0xff);
    if (exponent == 0 && fraction == 0) {
        *p++ = '0';
        return p;
    }
    if (exponent == 0) return format_decimal(p, shortest((binary){fraction, -149, false}));
    binary b = {fraction | UINT32_C(1) << 23, exponent - 150, fraction == 0 && exponent > 1};
    return format_decimal(p, shortest(b));
}
