#include <stdio.h>
#include <string.h>

#include "log_write.h"
#include "partie/server.h"

#define TRACE_ID_START 3 /* traceparent: version "-" trace id "-" ... (W3C Trace Context) */
#define TRACE_ID_CHARS 32

/* Copies the trace id; false where there is no traceparent that could hold one. */
static bool copy_trace_id(const char *traceparent, char ret_id[TRACE_ID_CHARS + 1]) {
    if (!traceparent || strlen(traceparent) < TRACE_ID_START + TRACE_ID_CHARS) return false;
    snprintf(ret_id, TRACE_ID_CHARS + 1, "%.*s", TRACE_ID_CHARS, traceparent + TRACE_ID_START);
    return true;
}

void pt_log_call(pt_log_level level, const pt_server_call *call, const char *format, ...) {
    const pt_metadata *metadata = pt_server_call_metadata(call);
    char trace_id[TRACE_ID_CHARS + 1];
    bool traced = copy_trace_id(pt_metadata_get_str(metadata, "traceparent"), trace_id);
    const pt_log_field fields[] = {
        PT_LOG_TEXT("method", pt_server_call_method(call)->name),
        PT_LOG_TEXT("request_id", pt_metadata_get_str(metadata, "x-request-id")),
        PT_LOG_TEXT("trace_id", traced ? trace_id : NULL),
        PT_LOG_END,
    };
    va_list args;
    va_start(args, format);
    pt_log_vwrite(level, fields, format, args);
    va_end(args);
}
