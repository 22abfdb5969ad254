/* An HTTP client for tests, over libcurl. One pt_http is one connection, kept open between requests; not thread-safe, so each
 * thread makes its own. */
#ifndef PARTIE_TESTS_SUPPORT_HTTP_H
#define PARTIE_TESTS_SUPPORT_HTTP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/program.h" /* PT_ARGS, for lists of headers */

typedef struct pt_http pt_http;

typedef struct pt_http_reply {
    int status;        /* 0: there was no answer */
    char *headers;     /* all header lines as they came, NUL-terminated; owned */
    char *body;        /* with a NUL after it; owned */
    size_t body_len;   /* bytes */
    char problem[256]; /* why there was no answer */
} pt_http_reply;

#define PT_HTTP_REPLY_INIT                                                                                                     \
    { .status = 0 }

/* For requests to `base_url` ("http://127.0.0.1:8080"; copied). A request takes 30 s at most. Never NULL. */
pt_http *pt_http_new(const char *base_url);
void pt_http_free(pt_http *http);

/* Changes the 30 s. */
void pt_http_set_timeout(pt_http *http, uint32_t timeout_ms);

/* Sends `method` to base URL plus `target` with `headers` (a NULL-terminated list of "Name: value"; NULL: none) and, where
 * `body` is not NULL, `len` bytes of it; no Content-Type but what `headers` say. Replaces what `ret_reply` (initialised) held.
 * True when there was an answer of whatever status. Asserts nothing: fit for threads. */
bool pt_http_send(pt_http *http, const char *method, const char *target, const char *const *headers, const void *body,
                  size_t len, pt_http_reply *ret_reply);

void pt_http_reply_done(pt_http_reply *reply);

/* Copies the value of a header (any case) of the reply to `ret_value`. False when it is not there. */
bool pt_http_header(const pt_http_reply *reply, const char *name, char *ret_value, size_t size);

/* The following are for the test's own thread: they fail the test when there is no answer, or one without JSON, or one of
 * another status than `status`; then they show the body. The JSON is a new reference: json_decref it. */
json_t *pt_http_get_json(pt_http *http, const char *target, int status);
json_t *pt_http_post_json(pt_http *http, const char *target, const char *json, int status);

/* A 64-bit number of proto3 JSON, which writes it as a string; a member that is not there is 0. Fails the test on anything
 * else. */
uint64_t pt_json_uint64(const json_t *object, const char *member);

#endif
