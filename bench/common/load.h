/* What the client programs of the peers have in common: a closed loop of calls, measured over a window. C and C++.
 *
 *     pt_load *load = pt_load_open(argc, argv);          "ready" has been said, and the server's URL has come
 *     ... connect to pt_load_url(load), make one call, check the reply ...
 *     pt_load_answered(load);                            waits for the word to go on
 *     ... keep pt_load_outstanding(load) calls under way; for each reply, once it has been checked:
 *             if (pt_load_done(load, started, now)) start the next call, else this caller has ended
 *     return pt_load_close(load);                        once all callers have ended
 *
 * The program talks to the driver of the benchmark over stdin and stdout; pair.h says what about. Times are pt_clock_ns. */
#ifndef PT_BENCH_LOAD_H
#define PT_BENCH_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the payload of every call. */
#define PT_LOAD_PAYLOAD 64

typedef struct pt_load pt_load;

/* Arguments: OUTSTANDING WARM_UP_SECONDS SECONDS [MODE]. Ends the program with 2 when they are not that. Never NULL. */
pt_load *pt_load_open(int argc, char **argv);

const char *pt_load_url(const pt_load *load);      /* tcp://127.0.0.1:PORT or ipc:///path; borrowed */
unsigned pt_load_outstanding(const pt_load *load); /* at least 1 */
const char *pt_load_mode(const pt_load *load);     /* "" without MODE */

/* Fills in the payload of call `id`: no two calls have the same. */
void pt_load_payload(uint64_t id, unsigned char *ret_payload);

/* Ends the program unless the bytes are the payload of that call. Thread: any. */
void pt_load_check(uint64_t id, const void *bytes, uint64_t n_bytes);

/* Says that the first reply has come, waits for the word to go on, and starts the clock of the warm-up. */
void pt_load_answered(pt_load *load);

/* Takes note of one call. True: start another one; false: this caller has ended. Thread: any. */
bool pt_load_done(pt_load *load, uint64_t started_ns, uint64_t now_ns);

/* Waits until as many callers have ended as pt_load_outstanding says, tells the driver the result, and frees. Returns the exit
 * status of the program. */
int pt_load_close(pt_load *load);

/* Ends the program with 1 and this message. Thread: any. */
void pt_load_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#ifdef __cplusplus
}
#endif

#endif
