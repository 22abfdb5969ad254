/* The view that a check has of the running system: a channel to the service, its contract, and a source of requests. */
#ifndef PT_CONTRACT_PROBE_H
#define PT_CONTRACT_PROBE_H

#include "draw.h"

#include <partie/channel.h>
#include <partie/schema.h>
#include <sys/types.h>

/* How the suite's main tells its tests, each a process of its own, where things are. */
#define PT_ENV_SERVICE_URL "PARTIE_CONTRACT_SERVICE_URL"
#define PT_ENV_SERVICE_PID "PARTIE_CONTRACT_SERVICE_PID"
#define PT_ENV_GATEWAY_URL "PARTIE_CONTRACT_GATEWAY_URL"
#define PT_ENV_SEED "PARTIE_TEST_SEED"
#define PT_ENV_CASES "PARTIE_CONTRACT_CASES"

/* Requests as wire bytes, each owned. */
typedef struct pt_requests {
    pt_buf *items;
    size_t n;
} pt_requests;

typedef struct pt_probe {
    const pt_service *service;
    const pt_rpc *rpc; /* NULL in the checks of a service */
    pt_channel *channel;
    pt_schema *schema;
    pt_random draw;
    pt_requests cases;   /* hand-written requests for the rpc, which must succeed; often none */
    const char *target;  /* URL of the service */
    const char *gateway; /* URL of the gateway, without a slash at its end */
    uint64_t seed;
} pt_probe;

/* A call and what came back. */
typedef struct pt_answer {
    pt_context ctx;
    pt_slice reply; /* in ctx's arena */
} pt_answer;

/* Opens the probe, or fails the test with the reason. `method` may be NULL. The draws depend on the seed, the method and
 * `check`. */
void pt_probe_init(pt_probe *p, const pt_service *service, const char *method, const char *check);
void pt_probe_done(pt_probe *p);

/* Skips the test, naming the rpc, where the service answers UNIMPLEMENTED. Closes the probe before. */
void pt_probe_skip_unwritten(pt_probe *p);

/* Calls a method by full name and waits at most `timeout_ms`. End the answer with pt_context_done(&answer.ctx). */
pt_code pt_probe_call(pt_probe *p, const char *method, pt_slice request, uint32_t timeout_ms, pt_answer *ret_answer);

/* Fails the test unless the service is SERVING and still the process that the suite's main started. */
void pt_probe_expect_alive(pt_probe *p);

/* True for codes that blame the request or the state of things, false for those that admit a fault of the service. */
bool pt_code_is_honest(pt_code code);

/* True for codes that say that the time was not enough: DEADLINE_EXCEEDED, and UNAVAILABLE from a service that gave up waiting.
 * They are right answers only to requests that may ask for a wait. */
bool pt_code_means_wait(pt_code code);

/* Fails the test unless the answer is OK with a reply of the output type, or an honest error with a message.
 * `may_wait`: a code that means waiting is right as well. */
void pt_probe_expect_honest(pt_probe *p, const pt_answer *answer, pt_slice request, bool may_wait);

/* The request as text for a failure message: JSON, cut. In a static buffer. */
const char *pt_probe_show(const pt_probe *p, pt_slice request);

/* The i-th request to try: the hand-written ones first, then draws. Appends to `out`. */
void pt_probe_request(pt_probe *p, size_t i, pt_draw_style style, pt_buf *out);

/* Reads the hand-written requests <folder>/<service>/<method>/<name>.json in the order of their names, as JSON of the REST
 * mapping. `folder` may be NULL or lack them: none. A file that does not parse fails the test. */
void pt_requests_load(const char *folder, const pt_schema *schema, const pt_rpc *rpc, pt_requests *ret_requests);
void pt_requests_done(pt_requests *requests);

#endif
