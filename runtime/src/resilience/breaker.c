#include "resilience/breaker.h"

#define STATE_BITS 2

static pt_breaker_state state_of(uint64_t word) {
    return (pt_breaker_state)(word & ((1u << STATE_BITS) - 1));
}

static uint64_t load_word(const pt_breaker *b) {
    return atomic_load_explicit(&b->word, memory_order_acquire);
}

/* Under the lock. What belongs to the new state was stored before. */
static void change(pt_breaker *b, pt_breaker_state state) {
    uint64_t changes = load_word(b) >> STATE_BITS;
    atomic_store_explicit(&b->word, (changes + 1) << STATE_BITS | state, memory_order_release);
}

void pt_breaker_init(pt_breaker *b, const pt_breaker_policy *policy) {
    *b = (pt_breaker){.policy = policy};
    atomic_init(&b->word, PT_BREAKER_CLOSED);
    pthread_mutex_init(&b->lock, NULL);
}

void pt_breaker_done(pt_breaker *b) {
    pthread_mutex_destroy(&b->lock);
}

/* ---- admission ---- */

static bool take_probe(pt_breaker *b, uint64_t now_ns, pt_breaker_ticket *ret_ticket) {
    pthread_mutex_lock(&b->lock);
    bool taken = state_of(load_word(b)) == PT_BREAKER_OPEN && now_ns >= atomic_load(&b->probe_ns);
    if (taken) {
        change(b, PT_BREAKER_HALF_OPEN);
        ret_ticket->word = load_word(b);
    }
    pthread_mutex_unlock(&b->lock);
    return taken;
}

bool pt_breaker_admit(pt_breaker *b, uint64_t now_ns, pt_breaker_ticket *ret_ticket) {
    uint64_t word = load_word(b);
    if (state_of(word) == PT_BREAKER_CLOSED) {
        ret_ticket->word = word;
        return true;
    }
    if (pt_breaker_admits(b, now_ns) && take_probe(b, now_ns, ret_ticket)) return true;
    atomic_fetch_add_explicit(&b->n_refused, 1, memory_order_relaxed);
    return false;
}

uint64_t pt_breaker_admits_at(const pt_breaker *b, uint64_t now_ns) {
    pt_breaker_state state = state_of(load_word(b));
    if (state == PT_BREAKER_CLOSED) return 0;
    if (state == PT_BREAKER_HALF_OPEN) return PT_NEVER;
    uint64_t probe_ns = atomic_load(&b->probe_ns);
    return probe_ns > now_ns ? probe_ns : 0;
}

bool pt_breaker_admits(const pt_breaker *b, uint64_t now_ns) {
    return pt_breaker_admits_at(b, now_ns) == 0;
}

/* ---- the window; under the lock ---- */

static void window_add(pt_breaker *b, bool failed, uint64_t now_ns) {
    uint64_t slice = now_ns / (b->policy->window_ns / PT_BREAKER_BUCKETS);
    size_t i = slice % PT_BREAKER_BUCKETS;
    if (b->buckets[i].slice != slice) {
        b->buckets[i].slice = slice;
        b->buckets[i].calls = b->buckets[i].failures = 0;
    }
    b->buckets[i].calls++;
    b->buckets[i].failures += failed;
}

static void window_sum(const pt_breaker *b, uint64_t now_ns, uint32_t *ret_calls, uint32_t *ret_failures) {
    uint64_t slice = now_ns / (b->policy->window_ns / PT_BREAKER_BUCKETS);
    *ret_calls = *ret_failures = 0;
    for (size_t i = 0; i < PT_BREAKER_BUCKETS; i++) {
        if (b->buckets[i].slice + PT_BREAKER_BUCKETS <= slice) continue;
        *ret_calls += b->buckets[i].calls;
        *ret_failures += b->buckets[i].failures;
    }
}

static bool window_is_bad(const pt_breaker *b, uint64_t now_ns) {
    uint32_t calls, failures;
    window_sum(b, now_ns, &calls, &failures);
    return calls >= b->policy->minimum_calls && (uint64_t)failures * 100 >= (uint64_t)calls * b->policy->failure_percentage;
}

