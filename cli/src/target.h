/* A running service, and what it says of itself. */
#ifndef PARTIE_CLI_TARGET_H
#define PARTIE_CLI_TARGET_H

#include "partie/channel.h"
#include "partie/schema.h"

/* Start with PT_TARGET_INIT, end with pt_target_done. */
typedef struct pt_target {
    pt_channel *channel;
    pt_schema *schema; /* what reflection gave; NULL until pt_target_reflect */
    uint32_t timeout_ms;
} pt_target;

#define PT_TARGET_INIT                                                                                                         \
    { .channel = NULL, .schema = NULL }

/* Opens a channel; every call on it takes at most `timeout_ms`. INVALID_ARGUMENT: not a target. */
pt_code pt_target_open(pt_target *target, const char *url, uint32_t timeout_ms, pt_status *st) PT_MUST_CHECK;

/* Asks the service for its contracts. Any code of a call. */
pt_code pt_target_reflect(pt_target *target, pt_status *st) PT_MUST_CHECK;

/* Finds an rpc by full name (with / or . before its own), or by its own name where only one has it.
 * NOT_FOUND: none, with what there is; INVALID_ARGUMENT: several have it. */
pt_code pt_target_rpc(const pt_target *target, const char *name, const pt_rpc **ret_rpc, pt_status *st) PT_MUST_CHECK;

/* Starts a context for a call on the target. */
void pt_target_context(const pt_target *target, pt_context *ctx);

void pt_target_done(pt_target *target);

/* True for services that every server has: health and reflection. */
bool pt_is_built_in(const char *service);

/* Writes the reason of a failure to stderr: `program: CODE: message`. Returns PT_EXIT_FAILURE. */
int pt_target_fail(const char *program, const pt_status *st);

#endif
