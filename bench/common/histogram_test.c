/* Quantiles against sorted values: within 0.5 %, over all magnitudes. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "common/histogram.h"

static pt_histogram h, other; /* too large for a stack, and zero at the start of each test's process */

static int by_size(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static void near(double got, double wanted) {
    cr_assert(fabs(got - wanted) <= 0.005 * wanted, "%g instead of %g", got, wanted);
}

Test(bench_histogram, empty_has_no_quantile) {
    cr_assert_eq(pt_histogram_quantile(&h, 0.5), 0);
}

Test(bench_histogram, one_value_of_every_magnitude) {
    for (int bit = 0; bit < 64; bit++) {
        for (int below = 0; below < 2; below++) {
            pt_histogram one = {0};
            uint64_t value = ((uint64_t)1 << bit) - (uint64_t)below;
            pt_histogram_add(&one, value);
            near(pt_histogram_quantile(&one, 0), (double)value);
            near(pt_histogram_quantile(&one, 1), (double)value);
        }
    }
    pt_histogram_add(&h, UINT64_MAX);
    near(pt_histogram_quantile(&h, 0.5), (double)UINT64_MAX);
}

Test(bench_histogram, small_values_are_exact) {
    for (uint64_t value = 0; value < 256; value++)
        pt_histogram_add(&h, value);
    for (int value = 0; value < 256; value++)
        cr_assert_eq(pt_histogram_quantile(&h, (value + 1) / 256.0), value);
}

Test(bench_histogram, quantiles_of_many_magnitudes) {
    enum { N = 100000 };
    static uint64_t values[N];
    uint64_t state = 1;
    for (size_t i = 0; i < N; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        values[i] = (state >> 20) >> (state >> 59);
        pt_histogram_add(i % 3 ? &h : &other, values[i]);
    }
    pt_histogram_merge(&h, &other);
    cr_assert_eq(h.total, N);
    qsort(values, N, sizeof *values, by_size);
    static const double shares[] = {0.01, 0.5, 0.9, 0.99, 0.999, 1};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        near(pt_histogram_quantile(&h, shares[i]), (double)values[(size_t)(shares[i] * N) - 1]);
}
