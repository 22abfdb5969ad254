#include "rpc/callback.h"

static _Thread_local unsigned depth;

void pt_callback_enter(void) {
    depth++;
}

void pt_callback_leave(void) {
    depth--;
}

bool pt_in_callback(void) {
    return depth > 0;
}
