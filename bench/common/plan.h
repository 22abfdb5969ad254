/* What a benchmark measures, and the order in which it does: every case once a round, the peers of one cell one after the
 * other, so that what a machine does for minutes at a time touches all alike. */
#ifndef PT_BENCH_PLAN_H
#define PT_BENCH_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "partie/status.h"

#define PT_PLAN_MAX_METRICS 8
#define PT_PLAN_MAX_ROUNDS 99

/* One number that every measurement gives. */
typedef struct pt_metric {
    const char *name;  /* in JSON: "calls_per_second" */
    const char *title; /* over its column: "calls/s" */
    int decimals;
    bool lower_is_better;
    const char *ratio; /* name in the keys of ratios: "throughput"; "": the key ends with the cell; NULL: not compared */
} pt_metric;

/* A peer in a cell. Peers are compared over cells that both have. */
typedef struct pt_case {
    const char *peer;    /* "grpc" */
    const char *variant; /* one peer may be measured in several; its best counts. "": the only one */
    const char *cell;    /* "tcp/64" */
    const void *arg;     /* the subject's own */
    double *samples;     /* the plan's: of round r and metric m at r * PT_PLAN_MAX_METRICS + m */
} pt_case;

typedef struct pt_plan {
    const char *subject; /* "rpc" */
    const char *ours;    /* the peer that ratios divide by the others */
    const pt_metric *metrics;
    size_t n_metrics;
    pt_case *cases; /* those of one cell together */
    size_t n_cases;
    unsigned rounds; /* 1 to PT_PLAN_MAX_ROUNDS */
    /* Measures one case: ret_values[m] for each metric. */
    pt_code (*measure)(const pt_case *c, void *arg, double *ret_values, pt_status *st);
    void *arg;
} pt_plan;

/* Runs all rounds, with progress on stderr. On failure the message names the case. Allocates the samples; pt_plan_done frees
 * them. */
pt_code pt_plan_run(pt_plan *plan, pt_status *st) PT_MUST_CHECK;
void pt_plan_done(pt_plan *plan);

/* Over the rounds. */
typedef struct pt_spread {
    double median, min, max;
} pt_spread;

pt_spread pt_plan_spread(const pt_plan *plan, const pt_case *c, size_t metric);

/* The median over the rounds of ours divided by theirs, within the same round each. `theirs` is a case of our cell. NAN: `ours`
 * has no case in that cell. */
double pt_plan_ratio(const pt_plan *plan, const pt_case *theirs, size_t metric);

/* The variant of the peer of `c` that did best in that metric, in the same cell. */
const pt_case *pt_plan_best(const pt_plan *plan, const pt_case *c, size_t metric);

#endif
