/* Ejects endpoints that do worse than the others (gRFC A50): by failures in a row at once, by success rate and failure
 * percentage at regular looks. Each further ejection of the same endpoint lasts longer; good intervals make it forget. Of all
 * endpoints only a percentage is out at a time, and never the last one.
 *
 * Thread: any. Reports are atomic additions; looks and ejections take the detector's lock. */
#ifndef PT_RESILIENCE_OUTLIER_H
#define PT_RESILIENCE_OUTLIER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "resilience/time.h"

typedef struct pt_outlier_rule {
    uint32_t threshold;              /* success rate: thousandths of a standard deviation; failures: a percentage. 0: no rule */
    uint32_t enforcement_percentage; /* of outliers that are ejected */
    uint32_t minimum_hosts;          /* with enough calls that there must be */
    uint32_t request_volume;         /* calls in an interval that are enough; at least 1 */
} pt_outlier_rule;

typedef struct pt_outlier_policy {
    uint64_t interval_ns; /* between looks */
    uint64_t base_ejection_ns, max_ejection_ns;
    uint32_t max_ejection_percent;
    uint32_t consecutive_errors; /* that eject at once; 0: they don't */
    pt_outlier_rule success_rate, failure_percentage;
} pt_outlier_policy;

#define PT_OUTLIER_SUCCESS_RATE_INIT                                                                                           \
    { .threshold = 1900, .enforcement_percentage = 100, .minimum_hosts = 5, .request_volume = 100 }
#define PT_OUTLIER_FAILURE_PERCENTAGE_INIT                                                                                     \
    { .threshold = 85, .enforcement_percentage = 100, .minimum_hosts = 5, .request_volume = 50 }

/* Success rate only: failures in a row open the endpoint's circuit breaker. */
#define PT_OUTLIER_POLICY_INIT                                                                                                 \
    {                                                                                                                          \
        .interval_ns = PT_SECONDS(10), .base_ejection_ns = PT_SECONDS(30), .max_ejection_ns = PT_SECONDS(300),                 \
        .max_ejection_percent = 10, .success_rate = PT_OUTLIER_SUCCESS_RATE_INIT                                               \
    }

/* One endpoint. In its owner's storage, zeroed before its first use; fields are private. */
typedef struct pt_outlier_record {
    atomic_uint_fast32_t successes, failures; /* in this interval */
    atomic_uint_fast32_t in_a_row;            /* failures */
    atomic_bool ejected;
    uint32_t n_ejections; /* in a row; under the detector's lock, as what follows */
    uint64_t ejected_at_ns;
} pt_outlier_record;

/* Of one channel. Fields are private. */
typedef struct pt_outlier_detector {
    const pt_outlier_policy *policy;
    pthread_mutex_t lock;
    uint32_t n_records, n_ejected; /* as of the last look */
} pt_outlier_detector;

/* `policy` outlives it. */
void pt_outlier_init(pt_outlier_detector *d, const pt_outlier_policy *policy);
void pt_outlier_done(pt_outlier_detector *d);

/* Says who takes part from now on, after the list of endpoints has changed. The records are those of all endpoints. */
void pt_outlier_members(pt_outlier_detector *d, pt_outlier_record *const *records, uint32_t n);

/* A call on the endpoint has ended. */
void pt_outlier_report(pt_outlier_detector *d, pt_outlier_record *record, bool failed, uint64_t now_ns);

/* A look, to be taken every policy->interval_ns: ends ejections that have lasted, ejects, and starts the next interval.
 * `random` decides where less than all outliers are ejected. */
void pt_outlier_sweep(pt_outlier_detector *d, pt_outlier_record *const *records, uint32_t n, uint64_t now_ns, uint64_t random);

static inline bool pt_outlier_ejected(const pt_outlier_record *record) {
    return atomic_load_explicit(&record->ejected, memory_order_relaxed);
}

#endif
