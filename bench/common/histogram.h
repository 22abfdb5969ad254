/* Counts of values in buckets whose width grows with the value, as HdrHistogram does it: 128 buckets from each power of two to
 * the next, so that a quantile is within 0.4 % of the true value, and adding takes a few instructions whatever the value. */
#ifndef PT_BENCH_HISTOGRAM_H
#define PT_BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define PT_HISTOGRAM_BITS 7
#define PT_HISTOGRAM_BUCKETS ((size_t)(64 - PT_HISTOGRAM_BITS + 1) << PT_HISTOGRAM_BITS)

/* Starts as all zero. One thread at a time. */
typedef struct pt_histogram {
    uint64_t total; /* values in it */
    uint64_t count[PT_HISTOGRAM_BUCKETS];
} pt_histogram;

void pt_histogram_add(pt_histogram *h, uint64_t value);

/* Adds what is in `from`. */
void pt_histogram_merge(pt_histogram *h, const pt_histogram *from);

/* The value that `share` (0 to 1) of the values do not exceed. 0 when it is empty. */
double pt_histogram_quantile(const pt_histogram *h, double share);

#endif
