/* The log of a program: one line an event on stderr, as JSON or logfmt, each written by one write(2).
 *
 *     pt_log(PT_LOG_WARN, (pt_log_field[]){PT_LOG_TEXT("path", path), PT_LOG_NUMBER("bytes", n), PT_LOG_END},
 *            "store: %s", st.message);
 *
 * gives {"time":"2025-01-31T08:15:00.123Z","level":"warn","program":"ingest-events","message":"store: ...","path":...}.
 * Programs log; libraries return. Texts are escaped, so that outside bytes can't forge a line. Thread: any. */
#ifndef PARTIE_KIT_LOG_H
#define PARTIE_KIT_LOG_H

#include <stdbool.h>

#include "partie/buf.h"

struct pt_server_call;

typedef enum pt_log_level { PT_LOG_DEBUG, PT_LOG_INFO, PT_LOG_WARN, PT_LOG_ERROR } pt_log_level;
typedef enum pt_log_format { PT_LOG_LOGFMT, PT_LOG_JSON } pt_log_format;

/* Their names, NULL-terminated, in the order of the numbers: for a flag of kind PT_FLAG_CHOICE. */
extern const char *const pt_log_level_names[];
extern const char *const pt_log_format_names[];

/* A line is cut to this length; its closing stays well-formed. */
#define PT_LOG_LINE_BYTES 8192

typedef struct pt_log_field {
    const char *key;  /* NULL ends the array */
    const char *text; /* the value; NULL: `number` is */
    int64_t number;
    bool is_number;
} pt_log_field;

/* A text that is NULL leaves its field out. */
#define PT_LOG_TEXT(name, value)                                                                                               \
    { .key = (name), .text = (value) }
#define PT_LOG_NUMBER(name, value)                                                                                             \
    { .key = (name), .number = (int64_t)(value), .is_number = true }
#define PT_LOG_END                                                                                                             \
    { .key = NULL }

/* Who logs, from which level on, and how. Before the first call: "partie", INFO, logfmt. `program` is borrowed.
 * Call it before threads start. */
void pt_log_configure(const char *program, pt_log_level level, pt_log_format format);

/* Writes one line. `fields` may be NULL. Below the level nothing happens. Keeps errno. */
void pt_log(pt_log_level level, const pt_log_field *fields, const char *format, ...) PT_PRINTF(3, 4);

/* Lets one line through per interval where the same trouble may come thousands of times a second. Static, all zero. */
typedef struct pt_log_gate {
    _Atomic uint64_t open_again_ms; /* monotonic */
} pt_log_gate;

/* True at most once in `interval_ms`. Thread: any. */
bool pt_log_gate_pass(pt_log_gate *gate, uint32_t interval_ms);

/* As pt_log, on behalf of a call: with its method, its `x-request-id` and the trace id of its `traceparent`. */
void pt_log_call(pt_log_level level, const struct pt_server_call *call, const char *format, ...) PT_PRINTF(3, 4);

#endif
