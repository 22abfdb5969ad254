#include "discovery/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

/* Starts a thread that takes no signals. Returns errno's number, or 0. */
static int start_thread(void *(*start)(void *arg), void *arg, pthread_t *ret_thread) {
    sigset_t all, former;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &former);
    int problem = pthread_create(ret_thread, NULL, start, arg);
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    return problem;
}

static pt_code fail(int problem, pt_status *st) {
    return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "discovery: no thread: %s", strerror(problem));
}

/* ---- workers ---- */

static void *run_worker(void *arg) {
    pt_worker *w = arg;
    w->run(w->arg);
    return NULL;
}

pt_code pt_worker_start(pt_worker *w, void (*run)(void *arg), void *arg, pt_status *st) {
    *w = (pt_worker){.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .run = run, .arg = arg};
    int problem = w->wake < 0 ? errno : start_thread(run_worker, w, &w->thread);
    if (!problem) return PT_OK;
    if (w->wake >= 0) close(w->wake);
    return fail(problem, st);
}

static void wake(pt_worker *w) {
    ssize_t ignored = write(w->wake, &(uint64_t){1}, sizeof(uint64_t)); /* fails only when it is set already */
    (void)ignored;
}

void pt_worker_stop(pt_worker *w) {
    atomic_store(&w->stopping, true);
    wake(w);
    pthread_join(w->thread, NULL);
    close(w->wake);
}

void pt_worker_wish(pt_worker *w) {
    atomic_store(&w->wished, true);
    wake(w);
}

bool pt_worker_wished(pt_worker *w) {
    return atomic_exchange(&w->wished, false);
}

/* ---- threads that nobody waits for ---- */

typedef struct task {
    void (*run)(void *arg);
    void *arg;
} task;

static void *run_task(void *arg) {
    task t = *(task *)arg;
    free(arg);
    t.run(t.arg);
    return NULL;
}

pt_code pt_worker_detach(void (*run)(void *arg), void *arg, pt_status *st) {
    task *t = malloc(sizeof *t);
    if (!t) return fail(ENOMEM, st);
    *t = (task){run, arg};
    pthread_t thread;
    int problem = start_thread(run_task, t, &thread);
    if (problem) {
        free(t);
        return fail(problem, st);
    }
    pthread_detach(thread);
    return PT_OK;
}

/* ---- waiting ---- */

int pt_worker_wake_fd(const pt_worker *w) {
    return w->wake;
}

void pt_worker_woken(pt_worker *w) {
    uint64_t count;
    ssize_t ignored = read(w->wake, &count, sizeof count);
    (void)ignored;
}

bool pt_worker_wait(pt_worker *w, int fd, uint64_t until_ns) {
    uint64_t now_ns = pt_worker_now_ns(), rest_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    uint64_t rest_ms = (rest_ns + NS_PER_MS - 1) / NS_PER_MS;
    struct pollfd fds[2] = {{.fd = w->wake, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    int n = poll(fds, 2, rest_ms > 3600000 ? 3600000 : (int)rest_ms);
    if (n > 0 && fds[0].revents) pt_worker_woken(w);
    return n > 0 && fds[1].revents;
}

uint64_t pt_worker_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

uint64_t pt_worker_random(void) {
    uint64_t random;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) random = pt_worker_now_ns();
    return random;
}
