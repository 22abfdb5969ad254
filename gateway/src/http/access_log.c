#include "http/access_log.h"

#include "partie/json.h"

/* 2024-03-01T12:00:00.123456Z; short enough for its buffer for any time. */
typedef struct stamp {
    char text[64];
} stamp;

static stamp format_time(struct timespec time) {
    stamp s;
    struct tm tm;
    gmtime_r(&time.tv_sec, &tm);
    size_t len = strftime(s.text, sizeof s.text, "%Y-%m-%dT%H:%M:%S", &tm);
    s.text[len++] = '.';
    long us = time.tv_nsec / 1000;
    for (size_t i = 6; i-- > 0; us /= 10)
        s.text[len + i] = (char)('0' + us % 10);
    s.text[len + 6] = 'Z';
    s.text[len + 7] = 0;
    return s;
}

static pt_code quoted(pt_buf *out, const char *name, pt_slice value) {
    pt_code code = pt_buf_append_str(out, name);
    return code ? code : pt_json_quote(out, value);
}

static pt_code json_line(const pt_access *a, pt_buf *out) {
    stamp time = format_time(a->time);
    pt_code code = pt_buf_printf(out, "{\"time\":\"%s\"", time.text);
    if (!code) code = quoted(out, ",\"method\":", pt_slice_str(a->method));
    if (!code) code = quoted(out, ",\"path\":", a->path);
    if (!code)
        code = pt_buf_printf(out, ",\"status\":%d,\"bytes\":%llu,\"duration_us\":%llu", a->status, (unsigned long long)a->bytes,
                             (unsigned long long)a->duration_us);
    if (!code) code = quoted(out, ",\"request_id\":", pt_slice_str(a->request_id));
    if (!code) code = quoted(out, ",\"traceparent\":", pt_slice_str(a->traceparent));
    if (!code && a->rpc) code = quoted(out, ",\"rpc\":", pt_slice_str(a->rpc));
    if (!code) code = quoted(out, ",\"client\":", pt_slice_str(a->client));
    return code ? code : pt_buf_append_str(out, "}\n");
}

/* The quoted path keeps control characters away from the terminal. */
static pt_code text_line(const pt_access *a, pt_buf *out) {
    stamp time = format_time(a->time);
    pt_code code = pt_buf_printf(out, "%s %d ", time.text, a->status);
    if (!code) code = pt_json_quote(out, pt_slice_str(a->method));
    if (!code) code = pt_buf_append_byte(out, ' ');
    if (!code) code = pt_json_quote(out, a->path);
    return code ? code
                : pt_buf_printf(out, " %s %llu bytes %llu us %s %s\n", a->rpc ? a->rpc : "-", (unsigned long long)a->bytes,
                                (unsigned long long)a->duration_us, a->client, a->request_id);
}

pt_code pt_access_log_line(pt_access_format format, const pt_access *access, pt_buf *out) {
    size_t len = out->len;
    pt_code code = PT_OK;
    if (format == PT_ACCESS_JSON) code = json_line(access, out);
    if (format == PT_ACCESS_TEXT) code = text_line(access, out);
    if (code) out->len = len;
    return code;
}
