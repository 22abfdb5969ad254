/* What was measured, as a table for people and as JSON for programs. */
#ifndef PT_BENCH_REPORT_H
#define PT_BENCH_REPORT_H

#include "common/plan.h"

/* The table on stdout: a line a case with the medians over the rounds and, beside each metric that is compared, ours divided by
 * theirs. */
void pt_report_table(const pt_plan *plan);

/* Writes
 *
 *     {"benchmark": "rpc", "machine": {...}, "rounds": 5,
 *      "ratios": {"grpc/tcp/64/throughput": 1.23, ...},
 *      "results": [{"peer": "grpc", "variant": "tuned", "case": "tcp/64", "calls_per_second": 1, ...,
 *                   "spread": {"calls_per_second": [MIN, MAX], ...}}, ...]}
 *
 * Results are medians; ratios divide ours by the peer's best variant. UNAVAILABLE: the file cannot be written. */
pt_code pt_report_json(const pt_plan *plan, const char *path, pt_status *st) PT_MUST_CHECK;

#endif