/* ---- reports; under the lock ---- */

static void open_until_probe(pt_breaker *b, uint64_t now_ns) {
    b->n_opened++;
    atomic_store(&b->probe_ns, pt_time_after(now_ns, b->policy->open_ns));
    change(b, PT_BREAKER_OPEN);
}

static void close_afresh(pt_breaker *b) {
    atomic_store(&b->in_a_row, 0);
    for (size_t i = 0; i < PT_BREAKER_BUCKETS; i++)
        b->buckets[i].calls = b->buckets[i].failures = 0;
    change(b, PT_BREAKER_CLOSED);
}

static void report_closed(pt_breaker *b, bool failed, uint64_t now_ns) {
    const pt_breaker_policy *p = b->policy;
    uint32_t in_a_row = failed ? (uint32_t)atomic_load(&b->in_a_row) + 1 : 0;
    atomic_store(&b->in_a_row, in_a_row);
    if (p->failure_percentage) window_add(b, failed, now_ns);
    if (!failed) return;
    if ((p->consecutive_failures && in_a_row >= p->consecutive_failures) || (p->failure_percentage && window_is_bad(b, now_ns)))
        open_until_probe(b, now_ns);
}

static void report_probe(pt_breaker *b, pt_breaker_outcome outcome, uint64_t now_ns) {
    if (outcome == PT_BREAKER_SUCCESS) {
        close_afresh(b);
    } else if (outcome == PT_BREAKER_FAILURE) {
        open_until_probe(b, now_ns);
    } else {
        change(b, PT_BREAKER_OPEN); /* its time is over already: the next call is the probe */
    }
}

void pt_breaker_report(pt_breaker *b, pt_breaker_ticket ticket, pt_breaker_outcome outcome, uint64_t now_ns) {
    bool was_closed = state_of(ticket.word) == PT_BREAKER_CLOSED;
    if (was_closed && outcome == PT_BREAKER_NEITHER) return;
    if (was_closed && outcome == PT_BREAKER_SUCCESS && !b->policy->failure_percentage &&
        atomic_load_explicit(&b->in_a_row, memory_order_relaxed) == 0)
        return;
    pthread_mutex_lock(&b->lock);
    if (load_word(b) == ticket.word) {
        if (was_closed)
            report_closed(b, outcome == PT_BREAKER_FAILURE, now_ns);
        else
            report_probe(b, outcome, now_ns);
    }
    pthread_mutex_unlock(&b->lock);
}

pt_breaker_outcome pt_breaker_judge(const pt_breaker_policy *policy, pt_code code, bool not_run, uint64_t latency_ns) {
    if (pt_code_set_has(policy->codes, code)) return PT_BREAKER_FAILURE;
    if (code == PT_CANCELLED || not_run) return PT_BREAKER_NEITHER;
    return policy->slow_call_ns && latency_ns > policy->slow_call_ns ? PT_BREAKER_FAILURE : PT_BREAKER_SUCCESS;
}

/* ---- looking ---- */

pt_breaker_snapshot pt_breaker_look(pt_breaker *b, uint64_t now_ns) {
    pthread_mutex_lock(&b->lock);
    pt_breaker_snapshot s = {
        .state = state_of(load_word(b)),
        .failures_in_a_row = (uint32_t)atomic_load(&b->in_a_row),
        .probe_ns = atomic_load(&b->probe_ns),
        .n_opened = b->n_opened,
        .n_refused = atomic_load(&b->n_refused),
    };
    if (b->policy->failure_percentage) window_sum(b, now_ns, &s.window_calls, &s.window_failures);
    pthread_mutex_unlock(&b->lock);
    if (s.state != PT_BREAKER_OPEN) s.probe_ns = 0;
    return s;
}

const char *pt_breaker_state_name(pt_breaker_state state) {
    switch (state) {
    case PT_BREAKER_CLOSED: return "closed";
    case PT_BREAKER_OPEN: return "open";
    case PT_BREAKER_HALF_OPEN: return "half-open";
    }
    return "unknown";
}
