#include "common/load.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/histogram.h"

enum { WARMING_UP, MEASURING, OVER };

/* The latencies that one thread saw; each thread has its own, so that noting one costs no lock. */
typedef struct recorder {
    struct recorder *next;
    pt_histogram latency; /* ns */
} recorder;

struct pt_load {
    char url[256];
    const char *mode;
    unsigned outstanding;
    double warm_up, seconds;
    atomic_int phase;
    _Atomic(recorder *) recorders;
    sem_t ended; /* once for each caller */
    pthread_t clock;
    uint64_t begin_ns, end_ns; /* of the window */
};

static _Thread_local recorder *own_recorder;

void pt_load_fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    _exit(1); /* from any thread, with others still at work */
}

static void tell(const char *text) {
    if (printf("%s\n", text) < 0 || fflush(stdout)) pt_load_fail("stdout: cannot be written");
}

/* A line from the driver, without its end. */
static void hear(char *line, int size) {
    if (!fgets(line, size, stdin)) exit(1); /* the driver has gone */
    line[strcspn(line, "\n")] = 0;
}

static double number(const char *text) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || value < 0) {
        fprintf(stderr, "%s: %s: not a number\n", program_invocation_short_name, text);
        exit(2);
    }
    return value;
}

pt_load *pt_load_open(int argc, char **argv) {
    if (argc != 4 && argc != 5) {
        fprintf(stderr, "usage: %s OUTSTANDING WARM_UP_SECONDS SECONDS [MODE]; started by scripts/bench\n", argv[0]);
        exit(2);
    }
    pt_load *load = calloc(1, sizeof *load);
    if (!load || sem_init(&load->ended, 0, 0)) pt_load_fail("out of memory");
    double outstanding = number(argv[1]);
    if (outstanding < 1 || outstanding > 65536) pt_load_fail("%s calls outstanding: 1 to 65536", argv[1]);
    load->outstanding = (unsigned)outstanding;
    load->warm_up = number(argv[2]);
    load->seconds = number(argv[3]);
    load->mode = argc == 5 ? argv[4] : "";
    tell("ready");
    hear(load->url, sizeof load->url);
    return load;
}

const char *pt_load_url(const pt_load *load) {
    return load->url;
}

unsigned pt_load_outstanding(const pt_load *load) {
    return load->outstanding;
}

const char *pt_load_mode(const pt_load *load) {
    return load->mode;
}

void pt_load_payload(uint64_t id, unsigned char *ret_payload) {
    static const char filling[PT_LOAD_PAYLOAD - sizeof id + 1] = "one payload of sixty-four bytes, as small events go, yes";
    memcpy(ret_payload, &id, sizeof id);
    memcpy(ret_payload + sizeof id, filling, sizeof filling - 1);
}

void pt_load_check(uint64_t id, const void *bytes, uint64_t n_bytes) {
    unsigned char wanted[PT_LOAD_PAYLOAD];
    pt_load_payload(id, wanted);
    if (n_bytes != sizeof wanted || memcmp(bytes, wanted, sizeof wanted) != 0)
        pt_load_fail("the reply to call %llu is not what was sent", (unsigned long long)id);
}

/* Opens and closes the window. */
static void *keep_time(void *arg) {
    pt_load *load = arg;
    pt_clock_sleep(load->warm_up);
    load->begin_ns = pt_clock_ns();
    atomic_store(&load->phase, MEASURING);
    tell("measuring");
    pt_clock_sleep(load->seconds);
    atomic_store(&load->phase, OVER);
    load->end_ns = pt_clock_ns();
    tell("measured");
    return NULL;
}

void pt_load_answered(pt_load *load) {
    char line[64];
    snprintf(line, sizeof line, "answered %llu", (unsigned long long)pt_clock_ns());
    tell(line);
    hear(line, sizeof line);
    if (pthread_create(&load->clock, NULL, keep_time, load)) pt_load_fail("no thread");
}

static recorder *recorder_of_thread(pt_load *load) {
    if (!own_recorder) {
        own_recorder = calloc(1, sizeof *own_recorder);
        if (!own_recorder) pt_load_fail("out of memory");
        own_recorder->next = atomic_load(&load->recorders);
        while (!atomic_compare_exchange_weak(&load->recorders, &own_recorder->next, own_recorder)) {
        }
    }
    return own_recorder;
}

bool pt_load_done(pt_load *load, uint64_t started_ns, uint64_t now_ns) {
    int phase = atomic_load_explicit(&load->phase, memory_order_relaxed);
    if (phase == MEASURING) pt_histogram_add(&recorder_of_thread(load)->latency, now_ns - started_ns);
    if (phase == OVER) sem_post(&load->ended);
    return phase != OVER;
}

int pt_load_close(pt_load *load) {
    static pt_histogram all;
    for (unsigned i = 0; i < load->outstanding; i++) {
        while (sem_wait(&load->ended)) {
        }
    }
    pthread_join(load->clock, NULL);
    for (recorder *r = atomic_load(&load->recorders), *next; r; r = next) {
        next = r->next;
        pt_histogram_merge(&all, &r->latency);
        free(r);
    }
    printf("calls %llu\nseconds %.9f\np50_us %.3f\np99_us %.3f\n", (unsigned long long)all.total,
           (double)(load->end_ns - load->begin_ns) / 1e9, pt_histogram_quantile(&all, 0.5) / 1e3,
           pt_histogram_quantile(&all, 0.99) / 1e3);
    tell("end");
    sem_destroy(&load->ended);
    free(load);
    return 0;
}
