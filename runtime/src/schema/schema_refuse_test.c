/* Descriptors that no schema takes: each test case changes one thing in a good file. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "events/v1/events.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "kinds.pb.h"
#include "partie/arena.h"
#include "partie/schema.h"
#include "partie/v1/options.pb.h"
#include "schema/names.h"

typedef Google__Protobuf__FileDescriptorProto file_proto;
typedef Google__Protobuf__DescriptorProto message_proto;
typedef Google__Protobuf__FieldDescriptorProto field_proto;

/* Everything that a case changes lives in the arena. */
static pt_arena arena;
static file_proto *file;
static message_proto *kinds;

static file_proto *unpack(const pt_file *contract) {
    file_proto *proto = google__protobuf__file_descriptor_proto__unpack(pt_arena_protobuf(&arena), contract->descriptor_len,
                                                                        contract->descriptor);
    cr_assert_not_null(proto);
    return proto;
}

static void start(void) {
    pt_arena_init(&arena, 1 << 20);
    file = unpack(&kinds__file);
    kinds = file->message_type[0];
}

static void stop(void) {
    pt_arena_done(&arena);
}

TestSuite(schema_refuse, .init = start, .fini = stop);

static field_proto *field(const char *name) {
    for (size_t i = 0; i < kinds->n_field; i++)
        if (strcmp(kinds->field[i]->name, name) == 0) return kinds->field[i];
    cr_assert_fail("%s", name);
    return NULL;
}

static pt_slice slice_of(const pt_file *contract) {
    return pt_slice_of(contract->descriptor, contract->descriptor_len);
}

static pt_slice pack(void) {
    size_t len = google__protobuf__file_descriptor_proto__get_packed_size(file);
    uint8_t *bytes = pt_arena_alloc(&arena, len);
    cr_assert_not_null(bytes);
    return pt_slice_of(bytes, google__protobuf__file_descriptor_proto__pack(file, bytes));
}

/* Nothing of the refused file is there. */
static bool is_as_before(const pt_schema *schema, size_t n_types) {
    size_t n = 0, n_services = 0;
    pt_schema_types(schema, &n);
    pt_schema_services(schema, &n_services);
    return n == n_types && n_services == 0 && !pt_schema_type(schema, "partie.testdata.Kinds") &&
           !pt_schema_enum(schema, "partie.testdata.Color") && !pt_schema_rpc(schema, "partie.testdata.KindsService/Get");
}

/* Adds the changed file and compares what is said; the schema must be as before, and take the good file. */
static void refused(pt_code code, const char *message) {
    pt_slice bytes = pack();
    pt_status st = PT_STATUS_INIT;
    pt_schema *schema = pt_schema_new();
    size_t n_types = 0;
    bool good = pt_schema_add_file(schema, slice_of(&partie__v1__options__file), NULL) == PT_OK;
    pt_schema_types(schema, &n_types);
    good &= pt_schema_add_file(schema, bytes, &st) == code && pt_schema_add_file(schema, bytes, NULL) == code;
    cr_assert_str_eq(st.message, message);
    good &= is_as_before(schema, n_types) && pt_schema_add_file(schema, slice_of(&kinds__file), NULL) == PT_OK;
    cr_assert(good);
    pt_schema_free(schema);
}

static void invalid(const char *message) {
    refused(PT_INVALID_ARGUMENT, message);
}

#define KINDS "kinds.proto: partie.testdata.Kinds"

Test(schema_refuse, files) {
    file->syntax = "editions";
    invalid("kinds.proto: editions are not supported; use syntax = \"proto3\"");
    file->syntax = "proto4";
    invalid("kinds.proto: syntax is neither proto2 nor proto3");
    file->syntax = "proto3";
    static char *const packages[] = {".a", "a.", "a..b", "1a", "a-b", "a.1"};
    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++) {
        file->package = packages[i];
        invalid("kinds.proto: the package is no dotted name");
    }
    file->package = "partie.testdata";
    file->name = "";
    invalid("not a descriptor: a file without a usable name");
    file->name = "bad\xff.proto";
    invalid("not a descriptor: a file without a usable name");
}

