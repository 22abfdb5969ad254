#include "partie/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

/* Room for a message and for the rest of a character that its end cuts. */
#define FORMAT_BYTES (PT_STATUS_MESSAGE_BYTES + 3)

/* Formats well-formed text of less than PT_STATUS_MESSAGE_BYTES bytes, cut at a character boundary. Returns its length. */
static size_t format_message(char text[FORMAT_BYTES], const char *format, va_list args) {
    int wanted = vsnprintf(text, FORMAT_BYTES, format, args);
    size_t len = wanted < 0 ? 0 : (size_t)wanted;
    if (len >= FORMAT_BYTES) len = FORMAT_BYTES - 1;
    pt_utf8_repair((uint8_t *)text, len);
    if (len >= PT_STATUS_MESSAGE_BYTES) len = pt_utf8_cut((const uint8_t *)text, PT_STATUS_MESSAGE_BYTES - 1);
    text[len] = '\0';
    return len;
}

static void drop_details(pt_status *st) {
    free(st->details);
    st->details = NULL;
    st->details_len = 0;
}

pt_code pt_status_vset(pt_status *st, pt_code code, const char *format, va_list args) {
    if (!st) return code;
    char text[FORMAT_BYTES]; /* the arguments may be parts of the old message */
    size_t len = format_message(text, format, args);
    memcpy(st->message, text, len + 1);
    st->code = code;
    drop_details(st);
    return code;
}

pt_code pt_status_set(pt_status *st, pt_code code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    pt_status_vset(st, code, format, args);
    va_end(args);
    return code;
}

pt_code pt_status_prefix(pt_status *st, const char *format, ...) {
    if (!st) return PT_UNKNOWN;
    char text[FORMAT_BYTES];
    va_list args;
    va_start(args, format);
    size_t len = format_message(text, format, args);
    va_end(args);
    size_t kept = strlen(st->message), room = PT_STATUS_MESSAGE_BYTES - 1 - len;
    const size_t colon = 2; /* ": " */
    if (room < colon) {
        memcpy(st->message, text, len + 1);
        return st->code;
    }
    if (kept > room - colon) kept = pt_utf8_cut((const uint8_t *)st->message, room - colon);
    memmove(st->message + len + colon, st->message, kept);
    memcpy(st->message, text, len);
    memcpy(st->message + len, ": ", colon);
    st->message[len + colon + kept] = '\0';
    return st->code;
}

pt_code pt_status_set_details(pt_status *st, const void *bytes, size_t len) {
    uint8_t *copy = NULL;
    pt_code code = PT_OK;
    if (len > PT_STATUS_DETAILS_BYTES)
        code = PT_RESOURCE_EXHAUSTED;
    else if (len > 0) {
        copy = malloc(len);
        if (copy)
            memcpy(copy, bytes, len);
        else
            code = PT_RESOURCE_EXHAUSTED;
    }
    drop_details(st);
    st->details = copy;
    st->details_len = copy ? len : 0;
    return code;
}

void pt_status_copy(pt_status *to, const pt_status *from) {
    if (to == from) return;
    to->code = from->code;
    memcpy(to->message, from->message, sizeof to->message);
    if (pt_status_set_details(to, from->details, from->details_len)) return; /* without them, as documented */
}

void pt_status_done(pt_status *st) {
    if (!st) return;
    drop_details(st);
    st->code = PT_OK;
    st->message[0] = '\0';
}

const char *pt_code_name(pt_code code) {
    switch (code) {
#define NAME_CASE(name, number, http)                                                                                          \
    case PT_##name: return #name;
        PT_CODE_MAP(NAME_CASE)
#undef NAME_CASE
    }
    return "UNKNOWN";
}

int pt_code_http(pt_code code) {
    switch (code) {
#define HTTP_CASE(name, number, http)                                                                                          \
    case PT_##name: return http;
        PT_CODE_MAP(HTTP_CASE)
#undef HTTP_CASE
    }
    return 500;
}

pt_code pt_code_parse(const char *name, pt_code *ret_code) {
#define PARSE_CASE(code_name, number, http)                                                                                    \
    if (strcmp(name, #code_name) == 0) {                                                                                       \
        *ret_code = PT_##code_name;                                                                                            \
        return PT_OK;                                                                                                          \
    }
    PT_CODE_MAP(PARSE_CASE)
#undef PARSE_CASE
    return PT_INVALID_ARGUMENT;
}
