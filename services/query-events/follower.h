/* Keeps the copy up with the log of ingest-events: one thread that reads over RPC and applies.
 *
 * It starts from the position that the store holds, and a page is applied together with its position, so that a restart on
 * either side neither loses nor repeats anything. After every break of the contact it first compares the last event of the copy
 * with the owner's: a log that was replaced or went back is noticed, even when it has grown past the copy since. */
#ifndef QUERY_FOLLOWER_H
#define QUERY_FOLLOWER_H

#include "partie/kit/waitlist.h"
#include "store.h"

typedef struct query_follower query_follower;

typedef enum query_follow_state {
    QUERY_CONNECTING,   /* no contact since the start */
    QUERY_CATCHING_UP,  /* the owner has more than the copy */
    QUERY_CURRENT,      /* the copy had all at the last contact */
    QUERY_UNREACHABLE,  /* the owner does not answer */
    QUERY_DIVERGED,     /* it is another log, or it lost what was copied: nothing is applied */
    QUERY_STORE_FAILED, /* the copy can't be written */
} query_follow_state;

typedef struct query_follow_status {
    query_follow_state state;
    query_copy copy;
    uint64_t owner_sequence;               /* highest that the owner is known to have */
    char problem[PT_STATUS_MESSAGE_BYTES]; /* why it does not follow; "" while it does */
} query_follow_status;

typedef struct query_follower_options {
    const char *owner;        /* target of ingest-events, as pt_channel_open takes it */
    const query_store *store; /* must outlive the follower */
    /* Told on the follower's thread when the copy becomes fit to be asked (it has what the owner had at the first contact) and
     * when it ceases to be (it diverged). */
    void (*on_fit)(void *arg, bool fit);
    void *arg;
} query_follower_options;

/* Reads the copy's position and opens the channel; nothing runs yet. Errors: the store's, pt_channel_open's. */
pt_code query_follower_new(const query_follower_options *options, query_follower **ret_follower, pt_status *st) PT_MUST_CHECK;

/* Starts the thread. RESOURCE_EXHAUSTED: it can't be. */
pt_code query_follower_start(query_follower *follower, pt_status *st) PT_MUST_CHECK;

/* Ends the thread, after the page that it applies just now, and lets go of those who wait for progress. May be called again. */
void query_follower_stop(query_follower *follower);

/* Stops and frees. NULL is allowed. */
void query_follower_free(query_follower *follower);

/* How it stands. Thread: any. */
void query_follower_get_status(query_follower *follower, query_follow_status *ret_status);

/* Stands at the applied sequence. Borrowed. */
pt_waitlist *query_follower_progress(query_follower *follower);

#endif
