/* partie describe TARGET NAME */
#include <stdio.h>

#include "command.h"
#include "target.h"

static uint32_t timeout_ms = PT_DEFAULT_TIMEOUT_MS;

static const pt_flag own_flags[] = {
    {.name = "timeout",
     .kind = PT_FLAG_MS,
     .value = &timeout_ms,
     .arg = "TIME",
     .help = "longest wait",
     .min = 1,
     .max = 3600000},
};
static const pt_flag_group groups[] = {{"Flags", own_flags, sizeof own_flags / sizeof *own_flags}};
static const pt_flags flags = {.program = "partie describe",
                               .summary = "shows a service, rpc, message or enum of a running service as in its contract",
                               .arguments = "TARGET NAME",
                               .epilog = "NAME is a full name, or an rpc's own name; an rpc is shown with its messages.",
                               .groups = groups,
                               .n_groups = 1};

static const char *type_name(const pt_field *f) {
    static const char *const names[] = {
        [PT_TYPE_DOUBLE] = "double",     [PT_TYPE_FLOAT] = "float",   [PT_TYPE_INT64] = "int64",
        [PT_TYPE_UINT64] = "uint64",     [PT_TYPE_INT32] = "int32",   [PT_TYPE_FIXED64] = "fixed64",
        [PT_TYPE_FIXED32] = "fixed32",   [PT_TYPE_BOOL] = "bool",     [PT_TYPE_STRING] = "string",
        [PT_TYPE_BYTES] = "bytes",       [PT_TYPE_UINT32] = "uint32", [PT_TYPE_SFIXED32] = "sfixed32",
        [PT_TYPE_SFIXED64] = "sfixed64", [PT_TYPE_SINT32] = "sint32", [PT_TYPE_SINT64] = "sint64",
        [PT_TYPE_GROUP] = "group",
    };
    if (f->type == PT_TYPE_MESSAGE) return f->message->name;
    return f->type == PT_TYPE_ENUM ? f->enumeration->name : names[f->type];
}

static void print_field(const pt_field *f) {
    if (f->map) {
        const pt_field *entry = f->message->fields;
        printf("  map<%s, %s> %s = %u;\n", type_name(&entry[0]), type_name(&entry[1]), f->name, f->number);
        return;
    }
    bool optional = f->presence && f->oneof < 0 && f->type != PT_TYPE_MESSAGE;
    printf("%s  %s%s %s = %u;\n", f->oneof < 0 ? "" : "  ",
           f->repeated ? "repeated "
           : optional  ? "optional "
                       : "",
           type_name(f), f->name, f->number);
}

static void print_type(const pt_type *type) {
    int oneof = -1;
    printf("message %s {\n", type->name);
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const pt_field *f = &type->fields[i];
        if (oneof >= 0 && f->oneof != oneof) puts("  }");
        if (f->oneof >= 0 && f->oneof != oneof) printf("  oneof %s {\n", type->oneof_names[f->oneof]);
        oneof = f->oneof;
        print_field(f);
    }
    puts(oneof >= 0 ? "  }\n}" : "}");
}

static void print_enum(const pt_enum *e) {
    printf("enum %s {\n", e->name);
    for (uint32_t i = 0; i < e->n_values; i++)
        printf("  %s = %d;\n", e->values[i].name, e->values[i].number);
    puts("}");
}

static void print_rpc(const pt_rpc *rpc) {
    static const char *const levels[] = {"", " // NO_SIDE_EFFECTS", " // IDEMPOTENT"};
    bool from_client = rpc->kind == PT_CLIENT_STREAMING || rpc->kind == PT_BIDI_STREAMING;
    bool from_server = rpc->kind == PT_SERVER_STREAMING || rpc->kind == PT_BIDI_STREAMING;
    printf("rpc %s(%s%s) returns (%s%s);%s\n", rpc->name, from_client ? "stream " : "", rpc->input->name,
           from_server ? "stream " : "", rpc->output->name, levels[rpc->idempotency]);
}

static bool print_service(const pt_schema *schema, const char *name) {
    size_t n;
    bool found = false;
    const pt_rpc *const *rpcs = pt_schema_rpcs(schema, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rpcs[i]->service, name) != 0) continue;
        if (!found) printf("service %s {\n", name);
        found = true;
        fputs("  ", stdout);
        print_rpc(rpcs[i]);
    }
    if (found) puts("}");
    return found;
}

static pt_code describe(pt_target *target, const char *name, pt_status *st) {
    const pt_rpc *rpc;
    pt_code code = pt_target_reflect(target, st);
    if (code) return code;
    const pt_type *type = pt_schema_type(target->schema, name);
    const pt_enum *enumeration = pt_schema_enum(target->schema, name);
    if (type) print_type(type);
    if (enumeration) print_enum(enumeration);
    if (type || enumeration || print_service(target->schema, name)) return PT_OK;
    code = pt_target_rpc(target, name, &rpc, st);
    if (code == PT_NOT_FOUND)
        return pt_status_set(st, code, "%s: no service, rpc, message or enum of %s has this name", name,
                             pt_channel_target(target->channel));
    if (code) return code;
    print_rpc(rpc);
    print_type(rpc->input);
    if (rpc->output != rpc->input) print_type(rpc->output);
    return PT_OK;
}

int pt_command_describe(int argc, char **argv) {
    int n, exit_code;
    pt_target target = PT_TARGET_INIT;
    pt_status st = PT_STATUS_INIT;
    if (!pt_command_parse(&flags, argc, argv, 2, 2, &n, &exit_code)) return exit_code;
    pt_code code = pt_target_open(&target, argv[1], timeout_ms, &st);
    if (!code) code = describe(&target, argv[2], &st);
    if (code) pt_target_fail(flags.program, &st);
    pt_status_done(&st);
    pt_target_done(&target);
    return code || fflush(stdout) ? PT_EXIT_FAILURE : PT_EXIT_OK;
}
