/* X_contract.c: the contract suite of a file's services. It holds names only; what the checks do is in the contract_harness
 * that it calls, so that a better check needs no new suites. */
#include "emit.h"

/* google.api.http */
#define HTTP_EXTENSION 72295728

static const char *const rpc_checks[] = {
    "answers", "round_trips", "refuses_truncated", "refuses_ill_typed", "refuses_oversize", "keeps_deadline", NULL,
};
static const char *const rest_checks[] = {"rest_equals_rpc", "rest_refuses_wrong_verb", "rest_refuses_bad_input", NULL};
static const char *const stream_checks[] = {"streams", NULL};
static const char *const service_checks[] = {"describes_itself", "refuses_unknown_methods", NULL};

static bool has_rest(const pt_gen_method *method) {
    for (size_t i = 0; method->options && i < method->options->base.n_unknown_fields; i++)
        if (method->options->base.unknown_fields[i].tag == HTTP_EXTENSION) return true;
    return false;
}

static void emit_checks(const pt_gen_method *method, const char *const *checks, pt_printer *out) {
    pt_let(out, "method", method->decl.name);
    for (; *checks; checks++) {
        pt_let(out, "check", *checks);
        pt_expand(out, "Test($lower$, $method$_$check$) {\n"
                       "    pt_contract_$check$(&$lower$__service, \"$method$\");\n}\n\n");
    }
}

static void emit_suite(const pt_gen_service *service, pt_printer *out) {
    pt_let_service(out, service);
    pt_expand(out, "/* ---- $full$ ---- */\n\n");
    for (const char *const *check = service_checks; *check; check++) {
        pt_let(out, "check", *check);
        pt_expand(out, "Test($lower$, $check$) {\n    pt_contract_$check$(&$lower$__service);\n}\n\n");
    }
    for (size_t i = 0; i < service->n_methods; i++) {
        const pt_gen_method *method = &service->methods[i];
        if (method->streaming) {
            emit_checks(method, stream_checks, out);
            continue;
        }
        emit_checks(method, rpc_checks, out);
        if (has_rest(method)) emit_checks(method, rest_checks, out);
    }
}

void pt_emit_tests(pt_model *model, const pt_gen_file *file, pt_output *out) {
    if (!file->n_services) return;
    pt_printer *suites = pt_output_add(out, pt_pool_printf(&model->pool, "%s_contract.c", file->stem));
    pt_emit_banner(file, suites);
    pt_print(suites, "#include \"contract.h\"\n#include \"%s.rpc.h\"\n\n", file->stem);
    for (size_t i = 0; i < file->n_services; i++)
        emit_suite(&file->services[i], suites);
}
