#include "partie_watch.h"

#include "common/load.h"

pt_code pt_partie_watch(void *self, pt_server_call *call, const Partie__Bench__V1__WatchRequest *request) {
    unsigned char payload[PT_LOAD_PAYLOAD];
    Partie__Bench__V1__WatchResponse message = PARTIE__BENCH__V1__WATCH_RESPONSE__INIT;
    pt_code code = PT_OK;
    (void)self;
    (void)request;
    message.payload = (ProtobufCBinaryData){.len = sizeof payload, .data = payload};
    for (int64_t id = 0; !code; id++) {
        pt_load_payload((uint64_t)id, payload);
        message.id = id;
        code = partie__bench__v1__echo_service__watch__send_reply(call, &message);
    }
    return code;
}
