/* A call in direct mode, as a client in any language makes it: nng and protobuf, and nothing of libpartie. */
#ifndef PT_CONTRACT_DIRECT_H
#define PT_CONTRACT_DIRECT_H

#include <partie/buf.h>

typedef struct pt_direct_answer {
    bool came;         /* false: no answer within the wait */
    uint32_t code;     /* of the result */
    char message[256]; /* of the result, cut */
    uint32_t took_ms;
} pt_direct_answer;

/* Sends one call with `timeout_us` on the wire (0: none) and waits at most `wait_ms` for its answer, deadline or not. Fails the
 * test when the socket cannot be used or the answer is no envelope. */
void pt_direct_call(const char *url, const char *method, uint64_t timeout_us, pt_slice request, uint32_t wait_ms,
                    pt_direct_answer *ret_answer);

#endif
