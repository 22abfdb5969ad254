#include "rpc/transport.h"

#include "transport/conn.h"
#include "transport/link.h"
#include "transport/port.h"

const pt_transport pt_transport_nng = {
    .msg_new = pt_block_new,
    .msg_free = pt_block_free,
    .link_open = pt_stream_link_open,
    .link_close = pt_stream_link_close,
    .link_exchange = pt_stream_link_exchange,
    .exchange_claim = pt_stream_exchange_claim,
    .exchange_send = pt_stream_exchange_send,
    .exchange_cancel = pt_stream_exchange_cancel,
    .port_new = pt_stream_port_new,
    .port_listen = pt_stream_port_listen,
    .port_widen = pt_stream_port_widen,
    .port_occupy = pt_stream_port_occupy,
    .port_release = pt_stream_port_release,
    .peer_user = pt_stream_peer_user,
    .peer_hold = pt_stream_peer_hold,
    .peer_let_go = pt_stream_peer_let_go,
    .peer_reply = pt_stream_peer_reply,
    .peer_flush = pt_stream_peer_flush,
    .peer_gone = pt_stream_peer_gone,
    .port_flush = pt_stream_port_flush,
    .port_close = pt_stream_port_close,
};
