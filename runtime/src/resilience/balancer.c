#include "resilience/balancer.h"

#include "core/hash.h"
#include "resilience/random.h"

/* Pairs that are drawn before all endpoints are looked at. */
#define DRAWS 3

/* What a pick puts up with: each level more than the one before. */
typedef enum level { PICKY, AGAIN, EJECTED, N_LEVELS } level;

/* A pick under way. */
typedef struct search {
    pt_balancer *b;
    const pt_endpoint_set *set;
    const pt_pick_request *q;
    level level;
    bool bounded; /* by the ring's bound of load */
    pt_pick *ret;
} search;

void pt_balancer_init(pt_balancer *b, const pt_balancing_policy *policy, uint32_t max_outstanding) {
    *b = (pt_balancer){.policy = policy, .max_outstanding = max_outstanding};
}

uint64_t pt_balancer_hash(pt_slice key) {
    return pt_scatter(pt_fnv1a(key));
}

/* ---- one endpoint ---- */

static bool was_tried(const pt_pick_request *q, const pt_endpoint *e) {
    for (size_t i = 0; i < q->n_avoid; i++)
        if (q->avoid[i] == e) return true;
    return false;
}

static uint32_t outstanding_of(const pt_endpoint *e) {
    return (uint32_t)atomic_load_explicit(&e->outstanding, memory_order_relaxed);
}

/* Whether one more call keeps the endpoint within its share: bound * (all + 1) * weight / weights, rounded up. */
static bool within_bound(const search *s, uint32_t i) {
    uint64_t all = atomic_load_explicit(&s->b->outstanding, memory_order_relaxed) + 1;
    double share = (double)all * s->set->weights[i] / (double)s->set->weight;
    return (double)outstanding_of(s->set->endpoints[i]) < share * s->b->policy->load_bound_percentage / 100;
}

/* Whether it is to be tried at this level; how full it is and what its breaker says shows when it is taken. */
static bool eligible(const search *s, uint32_t i) {
    const pt_endpoint *e = s->set->endpoints[i];
    if (!atomic_load_explicit(&e->ready, memory_order_relaxed)) return false;
    if (s->level < EJECTED && pt_outlier_ejected(&e->outlier)) return false;
    if (s->level < AGAIN && was_tried(s->q, e)) return false;
    return !s->bounded || within_bound(s, i);
}

static bool take(const search *s, uint32_t i) {
    pt_endpoint *e = s->set->endpoints[i];
    pt_breaker_ticket ticket;
    if (!eligible(s, i) || !pt_endpoint_take(e, s->b->max_outstanding, s->q->now_ns, &ticket)) return false;
    atomic_fetch_add_explicit(&s->b->outstanding, 1, memory_order_relaxed);
    *s->ret = (pt_pick){.endpoint = pt_endpoint_ref(e), .ticket = ticket, .begun_ns = s->q->now_ns};
    return true;
}

/* ---- the policies ---- */

static bool take_in_order(const search *s, uint32_t start) {
    for (uint32_t k = 0; k < s->set->n; k++)
        if (take(s, (start + k) % s->set->n)) return true;
    return false;
}

static bool take_in_turn(const search *s) {
    uint32_t turn = (uint32_t)atomic_fetch_add_explicit(&s->b->turn, 1, memory_order_relaxed);
    if (!s->set->n_turns) return take_in_order(s, turn % s->set->n);
    for (uint32_t k = 0; k < s->set->n_turns; k++)
        if (take(s, s->set->turns[(turn + k) % s->set->n_turns])) return true;
    return false;
}

/* Whether endpoint i has less to do than j. */
static bool less_loaded(const search *s, uint32_t i, uint32_t j) {
    double a = outstanding_of(s->set->endpoints[i]), b = outstanding_of(s->set->endpoints[j]);
    if (s->b->policy->latency) {
        uint64_t a_ns = pt_endpoint_latency(s->set->endpoints[i], s->q->now_ns);
        uint64_t b_ns = pt_endpoint_latency(s->set->endpoints[j], s->q->now_ns);
        if (a_ns && b_ns) {
            a = (a + 1) * (double)a_ns;
            b = (b + 1) * (double)b_ns;
        }
    }
    return a * s->set->weights[j] < b * s->set->weights[i];
}

