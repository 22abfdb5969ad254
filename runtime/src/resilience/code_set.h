/* Sets of status codes, as policies name them. */
#ifndef PT_RESILIENCE_CODE_SET_H
#define PT_RESILIENCE_CODE_SET_H

#include <stdbool.h>

#include "partie/status.h"

/* Bit n stands for code n. */
typedef uint32_t pt_code_set;

#define PT_CODE_BIT(code) (UINT32_C(1) << (code))

/* What says that an endpoint is unwell, rather than that a call was wrong. */
#define PT_FAILURE_CODES                                                                                                       \
    (PT_CODE_BIT(PT_UNKNOWN) | PT_CODE_BIT(PT_DEADLINE_EXCEEDED) | PT_CODE_BIT(PT_INTERNAL) | PT_CODE_BIT(PT_UNAVAILABLE) |    \
     PT_CODE_BIT(PT_DATA_LOSS))

static inline bool pt_code_set_has(pt_code_set set, pt_code code) {
    return (unsigned)code < 32 && (set & PT_CODE_BIT(code)) != 0;
}

#endif
