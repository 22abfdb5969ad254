#include <criterion/criterion.h>

#include "mapping/table.h"
#include "testing/schema.h"

static char warnings[16][512];
static int n_warnings;
static pt_arena arena;

static void warn(const char *warning, void *arg) {
    (void)arg;
    cr_assert_lt(n_warnings, 16);
    strncpy(warnings[n_warnings++], warning, sizeof *warnings - 1);
}

static pt_contract *load(void) {
    pt_contract *contract = NULL;
    cr_assert_eq(pt_contract_new(pt_testing_schema(), warn, NULL, &contract, NULL), PT_OK);
    return contract;
}

static void start(void) {
    pt_arena_init(&arena, 1 << 20);
}

static void stop(void) {
    pt_arena_done(&arena);
}

TestSuite(table, .init = start, .fini = stop);

static bool warned(const char *text) {
    for (int i = 0; i < n_warnings; i++)
        if (strstr(warnings[i], text)) return true;
    return false;
}

Test(table, a_rule_that_can_not_be_used_is_left_out_with_its_reason) {
    pt_contract *contract = load();
    cr_expect_eq(n_warnings, 7);
    cr_expect(warned("broken.v1.BrokenService/BadTemplate: google.api.http: path template \"no-slash\", byte 0: expected /"));
    cr_expect(warned("NoSuchField: google.api.http: \"nope\" is no field of broken.v1.Request"));
    cr_expect(warned("RepeatedField: google.api.http: no text can be put into the path variable \"names\""));
    cr_expect(warned("MessageField: google.api.http: no text can be put into the path variable \"inner\""));
    cr_expect(warned("NoSuchBody: google.api.http: the request has no field for the body named \"nope\""));
    cr_expect(warned("NoSuchResponseBody: google.api.http: the reply has no field for response_body named \"nope\""));
    cr_expect(warned("NoPattern: google.api.http: a rule without a pattern"));
    pt_contract_unref(contract);
}

Test(table, bindings_are_in_the_order_of_names) {
    pt_contract *contract = load();
    cr_assert_gt(contract->n_bindings, 1);
    for (size_t i = 1; i < contract->n_bindings; i++)
        cr_expect_leq(strcmp(contract->bindings[i - 1]->rpc->full_name, contract->bindings[i]->rpc->full_name), 0);
    pt_contract_unref(contract);
}

static const pt_route *find(const pt_table *table, const char *method, const char *path) {
    pt_match match;
    pt_code code = pt_router_match(table->router, method, pt_slice_str(path), &arena, &match, NULL);
    return code ? NULL : match.target;
}

static pt_table *build(const pt_table_source *sources, size_t n) {
    pt_table *table = NULL;
    n_warnings = 0;
    cr_assert_eq(pt_table_new(sources, n, "tcp://b:1", warn, NULL, &table, NULL), PT_OK);
    return table;
}

Test(table, routes_of_a_contract) {
    pt_contract *contract = load();
    pt_table *table = build(&(pt_table_source){.contract = contract, .backend = 3}, 1);
    const pt_route *get = find(table, "GET", "/v1/shelves/1/books/2"), *also = find(table, "GET", "/v1/books/2");
    cr_assert(get && also);
    cr_expect_str_eq(get->binding->rpc->full_name, "shelf.v1.ShelfService/GetBook");
    cr_expect_str_eq(also->binding->rpc->full_name, "shelf.v1.ShelfService/GetBook");
    cr_expect_eq(get->backend, 3);
    const pt_route *create = find(table, "POST", "/v1/shelves/1/books");
    cr_assert(create);
    cr_expect_eq(create->binding->body, PT_BODY_FIELD);
    cr_expect_str_eq(create->binding->body_field->name, "book");
    cr_expect_str_eq(create->binding->response_field->name, "book");
    cr_expect_str_eq(find(table, "LOCK", "/v1/shelves/1/books/2")->binding->rpc->name, "LockBook");
    cr_expect_null(find(table, "GET", "/shelf.v1.ShelfService/Unbound"));
    cr_expect_str_eq(table->waiting_for, "tcp://b:1");
    pt_table_unref(table);
    pt_contract_unref(contract);
}

Test(table, of_two_routes_for_one_path_the_first_by_name_is_kept) {
    pt_contract *contract = load();
    pt_table *table = build(&(pt_table_source){.contract = contract, .backend = 0}, 1);
    cr_expect_str_eq(find(table, "GET", "/v1/good")->binding->rpc->name, "Good");
    cr_expect_eq(n_warnings, 2);
    cr_expect(warned("GET /v1/good of broken.v1.BrokenService/GoodToo (backend 1) is taken by broken.v1.BrokenService/Good"));
    pt_table_unref(table);
    pt_contract_unref(contract);
}

Test(table, names_count_before_the_order_of_sources) {
    pt_contract *contract = load();
    const char *const broken[] = {"broken.v1.BrokenService"}, *const also[] = {"broken.v1.AlsoService"};
    const pt_table_source sources[] = {{.contract = contract, .backend = 0, .services = broken, .n_services = 1},
                                       {.contract = contract, .backend = 1, .services = also, .n_services = 1},
                                       {.contract = contract, .backend = 2, .services = also, .n_services = 1}};
    pt_table *table = build(sources, 3);
    const pt_route *route = find(table, "GET", "/v1/also/good");
    cr_expect_str_eq(route->binding->rpc->full_name, "broken.v1.AlsoService/Taken");
    cr_expect_eq(route->backend, 1);
    cr_expect(warned("of broken.v1.AlsoService/Taken (backend 3) is taken by broken.v1.AlsoService/Taken (backend 2)"));
    cr_expect(warned("of broken.v1.BrokenService/Good (backend 1) is taken by broken.v1.AlsoService/Taken (backend 2)"));
    pt_table_unref(table);
    pt_contract_unref(contract);
}

Test(table, each_service_goes_to_the_backend_that_lists_it) {
    pt_contract *contract = load();
    const char *const shelf[] = {"shelf.v1.ShelfService"}, *const broken[] = {"broken.v1.BrokenService"};
    const pt_table_source sources[] = {{.contract = contract, .backend = 0, .services = broken, .n_services = 1},
                                       {.contract = contract, .backend = 1, .services = shelf, .n_services = 1}};
    pt_table *table = build(sources, 2);
    cr_expect_eq(find(table, "GET", "/v1/good")->backend, 0);
    cr_expect_eq(find(table, "GET", "/v1/books/2")->backend, 1);
    pt_table_unref(table);
    pt_contract_unref(contract);
}

Test(table, a_table_outlives_who_made_it) {
    pt_contract *contract = load();
    pt_table *table = build(&(pt_table_source){.contract = contract, .backend = 0}, 1);
    pt_contract_unref(contract);
    pt_table *also = pt_table_ref(table);
    pt_table_unref(table);
    cr_expect_str_eq(find(also, "GET", "/v1/books/2")->binding->rpc->name, "GetBook");
    pt_table_unref(also);
}

Test(table, an_empty_one_finds_nothing) {
    pt_table *table = build(NULL, 0);
    cr_expect_null(find(table, "GET", "/"));
    cr_expect_eq(table->n_routes, 0);
    pt_table_unref(table);
}
