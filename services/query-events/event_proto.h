/* Events between the contract and the domain. */
#ifndef QUERY_EVENT_PROTO_H
#define QUERY_EVENT_PROTO_H

#include "events/v1/events.pb.h"
#include "partie/arena.h"
#include "query_events.h"

/* Makes the domain's view of an event of the owner's log. It points into the message and the arena.
 * DATA_LOSS: a part is missing. RESOURCE_EXHAUSTED: the arena is at its budget. */
pt_code query_event_from_proto(const Events__V1__StoredEvent *message, pt_arena *arena, query_event *ret_event,
                               pt_status *st) PT_MUST_CHECK;

/* Makes the message that stands for one event of the copy, in the arena.
 * RESOURCE_EXHAUSTED as above. DATA_LOSS: the stored content can't be read. */
pt_code query_event_to_proto(uint64_t sequence, int64_t recorded_us, pt_slice content, pt_arena *arena,
                             Events__V1__StoredEvent **ret_message, pt_status *st) PT_MUST_CHECK;

#endif
