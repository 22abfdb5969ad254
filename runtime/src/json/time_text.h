/* google.protobuf.Timestamp and Duration as text: RFC 3339 dates of the years 1 to 9999, and seconds such as "1.500s". */
#ifndef PT_JSON_TIME_TEXT_H
#define PT_JSON_TIME_TEXT_H

#include "partie/buf.h"

#define PT_TIME_TEXT_BYTES 32 /* room that either text needs */

/* Seconds and nanoseconds as both messages hold them: a Timestamp counts from 1970 with nanos never negative, the two parts of
 * a Duration have the same sign. */
typedef struct pt_seconds {
    int64_t seconds;
    int32_t nanos;
} pt_seconds;

/* False: not such a text, or out of range; then *ret is untouched. */
bool pt_timestamp_read(pt_slice text, pt_seconds *ret);
bool pt_duration_read(pt_slice text, pt_seconds *ret);

/* Writes to `to`, with no digits for the fraction or 3, 6 or 9 of them, as few as keep it whole; returns the place behind it.
 * NULL: out of range. */
uint8_t *pt_timestamp_write(uint8_t *to, pt_seconds time);
uint8_t *pt_duration_write(uint8_t *to, pt_seconds time);

#endif
