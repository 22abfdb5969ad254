/* What the server programs of the peers have in common. Such a program is started with a URL to listen at (tcp://127.0.0.1:0,
 * or ipc:///path), says on stdout where it listens, and serves until SIGTERM. C and C++. */
#ifndef PT_BENCH_SERVE_H
#define PT_BENCH_SERVE_H

#ifdef __cplusplus
extern "C" {
#endif

/* Call first, before there are threads: keeps SIGTERM and SIGINT for pt_serve_wait. Servers that end by the signal itself do
 * without. */
void pt_serve_begin(void);

/* Tells the driver that the server listens, and where. */
void pt_serve_listening(const char *url);

/* Returns when the server is to end. */
void pt_serve_wait(void);

#ifdef __cplusplus
}
#endif

#endif
