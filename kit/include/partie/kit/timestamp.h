/* Moments between microseconds, as services store them, and google.protobuf.Timestamp. */
#ifndef PARTIE_KIT_TIMESTAMP_H
#define PARTIE_KIT_TIMESTAMP_H

#include "google/protobuf/timestamp.pb.h"
#include "partie/arena.h"

/* The message for `us` microseconds since 1970, in the arena; NULL: no memory. */
Google__Protobuf__Timestamp *pt_timestamp_new(int64_t us, pt_arena *arena);

/* Microseconds since 1970; what is finer is cut off. `timestamp` lies in the years that the type allows. */
int64_t pt_timestamp_us(const Google__Protobuf__Timestamp *timestamp);

#endif
