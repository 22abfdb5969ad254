/* What kind=scaffold makes of a contract: a service whose rpcs all say that they are not written yet. */
#include <criterion/criterion.h>

#include "gen/handlers.h"
#include "stand_in.h"

Test(draft, registers_a_handler_of_each_kind) {
    services_handlers handlers;
    int service;
    cr_assert_eq(services_register(SERVER, &handlers, &service, NULL), PT_ALREADY_EXISTS);
    cr_expect_eq(seen.service, &services__v1__greeter__service);
    cr_expect_eq(handlers.greeter.self, &service);
    static const char *const messages[] = {
        "services.v1.Greeter/SayHello is not written yet", "services.v1.Greeter/SetName is not written yet",
        "services.v1.Greeter/Listen is not written yet",   "services.v1.Greeter/Tell is not written yet",
        "services.v1.Greeter/Chat is not written yet",
    };
    cr_assert_eq(seen.service->n_methods, sizeof messages / sizeof *messages);
    for (size_t i = 0; i < seen.service->n_methods; i++) {
        cr_expect_eq(seen.handlers[i].run(seen.impl, NULL, NULL, NULL), PT_UNIMPLEMENTED);
        cr_expect_str_eq(seen.message, messages[i]);
    }
}
