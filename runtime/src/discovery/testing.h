/* For tests of resolvers: keeps what they tell, and waits for it. */
#ifndef PT_DISCOVERY_TESTING_H
#define PT_DISCOVERY_TESTING_H

#include <pthread.h>
#include <stdatomic.h>

#include "discovery/resolver.h"

#define PT_WATCH_BYTES 65536

typedef struct pt_watch {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char urls[PT_WATCH_BYTES]; /* of the latest list: "URL=WEIGHT " each */
    char failure[512];         /* the latest */
    unsigned n_lists;
} pt_watch;

#define PT_WATCH_INIT                                                                                                          \
    { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .urls = "(none yet)" }

/* For pt_resolver_events, with the watch as `arg`. */
void pt_watch_found(void *arg, pt_address_list *list);
void pt_watch_failed(void *arg, const pt_status *why);

/* Wait until the latest list is `urls`, has `part` in it, or until a failure with `text` in it has come. They fail the test
 * after 30 s. */
void pt_watch_await(pt_watch *w, const char *urls);
void pt_watch_await_part(pt_watch *w, const char *part);
void pt_watch_await_failure(pt_watch *w, const char *text);

/* Waits until the number is at least so high. */
void pt_watch_await_change(atomic_int *number, int at_least);

/* Lists so far. */
unsigned pt_watch_lists(pt_watch *w);

#endif
