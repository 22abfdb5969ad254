/* Checks of a service as a whole. */
#include "contract.h"
#include "probe.h"
#include "wire.h"

#include <stdio.h>

#define ANSWER_MS 10000

/* Field numbers of partie.reflection.v1.GetDescriptorsResponse. */
enum { RESPONSE_SERVICES = 1, RESPONSE_FILES = 2 };

static bool has_field(pt_slice message, uint32_t number, pt_slice value) {
    pt_part part;
    while (pt_part_next(&message, &part)) {
        if (part.number == number && pt_slice_equal(part.bytes, value)) return true;
    }
    return false;
}

void pt_contract_describes_itself(const pt_service *service) {
    pt_probe p;
    pt_answer answer;
    pt_probe_init(&p, service, NULL, "describes itself");
    pt_probe_expect_alive(&p);
    pt_code code =
        pt_probe_call(&p, "partie.reflection.v1.ReflectionService/GetDescriptors", (pt_slice){0}, ANSWER_MS, &answer);
    cr_assert_eq(code, PT_OK, "reflection: %s: %s", pt_code_name(code), answer.ctx.status.message);
    cr_assert(has_field(answer.reply, RESPONSE_SERVICES, pt_slice_str(service->name)), "reflection does not list %s",
              service->name);
    cr_assert(has_field(answer.reply, RESPONSE_FILES, pt_slice_of(service->file->descriptor, service->file->descriptor_len)),
              "reflection gives another %s than these tests were generated from: build the service again", service->file->name);
    pt_context_done(&answer.ctx);
    pt_probe_done(&p);
}

static void expect_unimplemented(pt_probe *p, const char *method) {
    pt_answer answer;
    pt_code code = pt_probe_call(p, method, (pt_slice){0}, ANSWER_MS, &answer);
    cr_assert_eq(code, PT_UNIMPLEMENTED, "%s: answered %s (%s) in place of UNIMPLEMENTED", method, pt_code_name(code),
                 answer.ctx.status.message);
    cr_assert(*answer.ctx.status.message, "%s: UNIMPLEMENTED without a message", method);
    pt_context_done(&answer.ctx);
}

void pt_contract_refuses_unknown_methods(const pt_service *service) {
    static const char *const endings[] = {"/NoSuchMethod", ".more/Get", "/", ""};
    pt_probe p;
    pt_probe_init(&p, service, NULL, "unknown methods");
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char method[512];
        snprintf(method, sizeof method, "%s%s", service->name, endings[i]);
        expect_unimplemented(&p, method);
    }
    expect_unimplemented(&p, "no.such.v1.Service/Get");
    pt_probe_expect_alive(&p);
    pt_probe_done(&p);
}
