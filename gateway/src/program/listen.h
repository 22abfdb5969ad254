/* The listening socket. */
#ifndef PT_PROGRAM_LISTEN_H
#define PT_PROGRAM_LISTEN_H

#include "partie/status.h"

#define PT_LISTEN_URL_BYTES 128

/* Listens at ADDR:PORT, [ADDR]:PORT or :PORT (all addresses); port 0 takes a free one. *ret_fd is the caller's to close;
 * ret_url gets "http://ADDR:PORT" with the port that it really is. INVALID_ARGUMENT: not an address; ALREADY_EXISTS: the port
 * is taken; UNAVAILABLE: the system refused, with its reason. The message names the address and the next step. */
pt_code pt_listen(const char *address, int *ret_fd, char ret_url[PT_LISTEN_URL_BYTES], pt_status *st) PT_MUST_CHECK;

/* Checks the form alone and opens nothing. INVALID_ARGUMENT as above. */
pt_code pt_listen_check(const char *address, pt_status *st) PT_MUST_CHECK;

#endif