/* Two endpoints, by weight; different ones where the weights are equal. */
static void draw(const search *s, uint64_t random, uint32_t *ret_i, uint32_t *ret_j) {
    const pt_endpoint_set *set = s->set;
    if (set->n_turns) {
        *ret_i = set->turns[pt_random_pick(random, set->n_turns)];
        *ret_j = set->turns[pt_random_pick(pt_scatter(random), set->n_turns)];
    } else {
        *ret_i = pt_random_pick(random, set->n);
        *ret_j = (*ret_i + 1 + pt_random_pick(pt_scatter(random), set->n - 1)) % set->n;
    }
}

static bool take_of_two(const search *s) {
    uint64_t random = s->q->random;
    for (int k = 0; k < DRAWS && s->set->n > 1; k++) {
        uint32_t i, j;
        random = pt_scatter(random);
        draw(s, random, &i, &j);
        bool i_can = eligible(s, i), j_can = eligible(s, j);
        if (j_can && (!i_can || less_loaded(s, j, i))) {
            uint32_t better = j;
            j = i;
            i = better;
        }
        if (take(s, i) || take(s, j)) return true;
    }
    return take_in_order(s, pt_random_pick(random, s->set->n));
}

static bool take_by_key(search *s) {
    uint32_t start = pt_ring_find(s->set, s->q->key);
    for (int pass = s->b->policy->load_bound_percentage ? 0 : 1; pass < 2; pass++) {
        s->bounded = pass == 0;
        uint32_t last = UINT32_MAX;
        for (uint32_t k = 0; k < s->set->n_points; k++) {
            uint32_t i = s->set->points[(start + k) % s->set->n_points].index;
            if (i != last && take(s, i)) return true;
            last = i;
        }
    }
    return false;
}

static bool take_any(search *s) {
    switch (s->b->policy->kind) {
    case PT_PICK_FIRST: return take_in_order(s, 0);
    case PT_ROUND_ROBIN: return take_in_turn(s);
    case PT_RING_HASH: return s->q->has_key ? take_by_key(s) : take_of_two(s);
    case PT_POWER_OF_TWO_CHOICES: break;
    }
    return take_of_two(s);
}

/* ---- picking ---- */

static pt_pick_result why_none(const search *s, uint64_t *ret_retry_ns) {
    bool ready = false, full = false;
    uint64_t retry_ns = PT_NEVER;
    for (uint32_t i = 0; i < s->set->n; i++) {
        const pt_endpoint *e = s->set->endpoints[i];
        if (!atomic_load_explicit(&e->ready, memory_order_relaxed)) continue;
        uint64_t at_ns = pt_breaker_admits_at(&e->breaker, s->q->now_ns);
        ready = true;
        full = full || at_ns == 0;
        if (at_ns && at_ns < retry_ns) retry_ns = at_ns;
    }
    if (!ready) return s->set->n ? PT_PICK_NOT_READY : PT_PICK_EMPTY;
    if (full) return PT_PICK_FULL;
    *ret_retry_ns = retry_ns;
    return PT_PICK_OPEN;
}

pt_pick_result pt_balancer_pick(pt_balancer *b, const pt_endpoint_set *set, const pt_pick_request *request, pt_pick *ret_pick,
                                uint64_t *ret_retry_ns) {
    search s = {.b = b, .set = set, .q = request, .ret = ret_pick};
    for (int l = PICKY; set->n && l < N_LEVELS; l++) {
        if (l == AGAIN && !request->n_avoid) continue;
        s.level = (level)l;
        if (take_any(&s)) return PT_PICKED;
    }
    return why_none(&s, ret_retry_ns);
}

void pt_balancer_release(pt_balancer *b, pt_pick *pick) {
    atomic_fetch_sub_explicit(&b->outstanding, 1, memory_order_relaxed);
    pt_endpoint_release(pick->endpoint);
    pt_endpoint_unref(pick->endpoint);
    pick->endpoint = NULL;
}
