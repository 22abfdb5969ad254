#include "json/report.h"

#include <stdio.h>

#include "core/utf8.h"

#define PATH_BYTES 200 /* a longer one loses its beginning */
#define KEY_BYTES 48   /* a longer one loses its end */
#define FOUND_BYTES 32

/* Copies text for a message: without control characters, cut to `max` bytes. `room` is at least max + 4. */
static size_t excerpt(char *to, pt_slice text, size_t max) {
    size_t len = text.len <= max ? text.len : max;
    while (len < text.len && len && (text.ptr[len] & 0xc0) == 0x80)
        len--;
    for (size_t i = 0; i < len; i++)
        to[i] = text.ptr[i] < ' ' || text.ptr[i] == 0x7f ? '?' : (char)text.ptr[i];
    if (len < text.len) memcpy(to + len, "...", 3);
    return len < text.len ? len + 3 : len;
}

/* One step as text: `.name`, `.name[3]`, `.name["key"]`, `[3]`, `.key`, or nothing between two members. Returns its length. */
static size_t step_text(const pt_json_step *step, char *to, size_t room) {
    char key[KEY_BYTES + 4];
    int key_len = step->key.ptr ? (int)excerpt(key, step->key, KEY_BYTES) : 0;
    int len;
    if (!step->field && step->key.ptr) {
        len = snprintf(to, room, ".%.*s", key_len, key);
    } else if (!step->field) {
        len = step->index == PT_JSON_NO_INDEX ? 0 : snprintf(to, room, "[%zu]", step->index);
    } else if (step->key.ptr) {
        len = snprintf(to, room, ".%s[\"%.*s\"]", step->field->json_name, key_len, key);
    } else if (step->index != PT_JSON_NO_INDEX) {
        len = snprintf(to, room, ".%s[%zu]", step->field->json_name, step->index);
    } else {
        len = snprintf(to, room, ".%s", step->field->json_name);
    }
    return len < 0 ? 0 : (size_t)len < room ? (size_t)len : room - 1;
}

/* Puts the path in front of `end`, from the innermost step outwards; returns its first character. */
static const char *path_before(const pt_json_step *step, char *end, size_t room) {
    char *first = end;
    for (; step; step = step->parent) {
        char text[PATH_BYTES];
        size_t len = step_text(step, text, sizeof text);
        if (len + 3 > room - (size_t)(end - first)) {
            first -= 3;
            memcpy(first, "...", 3);
            return first;
        }
        first -= len;
        memcpy(first, text, len);
    }
    return *first == '.' ? first + 1 : first;
}

static void report_text(pt_json_report *report, pt_code code, const char *format, va_list args) {
    if (report->code) return;
    report->code = code;
    if (!report->st) return;
    char path[PATH_BYTES + 1] = "";
    const char *first = path_before(report->step, path + PATH_BYTES, PATH_BYTES);
    pt_status_vset(report->st, code, format, args);
    if (*first) pt_status_prefix(report->st, "%s", first);
}

static void set_text(pt_json_report *report, pt_code code, const char *format, ...) PT_PRINTF(3, 4);
static void set_text(pt_json_report *report, pt_code code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    report_text(report, code, format, args);
    va_end(args);
}

bool pt_json_fail(pt_json_report *report, pt_code code, const uint8_t *at, const char *format, ...) {
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    set_text(report, code, "%s, byte %zu", what, (size_t)(at - report->start));
    return false;
}

/* The length of the word or number at `at`. */
static size_t word_length(const uint8_t *at, const uint8_t *end) {
    size_t len = 0;
    while (at + len < end && (at[len] > ' ' && !strchr("{}[],:\"", at[len])))
        len++;
    return len;
}

/* What stands there, in words. */
static void describe(const uint8_t *at, const uint8_t *end, char *to, size_t room) {
    char text[FOUND_BYTES + 4];
    if (at >= end) {
        snprintf(to, room, "the end");
    } else if (*at == '{') {
        snprintf(to, room, "an object");
    } else if (*at == '[') {
        snprintf(to, room, "a list");
    } else if (*at == '"') {
        const uint8_t *close = at + 1;
        while (close < end && *close != '"')
            close += *close == '\\' && close + 1 < end ? 2 : 1;
        int len = (int)excerpt(text, pt_slice_of(at + 1, (size_t)(close - at - 1)), FOUND_BYTES);
        snprintf(to, room, "\"%.*s\"", len, text);
    } else if (word_length(at, end)) {
        int len = (int)excerpt(text, pt_slice_of(at, word_length(at, end)), FOUND_BYTES);
        snprintf(to, room, "%.*s", len, text);
    } else if (*at > ' ') {
        snprintf(to, room, "'%c'", *at);
    } else {
        snprintf(to, room, "byte 0x%02x", *at);
    }
}

bool pt_json_refuse(pt_json_report *report, const uint8_t *at, const uint8_t *end, const char *format, ...) {
    char what[256], found[FOUND_BYTES + 8];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    describe(at, end, found, sizeof found);
    set_text(report, PT_INVALID_ARGUMENT, "%s, byte %zu, found %s", what, (size_t)(at - report->start), found);
    return false;
}

bool pt_json_no_room(pt_json_report *report) {
    set_text(report, PT_RESOURCE_EXHAUSTED, "the output is larger than its limit, or there is no memory for it");
    return false;
}
