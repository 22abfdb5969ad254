/* Status codes and the text that goes with them: what every fallible function of partie returns.
 *
 * A function that can fail returns a pt_code and, where a person will want to know more, fills a caller-owned pt_status.
 * The codes are gRPC's 0-16 and no others (https://grpc.io/docs/guides/status-codes/); their HTTP statuses are those of
 * google/rpc/code.proto. */
#ifndef PARTIE_STATUS_H
#define PARTIE_STATUS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define PT_PRINTF(text, args) __attribute__((format(printf, text, args)))
#define PT_MUST_CHECK __attribute__((warn_unused_result))

/* X(NAME, number, HTTP status) */
#define PT_CODE_MAP(X)                                                                                                         \
    X(OK, 0, 200)                                                                                                              \
    X(CANCELLED, 1, 499)                                                                                                       \
    X(UNKNOWN, 2, 500)                                                                                                         \
    X(INVALID_ARGUMENT, 3, 400)                                                                                                \
    X(DEADLINE_EXCEEDED, 4, 504)                                                                                               \
    X(NOT_FOUND, 5, 404)                                                                                                       \
    X(ALREADY_EXISTS, 6, 409)                                                                                                  \
    X(PERMISSION_DENIED, 7, 403)                                                                                               \
    X(RESOURCE_EXHAUSTED, 8, 429)                                                                                              \
    X(FAILED_PRECONDITION, 9, 400)                                                                                             \
    X(ABORTED, 10, 409)                                                                                                        \
    X(OUT_OF_RANGE, 11, 400)                                                                                                   \
    X(UNIMPLEMENTED, 12, 501)                                                                                                  \
    X(INTERNAL, 13, 500)                                                                                                       \
    X(UNAVAILABLE, 14, 503)                                                                                                    \
    X(DATA_LOSS, 15, 500)                                                                                                      \
    X(UNAUTHENTICATED, 16, 401)

typedef enum pt_code {
#define PT_CODE_ENUMERATOR(name, number, http) PT_##name = (number),
    PT_CODE_MAP(PT_CODE_ENUMERATOR)
#undef PT_CODE_ENUMERATOR
} pt_code;

/* Longest message that a status keeps, with its NUL; longer ones are cut at a character boundary. */
#define PT_STATUS_MESSAGE_BYTES 512

/* Most bytes of typed details that a status keeps. */
#define PT_STATUS_DETAILS_BYTES 16384

/* A code with its reason. Lives in the caller's storage; start it with PT_STATUS_INIT and end it with pt_status_done.
 * Not thread-safe. */
typedef struct pt_status {
    pt_code code;
    char message[PT_STATUS_MESSAGE_BYTES]; /* UTF-8, NUL-terminated */
    uint8_t *details;                      /* serialized google.rpc.Status with typed details, or NULL; owned (malloc). Its
                                              code and message are those at the time of adding: readers go by the ones here */
    size_t details_len;                    /* bytes */
} pt_status;

#define PT_STATUS_INIT                                                                                                         \
    { .code = PT_OK, .message = "" }

/* Sets code and message, and drops details. `st` may be NULL: then nothing is kept. Invalid UTF-8 in the result becomes '?'.
 * Returns `code`, so that a function can end with `return pt_status_set(...)`. */
pt_code pt_status_set(pt_status *st, pt_code code, const char *format, ...) PT_PRINTF(3, 4);
pt_code pt_status_vset(pt_status *st, pt_code code, const char *format, va_list args) PT_PRINTF(3, 0);

/* Puts the text and ": " in front of the message that is there: "text: message". Keeps code and details. Returns the code;
 * `st` may be NULL: then PT_UNKNOWN, so a function whose st is optional returns the code that it holds. */
pt_code pt_status_prefix(pt_status *st, const char *format, ...) PT_PRINTF(2, 3);

/* Adds a google.rpc.BadRequest violation to the details and leaves code and message alone. `field` is a path such as
 * `events[3].time`. Several calls collect several violations in one BadRequest. Invalid UTF-8 becomes '?'. `st` may be NULL.
 * Out of memory, or beyond PT_STATUS_DETAILS_BYTES: the violation is left out. */
void pt_status_add_violation(pt_status *st, const char *field, const char *reason, const char *description);

/* Replaces the details by a copy of `bytes`, a serialized google.rpc.Status; 0 bytes: none.
 * RESOURCE_EXHAUSTED: over PT_STATUS_DETAILS_BYTES, or no memory; then there are none. */
pt_code pt_status_set_details(pt_status *st, const void *bytes, size_t len);

/* Copies `from` over `to` (both initialised), details too. Out of memory: without the details. */
void pt_status_copy(pt_status *to, const pt_status *from);

/* Frees the details and makes it PT_OK again. `st` may be NULL. */
void pt_status_done(pt_status *st);

/* "NOT_FOUND"; "UNKNOWN" for a number that is no code. Static storage. */
const char *pt_code_name(pt_code code);

/* The HTTP status that stands for the code; 500 for a number that is no code. */
int pt_code_http(pt_code code);

/* Reads a name as pt_code_name writes it. INVALID_ARGUMENT: there is no such code; then *ret_code is untouched. */
pt_code pt_code_parse(const char *name, pt_code *ret_code) PT_MUST_CHECK;

#endif
