#include "testing/shelf.h"

#include <criterion/criterion.h>
#include <stdatomic.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "partie/server.h"
#include "shelf.rpc.h"
#include "support/clock.h"

#define DRAIN_MS 10000

struct pt_shelf {
    Shelf__V1__ShelfService handlers;
    pt_server *server;
    atomic_uint calls;
};

/* Metadata that the tests look for comes back in the title. */
static pt_code fill(pt_shelf *shelf, pt_server_call *call, const char *name, Shelf__V1__Book *reply) {
    const pt_metadata *md = pt_server_call_metadata(call);
    static const char *const keys[] = {"x-request-id", "traceparent", "tracestate", "authorization", "tenant", "cookie"};
    char *title = pt_arena_strdup(pt_server_call_arena(call), "");
    for (size_t i = 0; title && i < sizeof keys / sizeof *keys; i++) {
        const char *value = pt_metadata_get_str(md, keys[i]);
        if (value) title = pt_arena_printf(pt_server_call_arena(call), "%s%s=%s;", title, keys[i], value);
    }
    reply->name = pt_arena_strdup(pt_server_call_arena(call), name);
    reply->title = title;
    atomic_fetch_add(&shelf->calls, 1);
    return reply->name && title ? PT_OK : PT_RESOURCE_EXHAUSTED;
}

static pt_code get_book(void *self, pt_server_call *call, const Shelf__V1__GetBookRequest *request, Shelf__V1__Book *reply) {
    if (pt_metadata_add_str(pt_server_call_headers(call), "etag", "abc")) return PT_RESOURCE_EXHAUSTED;
    if (pt_metadata_add_str(pt_server_call_trailers(call), "cost", "7")) return PT_RESOURCE_EXHAUSTED;
    return fill(self, call, request->name, reply);
}

static pt_code create_book(void *self, pt_server_call *call, const Shelf__V1__CreateBookRequest *request,
                           Shelf__V1__CreateBookResponse *reply) {
    pt_arena *arena = pt_server_call_arena(call);
    if (!request->book) return pt_server_call_fail(call, PT_INVALID_ARGUMENT, "book: must be set");
    reply->book = pt_arena_alloc(arena, sizeof *reply->book);
    if (!reply->book) return PT_RESOURCE_EXHAUSTED;
    shelf__v1__book__init(reply->book);
    reply->book->pages = request->book->pages;
    return fill(self, call, pt_arena_printf(arena, "shelves/%s/books/%s", request->shelf, request->book->name), reply->book);
}

static pt_code move_book(void *self, pt_server_call *call, const Shelf__V1__MoveBookRequest *request, Shelf__V1__Book *reply) {
    const char *name = pt_arena_printf(pt_server_call_arena(call), "%s to %s", request->name, request->to_shelf);
    return fill(self, call, name, reply);
}

static pt_code add_retry_info(pt_server_call *call, uint32_t seconds) {
    uint8_t value[64], bytes[256];
    char url[] = "type.googleapis.com/google.rpc.RetryInfo";
    Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
    Google__Rpc__RetryInfo info = GOOGLE__RPC__RETRY_INFO__INIT;
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT, *list[] = {&any};
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    delay.seconds = seconds;
    info.retry_delay = &delay;
    any.type_url = url;
    any.value.data = value;
    any.value.len = google__rpc__retry_info__pack(&info, value);
    status.n_details = 1;
    status.details = list;
    return pt_status_set_details(pt_server_call_status(call), bytes, google__rpc__status__pack(&status, bytes));
}

/* Or until nobody waits for the answer any more. */
static void sleep_for(const pt_server_call *call, const Google__Protobuf__Duration *time) {
    const int64_t until = pt_clock_ms() + time->seconds * 1000 + time->nanos / 1000000;
    while (pt_clock_ms() < until && !pt_server_call_cancelled(call))
        pt_sleep_ms(5);
}

static pt_code fail(void *self, pt_server_call *call, const Shelf__V1__FailRequest *request, Shelf__V1__Book *reply) {
    pt_shelf *shelf = self;
    if (request->after) sleep_for(call, request->after);
    if (!request->code) return fill(self, call, "done", reply);
    atomic_fetch_add(&shelf->calls, 1);
    pt_server_call_fail(call, (pt_code)request->code, "%s", request->message);
    if (request->retry && add_retry_info(call, request->retry)) return PT_RESOURCE_EXHAUSTED;
    return (pt_code)request->code;
}

static void set_handlers(pt_shelf *shelf) {
    const Shelf__V1__ShelfService unset = SHELF__V1__SHELF_SERVICE__INIT;
    shelf->handlers = unset;
    shelf->handlers.self = shelf;
    shelf->handlers.get_book = get_book;
    shelf->handlers.create_book = create_book;
    shelf->handlers.move_book = move_book;
    shelf->handlers.fail = fail;
}

pt_shelf *pt_shelf_start(const char *url) {
    static const pt_executor_options many[] = {{.name = "read", .threads = 16, .queue = 1024},
                                               {.name = "write", .threads = 64, .queue = 1024}};
    pt_server_options options = PT_SERVER_OPTIONS_INIT;
    pt_status st = PT_STATUS_INIT;
    pt_shelf *shelf = calloc(1, sizeof *shelf);
    cr_assert(shelf);
    options.executors = many;
    options.n_executors = 2;
    set_handlers(shelf);
    pt_code code = pt_server_new(&options, &shelf->server, &st);
    if (!code) code = shelf__v1__shelf_service__register(shelf->server, &shelf->handlers, &st);
    if (!code) code = pt_server_listen(shelf->server, url, &st);
    cr_assert_eq(code, PT_OK, "%s", st.message);
    return shelf;
}

const char *pt_shelf_url(const pt_shelf *shelf) {
    return pt_server_url(shelf->server, 0);
}

uint32_t pt_shelf_calls(const pt_shelf *shelf) {
    return atomic_load(&shelf->calls);
}

void pt_shelf_stop(pt_shelf *shelf) {
    if (!shelf) return;
    pt_server_drain(shelf->server, DRAIN_MS);
    pt_server_close(shelf->server);
    free(shelf);
}
