/* The streaming method of partie's server. */
#ifndef PT_BENCH_PARTIE_WATCH_H
#define PT_BENCH_PARTIE_WATCH_H

#include "echo.rpc.h"

/* Sends messages until nobody takes them any more. Blocks. */
pt_code pt_partie_watch(void *self, pt_server_call *call, const Partie__Bench__V1__WatchRequest *request);

#endif
