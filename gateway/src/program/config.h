/* What the gateway is told by flags and environment. */
#ifndef PT_PROGRAM_CONFIG_H
#define PT_PROGRAM_CONFIG_H

#include "http/access_log.h"
#include "partie/kit/flags.h"

typedef struct pt_gateway_config {
    const char *listen; /* ADDR:PORT */
    pt_flag_list backends;
    pt_flag_list descriptor_sets;
    uint32_t workers; /* 0: one a processor, at most 8 */
    uint32_t timeout_ms, idle_timeout_ms, drain_ms;
    uint64_t url_bytes, header_bytes, body_bytes, response_bytes;
    uint32_t connections, connections_per_address;
    bool zero_fields;
    uint32_t access_log; /* pt_access_format */
} pt_gateway_config;

/* The one configuration of the process, holding its defaults until it is parsed. */
extern pt_gateway_config pt_gateway;

/* The flags that set it. */
extern const pt_flag pt_gateway_flags[];
extern const size_t pt_gateway_n_flags;

/* Checks what the flags alone can't: the forms of addresses. INVALID_ARGUMENT names flag, value and what is expected. */
pt_code pt_gateway_check(pt_status *st) PT_MUST_CHECK;

#endif
