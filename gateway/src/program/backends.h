/* The services behind the gateway: a channel to each, what it serves, and the routing table that follows from it.
 *
 * Each backend is asked for its contracts (partie.reflection.v1) until it answers and every few seconds from then on, so that
 * routes come up with a service and change with it. */
#ifndef PT_PROGRAM_BACKENDS_H
#define PT_PROGRAM_BACKENDS_H

#include "mapping/table.h"
#include "partie/channel.h"

typedef struct pt_backends pt_backends;

typedef struct pt_backends_options {
    const char *const *urls; /* borrowed */
    size_t n_urls;
    const char *const *descriptor_sets; /* paths; may be none */
    size_t n_descriptor_sets;
    pt_channel_options channel;
} pt_backends_options;

/* Reads descriptor sets and checks that they make a contract; errors as below. */
pt_code pt_backends_check_files(const char *const *paths, size_t n, pt_status *st) PT_MUST_CHECK;

/* Opens the channels and reads the files; asks nobody yet.
 * INVALID_ARGUMENT: a URL or a descriptor set is malformed, with its name; NOT_FOUND: a file can't be read;
 * RESOURCE_EXHAUSTED: no memory. */
pt_code pt_backends_new(const pt_backends_options *options, pt_backends **ret_backends, pt_status *st) PT_MUST_CHECK;

/* Starts the thread that asks. RESOURCE_EXHAUSTED: no thread. */
pt_code pt_backends_start(pt_backends *backends, pt_status *st) PT_MUST_CHECK;

/* Ends the thread and closes the channels: what is under way ends with CANCELLED, and every callback has returned. */
void pt_backends_stop(pt_backends *backends);

/* After stop. NULL is allowed. */
void pt_backends_free(pt_backends *backends);

/* Changes whenever the table does. Thread: any. */
uint64_t pt_backends_generation(const pt_backends *backends);

/* The table of now; the caller gets a reference. Thread: any. */
pt_table *pt_backends_table(pt_backends *backends);

pt_channel *pt_backends_channel(const pt_backends *backends, size_t backend);
const char *pt_backends_url(const pt_backends *backends, size_t backend);

/* Appends the state of all as a JSON list of {"url", "state": "up", "down" or "unknown", "services", "error"}. Thread: any.
 * RESOURCE_EXHAUSTED: `out` is at its ceiling. */
pt_code pt_backends_write(pt_backends *backends, pt_buf *out) PT_MUST_CHECK;

#endif
