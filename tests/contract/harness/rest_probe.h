/* The gateway's side of a probe: requests over HTTP, and what their answers say. */
#ifndef PT_CONTRACT_REST_PROBE_H
#define PT_CONTRACT_REST_PROBE_H

#include "probe.h"
#include "rest.h"

#include "support/http.h"

typedef struct pt_rest_probe {
    pt_probe probe;
    pt_http *http;
    pt_bindings bindings; /* of probe.rpc; at least one */
} pt_rest_probe;

/* Opens the probe and waits until the gateway has taken up the routes of the rpc. */
void pt_rest_probe_init(pt_rest_probe *r, const pt_service *service, const char *method, const char *check);
void pt_rest_probe_done(pt_rest_probe *r);

/* A verb that no binding of the service uses. */
const char *pt_rest_unbound_verb(const pt_rest_probe *r);

/* Builds the i-th request (pt_probe_request) for a binding. */
void pt_rest_probe_build(pt_rest_probe *r, const pt_binding *binding, size_t i, pt_rest *ret_rest);

/* Sends it. Fails the test when there is no answer. */
void pt_rest_probe_send(pt_rest_probe *r, const pt_binding *binding, const pt_rest *rest, pt_http_reply *ret_reply);

/* Reads an error answer: {"code", "message"} with the HTTP status of the code. Fails the test where it is none; `what` says
 * which request it answers. The message goes to `ret_message`, cut. */
pt_code pt_rest_error(const pt_http_reply *reply, const char *what, char *ret_message, size_t cap);

/* Reads the JSON of a 200 answer as the reply that it stands for and appends its wire bytes. Fails the test where it is none.
 */
void pt_rest_reply(const pt_rest_probe *r, const pt_binding *binding, const pt_http_reply *reply, pt_buf *out);

/* The same bytes for the serialized reply of an RPC: what of it the binding shows, in the form that JSON gives it. */
void pt_rest_expected(const pt_rest_probe *r, const pt_binding *binding, pt_slice reply, pt_buf *out);

#endif
