/* A client that passes the position of its last write to its next query finds that write there, whatever else goes on. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/system.h"

enum { CLIENTS = 8, ROUNDS = 40 };

static pt_system sys;

static void start(void) {
    pt_system_start(&sys);
}

static void stop(void) {
    pt_system_stop(&sys);
}

typedef struct client {
    unsigned number;
    pthread_t thread;
    char problem[512];
} client;

/* Writes an event and reads it back at once. False, with the problem, when it is not there. */
static bool round_trip(client *self, pt_http *http, unsigned round, pt_http_reply *reply) {
    char body[256], target[256], id[32];
    snprintf(id, sizeof id, "c%u-%u", self->number, round);
    snprintf(body, sizeof body, "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/s\",\"type\":\"t%u\"}", id, self->number);
    if (!pt_http_send(http, "POST", "/ingest/events", PT_ARGS("Content-Type: application/json"), body, strlen(body), reply) ||
        reply->status != 200) {
        snprintf(self->problem, sizeof self->problem, "%s: HTTP %d %s", id, reply->status, reply->body);
        return false;
    }
    const char *at = strstr(reply->body, "\"sequence\"");
    uint64_t sequence = at ? strtoull(at + strcspn(at, "0123456789"), NULL, 10) : 0;
    snprintf(target, sizeof target, "/query/events?type=t%u&page_size=1000&min_sequence=%" PRIu64, self->number, sequence);
    snprintf(body, sizeof body, "\"id\":\"%s\"", id);
    bool there = pt_http_send(http, "GET", target, NULL, NULL, 0, reply) && reply->status == 200 && strstr(reply->body, body);
    if (!there) snprintf(self->problem, sizeof self->problem, "%s, HTTP %d: %s is not there", target, reply->status, id);
    return there;
}

static void *run_client(void *arg) {
    client *self = arg;
    pt_http *http = pt_http_new(sys.base_url);
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    for (unsigned round = 0; round < ROUNDS; round++)
        if (!round_trip(self, http, round, &reply)) break;
    pt_http_reply_done(&reply);
    pt_http_free(http);
    return NULL;
}

Test(read_your_writes, holds_for_many_clients_at_once, .init = start, .fini = stop, .timeout = 200) {
    static client clients[CLIENTS];
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i].number = i;
        cr_assert_eq(pthread_create(&clients[i].thread, NULL, run_client, &clients[i]), 0);
    }
    for (unsigned i = 0; i < CLIENTS; i++)
        pthread_join(clients[i].thread, NULL);
    for (unsigned i = 0; i < CLIENTS; i++)
        cr_expect_str_empty(clients[i].problem, "%s", clients[i].problem);
}

Test(read_your_writes, a_position_that_is_not_there_yet_is_late_not_wrong, .init = start, .fini = stop, .timeout = 200) {
    pt_http_reply reply = PT_HTTP_REPLY_INIT;
    cr_assert(
        pt_http_send(sys.http, "GET", "/query/events?min_sequence=1000000", PT_ARGS("Grpc-Timeout: 300m"), NULL, 0, &reply));
    /* 504 where the gateway's patience ends first, 503 where query-events' own does. */
    cr_expect(reply.status == 504 || reply.status == 503, "HTTP %d: %s", reply.status, reply.body);
    pt_http_reply_done(&reply);
}
