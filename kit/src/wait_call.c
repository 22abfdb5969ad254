#include "partie/kit/wait_call.h"

#define ANSWER_MS 200 /* kept back from the caller's time for reading and the way back; half of it where there is less */

typedef struct waiting_call {
    pt_waiter waiter;
    pt_server_call *call;
    pt_wait_call_fn *resume;
    void *self;
} waiting_call;

static bool is_unwanted(const pt_waiter *waiter) {
    return pt_server_call_cancelled(((const waiting_call *)waiter)->call);
}

static void go_on(pt_waiter *waiter, pt_code why) {
    waiting_call *waiting = (waiting_call *)waiter; /* gone once the call is finished */
    waiting->resume(waiting->self, waiting->call, why);
}

static uint32_t time_to_wait(const pt_server_call *call, uint32_t most_ms) {
    uint32_t left = pt_server_call_remaining_ms(call);
    left -= left > 2 * ANSWER_MS ? ANSWER_MS : left / 2;
    return most_ms < left ? most_ms : left;
}

pt_code pt_wait_call(pt_waitlist *list, pt_server_call *call, uint64_t target, uint32_t most_ms, pt_wait_call_fn *resume,
                     void *self) {
    waiting_call *waiting = pt_arena_alloc(pt_server_call_arena(call), sizeof *waiting);
    if (!waiting) return pt_server_call_fail(call, PT_RESOURCE_EXHAUSTED, "out of memory");
    *waiting = (waiting_call){
        .waiter = {.target = target, .wake = go_on, .given_up = is_unwanted}, .call = call, .resume = resume, .self = self};
    pt_code code = pt_waitlist_add(list, &waiting->waiter, time_to_wait(call, most_ms), pt_server_call_status(call));
    return code ? code : PT_DEFERRED;
}
