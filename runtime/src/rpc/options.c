#include "rpc/options.h"

#include <inttypes.h>

#define MESSAGE_BYTES_MAX ((size_t)1 << 30)
#define DEPTH_MAX 1000
#define ARENA_BYTES_MIN 4096

pt_code pt_option_validate(const char *name, uint64_t value, uint64_t lowest, uint64_t highest, pt_status *st) {
    if (value >= lowest && value <= highest) return PT_OK;
    return pt_status_set(st, PT_INVALID_ARGUMENT, "%s: %" PRIu64 " is not in %" PRIu64 " to %" PRIu64, name, value, lowest,
                         highest);
}

pt_code pt_limits_validate(const pt_limits *limits, pt_status *st) {
    pt_code code = pt_option_validate("limits.message_bytes", limits->message_bytes, 1, MESSAGE_BYTES_MAX, st);
    if (!code) code = pt_option_validate("limits.depth", limits->depth, 1, DEPTH_MAX, st);
    if (!code) code = pt_option_validate("limits.fields", limits->fields, 1, UINT32_MAX, st);
    if (!code) code = pt_option_validate("limits.arena_bytes", limits->arena_bytes, ARENA_BYTES_MIN, SIZE_MAX, st);
    return code;
}
