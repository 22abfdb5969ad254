/* Any bytes as a descriptor set: taken whole or not at all, and what was taken can be walked. */
#include <stdlib.h>

#include "partie/limits.h"
#include "partie/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good) abort();
}

static void walk(const pt_type *type, pt_slice bytes) {
    pt_limits limits = PT_LIMITS_INIT;
    pt_status st = PT_STATUS_INIT;
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const pt_field *field = &type->fields[i];
        check(field->index == i && field->parent == type);
        check(pt_type_field(type, field->number) == field);
        check(pt_type_field_named(type, field->name, strlen(field->name)) == field);
        check(pt_type_field_json(type, field->json_name, strlen(field->json_name)));
        check(field->oneof < (int)type->n_oneofs);
        check(!field->map || (field->message->n_fields == 2 && field->message->fields[0].number == 1));
        check(!field->enumeration == (field->type != PT_TYPE_ENUM));
        check(!field->message == (field->type != PT_TYPE_MESSAGE && field->type != PT_TYPE_GROUP));
    }
    check((pt_type_check(type, bytes, &limits, &st) == PT_OK) == (st.message[0] == '\0'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static pt_schema *schema; /* what is refused leaves it as it was, so it serves until a set is taken */
    pt_slice bytes = {data, size};
    pt_status st = PT_STATUS_INIT;
    size_t before = 0, after = 0;
    if (!schema) schema = pt_schema_new();
    check(schema);
    pt_schema_types(schema, &before);
    pt_code code = pt_schema_add_set(schema, bytes, &st);
    const pt_type *const *types = pt_schema_types(schema, &after);
    check(code ? before == after && st.message[0] : !st.message[0]);
    for (size_t i = before; i < after; i++) {
        check(pt_schema_type(schema, types[i]->name) == types[i]);
        walk(types[i], bytes);
    }
    check(pt_schema_add_set(schema, bytes, NULL) == code);
    pt_schema_types(schema, &before);
    check(before == after);
    const pt_rpc *const *rpcs = pt_schema_rpcs(schema, &after);
    for (size_t i = 0; i < after; i++)
        check(rpcs[i]->input && rpcs[i]->output && pt_schema_rpc(schema, rpcs[i]->full_name) == rpcs[i]);
    if (code) return 0;
    pt_schema_free(schema);
    schema = NULL;
    return 0;
}
