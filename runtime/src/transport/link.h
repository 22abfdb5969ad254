/* The client's half of pt_transport; see rpc/transport.h. */
#ifndef PT_TRANSPORT_LINK_H
#define PT_TRANSPORT_LINK_H

#include "rpc/transport.h"

pt_code pt_stream_link_open(const pt_link_config *config, pt_link **ret_link, pt_status *st);
void pt_stream_link_close(pt_link *link);
pt_exchange *pt_stream_link_exchange(pt_link *link, void *user);
uint32_t pt_stream_exchange_claim(pt_exchange *x);
void pt_stream_exchange_send(pt_exchange *x, pt_msg request);
void pt_stream_exchange_cancel(pt_exchange *x, uint32_t ticket);

#endif
