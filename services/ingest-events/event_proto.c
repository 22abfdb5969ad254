#include "event_proto.h"

#include <stdlib.h>

#include "partie/kit/timestamp.h"

static int compare_keys(const void *a, const void *b) {
    const Events__V1__Event__ExtensionsEntry *const *left = a, *const *right = b;
    return strcmp((*left)->key, (*right)->key);
}

/* The order of a map's entries says nothing: sorted, equal events have equal bytes. */
static pt_code sort_extensions(const Events__V1__Event *message, pt_arena *arena, Events__V1__Event *ret_sorted,
                               ingest_event *event) {
    size_t n = message->n_extensions;
    *ret_sorted = *message;
    if (n == 0) return PT_OK;
    Events__V1__Event__ExtensionsEntry **entries = pt_arena_copy(arena, message->extensions, n * sizeof *entries);
    ingest_extension *extensions = pt_arena_calloc(arena, n, sizeof *extensions);
    if (!entries || !extensions) return PT_RESOURCE_EXHAUSTED;
    qsort(entries, n, sizeof *entries, compare_keys);
    for (size_t i = 0; i < n; i++)
        extensions[i] = (ingest_extension){entries[i]->key, entries[i]->value};
    ret_sorted->extensions = entries;
    event->extensions = extensions;
    event->n_extensions = n;
    return PT_OK;
}

static pt_code serialize(const Events__V1__Event *message, pt_arena *arena, pt_slice *ret_content) {
    size_t size = events__v1__event__get_packed_size(message);
    uint8_t *bytes = pt_arena_alloc(arena, size);
    if (!bytes) return PT_RESOURCE_EXHAUSTED;
    events__v1__event__pack(message, bytes);
    *ret_content = pt_slice_of(bytes, size);
    return PT_OK;
}

pt_code ingest_event_from_proto(const Events__V1__Event *message, pt_arena *arena, ingest_event *ret_event) {
    ingest_event event = {
        .id = message->id,
        .source = message->source,
        .spec_version = message->spec_version,
        .type = message->type,
        .subject = message->subject,
        .data_content_type = message->data_content_type,
        .data_schema = message->data_schema,
        .has_time = message->time != NULL,
        .time_seconds = message->time ? message->time->seconds : 0,
        .time_nanos = message->time ? message->time->nanos : 0,
        .data = message->payload_case == EVENTS__V1__EVENT__PAYLOAD_DATA ? message->data : NULL,
    };
    Events__V1__Event sorted;
    pt_code code = sort_extensions(message, arena, &sorted, &event);
    if (!code) code = serialize(&sorted, arena, &event.content);
    if (!code) *ret_event = event;
    return code;
}

pt_code ingest_event_to_proto(uint64_t sequence, int64_t recorded_us, pt_slice content, pt_arena *arena,
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
