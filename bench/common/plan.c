#include "common/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"

/* On a terminal one line that changes; elsewhere a line a round. */
static void show_progress(const pt_plan *plan, unsigned round, size_t i, uint64_t started_ns) {
    const pt_case *c = &plan->cases[i];
    size_t done = round * plan->n_cases + i, all = plan->rounds * plan->n_cases;
    if (isatty(STDERR_FILENO)) {
        double left = done ? (double)(pt_clock_ns() - started_ns) / 1e9 / (double)done * (double)(all - done) : 0;
        fprintf(stderr, "\r\033[Kround %u of %u, %zu of %zu: %s %s %s", round + 1, plan->rounds, i + 1, plan->n_cases, c->cell,
                c->peer, c->variant);
        if (done) fprintf(stderr, ", about %d:%02d min left", (int)left / 60, (int)left % 60);
    } else if (i == 0) {
        fprintf(stderr, "round %u of %u: %zu measurements\n", round + 1, plan->rounds, plan->n_cases);
    }
}

static pt_code run_round(pt_plan *plan, unsigned round, uint64_t started_ns, pt_status *st) {
    for (size_t n = 0; n < plan->n_cases; n++) {
        size_t i = round % 2 ? plan->n_cases - 1 - n : n; /* there and back: nobody is always behind the same neighbour */
        pt_case *c = &plan->cases[i];
        show_progress(plan, round, n, started_ns);
        pt_code code = plan->measure(c, plan->arg, c->samples + (size_t)round * PT_PLAN_MAX_METRICS, st);
        if (code) return pt_status_prefix(st, "%s %s%s%s", c->cell, c->peer, *c->variant ? " " : "", c->variant);
    }
    return PT_OK;
}

pt_code pt_plan_run(pt_plan *plan, pt_status *st) {
    uint64_t started_ns = pt_clock_ns();
    pt_code code = PT_OK;
    for (size_t i = 0; i < plan->n_cases; i++) {
        plan->cases[i].samples = calloc(plan->rounds, PT_PLAN_MAX_METRICS * sizeof(double));
        if (!plan->cases[i].samples) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    }
    for (unsigned round = 0; !code && round < plan->rounds; round++)
        code = run_round(plan, round, started_ns, st);
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r\033[K");
    return code;
}

void pt_plan_done(pt_plan *plan) {
    for (size_t i = 0; i < plan->n_cases; i++)
        free(plan->cases[i].samples);
}

static int by_size(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

/* Sorts. */
static double median(double *values, size_t n) {
    qsort(values, n, sizeof *values, by_size);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static double sample(const pt_case *c, unsigned round, size_t metric) {
    return c->samples[(size_t)round * PT_PLAN_MAX_METRICS + metric];
}

pt_spread pt_plan_spread(const pt_plan *plan, const pt_case *c, size_t metric) {
    double values[PT_PLAN_MAX_ROUNDS] = {0};
    for (unsigned round = 0; round < plan->rounds; round++)
        values[round] = sample(c, round, metric);
    double middle = median(values, plan->rounds);
    return (pt_spread){.median = middle, .min = values[0], .max = values[plan->rounds - 1]};
}

static const pt_case *ours_in(const pt_plan *plan, const char *cell) {
    for (size_t i = 0; i < plan->n_cases; i++) {
        const pt_case *c = &plan->cases[i];
        if (strcmp(c->peer, plan->ours) == 0 && strcmp(c->cell, cell) == 0) return c;
    }
    return NULL;
}

double pt_plan_ratio(const pt_plan *plan, const pt_case *theirs, size_t metric) {
    double values[PT_PLAN_MAX_ROUNDS] = {0};
    const pt_case *ours = ours_in(plan, theirs->cell);
    if (!ours) return NAN;
    for (unsigned round = 0; round < plan->rounds; round++)
        values[round] = sample(ours, round, metric) / sample(theirs, round, metric);
    return median(values, plan->rounds);
}

const pt_case *pt_plan_best(const pt_plan *plan, const pt_case *c, size_t metric) {
    const pt_case *best = c;
    for (size_t i = 0; i < plan->n_cases; i++) {
        const pt_case *other = &plan->cases[i];
        if (strcmp(other->peer, c->peer) != 0 || strcmp(other->cell, c->cell) != 0) continue;
        double gain = pt_plan_spread(plan, other, metric).median - pt_plan_spread(plan, best, metric).median;
        if (plan->metrics[metric].lower_is_better ? gain < 0 : gain > 0) best = other;
    }
    return best;
}
