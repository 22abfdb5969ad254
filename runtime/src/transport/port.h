/* The server's half of pt_transport; see rpc/transport.h. */
#ifndef PT_TRANSPORT_PORT_H
#define PT_TRANSPORT_PORT_H

#include "rpc/transport.h"

pt_code pt_stream_port_new(const pt_port_config *config, pt_port **ret_port, pt_status *st);
pt_code pt_stream_port_listen(pt_port *port, const char *url, char **ret_url, pt_status *st);
void pt_stream_port_widen(pt_port *port, uint32_t more);
void pt_stream_port_occupy(pt_port *port, uint32_t places);
void pt_stream_port_release(pt_port *port, uint32_t places);
void **pt_stream_peer_user(pt_peer *peer);
void pt_stream_peer_hold(pt_peer *peer);
void pt_stream_peer_let_go(pt_peer *peer);
void pt_stream_peer_reply(pt_peer *peer, const pt_route *route, pt_msg reply);
void pt_stream_peer_flush(pt_peer *peer);
bool pt_stream_peer_gone(const pt_peer *peer);
bool pt_stream_port_flush(pt_port *port, uint64_t deadline_ns);
void pt_stream_port_close(pt_port *port);

#endif
