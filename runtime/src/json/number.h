/* Decimal text to numbers, exactly, whatever the locale: the grammar of RFC 8259 section 6. */
#ifndef PT_JSON_NUMBER_H
#define PT_JSON_NUMBER_H

#include "partie/buf.h"

/* A number as it stands in a text: its value is mantissa * 10^exponent, negated when `negative`. */
typedef struct pt_json_number {
    pt_slice text;     /* the whole number; borrowed */
    uint64_t mantissa; /* its first digits; all of them unless `cut` */
    int64_t exponent;
    bool negative;
    bool cut; /* digits other than zero follow those of the mantissa */
} pt_json_number;

typedef enum pt_json_number_fit {
    PT_JSON_NUMBER_FITS,
    PT_JSON_NUMBER_FRACTION, /* not a whole number */
    PT_JSON_NUMBER_RANGE,    /* too large for the type */
} pt_json_number_fit;

/* Reads the longest number that stands at `p`. Returns the place behind it, NULL when there is none; then *ret is untouched. */
const uint8_t *pt_json_number_scan(const uint8_t *p, const uint8_t *end, pt_json_number *ret);

/* The exact value as an integer, however it is written: 1e2, 1.0 and 100e-2 are whole. *ret is untouched unless it fits. */
pt_json_number_fit pt_json_number_i64(const pt_json_number *n, int64_t *ret);
pt_json_number_fit pt_json_number_u64(const pt_json_number *n, uint64_t *ret);

/* The nearest double or float, ties to even. False: it would be infinite, or there is no memory for the locale of the slow
 * path. */
bool pt_json_number_double(const pt_json_number *n, double *ret);
bool pt_json_number_float(const pt_json_number *n, float *ret);

#endif
