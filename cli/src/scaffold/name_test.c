#include "scaffold/name.h"

#include <criterion/criterion.h>

Test(service_name, gives_the_names_in_contract_and_c) {
    pt_service_name n;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_service_name_init("order-log2", &n, &st), PT_OK, "%s", st.message);
    cr_assert_str_eq(n.name, "order-log2");
    cr_assert_str_eq(n.id, "order_log2");
    cr_assert_str_eq(n.camel, "OrderLog2");
    cr_assert_str_eq(n.package, "order_log2.v1");
    cr_assert_str_eq(n.contract, "order_log2/v1/order_log2.proto");
}

Test(service_name, refuses_what_is_none) {
    static const char *const names[] = {
        "",   "-",   "a-",  "-a",   "a--b", "A",           "a_b",
        "1a", "a.b", "a/b", "../x", "a b",  "caf\xC3\xA9", "abcdefghijabcdefghijabcdefghijabcdefghij1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        pt_service_name n = {.name = "before"};
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(pt_service_name_init(names[i], &n, &st), PT_INVALID_ARGUMENT, "%s", names[i]);
        cr_assert_str_eq(n.name, "before");
        cr_assert(*st.message);
    }
}

Test(service_name, refuses_names_that_would_hide_something) {
    static const char *const names[] = {"partie", "test", "time", "string", "stdio"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        pt_service_name n;
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(pt_service_name_init(names[i], &n, &st), PT_INVALID_ARGUMENT, "%s", names[i]);
    }
}
