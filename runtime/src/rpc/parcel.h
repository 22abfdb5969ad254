/* A received message that several calls look into. */
#ifndef PT_RPC_PARCEL_H
#define PT_RPC_PARCEL_H

#include <stdatomic.h>

#include "rpc/transport.h"

typedef struct pt_parcel {
    atomic_uint holders;
    const pt_transport *transport;
    pt_msg msg;
} pt_parcel;

/* Takes the message over, also on failure; one holder. NULL: no memory. */
pt_parcel *pt_parcel_new(const pt_transport *transport, pt_msg msg);

void pt_parcel_hold(pt_parcel *parcel);
/* NULL is allowed. The last one frees it. */
void pt_parcel_let_go(pt_parcel *parcel);

#endif
