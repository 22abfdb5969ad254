/* Loading under stress: memory that fails at any point, sets made to be slow, and rules that few contracts need. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "google/protobuf/descriptor.pb.h"
#include "kinds.pb.h"
#include "partie/schema.h"

/* The linker sends the allocations of libpartie here (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

static long until_failure = -1; /* allocations that still succeed; negative: all */

static bool fails(void) {
    if (until_failure < 0) return false;
    return until_failure-- == 0;
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *ptr, size_t size) {
    return fails() ? NULL : __real_realloc(ptr, size);
}

Test(schema_load, memory_that_fails_at_any_point) {
    pt_slice bytes = pt_slice_of(kinds__file.descriptor, kinds__file.descriptor_len);
    long failed = 0;
    for (pt_code code = PT_RESOURCE_EXHAUSTED; code; failed++) {
        pt_status st = PT_STATUS_INIT;
        size_t before = 0, after = 0;
        pt_schema *schema = pt_schema_new();
        pt_schema_types(schema, &before);
        until_failure = failed;
        code = pt_schema_add_file(schema, bytes, &st);
        until_failure = -1;
        pt_schema_types(schema, &after);
        if (code) {
            cr_assert_eq(code, PT_RESOURCE_EXHAUSTED);
            cr_assert_eq(before, after);
            cr_assert_null(pt_schema_type(schema, "partie.testdata.Kinds"));
            cr_assert_eq(pt_schema_add_file(schema, bytes, &st), PT_OK, "%s", st.message);
        }
        cr_assert_not_null(pt_schema_type(schema, "partie.testdata.Kinds"));
        pt_schema_free(schema);
    }
    cr_assert_gt(failed, 3);
}

Test(schema_load, a_new_schema_without_memory) {
    long failed = 0;
    for (pt_schema *schema = NULL; !schema; failed++) {
        until_failure = failed;
        schema = pt_schema_new();
        until_failure = -1;
        if (schema) {
            pt_schema_free(schema);
            break;
        }
    }
    cr_assert_gt(failed, 5);
}

typedef Google__Protobuf__FileDescriptorProto file_proto;
typedef Google__Protobuf__DescriptorProto message_proto;
typedef Google__Protobuf__FieldDescriptorProto field_proto;

/* Adds a file with one message of n fields: number(i), and its own name, as proto2 or proto3. */
static pt_code add_fields(pt_schema *schema, char *syntax, field_proto *fields, size_t n, pt_status *st) {
    file_proto file = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_PROTO__INIT;
    message_proto message = GOOGLE__PROTOBUF__DESCRIPTOR_PROTO__INIT, *messages[] = {&message};
    field_proto **links = calloc(n + 1, sizeof *links);
    for (size_t i = 0; i < n; i++)
        links[i] = &fields[i];
    file.name = "fields.proto";
    file.syntax = syntax;
    file.message_type = messages;
    file.n_message_type = 1;
    message.name = "M";
    message.field = links;
    message.n_field = n;
    size_t len = google__protobuf__file_descriptor_proto__get_packed_size(&file);
    uint8_t *bytes = malloc(len);
    google__protobuf__file_descriptor_proto__pack(&file, bytes);
    pt_code code = pt_schema_add_file(schema, pt_slice_of(bytes, len), st);
    free(bytes);
    free(links);
    return code;
}

static field_proto int32_field(char *name, int32_t number) {
    field_proto field = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__INIT;
    field.name = name;
    field.has_number = field.has_type = field.has_label = true;
    field.number = number;
    field.type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT32;
    field.label = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_OPTIONAL;
    return field;
}

/* 100,000 fields in one message, in falling order, with names that differ in the middle: nothing is quadratic, or this does not
 * end within the test's time. */
Test(schema_load, a_very_large_message, .timeout = 20) {
    size_t n = 100000;
    field_proto *fields = calloc(n, sizeof *fields);
    char(*names)[40] = calloc(n, sizeof *names);
    pt_status st = PT_STATUS_INIT;
    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof *names, "same_begin_%06zu_same_end", i);
        fields[i] = int32_field(names[i], (int32_t)((n - i) * 1000));
    }
    pt_schema *schema = pt_schema_new();
    cr_assert_eq(add_fields(schema, "proto3", fields, n, &st), PT_OK, "%s", st.message);
    const pt_type *type = pt_schema_type(schema, "M");
    cr_assert_eq(type->n_fields, n);
    for (size_t i = 0; i < n; i++) {
        const pt_field *field = pt_type_field_json(type, names[i], strlen(names[i]));
        cr_assert_eq(field, pt_type_field(type, (uint32_t)((n - i) * 1000)));
        cr_assert_not_null(field);
    }
    pt_schema_free(schema);
    free(names);
    free(fields);
}

