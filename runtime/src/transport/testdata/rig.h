/* A server with the echo service and a channel to it, for tests. */
#ifndef PT_TRANSPORT_TESTDATA_RIG_H
#define PT_TRANSPORT_TESTDATA_RIG_H

#include <pthread.h>
#include <stdatomic.h>

#include "echo.rpc.h"

typedef Partie__Echo__V1__EchoRequest echo_request;
typedef Partie__Echo__V1__EchoResponse echo_response;

/* Lets threads wait for an event, or for its count. */
typedef struct signal_count {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned n;
} signal_count;

#define SIGNAL_COUNT_INIT                                                                                                      \
    { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER }

void signal_raise(signal_count *s);
/* Waits until it was raised n times. Fails the test after 20 s. */
void signal_wait(signal_count *s, unsigned n);

typedef struct rig {
    pt_server *server;
    pt_channel *channel;
    Partie__Echo__V1__EchoService impl; /* .echo is rig_echo, .store rig_hold, unless a test sets others before rig_start */
    signal_count entered;               /* raised by each rig_hold that begins */
    signal_count gate;                  /* what each rig_hold waits for, once */
    atomic_uint runs;                   /* handlers that began */
    atomic_uint cancelled;              /* rig_holds that found their call cancelled when they ended */
} rig;

/* Zeroes and fills the handlers. */
void rig_init(rig *r);
/* Server at `url` (NULL: tcp on a free port) and channel, both with options or NULL. Fails the test when it can't. */
void rig_start(rig *r, const char *url, const pt_server_options *server, const pt_channel_options *channel);
/* Only one of them. */
void rig_serve(rig *r, const char *url, const pt_server_options *options);
void rig_open(rig *r, const char *url, const pt_channel_options *options);
/* Closes what is open. */
void rig_stop(rig *r);

/* Handlers; `self` is the rig. */
pt_code rig_echo(void *self, pt_server_call *call, const echo_request *request, echo_response *reply);
pt_code rig_hold(void *self, pt_server_call *call, const echo_request *request, echo_response *reply);

/* Echo (or Store) of `text`; returns the code. ctx is initialised by the caller. */
pt_code rig_call(rig *r, pt_context *ctx, const char *text);
pt_code rig_store(rig *r, pt_context *ctx, const char *text);

/* A call with a callback that raises a signal. */
typedef struct async_call {
    pt_context ctx;
    signal_count *done;
    atomic_uint callbacks;
    char text[64]; /* of the reply */
} async_call;

void async_start(rig *r, async_call *c, signal_count *done, const char *text, uint32_t timeout_ms);
void async_store(rig *r, async_call *c, signal_count *done, const char *text, uint32_t timeout_ms);
/* An Echo whose reply has that many bytes. */
void async_long(rig *r, async_call *c, signal_count *done, uint32_t reply_bytes);
void async_done(async_call *c);

#endif
