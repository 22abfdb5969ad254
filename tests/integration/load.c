#include "load.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/clock.h"

enum { MAX_CLIENTS = 64, EVENT_BYTES = 256, REQUEST_TIMEOUT_MS = 15000, PAUSE_MS = 20, PAGE = 1000 };

typedef struct client {
    pt_load *load;
    unsigned number;
    pthread_t thread;
    char problem[512]; /* empty: it did all it had to */
} client;

struct pt_load {
    pt_load_options options;
    char base_url[128];
    client clients[MAX_CLIENTS];
    atomic_uint_fast64_t acknowledged, repeated;
    atomic_uint running;
};

/* The same event always has the same bytes, as a client that sends again has them. */
static int write_event(unsigned client_number, unsigned n, char *ret_text, size_t size) {
    return snprintf(
        ret_text, size,
        "{\"specversion\":\"1.0\",\"id\":\"c%u-%u\",\"source\":\"/load\",\"type\":\"load.test\",\"subject\":\"c%u\","
        "\"time\":\"2024-01-01T00:00:00Z\",\"data\":{\"client\":%u,\"n\":%u}}",
        client_number, n, client_number, client_number, n);
}

static void write_body(unsigned client_number, unsigned first, unsigned count, unsigned batch, char *ret_text, size_t size) {
    if (batch == 1) {
        write_event(client_number, first, ret_text, size);
        return;
    }
    size_t len = 0;
    for (unsigned i = 0; i < count; i++) {
        ret_text[len++] = i ? ',' : '[';
        len += (size_t)write_event(client_number, first + i, ret_text + len, size - len);
    }
    snprintf(ret_text + len, size - len, "]");
}

/* What a client may answer with "once more": no answer, the service is away, full or late. */
static bool try_again(const pt_http_reply *reply) {
    return reply->status == 0 || reply->status == 429 || reply->status == 503 || reply->status == 504;
}

static bool append(client *self, pt_http *http, const char *target, const char *body) {
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    int64_t deadline = pt_clock_ms() + self->load->options.patience_ms;
    bool stored = false;
    while (!stored) {
        pt_http_send(http, "POST", target, PT_ARGS("Content-Type: application/json"), body, strlen(body), &reply);
        stored = reply.status == 200;
        if (stored) break;
        if (!try_again(&reply) || pt_clock_ms() > deadline) {
            snprintf(self->problem, sizeof self->problem, "HTTP %d %s %s", reply.status, reply.problem, reply.body);
            break;
        }
        atomic_fetch_add(&self->load->repeated, 1);
        pt_sleep_ms(PAUSE_MS);
    }
    pt_http_reply_done(&reply);
    return stored;
}

static void *run_client(void *arg) {
    client *self = arg;
    const pt_load_options *options = &self->load->options;
    size_t size = (size_t)options->batch * (EVENT_BYTES + 1) + 2;
    char *body = malloc(size);
    pt_http *http = pt_http_new(self->load->base_url);
    pt_http_set_timeout(http, REQUEST_TIMEOUT_MS);
    const char *target = options->batch == 1 ? "/ingest/events" : "/ingest/events:batch";
    for (unsigned n = 0; body && n < options->per_client; n += options->batch) {
        unsigned left = options->per_client - n;
        unsigned count = left < options->batch ? left : options->batch;
        write_body(self->number, n, count, options->batch, body, size);
        if (!append(self, http, target, body)) break;
        atomic_fetch_add(&self->load->acknowledged, count);
    }
    pt_http_free(http);
    free(body);
    atomic_fetch_sub(&self->load->running, 1);
    return NULL;
}

pt_load *pt_load_start(const char *base_url, const pt_load_options *options) {
    pt_load *load = calloc(1, sizeof *load);
    cr_assert(load && options->clients <= MAX_CLIENTS && options->batch > 0);
    load->options = *options;
    snprintf(load->base_url, sizeof load->base_url, "%s", base_url);
    atomic_init(&load->running, options->clients);
    for (unsigned i = 0; i < options->clients; i++) {
        load->clients[i].load = load;
        load->clients[i].number = i;
        cr_assert_eq(pthread_create(&load->clients[i].thread, NULL, run_client, &load->clients[i]), 0);
    }
    return load;
}

