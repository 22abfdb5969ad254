#include "resilience/throttle.h"

void pt_throttle_init(pt_throttle *t, const pt_throttle_policy *policy) {
    t->full = (int64_t)policy->max_tokens * 1000;
    t->gain = policy->thousandths_of_success;
    atomic_init(&t->has, t->full);
}

/* Adds within the bounds. A bucket that is at its bound is not written to: healthy channels share the line for reading. */
static void add(pt_throttle *t, int64_t thousandths) {
    int_fast64_t has = atomic_load_explicit(&t->has, memory_order_relaxed), next;
    do {
        next = has + thousandths;
        if (next > t->full) next = t->full;
        if (next < 0) next = 0;
        if (next == has) return;
    } while (!atomic_compare_exchange_weak_explicit(&t->has, &has, next, memory_order_relaxed, memory_order_relaxed));
}

void pt_throttle_failed(pt_throttle *t) {
    add(t, -1000);
}

void pt_throttle_succeeded(pt_throttle *t) {
    add(t, t->gain);
}

bool pt_throttle_allows(const pt_throttle *t) {
    return t->full == 0 || atomic_load_explicit(&t->has, memory_order_relaxed) > t->full / 2;
}
