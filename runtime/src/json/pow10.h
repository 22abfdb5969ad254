/* Powers of ten to 128 bits: what exact conversion between binary and decimal floating point works from. */
#ifndef PT_JSON_POW10_H
#define PT_JSON_POW10_H

#include <stdint.h>

#define PT_POW10_MIN (-342) /* 10^-342 with a 19-digit significand is below the smallest double */
#define PT_POW10_MAX 324

/* [q - PT_POW10_MIN]: upper and lower half of the 128 leading bits of 10^q, rounded down. Exact for q from 0 to 55. */
extern const uint64_t pt_pow10[PT_POW10_MAX - PT_POW10_MIN + 1][2];

/* floor(log2(10^e)), for |e| up to 1233. */
static inline int pt_floor_log2_pow10(int e) {
    return (e * 1741647) >> 19;
}

/* Upper half of the 128-bit product; the lower one goes to *ret_low. */
static inline uint64_t pt_mul_high(uint64_t a, uint64_t b, uint64_t *ret_low) {
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    *ret_low = (uint64_t)product;
    return (uint64_t)(product >> 64);
}

#endif
