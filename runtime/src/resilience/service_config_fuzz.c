/* Any bytes as a service config: refused with a reason, or made into policies whose numbers are in range. */
#include <assert.h>

#include "resilience/service_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pt_service_config *c = NULL;
    pt_status st = PT_STATUS_INIT;
    if (pt_service_config_parse(pt_slice_of(data, size), &c, &st)) {
        assert(!c && st.message[0]);
        pt_status_done(&st);
        return 0;
    }
    const pt_method_config *m = pt_service_config_method(c, "a.S/M");
    const pt_channel_policies *p = pt_service_config_channel(c);
    assert(m->retry.max_attempts >= 1 && m->retry.max_attempts <= PT_MAX_ATTEMPTS && m->retry.backoff_multiplier > 0);
    assert(!m->hedged || (m->hedge.max_attempts >= 2 && m->hedge.max_attempts <= PT_MAX_ATTEMPTS));
    assert(m->timeout_ns > 0 && p->breaker.window_ns >= PT_BREAKER_BUCKETS && p->max_outstanding > 0);
    assert(p->balancing.ring_points > 0 && p->outlier.interval_ns > 0);
    pt_service_config_free(c);
    return 0;
}
