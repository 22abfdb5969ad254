#include "handler.h"
#include "partie/kit/app.h"
#include "store_sqlite.h"

typedef struct program {
    const char *db;    /* --db */
    const char *owner; /* --ingest-events */
    pt_server *server;
    query_store store;
    query_follower *follower;
    query_service service;
} program;

/* What grpc.health.v1 says of the service. The server as a whole serves from the start: it answers with what the copy has. */
static void report_fit(void *arg, bool fit) {
    pt_server_set_serving(((program *)arg)->server, query_events__v1__query_events_service__service.name, fit);
}

static pt_code start(void *self, pt_app *app, pt_status *st) {
    program *p = self;
    p->server = pt_app_server(app);
    const query_follower_options options = {.owner = p->owner, .store = &p->store, .on_fit = report_fit, .arg = p};
    pt_code code = query_sqlite_open(p->db, &p->store, st);
    if (!code) code = query_follower_new(&options, &p->follower, st);
    if (code) return code;
    query_service_init(&p->service, &p->store, p->follower);
    code = query_service_register(&p->service, p->server, st);
    if (code) return code;
    report_fit(p, false);
    return query_follower_start(p->follower, st);
}

static void drain(void *self) {
    query_follower_stop(((program *)self)->follower);
}

static void stop(void *self) {
    program *p = self;
    query_follower_free(p->follower);
    query_sqlite_close(&p->store);
}

int main(int argc, char **argv) {
    static program p = {.db = "query-events.db", .owner = "tcp://127.0.0.1:9101"};
    static const pt_flag flags[] = {
        {.name = "db",
         .kind = PT_FLAG_TEXT,
         .value = &p.db,
         .arg = "PATH",
         .help = "database file of the copy; made where there is none",
         .required = true},
        {.name = "ingest-events",
         .kind = PT_FLAG_TEXT,
         .value = &p.owner,
         .arg = "URL",
         .help = "where ingest-events, whose log is copied, takes calls",
         .required = true},
    };
    const pt_app_options options = {
        .name = "query-events",
        .summary = "finds events in a copy of ingest-events' log",
        .listen = "tcp://127.0.0.1:9102",
        .flags = flags,
        .n_flags = sizeof flags / sizeof *flags,
        .self = &p,
        .start = start,
        .drain = drain,
        .stop = stop,
    };
    return pt_app_main(&options, argc, argv);
}