Test(schema_refuse, missing_imports_are_named) {
    file->dependency[0] = "not/there.proto";
    invalid("kinds.proto: its import \"not/there.proto\" is missing: add it before or in the same set");
}

Test(schema_refuse, numbers) {
    field("one_int32")->number = 0;
    invalid(KINDS ".one_int32: field numbers are 1 to 536870911");
    field("one_int32")->number = 1 << 29;
    invalid(KINDS ".one_int32: field numbers are 1 to 536870911");
    field("one_int32")->number = -1;
    invalid(KINDS ".one_int32: field numbers are 1 to 536870911");
    field("one_int32")->number = 3;
    refused(PT_ALREADY_EXISTS, KINDS ".one_int32: number 3 is that of one_int64 too");
}

Test(schema_refuse, names_of_fields) {
    field("one_int32")->name = "one_int64";
    refused(PT_ALREADY_EXISTS, KINDS ".one_int64 is defined twice");
}

Test(schema_refuse, json_names) {
    field("one_int32")->json_name = "oneInt64";
    refused(PT_ALREADY_EXISTS, KINDS ".one_int32: its JSON name is that of one_int64 too");
    field("one_int32")->json_name = "bad\xff";
    invalid(KINDS ".one_int32: json_name is not UTF-8 or longer than 1024 bytes");
}

Test(schema_refuse, what_is_no_identifier) {
    static char *const names[] = {"", "a b", "1a", "a.b", "caf\xc3\xa9", "a-b"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        kinds->field[0]->name = names[i];
        invalid("kinds.proto: partie.testdata.Kinds: a field has a name that is no identifier");
    }
    kinds->field[0]->name = "one_double";
    kinds->name = "";
    invalid("kinds.proto: partie.testdata: a message has a name that is no identifier");
}

Test(schema_refuse, names_that_are_too_long) {
    char *name = calloc(1, 1100);
    memset(name, 'n', PT_NAME_BYTES - strlen("partie.testdata"));
    kinds->name = name;
    invalid("kinds.proto: partie.testdata: name of a message is longer than 1024 bytes");
    free(name);
}

Test(schema_refuse, types_of_fields) {
    field("one_int32")->has_type = false;
    invalid(KINDS ".one_int32: no or unknown type; protoc resolves types");
    field("one_int32")->has_type = true;
    field("one_int32")->type = (Google__Protobuf__FieldDescriptorProto__Type)19;
    invalid(KINDS ".one_int32: no or unknown type; protoc resolves types");
    field("one_int32")->type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT32;
    field("one_int32")->label = (Google__Protobuf__FieldDescriptorProto__Label)4;
    invalid(KINDS ".one_int32: unknown label");
}

Test(schema_refuse, references) {
    field("one_kinds")->type_name = "Kinds";
    invalid(KINDS ".one_kinds: its type \"Kinds\" is not named in full (.package.Name), as protoc does");
    field("one_kinds")->type_name = NULL;
    invalid(KINDS ".one_kinds: its type \"\" is not named in full (.package.Name), as protoc does");
    field("one_kinds")->type_name = ".partie.testdata.Kind";
    invalid(KINDS ".one_kinds: there is no partie.testdata.Kind");
    field("one_kinds")->type_name = ".partie.testdata.Color";
    invalid(KINDS ".one_kinds: partie.testdata.Color is not a message");
    field("one_kinds")->type_name = ".partie.testdata.Kinds";
    field("one_color")->type_name = ".partie.testdata.Kinds";
    invalid(KINDS ".one_color: partie.testdata.Kinds is not an enum");
}

Test(schema_refuse, names_that_are_taken) {
    file->enum_type[0]->name = "Kinds";
    refused(PT_ALREADY_EXISTS, "kinds.proto: partie.testdata.Kinds is defined twice");
    file->enum_type[0]->name = "Color";
    file->service[0]->name = "Kinds";
    refused(PT_ALREADY_EXISTS, "kinds.proto: partie.testdata.Kinds is defined twice");
    file->service[0]->name = "KindsService";
    file->service[0]->method[1]->name = "Get";
    refused(PT_ALREADY_EXISTS, "kinds.proto: partie.testdata.KindsService/Get is defined twice");
}

