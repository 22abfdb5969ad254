#include "common/histogram.h"

#define PER_OCTAVE ((uint64_t)1 << PT_HISTOGRAM_BITS)

/* Values below 2 * PER_OCTAVE have a bucket each. Above, a value is cut to its PT_HISTOGRAM_BITS + 1 leading bits, and each bit
 * that is cut off puts it PER_OCTAVE buckets further. */
static size_t bucket_of(uint64_t value) {
    if (value < 2 * PER_OCTAVE) return (size_t)value;
    unsigned cut = 63u - (unsigned)__builtin_clzll(value) - PT_HISTOGRAM_BITS;
    return (size_t)(cut * PER_OCTAVE + (value >> cut));
}

/* The middle of a bucket. */
static double value_of(size_t bucket) {
    if (bucket < 2 * PER_OCTAVE) return (double)bucket;
    unsigned cut = (unsigned)(bucket / PER_OCTAVE) - 1;
    uint64_t lowest = (uint64_t)(bucket - cut * PER_OCTAVE) << cut;
    return (double)lowest + (double)(((uint64_t)1 << cut) - 1) / 2;
}

void pt_histogram_add(pt_histogram *h, uint64_t value) {
    h->count[bucket_of(value)]++;
    h->total++;
}

void pt_histogram_merge(pt_histogram *h, const pt_histogram *from) {
    for (size_t i = 0; i < PT_HISTOGRAM_BUCKETS; i++)
        h->count[i] += from->count[i];
    h->total += from->total;
}

double pt_histogram_quantile(const pt_histogram *h, double share) {
    double wanted = share * (double)h->total;
    uint64_t seen = 0;
    size_t last = 0;
    for (size_t i = 0; i < PT_HISTOGRAM_BUCKETS; i++) {
        if (!h->count[i]) continue;
        seen += h->count[i];
        last = i;
        if ((double)seen >= wanted) break;
    }
    return value_of(last);
}
