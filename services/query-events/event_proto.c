#include "event_proto.h"

#include <stdlib.h>

#include "partie/kit/timestamp.h"

#define LAST_SECOND 253402300799 /* 9999-12-31T23:59:59Z */

static pt_code serialize(const Events__V1__Event *message, pt_arena *arena, pt_slice *ret_content, pt_status *st) {
    size_t size = events__v1__event__get_packed_size(message);
    uint8_t *bytes = pt_arena_alloc(arena, size);
    if (!bytes) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    events__v1__event__pack(message, bytes);
    *ret_content = pt_slice_of(bytes, size);
    return PT_OK;
}

pt_code query_event_from_proto(const Events__V1__StoredEvent *message, pt_arena *arena, query_event *ret_event, pt_status *st) {
    const Events__V1__Event *event = message->event;
    if (!event || !message->recorded || llabs(message->recorded->seconds) > LAST_SECOND) {
        return pt_status_set(st, PT_DATA_LOSS, "event %llu of the owner's log is incomplete",
                             (unsigned long long)message->sequence);
    }
    const Google__Protobuf__Timestamp *time = event->time ? event->time : message->recorded;
    query_event result = {.sequence = message->sequence,
                          .recorded_us = pt_timestamp_us(message->recorded),
                          .time = {.seconds = time->seconds, .nanos = time->nanos},
                          .type = event->type,
                          .source = event->source,
                          .subject = event->subject ? event->subject : "",
                          .id = event->id};
    pt_code code = serialize(event, arena, &result.content, st);
    if (!code) *ret_event = result;
    return code;
}

pt_code query_event_to_proto(uint64_t sequence, int64_t recorded_us, pt_slice content, pt_arena *arena,
                             Events__V1__StoredEvent **ret_message, pt_status *st) {
    Events__V1__StoredEvent *stored = pt_arena_alloc(arena, sizeof *stored);
    Google__Protobuf__Timestamp *recorded = pt_timestamp_new(recorded_us, arena);
    if (!stored || !recorded) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    events__v1__stored_event__init(stored);
    stored->sequence = sequence;
    stored->recorded = recorded;
    stored->event = events__v1__event__unpack(pt_arena_protobuf(arena), content.len, content.ptr);
    if (!stored->event) {
        return pt_status_set(st, PT_DATA_LOSS, "event %llu can't be read back", (unsigned long long)sequence);
    }
    *ret_message = stored;
    return PT_OK;
}