Test(schema_refuse, methods) {
    file->service[0]->method[0]->input_type = ".partie.testdata.Nothing";
    invalid("kinds.proto: partie.testdata.KindsService.Get: there is no partie.testdata.Nothing");
    file->service[0]->method[0]->input_type = ".partie.testdata.Color";
    invalid("kinds.proto: partie.testdata.KindsService.Get: partie.testdata.Color is not a message");
}

Test(schema_refuse, enums) {
    Google__Protobuf__EnumDescriptorProto *color = file->enum_type[0];
    color->value[1]->name = "COLOR_CRIMSON";
    refused(PT_ALREADY_EXISTS, "kinds.proto: partie.testdata.Color: value COLOR_CRIMSON is defined twice");
    color->value[1]->name = "9";
    invalid("kinds.proto: partie.testdata.Color: a value has a name that is no identifier");
    color->value[1]->name = "COLOR_RED";
    color->value[0]->number = 5;
    invalid("kinds.proto: partie.testdata.Color: the first value of a proto3 enum must be 0");
    color->n_value = 0;
    invalid("kinds.proto: partie.testdata.Color: an enum without values");
}

Test(schema_refuse, oneofs) {
    field("chosen_bool")->oneof_index = 99;
    invalid(KINDS ".chosen_bool: a member of no oneof, or repeated in one");
    field("chosen_bool")->oneof_index = -5;
    invalid(KINDS ".chosen_bool: a member of no oneof, or repeated in one");
    field("chosen_bool")->oneof_index = 0;
    field("chosen_bool")->label = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
    invalid(KINDS ".chosen_bool: a member of no oneof, or repeated in one");
    field("chosen_bool")->label = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_OPTIONAL;
    field("maybe_int32")->oneof_index = 0;
    invalid(KINDS ".choice: an optional field shares a oneof");
}

static message_proto *entry(const char *name) {
    for (size_t i = 0; i < kinds->n_nested_type; i++)
        if (strcmp(kinds->nested_type[i]->name, name) == 0) return kinds->nested_type[i];
    cr_assert_fail("%s", name);
    return NULL;
}

Test(schema_refuse, maps) {
    field("kinds_by_name")->label = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_OPTIONAL;
    invalid(KINDS ".kinds_by_name: a map entry outside of a map");
    field("kinds_by_name")->label = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
    message_proto *map = entry("KindsByNameEntry");
    map->field[0]->type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_DOUBLE;
    invalid(KINDS ".KindsByNameEntry: a map entry is a key (1) and a value (2)");
    map->field[0]->type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING;
    map->field[0]->number = 3;
    invalid(KINDS ".KindsByNameEntry: a map entry is a key (1) and a value (2)");
    map->n_field = 0;
    invalid(KINDS ".KindsByNameEntry: a map entry is a key (1) and a value (2)");
}

/* Gives the field an option [(partie.v1.field).json_form = form], as protobuf-c keeps it: unknown. */
static void set_json_form(field_proto *changed, uint8_t form) {
    static Google__Protobuf__FieldOptions options[4];
    static ProtobufCMessageUnknownField unknown[4];
    static uint8_t content[4][3];
    static size_t n;
    options[n] = (Google__Protobuf__FieldOptions)GOOGLE__PROTOBUF__FIELD_OPTIONS__INIT;
    memcpy(content[n], (uint8_t[]){2, 8, form}, 3);
    unknown[n] = (ProtobufCMessageUnknownField){50501, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED, 3, content[n]};
    options[n].base.n_unknown_fields = 1;
    options[n].base.unknown_fields = &unknown[n];
    changed->options = &options[n++];
}

