#include "partie/kit/timestamp.h"

#define MICROS INT64_C(1000000)

Google__Protobuf__Timestamp *pt_timestamp_new(int64_t us, pt_arena *arena) {
    Google__Protobuf__Timestamp *t = pt_arena_alloc(arena, sizeof *t);
    if (!t) return NULL;
    google__protobuf__timestamp__init(t);
    int64_t fraction = us % MICROS;
    if (fraction < 0) fraction += MICROS; /* nanos count forward, also before 1970 */
    t->seconds = (us - fraction) / MICROS;
    t->nanos = (int32_t)fraction * 1000;
    return t;
}

int64_t pt_timestamp_us(const Google__Protobuf__Timestamp *t) {
    return t->seconds * MICROS + t->nanos / 1000;
}
