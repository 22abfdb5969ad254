/* What both sides of the nng transport share. */
#ifndef PT_TRANSPORT_NNG_COMMON_H
#define PT_TRANSPORT_NNG_COMMON_H

#include <nng/nng.h>

#include "rpc/transport.h"

/* Refuses what is no tcp://, ipc:// or inproc:// URL that nng could use. INVALID_ARGUMENT. */
pt_code pt_nng_check_url(const char *url, pt_status *st) PT_MUST_CHECK;

/* Fills `st` from an nng error: "what: reason". Returns the code, never PT_OK. */
pt_code pt_nng_fail(pt_status *st, int error, const char *what);

/* A message by its nng handle, which may be NULL. */
pt_msg pt_nng_msg(nng_msg *handle);

/* pt_transport's functions; see rpc/transport.h. */
bool pt_nng_msg_new(size_t len, pt_msg *ret_msg);
void pt_nng_msg_free(pt_msg msg);

pt_code pt_nng_link_open(const pt_link_config *config, pt_link **ret_link, pt_status *st);
void pt_nng_link_close(pt_link *link);
pt_exchange *pt_nng_link_exchange(pt_link *link, void *user);
void pt_nng_exchange_claim(pt_exchange *x);
void pt_nng_exchange_send(pt_exchange *x, pt_msg request);
void pt_nng_exchange_cancel(pt_exchange *x);

pt_code pt_nng_port_new(const pt_port_config *config, pt_port **ret_port, pt_status *st);
pt_code pt_nng_port_listen(pt_port *port, const char *url, char **ret_url, pt_status *st);
void pt_nng_port_widen(pt_port *port, uint32_t more);
void pt_nng_port_reply(pt_arrival *a, pt_msg reply);
void pt_nng_port_release(pt_arrival *a);
bool pt_nng_port_peer_gone(const pt_arrival *a);
bool pt_nng_port_flush(pt_port *port, uint64_t deadline_ns);
void pt_nng_port_close(pt_port *port);

#endif
