/* Events between the contract and the domain. */
#ifndef INGEST_EVENT_PROTO_H
#define INGEST_EVENT_PROTO_H

#include "events/v1/events.pb.h"
#include "ingest_events.h"
#include "partie/arena.h"

/* Makes the domain's view of a message, its content included. It points into the message and the arena.
 * RESOURCE_EXHAUSTED: the arena is at its budget. */
pt_code ingest_event_from_proto(const Events__V1__Event *message, pt_arena *arena, ingest_event *ret_event) PT_MUST_CHECK;

/* Makes the message that stands for one event of the log, in the arena.
 * RESOURCE_EXHAUSTED as above. DATA_LOSS: the stored content can't be read. */
pt_code ingest_event_to_proto(uint64_t sequence, int64_t recorded_us, pt_slice content, pt_arena *arena,
                              Events__V1__StoredEvent **ret_message, pt_status *st) PT_MUST_CHECK;

#endif
