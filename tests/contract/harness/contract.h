/* What a generated contract suite calls: one function a check. Each runs inside a Criterion test against the running system
 * that contract-run started, and knows no more of it than its contract.
 *
 * `service` is the generated table of the service, `method` the name of an rpc in it. An rpc that answers UNIMPLEMENTED has not
 * been written: its tests are skipped, by name. docs/contract-tests.md says what each check asks. */
#ifndef PT_CONTRACT_H
#define PT_CONTRACT_H

#include <criterion/criterion.h>
#include <partie/contract.h>

/* ---- of a service ---- */

/* Its reflection gives the contract that these tests were generated from, and its health is SERVING. */
void pt_contract_describes_itself(const pt_service *service);

/* Unknown rpcs and unknown services are UNIMPLEMENTED, over RPC; an unknown path is 404 at the gateway. */
void pt_contract_refuses_unknown_methods(const pt_service *service);

/* ---- of an rpc ---- */

/* Valid requests get an answer: one that parses as the output type, or an error with a code that blames the request. */
void pt_contract_answers(const pt_service *service, const char *method);

/* Random valid requests survive wire, JSON and the service, with and without fields that the contract doesn't know. */
void pt_contract_round_trips(const pt_service *service, const char *method);

/* A valid request that is cut anywhere within a field is INVALID_ARGUMENT. */
void pt_contract_refuses_truncated(const pt_service *service, const char *method);

/* Wrong wire types, bad UTF-8, overrunning lengths, nesting beyond the limit: INVALID_ARGUMENT. */
void pt_contract_refuses_ill_typed(const pt_service *service, const char *method);

/* A request over the size limit is RESOURCE_EXHAUSTED. */
void pt_contract_refuses_oversize(const pt_service *service, const char *method);

/* A call is answered by its deadline, an expired one as well, and none holds up the calls after it. */
void pt_contract_keeps_deadline(const pt_service *service, const char *method);

/* Streaming is not tested yet: skipped, by name. */
void pt_contract_streams(const pt_service *service, const char *method);

/* ---- of an rpc with google.api.http bindings ---- */

/* Through the gateway, each binding gives what RPC gives: the status that stands for the code, and the reply as JSON. */
void pt_contract_rest_equals_rpc(const pt_service *service, const char *method);

/* A verb that no rpc binds is 405, with the bound ones in Allow. */
void pt_contract_rest_refuses_wrong_verb(const pt_service *service, const char *method);

/* Unknown query parameters, malformed JSON and JSON of another type are 400; a body that is no JSON is 415; one over the limit
 * 413. */
void pt_contract_rest_refuses_bad_input(const pt_service *service, const char *method);

#endif
