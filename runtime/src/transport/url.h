/* Addresses of the nng transport. */
#ifndef PT_TRANSPORT_URL_H
#define PT_TRANSPORT_URL_H

#include <nng/nng.h>

#include "transport/conn.h"

/* An address as nng's streams take it. */
typedef struct pt_address {
    char stream_url[NNG_MAXADDRLEN];
    bool local;        /* unix sockets: tcp's framing with a byte before it */
    bool same_process; /* inproc */
} pt_address;

/* Reads tcp://host:port, ipc:///path or inproc://name. INVALID_ARGUMENT. */
pt_code pt_address_read(const char *url, pt_address *ret_address, pt_status *st) PT_MUST_CHECK;

/* Fills `st` from an nng error: "what: reason". Returns the code, never PT_OK. */
pt_code pt_nng_fail(pt_status *st, int error, const char *what);

/* True when the stream's other end is a unix socket of this very process. */
bool pt_is_same_process(nng_stream *stream);

#endif
