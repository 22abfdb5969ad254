#include "rpc/parcel.h"

#include <stdlib.h>

pt_parcel *pt_parcel_new(const pt_transport *transport, pt_msg msg) {
    pt_parcel *parcel = malloc(sizeof *parcel);
    if (!parcel) {
        transport->msg_free(msg);
        return NULL;
    }
    atomic_init(&parcel->holders, 1);
    parcel->transport = transport;
    parcel->msg = msg;
    return parcel;
}

void pt_parcel_hold(pt_parcel *parcel) {
    atomic_fetch_add_explicit(&parcel->holders, 1, memory_order_relaxed);
}

void pt_parcel_let_go(pt_parcel *parcel) {
    if (!parcel || atomic_fetch_sub_explicit(&parcel->holders, 1, memory_order_acq_rel) != 1) return;
    parcel->transport->msg_free(parcel->msg);
    free(parcel);
}
