/* The texts of the json benchmark: an event of 287 bytes, and 100 price bars of 10.9 KB. */
#ifndef PT_BENCH_SAMPLES_H
#define PT_BENCH_SAMPLES_H

#include "partie/buf.h"

#define PT_SAMPLE_BYTES (1u << 20) /* ceiling of a sample, either way */

/* Each appends its text, the same in every run, as the codec of partie writes it. RESOURCE_EXHAUSTED: no memory. */
pt_code pt_sample_event(pt_buf *out) PT_MUST_CHECK;
pt_code pt_sample_bars(pt_buf *out) PT_MUST_CHECK;

#endif
