#include "handler.h"
#include "partie/kit/app.h"
#include "store_sqlite.h"

typedef struct program {
    const char *db; /* --db */
    ingest_store store;
    ingest_service service;
} program;

static pt_code start(void *self, pt_app *app, pt_status *st) {
    program *p = self;
    pt_code code = ingest_sqlite_open(p->db, &p->store, st);
    if (!code) code = ingest_service_init(&p->service, &p->store, st);
    if (!code) code = ingest_service_register(&p->service, pt_app_server(app), st);
    return code;
}

static void drain(void *self) {
    ingest_service_drain(&((program *)self)->service);
}

static void stop(void *self) {
    program *p = self;
    ingest_service_done(&p->service);
    ingest_sqlite_close(&p->store);
}

int main(int argc, char **argv) {
    static program p = {.db = "ingest-events.db"};
    static const pt_flag flags[] = {
        {.name = "db",
         .kind = PT_FLAG_TEXT,
         .value = &p.db,
         .arg = "PATH",
         .help = "database file; made where there is none",
         .required = true},
    };
    const pt_app_options options = {
        .name = "ingest-events",
        .summary = "stores events durably and hands out their log",
        .listen = "tcp://127.0.0.1:9101",
        .flags = flags,
        .n_flags = sizeof flags / sizeof *flags,
        .self = &p,
        .start = start,
        .drain = drain,
        .stop = stop,
    };
    return pt_app_main(&options, argc, argv);
}
