/* Checks of what channels and servers are opened with. */
#ifndef PT_RPC_OPTIONS_H
#define PT_RPC_OPTIONS_H

#include "partie/limits.h"

#define PT_TIMEOUT_MS_MAX 86400000u

/* Whether each limit is in the range that partie/limits.h states. INVALID_ARGUMENT names the one that isn't. */
pt_code pt_limits_validate(const pt_limits *limits, pt_status *st) PT_MUST_CHECK;

/* Whether lowest <= value <= highest. INVALID_ARGUMENT names the option. */
pt_code pt_option_validate(const char *name, uint64_t value, uint64_t lowest, uint64_t highest, pt_status *st) PT_MUST_CHECK;

/* Longest message that the transport takes: above the limit, so that a message that is a bit too long is refused with an
 * answer; what is longer still costs its sender the connection. */
static inline size_t pt_receive_bytes(const pt_limits *limits) {
    return limits->message_bytes * 2 + 65536;
}

#endif
