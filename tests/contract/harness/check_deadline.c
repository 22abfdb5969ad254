/* The check that an rpc keeps its deadline, as its caller sees it and as the wire says it. */
#include "contract.h"
#include "direct.h"
#include "probe.h"
#include "wire.h"

#include <pthread.h>
#include <time.h>

/* Upper bound of what counts as "at once" on a busy machine; only a call that hangs takes longer. */
#define GENEROUS_MS 5000
#define FLOODS 5
#define FLOOD 32
#define FLOOD_MS 50

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool may_answer(uint32_t code) {
    return code <= PT_UNAUTHENTICATED && (pt_code_is_honest((pt_code)code) || pt_code_means_wait((pt_code)code));
}

/* The caller's own clock ends the call. */
static void expect_caller_returns(pt_probe *p, uint32_t timeout_ms) {
    pt_buf request = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_answer answer;
    pt_draw_message(&p->draw, p->rpc->input, PT_DRAW_PATIENT, &request);
    uint64_t start = now_ms();
    pt_code code = pt_probe_call(p, p->rpc->full_name, pt_buf_slice(&request), timeout_ms, &answer);
    uint64_t took = now_ms() - start;
    cr_assert(may_answer((uint32_t)code), "%s: with a deadline of %u ms: %s: %s", p->rpc->full_name, timeout_ms,
              pt_code_name(code), answer.ctx.status.message);
    cr_assert_lt(took, timeout_ms + GENEROUS_MS, "%s: with a deadline of %u ms it came back after %llu ms", p->rpc->full_name,
                 timeout_ms, (unsigned long long)took);
    pt_context_done(&answer.ctx);
    pt_buf_done(&request);
}

/* A client without a clock of its own: the server must answer. */
static void expect_server_answers(pt_probe *p, uint64_t timeout_us) {
    pt_buf request = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_direct_answer answer;
    pt_draw_message(&p->draw, p->rpc->input, PT_DRAW_PATIENT, &request);
    pt_direct_call(p->target, p->rpc->full_name, timeout_us, pt_buf_slice(&request), GENEROUS_MS, &answer);
    cr_assert(answer.came, "%s: with a deadline of %llu us on the wire the server had not answered after %d ms\nrequest: %s",
              p->rpc->full_name, (unsigned long long)timeout_us, GENEROUS_MS, pt_probe_show(p, pt_buf_slice(&request)));
    cr_assert(may_answer(answer.code), "%s: with a deadline of %llu us on the wire: %s: %s", p->rpc->full_name,
              (unsigned long long)timeout_us, pt_code_name((pt_code)answer.code), answer.message);
    pt_buf_done(&request);
}

typedef struct flood {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t done;
    pt_context calls[FLOOD];
} flood;

static void count_done(pt_context *ctx, pt_slice reply, void *arg) {
    flood *f = arg;
    (void)ctx, (void)reply;
    pthread_mutex_lock(&f->lock);
    f->done++;
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static void start_flood(pt_probe *p, flood *f) {
    for (size_t i = 0; i < FLOOD; i++) {
        pt_buf request = PT_BUF_INIT(PT_TEST_BUF_BYTES);
        pt_draw_message(&p->draw, p->rpc->input, PT_DRAW_PATIENT, &request);
        pt_context_init(&f->calls[i]);
        f->calls[i].timeout_ms = FLOOD_MS;
        pt_call_start(p->channel, &f->calls[i], p->rpc->full_name, pt_buf_slice(&request), count_done, f);
        pt_buf_done(&request);
    }
}

static void finish_flood(flood *f) {
    pthread_mutex_lock(&f->lock);
    while (f->done < FLOOD)
        pthread_cond_wait(&f->changed, &f->lock);
    f->done = 0;
    pthread_mutex_unlock(&f->lock);
    for (size_t i = 0; i < FLOOD; i++)
        pt_context_done(&f->calls[i]);
}

/* Calls that would wait for long, given up soon: a handler that goes on all the same holds its thread, and the next call finds
 * none. More than one flood, as threads may still be at work on what was asked before. */
static void expect_no_call_is_held_up(pt_probe *p) {
    static flood f = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    for (size_t i = 0; i < FLOODS; i++) {
        pt_answer answer;
        start_flood(p, &f);
        finish_flood(&f);
        pt_code code = pt_probe_call(p, p->rpc->full_name, (pt_slice){0}, GENEROUS_MS, &answer);
        cr_assert(pt_code_is_honest(code),
                  "%s: after %d calls that ran out of time, a plain one was answered %s: %s\n"
                  "A handler must stop at its deadline: see pt_server_call_remaining_ms.",
                  p->rpc->full_name, FLOOD, pt_code_name(code), answer.ctx.status.message);
        pt_context_done(&answer.ctx);
    }
}

void pt_contract_keeps_deadline(const pt_service *service, const char *method) {
    static const uint32_t timeouts_ms[] = {1, 2, 5, 20, 50};
    static const uint64_t timeouts_us[] = {1, 500, 50000};
    pt_probe p;
    pt_probe_init(&p, service, method, "deadline");
    pt_probe_skip_unwritten(&p);
    for (size_t i = 0; i < sizeof timeouts_ms / sizeof *timeouts_ms; i++)
        expect_caller_returns(&p, timeouts_ms[i]);
    for (size_t i = 0; i < sizeof timeouts_us / sizeof *timeouts_us; i++)
        expect_server_answers(&p, timeouts_us[i]);
    expect_no_call_is_held_up(&p);
    pt_probe_expect_alive(&p);
    pt_probe_done(&p);
}
