/* Tables, initialisers and embedded descriptors of generated messages. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "a/v1/a.pb.h"
#include "b/v1/b.pb.h"
#include "c/v1/c.pb.h"
#include "c/v1/options.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "messages.pb.h"
#include "proto2.pb.h"

Test(enums, are_found_by_number_and_name) {
    const ProtobufCEnumDescriptor *level = &messages_only__v1__level__descriptor;
    cr_expect_str_eq(protobuf_c_enum_descriptor_get_value(level, INT32_MIN)->name, "LEVEL_LOW");
    cr_expect_str_eq(protobuf_c_enum_descriptor_get_value(level, INT32_MAX - 1)->name, "LEVEL_HIGH");
    cr_expect_str_eq(protobuf_c_enum_descriptor_get_value(level, -1)->c_name, "MESSAGES_ONLY__V1__LEVEL__LEVEL_MINUS_ONE");
    cr_expect_null(protobuf_c_enum_descriptor_get_value(level, 1));
    cr_expect_eq(protobuf_c_enum_descriptor_get_value_by_name(level, "LEVEL_LOW")->value, INT32_MIN);
    cr_expect_null(protobuf_c_enum_descriptor_get_value_by_name(level, "LEVEL"));
}

Test(enums, aliases_share_the_first_declared_value) {
    const ProtobufCEnumDescriptor *aliased = &messages_only__v1__aliased__descriptor;
    cr_expect_eq(aliased->n_values, 4);
    cr_expect_eq(aliased->n_value_names, 5);
    cr_expect_str_eq(protobuf_c_enum_descriptor_get_value(aliased, 1)->name, "ALIASED_ONE");
    cr_expect_eq(protobuf_c_enum_descriptor_get_value_by_name(aliased, "ALIASED_UNO")->value, 1);
    cr_expect_eq(protobuf_c_enum_descriptor_get_value_by_name(aliased, "ALIASED_TEN")->value, 10);
}

Test(proto2, starts_with_its_defaults) {
    Proto2__V1__Defaults m;
    proto2__v1__defaults__init(&m);
    cr_expect_str_eq(m.text, "line\n\"quoted\" ?\?/ \\ \303\244");
    cr_expect_eq(m.data.len, 6);
    cr_expect_arr_eq(m.data.data, "\0\1\377 \"\\", 6);
    cr_expect_eq(m.e, PROTO2__V1__E__E_TWO);
    cr_expect_eq(m.d, 1.5);
    cr_expect(isinf(m.d_inf) && m.d_inf > 0);
    cr_expect(isnan(m.f_nan));
    cr_expect_eq(m.f, 0.1f);
    cr_expect_eq(m.i32, INT32_MIN);
    cr_expect_eq(m.i64, INT64_MIN);
    cr_expect_eq(m.u32, UINT32_MAX);
    cr_expect_eq(m.u64, UINT64_MAX);
    cr_expect(m.yes);
    cr_expect_str_eq(m.empty, "");
    cr_expect_str_eq(m.must, "must");
}

Test(proto2, starts_with_its_other_defaults) {
    Proto2__V1__MoreDefaults m = PROTO2__V1__MORE_DEFAULTS__INIT;
    cr_expect(isinf(m.d_minus_inf) && m.d_minus_inf < 0);
    cr_expect_eq(m.plain64, 42);
    cr_expect_eq(m.no_bytes.len, 0);
    cr_expect_eq(proto2__v1__more_defaults__get_packed_size(&m), 0);
}

Test(proto2, defaults_are_not_sent_and_survive_unpacking) {
    Proto2__V1__Defaults m = PROTO2__V1__DEFAULTS__INIT;
    uint8_t bytes[64];
    cr_assert_leq(proto2__v1__defaults__get_packed_size(&m), sizeof bytes);
    size_t len = proto2__v1__defaults__pack(&m, bytes);
    cr_expect_eq(len, 7, "only the required field is sent");
    Proto2__V1__Defaults *back = proto2__v1__defaults__unpack(NULL, len, bytes);
    cr_assert(back);
    cr_expect_eq(back->u64, UINT64_MAX);
    cr_expect_eq(back->text, m.text, "the default is not copied");
    proto2__v1__defaults__free_unpacked(back, NULL);
}

Test(proto2, a_message_without_a_required_field_is_refused) {
    cr_expect_null(proto2__v1__labels__unpack(NULL, 0, NULL));
}

static void expect_imports(const pt_file *file, const Google__Protobuf__FileDescriptorProto *proto) {
    cr_assert_eq(file->n_imports, proto->n_dependency);
    for (size_t i = 0; i < file->n_imports; i++)
        cr_expect_str_eq(file->imports[i]->name, proto->dependency[i]);
}

static void expect_embedded(const pt_file *file, const char *name, size_t n_imports) {
    Google__Protobuf__FileDescriptorProto *proto =
        google__protobuf__file_descriptor_proto__unpack(NULL, file->descriptor_len, file->descriptor);
    cr_assert(proto);
    bool named = strcmp(file->name, name) == 0 && strcmp(proto->name, name) == 0;
    cr_expect(named && !proto->source_code_info, "%s", name);
    cr_expect_eq(file->n_imports, n_imports);
    expect_imports(file, proto);
    google__protobuf__file_descriptor_proto__free_unpacked(proto, NULL);
}

Test(files, embed_their_descriptor_and_point_at_their_imports) {
    expect_embedded(&a__v1__a__file, "a/v1/a.proto", 3);
    expect_embedded(&b__v1__b__file, "b/v1/b.proto", 2);
    expect_embedded(&c__v1__c__file, "c/v1/c.proto", 0);
    cr_expect_eq(b__v1__b__file.imports[0], &c__v1__options__file);
}

Test(files, keep_options_that_the_generator_does_not_know) {
    Google__Protobuf__FileDescriptorProto *proto =
        google__protobuf__file_descriptor_proto__unpack(NULL, b__v1__b__file.descriptor_len, b__v1__b__file.descriptor);
    cr_assert(proto);
    const ProtobufCMessage *options = &proto->message_type[0]->field[0]->options->base;
    cr_assert_eq(options->n_unknown_fields, 1);
    cr_expect_eq(options->unknown_fields[0].tag, 50123);
    cr_expect_str_eq(proto->message_type[0]->field[0]->json_name, "color");
    google__protobuf__file_descriptor_proto__free_unpacked(proto, NULL);
}