Test(schema_refuse, json_form_raw_elsewhere) {
    set_json_form(field("one_bytes"), PT_JSON_RAW);
    invalid(KINDS ".one_bytes: JSON_FORM_RAW is for a string that is not repeated");
    field("one_bytes")->options = NULL;
    set_json_form(field("many_string"), PT_JSON_RAW);
    invalid(KINDS ".many_string: JSON_FORM_RAW is for a string that is not repeated");
}

Test(schema_refuse, json_form_inline_elsewhere) {
    set_json_form(field("names_by_number"), PT_JSON_INLINE);
    invalid(KINDS ".names_by_number: JSON_FORM_INLINE is for a map<string, string>");
    field("names_by_number")->options = NULL;
    set_json_form(field("one_string"), PT_JSON_INLINE);
    invalid(KINDS ".one_string: JSON_FORM_INLINE is for a map<string, string>");
    field("one_string")->options = NULL;
    set_json_form(field("one_string"), 3);
    invalid(KINDS ".one_string: unknown json_form; this partie is older than the contract");
}

Test(schema_refuse, json_form_inline_twice) {
    message_proto *map = entry("NamesByNumberEntry"), *other = entry("KindsByNameEntry");
    map->field[0]->type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING;
    other->field[1]->type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING;
    other->field[1]->type_name = NULL;
    set_json_form(field("names_by_number"), PT_JSON_INLINE);
    set_json_form(field("kinds_by_name"), PT_JSON_INLINE);
    invalid(KINDS ".names_by_number: JSON_FORM_INLINE stands at kinds_by_name already");
}

Test(schema_refuse, messages_that_are_nested_too_deep) {
    static message_proto nested[40];
    static message_proto *links[40];
    message_proto *outer = kinds;
    for (size_t i = 0; i < 40; i++) {
        nested[i] = (message_proto)GOOGLE__PROTOBUF__DESCRIPTOR_PROTO__INIT;
        nested[i].name = "M";
        links[i] = &nested[i];
        if (i > 0) {
            nested[i - 1].nested_type = &links[i];
            nested[i - 1].n_nested_type = 1;
        }
    }
    outer->nested_type[0] = &nested[0];
    field("kinds_by_name")->type_name = ".partie.testdata.Kinds";
    pt_buf message = PT_BUF_INIT(512);
    cr_assert_eq(pt_buf_append_str(&message, KINDS), PT_OK);
    for (int i = 0; i < 33; i++)
        cr_assert_eq(pt_buf_append_str(&message, ".M"), PT_OK);
    cr_assert_eq(pt_buf_append_str(&message, ": messages are defined more than 32 deep"), PT_OK);
    invalid(pt_buf_cstr(&message));
    pt_buf_done(&message);
}

Test(schema_refuse, bytes_that_are_no_descriptor) {
    static const struct {
        const char *bytes;
        size_t len;
        const char *message;
    } bad[] = {
        {"\x0a\x05oops", 6, "not a descriptor: malformed at byte 0"},
        {"\x0a\x01"
         "f\x22\x02\x0a",
         6, "not a descriptor: malformed at byte 3"},
        {"\x0a\x01"
         "f\x22\x02\x0a\x09",
         7, "f: not a descriptor: malformed at byte 5"},
        {"", 0, "not a descriptor: a file without a usable name"},
        {"{\"file\":[]}", 11, "not a descriptor: malformed at byte 0"},
    };
    pt_schema *schema = pt_schema_new();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(pt_schema_add_file(schema, pt_slice_of(bad[i].bytes, bad[i].len), &st), PT_INVALID_ARGUMENT);
        cr_assert_str_eq(st.message, bad[i].message);
    }
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_schema_add_set(schema, pt_slice_of("\x12\x00", 2), &st), PT_INVALID_ARGUMENT);
    cr_assert_str_eq(st.message, "not a FileDescriptorSet: it holds something that is no file");
    static const uint8_t byte;
    cr_assert_eq(pt_schema_add_set(schema, pt_slice_of(&byte, (64 << 20) + 1), &st), PT_RESOURCE_EXHAUSTED);
    pt_schema_free(schema);
}
