/* Stream sockets by the URLs of the benchmark, for peers that have nothing of the kind. They end the program with a message
 * when they fail. */
#ifndef PT_BENCH_ENDPOINT_H
#define PT_BENCH_ENDPOINT_H

#include <stddef.h>

/* The socket file of ipc:///path; NULL: the URL is another. Borrowed from it. */
const char *pt_endpoint_path(const char *url);

/* The port of tcp://127.0.0.1:PORT. */
unsigned short pt_endpoint_port(const char *url);

/* Writes the URL at which a socket really listens, which was asked to listen at `url`. */
void pt_endpoint_url(const char *url, int fd, char *ret_url, size_t size);

/* A listening socket; *ret_url as above. */
int pt_endpoint_listen(const char *url, char *ret_url, size_t size);

/* A connection, with TCP_NODELAY. */
int pt_endpoint_connect(const char *url);

/* Sets TCP_NODELAY where there is such a thing. */
void pt_endpoint_no_delay(int fd);

#endif
