#include "common/serve.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

static void end_signals(sigset_t *ret_set) {
    sigemptyset(ret_set);
    sigaddset(ret_set, SIGTERM);
    sigaddset(ret_set, SIGINT);
}

void pt_serve_begin(void) {
    sigset_t set;
    end_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void pt_serve_listening(const char *url) {
    printf("listening %s\n", url);
    fflush(stdout);
}

void pt_serve_wait(void) {
    sigset_t set;
    int got;
    end_signals(&set);
    while (sigwait(&set, &got)) {
    }
}
