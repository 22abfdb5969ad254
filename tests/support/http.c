#include "support/http.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct text {
    char *bytes;
    size_t len;
} text;

struct pt_http {
    CURL *curl;
    char *base_url;
    uint32_t timeout_ms;
};

static size_t append(char *bytes, size_t size, size_t count, void *arg) {
    text *to = arg;
    size_t len = size * count;
    char *grown = realloc(to->bytes, to->len + len + 1);
    if (!grown) return 0;
    memcpy(grown + to->len, bytes, len);
    to->bytes = grown;
    to->len += len;
    grown[to->len] = '\0';
    return len;
}

pt_http *pt_http_new(const char *base_url) {
    pt_http *http = calloc(1, sizeof *http);
    cr_assert_not_null(http);
    http->curl = curl_easy_init();
    http->base_url = strdup(base_url);
    http->timeout_ms = 30000;
    cr_assert(http->curl && http->base_url);
    return http;
}

void pt_http_free(pt_http *http) {
    if (!http) return;
    curl_easy_cleanup(http->curl);
    free(http->base_url);
    free(http);
}

void pt_http_set_timeout(pt_http *http, uint32_t timeout_ms) {
    http->timeout_ms = timeout_ms;
}

/* libcurl adds `Expect: 100-continue` and a form's Content-Type by itself; a header without a value takes them off. */
static struct curl_slist *header_list(const char *const *headers) {
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    bool typed = false;
    for (size_t i = 0; headers && headers[i]; i++) {
        typed |= strncasecmp(headers[i], "content-type:", 13) == 0;
        list = curl_slist_append(list, headers[i]);
    }
    return typed ? list : curl_slist_append(list, "Content-Type:");
}

static void set_request(CURL *curl, const char *method, const void *body, size_t len) {
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    if (!body) return;
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
}

static CURLcode perform(pt_http *http, const char *method, const char *url, struct curl_slist *headers, const void *body,
                        size_t len, text *ret_headers, text *ret_body) {
    CURL *curl = http->curl;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)http->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, append);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, ret_headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, ret_body);
    set_request(curl, method, body, len);
    return curl_easy_perform(curl);
}

bool pt_http_send(pt_http *http, const char *method, const char *target, const char *const *headers, const void *body,
                  size_t len, pt_http_reply *ret_reply) {
    text head = {NULL, 0}, content = {NULL, 0};
    char *url = NULL;
    pt_http_reply_done(ret_reply);
    if (asprintf(&url, "%s%s", http->base_url, target) < 0) return false;
    struct curl_slist *list = header_list(headers);
    CURLcode code = perform(http, method, url, list, body, len, &head, &content);
    curl_slist_free_all(list);
    free(url);
    ret_reply->headers = head.bytes ? head.bytes : calloc(1, 1);
    ret_reply->body = content.bytes ? content.bytes : calloc(1, 1);
    ret_reply->body_len = content.len;
    long status = 0;
    /* A server may answer and close before it has read all of a long body: that is an answer too. */
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    bool complete = code == CURLE_OK || (code == CURLE_SEND_ERROR && status >= 400);
    if (!complete) snprintf(ret_reply->problem, sizeof ret_reply->problem, "%s", curl_easy_strerror(code));
    ret_reply->status = complete ? (int)status : 0;
    return complete;
}

void pt_http_reply_done(pt_http_reply *reply) {
    free(reply->headers);
    free(reply->body);
    *reply = (pt_http_reply)PT_HTTP_REPLY_INIT;
}

bool pt_http_header(const pt_http_reply *reply, const char *name, char *ret_value, size_t size) {
    size_t name_len = strlen(name);
    for (const char *line = reply->headers; line && *line;) {
        size_t len = strcspn(line, "\r\n");
        if (len > name_len && line[name_len] == ':' && strncasecmp(line, name, name_len) == 0) {
            size_t skip = name_len + 1 + strspn(line + name_len + 1, " \t");
            snprintf(ret_value, size, "%.*s", (int)(len - skip), line + skip);
            return true;
        }
        line += len + strspn(line + len, "\r\n");
    }
    return false;
}

static json_t *exchange_json(pt_http *http, const char *method, const char *target, const char *body, int status) {
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    const char *const *headers = body ? PT_ARGS("Content-Type: application/json") : NULL;
    bool answered = pt_http_send(http, method, target, headers, body, body ? strlen(body) : 0, &reply);
    cr_assert(answered, "%s %s: %s", method, target, reply.problem);
    cr_assert_eq(reply.status, status, "%s %s: HTTP %d instead of %d: %s", method, target, reply.status, status, reply.body);
    json_error_t error;
    json_t *json = json_loadb(reply.body, reply.body_len, JSON_DECODE_ANY, &error);
    cr_assert_not_null(json, "%s %s: the answer is no JSON: %s: %s", method, target, error.text, reply.body);
    pt_http_reply_done(&reply);
    return json;
}

json_t *pt_http_get_json(pt_http *http, const char *target, int status) {
    return exchange_json(http, "GET", target, NULL, status);
}

json_t *pt_http_post_json(pt_http *http, const char *target, const char *json, int status) {
    return exchange_json(http, "POST", target, json, status);
}

uint64_t pt_json_uint64(const json_t *object, const char *member) {
    const json_t *value = json_object_get(object, member);
    if (!value) return 0;
    cr_assert(json_is_string(value), "%s: not a 64-bit number of proto3 JSON", member);
    char *end = NULL;
    uint64_t number = strtoull(json_string_value(value), &end, 10);
    cr_assert(end != json_string_value(value) && !*end, "%s: not a number: %s", member, json_string_value(value));
    return number;
}
