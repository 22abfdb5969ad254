#include "query_events.h"

#include <inttypes.h>
#include <stdio.h>

#define FIRST_SECOND (-62135596800) /* 0001-01-01T00:00:00Z */
#define LAST_SECOND 253402300799    /* 9999-12-31T23:59:59Z */
#define TOKEN_VERSION 1
#define TOKEN_DIGITS 34 /* version 2, filter 16, position 16 hexadecimal digits */

static pt_code refuse(pt_status *st, const char *field, const char *reason, const char *text) {
    pt_status_set(st, PT_INVALID_ARGUMENT, "%s: %s", field, text);
    pt_status_add_violation(st, field, reason, text);
    return PT_INVALID_ARGUMENT;
}

static bool in_range(const query_time *t) {
    return t->seconds >= FIRST_SECOND && t->seconds <= LAST_SECOND && t->nanos >= 0 && t->nanos <= 999999999;
}

static bool is_before(const query_time *a, const query_time *b) {
    return a->seconds != b->seconds ? a->seconds < b->seconds : a->nanos < b->nanos;
}

pt_code query_check_filter(const query_filter *f, pt_status *st) {
    if (f->has_start && !in_range(&f->start))
        return refuse(st, "start_time", "OUT_OF_RANGE", "must lie in the years 1 to 9999");
    if (f->has_end && !in_range(&f->end)) return refuse(st, "end_time", "OUT_OF_RANGE", "must lie in the years 1 to 9999");
    if (f->has_start && f->has_end && !is_before(&f->start, &f->end)) {
        return refuse(st, "end_time", "OUT_OF_RANGE", "must be after start_time");
    }
    return PT_OK;
}

uint32_t query_page_size(uint32_t wanted) {
    if (wanted == 0) return QUERY_DEFAULT_PAGE;
    return wanted < QUERY_MAX_PAGE ? wanted : QUERY_MAX_PAGE;
}

/* FNV-1a, 64 bits. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len) {
    for (const uint8_t *p = bytes, *end = p + len; p < end; p++)
        hash = (hash ^ *p) * UINT64_C(1099511628211);
    return hash;
}

static uint64_t hash_text(uint64_t hash, const char *text) {
    return hash_bytes(hash, text, strlen(text) + 1); /* with the NUL: "ab","c" is not "a","bc" */
}

static uint64_t hash_time(uint64_t hash, bool has_time, const query_time *t) {
    char text[64];
    int len = has_time ? snprintf(text, sizeof text, "%" PRId64 ".%09" PRId32, t->seconds, t->nanos) : 0;
    return hash_bytes(hash_bytes(hash, text, (size_t)len), "", 1);
}

static uint64_t hash_filter(const query_filter *f) {
    uint64_t hash = UINT64_C(14695981039346656037);
    hash = hash_text(hash, f->type);
    hash = hash_text(hash, f->source);
    hash = hash_text(hash, f->subject);
    hash = hash_time(hash, f->has_start, &f->start);
    return hash_time(hash, f->has_end, &f->end);
}

void query_write_token(const query_filter *filter, uint64_t after, char *ret_token) {
    snprintf(ret_token, QUERY_TOKEN_BYTES, "%02x%016" PRIx64 "%016" PRIx64, TOKEN_VERSION, hash_filter(filter), after);
}

pt_code query_read_token(const char *token, const query_filter *filter, uint64_t *ret_after, pt_status *st) {
    unsigned version;
    uint64_t hash, after;
    if (!*token) {
        *ret_after = 0;
        return PT_OK;
    }
    if (strlen(token) != TOKEN_DIGITS || strspn(token, "0123456789abcdef") != TOKEN_DIGITS ||
        sscanf(token, "%2x%16" SCNx64 "%16" SCNx64, &version, &hash, &after) != 3 || version != TOKEN_VERSION) {
        return refuse(st, "page_token", "MALFORMED", "is not a token of this service; start again without one");
    }
    if (hash != hash_filter(filter)) {
        return refuse(st, "page_token", "OTHER_FILTER",
                      "was made for other conditions; repeat those or start again without it");
    }
    *ret_after = after;
    return PT_OK;
}

pt_code query_check_log(const query_copy *copy, const char *log_id, uint64_t last_sequence, pt_status *st) {
    if (copy->applied && strcmp(copy->log_id, log_id) != 0) {
        return pt_status_set(st, PT_DATA_LOSS, "the owner's log is '%.64s', the copy was made of '%s'", log_id, copy->log_id);
    }
    if (last_sequence < copy->applied) {
        return pt_status_set(st, PT_DATA_LOSS, "the owner's log ends at %" PRIu64 ", the copy has %" PRIu64, last_sequence,
                             copy->applied);
    }
    return PT_OK;
}

pt_code query_check_next(const query_copy *copy, const query_event *events, size_t n, pt_status *st) {
    for (size_t i = 0; i < n; i++) {
        uint64_t expected = copy->applied + 1 + i;
        if (events[i].sequence == expected) continue;
        return pt_status_set(st, PT_DATA_LOSS, "the owner's log goes on with %" PRIu64 " where %" PRIu64 " was expected",
                             events[i].sequence, expected);
    }
    return PT_OK;
}
