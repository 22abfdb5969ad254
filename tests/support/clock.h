/* Time for tests: deadlines, and the pause between two looks at something that gives no sign. */
#ifndef PARTIE_TESTS_SUPPORT_CLOCK_H
#define PARTIE_TESTS_SUPPORT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Milliseconds of the monotonic clock. */
int64_t pt_clock_ms(void);

/* For the pause in a loop that looks again; never as a guess that something will have happened by then. */
void pt_sleep_ms(uint32_t ms);

/* Calls `holds(arg)` every 5 ms until it is true. False when it was not within `timeout_ms`. */
bool pt_wait_until(bool (*holds)(void *arg), void *arg, uint32_t timeout_ms);

#endif
