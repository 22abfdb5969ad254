/* Numbers as text, whatever the locale. Writers put characters at `p`, without a NUL, and return the place behind them. */
#ifndef PT_JSON_FORMAT_H
#define PT_JSON_FORMAT_H

#include <stdint.h>

#define PT_FORMAT_NUMBER_BYTES 40 /* room that any of these needs */

uint8_t *pt_format_u64(uint8_t *p, uint64_t value);
uint8_t *pt_format_i64(uint8_t *p, int64_t value);

/* Exactly `width` digits, padded with zeros; `width` up to 9. */
uint8_t *pt_format_digits(uint8_t *p, uint32_t value, unsigned width);

/* The shortest decimal that reads back as the same number, the nearest one of these; `value` must be finite. Exponents below
 * -4 and from 16 on are written as `1.5e-07` and `1e+20`. */
uint8_t *pt_format_double(uint8_t *p, double value);
uint8_t *pt_format_float(uint8_t *p, float value);

#endif
