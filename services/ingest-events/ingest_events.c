#include "ingest_events.h"

#include <stdio.h>
#include <string.h>

#include "partie/json.h"

#define MAX_NAME_BYTES 64           /* of an extension; CloudEvents recommends at most 20 */
#define MAX_EXTENSIONS 64           /* in one event */
#define MAX_VALUE_BYTES 4096        /* of an extension */
#define MAX_DATA_DEPTH 100          /* objects and lists in each other in data */
#define MAX_FIELD_BYTES 192         /* of the path in a violation */
#define FIRST_SECOND (-62135596800) /* 0001-01-01T00:00:00Z */
#define LAST_SECOND 253402300799    /* 9999-12-31T23:59:59Z */

typedef struct checker {
    const char *path;
    pt_status *st;
    bool failed;
} checker;

/* Attributes that no extension may be called by. */
static const char *const core_names[] = {"id",   "source", "specversion",     "type",      "subject",
                                         "time", "data",   "datacontenttype", "dataschema"};

static void violate(checker *c, const char *attribute, const char *reason, const char *format, ...) PT_PRINTF(4, 5);

static void violate(checker *c, const char *attribute, const char *reason, const char *format, ...) {
    char field[MAX_FIELD_BYTES], text[PT_STATUS_MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(field, sizeof field, "%s.%s", c->path, attribute);
    c->failed = true;
    if (c->st && c->st->code == PT_OK) pt_status_set(c->st, PT_INVALID_ARGUMENT, "%s: %s", field, text);
    pt_status_add_violation(c->st, field, reason, text);
}

/* Control characters: C0, DEL and, as two bytes of UTF-8, C1. CloudEvents forbids them in strings. */
static bool has_control(const char *text) {
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)) return true;
    }
    return false;
}

/* An attribute that is there; NULL: an optional one that isn't. */
static void check_text(checker *c, const char *attribute, const char *text, size_t max) {
    if (!text) return;
    size_t len = strlen(text);
    if (len == 0) violate(c, attribute, "REQUIRED", "must not be empty");
    if (len > max) violate(c, attribute, "TOO_LONG", "%zu bytes; at most %zu", len, max);
    if (has_control(text)) violate(c, attribute, "CONTROL_CHARACTER", "must not contain control characters");
}

/* Characters that no URI reference has, whatever its scheme (RFC 3986). */
static void check_uri(checker *c, const char *attribute, const char *text) {
    if (!text) return;
    size_t len = strcspn(text, " \"<>\\^`{|}");
    if (text[len]) violate(c, attribute, "NOT_A_URI", "'%c' at byte %zu can't stand in a URI reference", text[len], len);
}

static void check_time(checker *c, const ingest_event *event) {
    if (!event->has_time) return;
    if (event->time_seconds < FIRST_SECOND || event->time_seconds > LAST_SECOND) {
        violate(c, "time", "OUT_OF_RANGE", "must lie in the years 1 to 9999");
    }
    if (event->time_nanos < 0 || event->time_nanos > 999999999) {
        violate(c, "time", "OUT_OF_RANGE", "nanos must be 0 to 999999999");
    }
}

static void check_data(checker *c, const ingest_event *event) {
    pt_status reason = PT_STATUS_INIT;
    if (event->data && pt_json_check(pt_slice_str(event->data), MAX_DATA_DEPTH, &reason)) {
        violate(c, "data", "NOT_JSON", "%s", reason.message);
    }
    pt_status_done(&reason);
}

static bool is_core_name(const char *name) {
    for (size_t i = 0; i < sizeof core_names / sizeof *core_names; i++) {
        if (!strcmp(name, core_names[i])) return true;
    }
    return false;
}

static bool is_extension_name(const char *name) {
    return name[0] && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789")] == '\0';
}

/* A string, a number or a boolean, as JSON text. */
static bool is_scalar(const char *value) {
    const char *first = value + strspn(value, " \t\r\n");
    return *first != '{' && *first != '[' && *first != 'n' && pt_json_check(pt_slice_str(value), 1, NULL) == PT_OK;
}

static void check_extension(checker *c, const ingest_extension *extension, const ingest_extension *before) {
    char attribute[MAX_NAME_BYTES + 16];
    snprintf(attribute, sizeof attribute, "extensions.%.*s", MAX_NAME_BYTES, extension->name);
    if (!is_extension_name(extension->name)) {
        violate(c, attribute, "BAD_NAME", "the name must consist of lower-case letters and digits");
    } else if (strlen(extension->name) > MAX_NAME_BYTES) {
        violate(c, attribute, "TOO_LONG", "the name has more than %d bytes", MAX_NAME_BYTES);
    } else if (is_core_name(extension->name)) {
        violate(c, attribute, "BAD_NAME", "an attribute of CloudEvents itself has this name");
    }
    if (before && !strcmp(before->name, extension->name)) violate(c, attribute, "TWICE", "stands there twice");
    if (strlen(extension->value) > MAX_VALUE_BYTES) {
        violate(c, attribute, "TOO_LONG", "more than %d bytes", MAX_VALUE_BYTES);
    } else if (!is_scalar(extension->value)) {
        violate(c, attribute, "BAD_VALUE", "must be a JSON string, number or boolean");
    }
}

static void check_extensions(checker *c, const ingest_event *event) {
    if (event->n_extensions > MAX_EXTENSIONS) {
        violate(c, "extensions", "TOO_MANY", "%zu extension attributes; at most %d", event->n_extensions, MAX_EXTENSIONS);
        return;
    }
    for (size_t i = 0; i < event->n_extensions; i++) {
        check_extension(c, &event->extensions[i], i ? &event->extensions[i - 1] : NULL);
    }
}

pt_code ingest_check_event(const ingest_event *event, const char *path, pt_status *st) {
    checker c = {.path = path, .st = st};
    check_text(&c, "id", event->id, 1024);
    check_text(&c, "source", event->source, 2048);
    check_uri(&c, "source", event->source);
    if (strcmp(event->spec_version, "1.0") != 0) violate(&c, "specversion", "UNSUPPORTED", "must be \"1.0\"");
    check_text(&c, "type", event->type, 1024);
    check_text(&c, "subject", event->subject, 2048);
    check_text(&c, "datacontenttype", event->data_content_type, 256);
    check_text(&c, "dataschema", event->data_schema, 2048);
    check_uri(&c, "dataschema", event->data_schema);
    check_time(&c, event);
    check_data(&c, event);
    check_extensions(&c, event);
    if (event->content.len > INGEST_MAX_EVENT_BYTES) {
        violate(&c, "data", "TOO_LONG", "the event has %zu bytes; at most %u", event->content.len, INGEST_MAX_EVENT_BYTES);
    }
    return c.failed ? PT_INVALID_ARGUMENT : PT_OK;
}

uint32_t ingest_page_size(uint32_t wanted) {
    if (wanted == 0) return INGEST_DEFAULT_PAGE;
    return wanted < INGEST_MAX_PAGE ? wanted : INGEST_MAX_PAGE;
}
