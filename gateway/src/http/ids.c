#include "http/ids.h"

#include <stdio.h>
#include <sys/random.h>
#include <time.h>

static const char hex[] = "0123456789abcdef";

/* Random bytes by the kernel, fetched in bulk: a system call for each request would show. */
static void random_bytes(uint8_t *ret_bytes, size_t len) {
    static _Thread_local uint8_t pool[1024];
    static _Thread_local size_t left;
    if (left < len) {
        size_t got = 0;
        while (got < sizeof pool) {
            ssize_t n = getrandom(pool + got, sizeof pool - got, 0);
            if (n > 0) got += (size_t)n;
        }
        left = sizeof pool;
    }
    left -= len;
    memcpy(ret_bytes, pool + left, len);
}

static char *put_hex(char *p, const uint8_t *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) {
        *p++ = hex[bytes[i] >> 4];
        *p++ = hex[bytes[i] & 15];
    }
    return p;
}

/* RFC 9562 section 5.7: milliseconds in front, so that ids sort by time. */
static void new_uuid(char *ret_text) {
    struct timespec now;
    uint8_t b[16];
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    random_bytes(b + 6, sizeof b - 6);
    for (int i = 0; i < 6; i++)
        b[i] = (uint8_t)(ms >> (40 - 8 * i));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x70);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    char *p = ret_text;
    for (size_t i = 0; i < sizeof b; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *p++ = '-';
        p = put_hex(p, b + i, 1);
    }
    *p = 0;
}

static bool request_id_valid(const char *id) {
    size_t len = id ? strlen(id) : 0;
    if (!len || len > PT_REQUEST_ID_MAX) return false;
    for (const char *p = id; *p; p++) {
        bool alnum = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
        if (!alnum && !strchr("-_.:/+=@", *p)) return false;
    }
    return true;
}

/* `len` lower-case hexadecimal digits, not all zero unless `zero_ok`. */
static bool is_hex(const char *text, size_t len, bool zero_ok) {
    bool zero = true;
    for (size_t i = 0; i < len; i++) {
        if (!text[i] || !strchr(hex, text[i])) return false;
        if (text[i] != '0') zero = false;
    }
    return !zero || zero_ok;
}

/* version "-" trace-id "-" parent-id "-" flags; versions above 00 may have more behind. */
static bool traceparent_valid(const char *t) {
    size_t len = t ? strlen(t) : 0;
    if (len < PT_TRACEPARENT_TEXT || t[2] != '-' || t[35] != '-' || t[52] != '-') return false;
    if (!is_hex(t, 2, true) || !memcmp(t, "ff", 2)) return false;
    if (!is_hex(t + 3, 32, false) || !is_hex(t + 36, 16, false) || !is_hex(t + 53, 2, true)) return false;
    return len == PT_TRACEPARENT_TEXT || (memcmp(t, "00", 2) != 0 && t[PT_TRACEPARENT_TEXT] == '-');
}

void pt_request_ids_take(const char *request_id, const char *traceparent, pt_request_ids *ret_ids) {
    uint8_t trace[16], span[8];
    if (request_id_valid(request_id))
        memcpy(ret_ids->request_id, request_id, strlen(request_id) + 1);
    else
        new_uuid(ret_ids->request_id);

    ret_ids->trace_continued = traceparent_valid(traceparent);
    char *p = ret_ids->traceparent;
    if (ret_ids->trace_continued) {
        memcpy(p, traceparent, PT_TRACEPARENT_TEXT);
        memcpy(p, "00", 2); /* the version that this hop speaks */
    } else {
        random_bytes(trace, sizeof trace);
        trace[15] |= 1; /* all zero is no id */
        memcpy(p, "00-", 3);
        put_hex(p + 3, trace, sizeof trace);
        p[35] = '-';
        memcpy(p + 52, "-00", 3);
    }
    random_bytes(span, sizeof span);
    span[7] |= 1;
    put_hex(p + 36, span, sizeof span);
    p[PT_TRACEPARENT_TEXT] = 0;
}

bool pt_tracestate_valid(const char *tracestate) {
    size_t len = tracestate ? strlen(tracestate) : 0;
    if (!len || len > 512) return false;
    for (size_t i = 0; i < len; i++)
        if (tracestate[i] < 0x20 || tracestate[i] > 0x7e) return false;
    return true;
}