uint64_t pt_load_acknowledged(const pt_load *load) {
    return atomic_load(&load->acknowledged);
}

uint64_t pt_load_repeated(const pt_load *load) {
    return atomic_load(&load->repeated);
}

void pt_load_wait_for(pt_load *load, uint64_t acknowledged) {
    while (atomic_load(&load->running) && pt_load_acknowledged(load) < acknowledged)
        pt_sleep_ms(1);
}

void pt_load_finish(pt_load *load) {
    for (unsigned i = 0; i < load->options.clients; i++)
        pthread_join(load->clients[i].thread, NULL);
    for (unsigned i = 0; i < load->options.clients; i++)
        cr_assert_str_empty(load->clients[i].problem, "client %u: %s", i, load->clients[i].problem);
    cr_assert_eq(pt_load_acknowledged(load), (uint64_t)load->options.clients * load->options.per_client);
}

/* Marks one stored event as seen, which must be its first time. */
static void take(const pt_load *load, const json_t *stored, uint8_t *seen, uint64_t position) {
    const json_t *event = json_object_get(stored, "event");
    cr_assert_eq(pt_json_uint64(stored, "sequence"), position, "a gap before position %" PRIu64, position);
    const char *id = json_string_value(json_object_get(event, "id"));
    unsigned client_number = 0, n = 0;
    cr_assert(id && sscanf(id, "c%u-%u", &client_number, &n) == 2, "not an event of the load: %s", id ? id : "no id");
    cr_assert(client_number < load->options.clients && n < load->options.per_client, "not an event of the load: %s", id);
    const json_t *data = json_object_get(event, "data");
    cr_assert_eq(json_integer_value(json_object_get(data, "client")), client_number, "%s: its data are not its own", id);
    cr_assert_eq(json_integer_value(json_object_get(data, "n")), n, "%s: its data are not its own", id);
    size_t place = (size_t)client_number * load->options.per_client + n;
    cr_assert_not(seen[place], "%s: stored twice", id);
    seen[place] = 1;
}

static uint64_t take_page(const pt_load *load, const json_t *page, uint8_t *seen, uint64_t position) {
    const json_t *stored = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(page, "events"), i, stored) take(load, stored, seen, ++position);
    return position;
}

static uint64_t all_there(const pt_load *load, uint8_t *seen, uint64_t count) {
    for (size_t i = 0; i < (size_t)load->options.clients * load->options.per_client; i++)
        cr_assert(seen[i], "c%zu-%zu: acknowledged and lost", i / load->options.per_client, i % load->options.per_client);
    free(seen);
    return count;
}

uint64_t pt_load_check_log(const pt_load *load, pt_http *http) {
    uint8_t *seen = calloc(load->options.clients, load->options.per_client);
    uint64_t position = 0, before = 0;
    do {
        char target[128];
        before = position;
        snprintf(target, sizeof target, "/ingest/log?after_sequence=%" PRIu64 "&max_events=%d", position, PAGE);
        json_t *page = pt_http_get_json(http, target, 200);
        position = take_page(load, page, seen, position);
        json_decref(page);
    } while (position > before);
    return all_there(load, seen, position);
}

uint64_t pt_load_check_query(const pt_load *load, pt_http *http) {
    uint8_t *seen = calloc(load->options.clients, load->options.per_client);
    uint64_t position = 0;
    json_t *status = pt_http_get_json(http, "/ingest/status", 200);
    uint64_t newest = pt_json_uint64(status, "lastSequence");
    json_decref(status);
    char token[512] = "";
    do {
        char target[700];
        snprintf(target, sizeof target, "/query/events?min_sequence=%" PRIu64 "&page_size=%d&page_token=%s", newest, PAGE,
                 token);
        json_t *page = pt_http_get_json(http, target, 200);
        position = take_page(load, page, seen, position);
        const char *next = json_string_value(json_object_get(page, "nextPageToken"));
        snprintf(token, sizeof token, "%s", next ? next : "");
        json_decref(page);
    } while (token[0]);
    return all_there(load, seen, position);
}

void pt_load_free(pt_load *load) {
    free(load);
}
