/* libmicrohttpd as this gateway sets it up. */
#ifndef PT_PROGRAM_DAEMON_H
#define PT_PROGRAM_DAEMON_H

#include "program/worker.h"

/* Starts a daemon for the worker, with a duplicate of the socket, without a thread. Stop it with MHD_stop_daemon, when nothing
 * is suspended. UNAVAILABLE: libmicrohttpd refused. */
pt_code pt_daemon_start(pt_worker *worker, int listen_fd, uint32_t connections, struct MHD_Daemon **ret_daemon,
                        pt_status *st) PT_MUST_CHECK;

#endif
