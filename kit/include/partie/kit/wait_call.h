/* A call that waits in a waitlist without holding a thread. */
#ifndef PARTIE_KIT_WAIT_CALL_H
#define PARTIE_KIT_WAIT_CALL_H

#include "partie/kit/waitlist.h"
#include "partie/server.h"

/* Goes on with the call on a thread of the list: fills pt_server_call_reply and ends with pt_server_call_finish. `why` is OK
 * when the number was reached, DEADLINE_EXCEEDED when the time was up, CANCELLED when nobody wants the answer any more or
 * the program is stopping; the call must be finished in each case. */
typedef void pt_wait_call_fn(void *self, pt_server_call *call, pt_code why);

/* Lets the call wait until the list has reached `target`, at most `most_ms`, and never so long that no time is left for the
 * answer. Its memory is the call's. Returns PT_DEFERRED; then `resume` is called once, perhaps before this returns on another
 * thread, so a handler ends with `return pt_wait_call(...)`.
 * RESOURCE_EXHAUSTED, in the call's status: too many wait, or no memory. */
pt_code pt_wait_call(pt_waitlist *list, pt_server_call *call, uint64_t target, uint32_t most_ms, pt_wait_call_fn *resume,
                     void *self) PT_MUST_CHECK;

#endif
