#include "discovery/poster.h"

#include <curl/curl.h>
#include <stdlib.h>

#define NS_PER_MS UINT64_C(1000000)

struct pt_poster {
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    pt_worker *worker;

    uint64_t until_ns; /* of the request under way, as all that follows */
    pt_poster_bytes_fn *on_bytes;
    void *arg;
    bool enough;         /* on_bytes wanted no more */
    char complaint[256]; /* the beginning of a bad answer */
    size_t complaint_len;
    char problem[CURL_ERROR_SIZE];
};

static void init_curl(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

pt_code pt_poster_new(pt_poster **ret_poster, pt_status *st) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_curl);
    pt_poster *p = calloc(1, sizeof *p);
    if (p) {
        p->multi = curl_multi_init();
        p->easy = curl_easy_init();
        p->headers = curl_slist_append(NULL, "Content-Type: application/json");
    }
    if (!p || !p->multi || !p->easy || !p->headers) {
        pt_poster_free(p);
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "libcurl: out of memory");
    }
    *ret_poster = p;
    return PT_OK;
}

void pt_poster_free(pt_poster *p) {
    if (!p) return;
    curl_easy_cleanup(p->easy);
    if (p->multi) curl_multi_cleanup(p->multi);
    curl_slist_free_all(p->headers);
    free(p);
}

void pt_poster_attach(pt_poster *p, pt_worker *worker) {
    p->worker = worker;
}

void pt_poster_extend(pt_poster *p, uint64_t until_ns) {
    p->until_ns = until_ns;
}

/* ---- one request ---- */

static long http_status(const pt_poster *p) {
    long status = 0;
    curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static void keep_complaint(pt_poster *p, const char *bytes, size_t len) {
    size_t room = sizeof p->complaint - 1 - p->complaint_len;
    if (len > room) len = room;
    memcpy(p->complaint + p->complaint_len, bytes, len);
    p->complaint_len += len;
    p->complaint[p->complaint_len] = '\0';
}

static size_t on_answer(char *bytes, size_t size, size_t n, void *arg) {
    pt_poster *p = arg;
    if (http_status(p) != 200) {
        keep_complaint(p, bytes, size * n);
        return size * n;
    }
    if (!p->enough) p->enough = !p->on_bytes(p->arg, pt_slice_of(bytes, size * n));
    return p->enough ? CURL_WRITEFUNC_ERROR : size * n;
}

static void prepare(pt_poster *p, const char *url, pt_slice json) {
    curl_easy_reset(p->easy);
    curl_easy_setopt(p->easy, CURLOPT_URL, url);
    curl_easy_setopt(p->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(p->easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, p->headers);
    curl_easy_setopt(p->easy, CURLOPT_POSTFIELDS, (const char *)json.ptr);
    curl_easy_setopt(p->easy, CURLOPT_POSTFIELDSIZE, (long)json.len);
    curl_easy_setopt(p->easy, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, p);
    curl_easy_setopt(p->easy, CURLOPT_ERRORBUFFER, p->problem);
    curl_easy_setopt(p->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(p->easy, CURLOPT_TCP_KEEPALIVE, 1L);
}

static void wait_for_bytes(pt_poster *p) {
    uint64_t now_ns = pt_worker_now_ns(), rest_ms = p->until_ns > now_ns ? (p->until_ns - now_ns) / NS_PER_MS + 1 : 0;
    struct curl_waitfd wake = {.events = CURL_WAIT_POLLIN};
    if (p->worker) wake.fd = pt_worker_wake_fd(p->worker);
    curl_multi_poll(p->multi, &wake, p->worker ? 1 : 0, rest_ms > 60000 ? 60000 : (int)rest_ms, NULL);
    if (p->worker && wake.revents) pt_worker_woken(p->worker);
}

/* Runs the transfer. *ret_result is curl's when it has ended. */
static pt_code transfer(pt_poster *p, CURLcode *ret_result) {
    for (;;) {
        int running, left;
        curl_multi_perform(p->multi, &running);
        const CURLMsg *m = curl_multi_info_read(p->multi, &left);
        if (m && m->msg == CURLMSG_DONE) {
            *ret_result = m->data.result;
            return PT_OK;
        }
        if (p->worker && pt_worker_stopping(p->worker)) return PT_CANCELLED;
        if (pt_worker_now_ns() >= p->until_ns) return PT_DEADLINE_EXCEEDED;
        wait_for_bytes(p);
    }
}

static pt_code judge(pt_poster *p, pt_code code, CURLcode result, const char *url, pt_status *st) {
    if (p->enough) return PT_OK;
    if (code == PT_CANCELLED) return pt_status_set(st, code, "%s: it is no longer wanted", url);
    if (code) return pt_status_set(st, code, "%s: no answer in time", url);
    if (result != CURLE_OK)
        return pt_status_set(st, PT_UNAVAILABLE, "%s: %s", url, *p->problem ? p->problem : curl_easy_strerror(result));
    if (http_status(p) != 200) return pt_status_set(st, PT_UNAVAILABLE, "%s: HTTP %ld: %s", url, http_status(p), p->complaint);
    return PT_OK;
}

pt_code pt_poster_post(pt_poster *p, const char *url, pt_slice json, uint64_t until_ns, pt_poster_bytes_fn *on_bytes, void *arg,
                       pt_status *st) {
    p->until_ns = until_ns;
    p->on_bytes = on_bytes;
    p->arg = arg;
    p->enough = false;
    p->complaint[0] = p->problem[0] = '\0';
    p->complaint_len = 0;
    prepare(p, url, json);
    CURLcode result = CURLE_OK;
    curl_multi_add_handle(p->multi, p->easy);
    pt_code code = transfer(p, &result);
    curl_multi_remove_handle(p->multi, p->easy);
    return judge(p, code, result, url, st);
}
