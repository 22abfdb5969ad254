#include "support/clock.h"

#include <errno.h>
#include <time.h>

int64_t pt_clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void pt_sleep_ms(uint32_t ms) {
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

bool pt_wait_until(bool (*holds)(void *arg), void *arg, uint32_t timeout_ms) {
    int64_t deadline = pt_clock_ms() + timeout_ms;
    while (!holds(arg)) {
        if (pt_clock_ms() >= deadline) return false;
        pt_sleep_ms(5);
    }
    return true;
}
