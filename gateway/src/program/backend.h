/* Inside of backends.h: one backend, what asks it, and what rebuilds the table. */
#ifndef PT_PROGRAM_BACKEND_H
#define PT_PROGRAM_BACKEND_H

#include <pthread.h>

#include "partie/reflection/v1/reflection.rpc.h"
#include "program/backends.h"

typedef enum pt_backend_state { PT_BACKEND_UNKNOWN, PT_BACKEND_UP, PT_BACKEND_DOWN } pt_backend_state;

/* Written by the asking thread alone; what others read is under the lock. */
typedef struct pt_backend {
    const char *url;
    pt_backends *all;
    pt_channel *channel;
    pt_context context; /* of the question under way */
    bool asking;
    bool done; /* under the lock: its answer is there */
    const Partie__Reflection__V1__GetDescriptorsResponse *answer;
    uint64_t next_ms;
    uint32_t pause_ms;

    pt_backend_state state; /* under the lock, as all below */
    bool answered;          /* has said what it serves, perhaps nothing */
    uint64_t fingerprint;   /* of `contract` */
    pt_contract *contract;  /* by reflection; NULL: none */
    pt_arena arena;         /* holds `services` */
    const char **services;
    size_t n_services;
    char *error; /* why it is down, or why its contract can't be used; NULL: nothing */
} pt_backend;

struct pt_backends {
    pthread_mutex_t lock;
    pthread_cond_t wake; /* an answer came, or stop */
    pthread_t thread;
    bool started, stop;
    pt_backend *list;
    size_t n;
    pt_contract *files; /* of the descriptor sets; NULL: none */
    pt_table *table;
    uint64_t generation; /* atomic */
};

/* Puts a new table, made of what is known, in the place of the old. RESOURCE_EXHAUSTED: no memory; the old one stays. */
pt_code pt_backends_rebuild(pt_backends *backends, pt_status *st) PT_MUST_CHECK;

/* The thread that asks; `arg` is the pt_backends. */
void *pt_discovery_run(void *arg);

/* Warnings about contracts go to the log. */
pt_contract_warn_fn pt_backends_warn;

#endif
