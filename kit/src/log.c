#include "log_write.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "partie/json.h"

const char *const pt_log_level_names[] = {"debug", "info", "warn", "error", NULL};
const char *const pt_log_format_names[] = {"logfmt", "json", NULL};

#define MESSAGE_BYTES 2048 /* longest message before escaping */

static struct {
    const char *program;
    pt_log_level level;
    pt_log_format format;
} settings = {"partie", PT_LOG_INFO, PT_LOG_LOGFMT};

void pt_log_configure(const char *program, pt_log_level level, pt_log_format format) {
    settings.program = program;
    settings.level = level;
    settings.format = format;
}

/* A logfmt value needs quotes unless it is a plain word. */
static bool is_plain(const char *text) {
    if (!*text) return false;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c <= ' ' || *c >= 0x7f || *c == '"' || *c == '=' || *c == '\\') return false;
    }
    return true;
}

static pt_code append_text(pt_buf *line, const char *text) {
    if (settings.format == PT_LOG_LOGFMT && is_plain(text)) return pt_buf_append_str(line, text);
    return pt_json_quote(line, pt_slice_str(text));
}

/* Appends a whole field or, when the line is full, nothing of it. */
static void append_field(pt_buf *line, const pt_log_field *field) {
    size_t start = line->len;
    bool json = settings.format == PT_LOG_JSON, first = start == (json ? 1u : 0u);
    const char *separator = first ? "" : json ? "," : " ";
    pt_code code = pt_buf_printf(line, json ? "%s\"%s\":" : "%s%s=", separator, field->key);
    if (!code) {
        code = field->is_number ? pt_buf_printf(line, "%" PRId64, field->number) : append_text(line, field->text);
    }
    if (code) line->len = start;
}

static void format_time(char *ret_text, size_t size) {
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t len = strftime(ret_text, size, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(ret_text + len, size - len, ".%03ldZ", now.tv_nsec / 1000000);
}

/* stderr that is full or gone is no reason to stop: the line is lost. */
static void write_line(const pt_buf *line) {
    ssize_t written;
    do {
        written = write(STDERR_FILENO, line->ptr, line->len);
    } while (written < 0 && errno == EINTR);
}

static void log_line(pt_log_level level, const pt_log_field *fields, const char *message) {
    char time_text[64];
    format_time(time_text, sizeof time_text);
    const pt_log_field head[] = {PT_LOG_TEXT("time", time_text), PT_LOG_TEXT("level", pt_log_level_names[level]),
                                 PT_LOG_TEXT("program", settings.program), PT_LOG_TEXT("message", message), PT_LOG_END};
    bool json = settings.format == PT_LOG_JSON;
    pt_buf line = PT_BUF_INIT(PT_LOG_LINE_BYTES);
    if (json && pt_buf_append_byte(&line, '{')) return;
    for (const pt_log_field *f = head; f->key; f++)
        append_field(&line, f);
    for (const pt_log_field *f = fields; f && f->key; f++) {
        if (f->is_number || f->text) append_field(&line, f);
    }
    line.max += 2; /* the closing fits always */
    if (!pt_buf_append_str(&line, json ? "}\n" : "\n")) write_line(&line);
    pt_buf_done(&line);
}

void pt_log_vwrite(pt_log_level level, const pt_log_field *fields, const char *format, va_list args) {
    if (level < settings.level) return;
    int saved = errno;
    char message[MESSAGE_BYTES];
    vsnprintf(message, sizeof message, format, args);
    log_line(level, fields, message);
    errno = saved;
}

void pt_log(pt_log_level level, const pt_log_field *fields, const char *format, ...) {
    va_list args;
    va_start(args, format);
    pt_log_vwrite(level, fields, format, args);
    va_end(args);
}

bool pt_log_gate_pass(pt_log_gate *gate, uint32_t interval_ms) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    uint64_t open_again = atomic_load(&gate->open_again_ms);
    return now_ms >= open_again && atomic_compare_exchange_strong(&gate->open_again_ms, &open_again, now_ms + interval_ms);
}