/* Without json_name, as in descriptors that protoc did not write, protobuf's rule makes it. */
Test(schema_load, json_names_are_made) {
    static const struct {
        char name[24];
        const char *json_name;
    } want[] = {{"foo_bar", "fooBar"}, {"foo__bar", "fooBar"},      {"_foo", "Foo"},
                {"foo_", "foo"},       {"FooBar", "FooBar"},        {"foo_1bar", "foo1bar"},
                {"a_b_c", "aBC"},      {"fooBar_baz", "fooBarBaz"}, {"__", ""}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        char name[24];
        memcpy(name, want[i].name, sizeof name);
        field_proto field = int32_field(name, 1);
        pt_status st = PT_STATUS_INIT;
        pt_schema *schema = pt_schema_new();
        cr_assert_eq(add_fields(schema, "proto3", &field, 1, &st), PT_OK, "%s", st.message);
        cr_assert_str_eq(pt_schema_type(schema, "M")->fields[0].json_name, want[i].json_name);
        pt_schema_free(schema);
    }
}

/* proto2 files may have two fields of one JSON name; a JSON name comes before a name. */
Test(schema_load, json_names_that_meet) {
    field_proto fields[] = {int32_field("foo_bar", 1), int32_field("fooBar", 2)};
    pt_status st = PT_STATUS_INIT;
    pt_schema *schema = pt_schema_new();
    cr_assert_eq(add_fields(schema, "proto3", fields, 2, &st), PT_ALREADY_EXISTS);
    cr_assert_eq(add_fields(schema, "proto2", fields, 2, &st), PT_OK, "%s", st.message);
    const pt_type *type = pt_schema_type(schema, "M");
    cr_assert_eq(pt_type_field_json(type, "fooBar", 6)->number, 1);
    cr_assert_eq(pt_type_field_named(type, "fooBar", 6)->number, 2);
    pt_schema_free(schema);
    schema = pt_schema_new();
    fields[0].json_name = "fooBar";
    fields[1].json_name = "other";
    cr_assert_eq(add_fields(schema, "proto3", fields, 2, &st), PT_OK, "%s", st.message);
    type = pt_schema_type(schema, "M");
    cr_assert_eq(pt_type_field_json(type, "fooBar", 6)->number, 1);
    cr_assert_eq(pt_type_field_json(type, "foo_bar", 7)->number, 1);
    pt_schema_free(schema);
}

Test(schema_load, a_message_without_fields) {
    pt_status st = PT_STATUS_INIT;
    pt_schema *schema = pt_schema_new();
    cr_assert_eq(add_fields(schema, "proto3", NULL, 0, &st), PT_OK, "%s", st.message);
    const pt_type *type = pt_schema_type(schema, "M");
    cr_assert_eq(type->n_fields, 0);
    cr_assert_null(pt_type_field(type, 0));
    cr_assert_null(pt_type_field(type, 1));
    cr_assert_null(pt_type_field_json(type, "x", 1));
    pt_schema_free(schema);
}

/* Empty messages are 10 bytes each but some hundred when loaded: a large set of nothing else is refused before it takes much.
 */
Test(schema_load, memory_is_bounded_by_the_size_of_the_set, .timeout = 20) {
    size_t n = 400000, len = 3;
    uint8_t *bytes = malloc(len + n * 10);
    static const uint8_t name[] = {0x0a, 1, 'f'}, message[] = {0x22, 8, 0x0a, 6, 'M'};
    memcpy(bytes, name, sizeof name);
    for (size_t i = 0; i < n; i++, len += 10) {
        memcpy(bytes + len, message, sizeof message);
        for (size_t digit = 0, rest = i; digit < 5; digit++, rest /= 26)
            bytes[len + 5 + digit] = (uint8_t)('a' + rest % 26);
    }
    pt_status st = PT_STATUS_INIT;
    pt_schema *schema = pt_schema_new();
    cr_assert_eq(pt_schema_add_file(schema, pt_slice_of(bytes, len), &st), PT_RESOURCE_EXHAUSTED);
    cr_assert_str_eq(st.message, "f: descriptors take more memory than there is, or than their size justifies");
    cr_assert_eq(pt_schema_add_file(schema, pt_slice_of(bytes, 3 + 10 * (size_t)2000), &st), PT_OK, "%s", st.message);
    cr_assert_not_null(pt_schema_type(schema, "Maaaaa"));
    pt_schema_free(schema);
    free(bytes);
}
