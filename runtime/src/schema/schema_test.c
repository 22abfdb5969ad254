/* What a schema says of contracts that were loaded as protoc wrote them. */
#include "partie/schema.h"

#include <criterion/criterion.h>

#include "core/wire.h"
#include "events/v1/events.pb.h"
#include "ingest_events/v1/ingest_events.pb.h"
#include "kinds.pb.h"
#include "partie/v1/options.pb.h"

#define PLACE "partie.testdata."

static pt_schema *schema;

static pt_slice bytes_of(const pt_file *file) {
    return pt_slice_of(file->descriptor, file->descriptor_len);
}

static void start(void) {
    pt_status st = PT_STATUS_INIT;
    schema = pt_schema_new();
    cr_assert_not_null(schema);
    cr_assert_eq(pt_schema_add_file(schema, bytes_of(&kinds__file), &st), PT_OK, "%s", st.message);
}

static void stop(void) {
    pt_schema_free(schema);
}

TestSuite(schema, .init = start, .fini = stop);

static const pt_field *kinds_field(const char *name) {
    const pt_type *kinds = pt_schema_type(schema, PLACE "Kinds");
    cr_assert_not_null(kinds);
    const pt_field *field = pt_type_field_named(kinds, name, strlen(name));
    cr_assert_not_null(field, "%s", name);
    return field;
}

Test(schema, scalars) {
    static const struct {
        const char *name, *json_name;
        pt_field_type type;
        uint32_t number;
    } want[] = {
        {"one_double", "oneDouble", PT_TYPE_DOUBLE, 1},        {"one_float", "oneFloat", PT_TYPE_FLOAT, 2},
        {"one_int64", "oneInt64", PT_TYPE_INT64, 3},           {"one_uint64", "oneUint64", PT_TYPE_UINT64, 4},
        {"one_int32", "oneInt32", PT_TYPE_INT32, 5},           {"one_fixed64", "oneFixed64", PT_TYPE_FIXED64, 6},
        {"one_fixed32", "oneFixed32", PT_TYPE_FIXED32, 7},     {"one_bool", "oneBool", PT_TYPE_BOOL, 8},
        {"one_string", "oneString", PT_TYPE_STRING, 9},        {"one_bytes", "oneBytes", PT_TYPE_BYTES, 10},
        {"one_uint32", "oneUint32", PT_TYPE_UINT32, 11},       {"one_color", "oneColor", PT_TYPE_ENUM, 12},
        {"one_sfixed32", "oneSfixed32", PT_TYPE_SFIXED32, 13}, {"one_sfixed64", "oneSfixed64", PT_TYPE_SFIXED64, 14},
        {"one_sint32", "oneSint32", PT_TYPE_SINT32, 15},       {"one_sint64", "oneSint64", PT_TYPE_SINT64, 16},
        {"last", "last", PT_TYPE_STRING, PT_FIELD_NUMBER_MAX},
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const pt_field *field = kinds_field(want[i].name);
        cr_assert_str_eq(field->json_name, want[i].json_name);
        cr_assert_eq(field->type, want[i].type);
        cr_assert_eq(field->number, want[i].number);
        cr_assert_eq(field->oneof, -1);
        cr_assert_not(field->repeated || field->map || field->packed || field->presence);
        cr_assert_null(field->message);
        cr_assert_eq(!field->enumeration, want[i].type != PT_TYPE_ENUM);
        cr_assert_eq(&field->parent->fields[field->index], field);
    }
}

Test(schema, repeated_fields_and_packing) {
    cr_assert(kinds_field("many_double")->packed);
    cr_assert(kinds_field("many_color")->packed);
    cr_assert_not(kinds_field("loose_uint32")->packed);
    cr_assert_not(kinds_field("many_string")->packed);
    cr_assert_not(kinds_field("many_kinds")->packed);
    cr_assert(kinds_field("many_kinds")->repeated);
    cr_assert_not(kinds_field("many_kinds")->presence);
}

Test(schema, maps) {
    const pt_field *map = kinds_field("kinds_by_name");
    cr_assert(map->map && map->repeated && map->message->map_entry);
    cr_assert_eq(map->message->fields[0].type, PT_TYPE_STRING);
    cr_assert_eq(map->message->fields[1].message, pt_schema_type(schema, PLACE "Kinds"));
    cr_assert_str_eq(map->message->name, PLACE "Kinds.KindsByNameEntry");
    cr_assert_not(kinds_field("many_kinds")->map);
}

Test(schema, presence_and_oneofs) {
    const pt_type *kinds = pt_schema_type(schema, PLACE "Kinds");
    cr_assert(kinds_field("maybe_int32")->presence);
    cr_assert_eq(kinds_field("maybe_int32")->oneof, -1); /* its oneof is synthetic */
    cr_assert(kinds_field("one_kinds")->presence);
    cr_assert_eq(kinds->n_oneofs, 1);
    cr_assert_str_eq(kinds->oneof_names[0], "choice");
    static const char *const members[] = {"chosen_string", "chosen_kinds", "chosen_bool"};
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(kinds_field(members[i])->oneof, 0);
        cr_assert(kinds_field(members[i])->presence);
    }
}

Test(schema, fields_are_in_order_and_found_by_number) {
    const pt_type *kinds = pt_schema_type(schema, PLACE "Kinds");
    for (uint32_t i = 0; i < kinds->n_fields; i++) {
        cr_assert_eq(kinds->fields[i].index, i);
        cr_assert_eq(pt_type_field(kinds, kinds->fields[i].number), &kinds->fields[i]);
        if (i > 0) cr_assert_gt(kinds->fields[i].number, kinds->fields[i - 1].number);
    }
    static const uint32_t none[] = {0, 18, 20, 73, 999, 1001, 19999, 20001, PT_FIELD_NUMBER_MAX - 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_assert_null(pt_type_field(kinds, none[i]), "%u", none[i]);
}

Test(schema, fields_are_found_by_either_name_in_json) {
    const pt_type *kinds = pt_schema_type(schema, PLACE "Kinds");
    for (uint32_t i = 0; i < kinds->n_fields; i++) {
        const pt_field *field = &kinds->fields[i];
        cr_assert_eq(pt_type_field_json(kinds, field->json_name, strlen(field->json_name)), field);
        cr_assert_eq(pt_type_field_json(kinds, field->name, strlen(field->name)), field);
        cr_assert_eq(pt_type_field_named(kinds, field->name, strlen(field->name)), field);
    }
    cr_assert_null(pt_type_field_named(kinds, "oneDouble", 9));
    cr_assert_null(pt_type_field_json(kinds, "oneDoubl", 8));
    cr_assert_null(pt_type_field_json(kinds, "oneDoublex", 10));
    cr_assert_null(pt_type_field_json(kinds, "", 0));
    cr_assert_str_eq(kinds_field("_odd__name_3d")->json_name, "an \"odd\" name");
}

Test(schema, enums) {
    const pt_enum *color = pt_schema_enum(schema, PLACE "Color");
    cr_assert_eq(kinds_field("one_color")->enumeration, color);
    cr_assert_eq(color->n_values, 5);
    cr_assert_not(color->closed || color->null_value);
    cr_assert_eq(pt_enum_named(color, "COLOR_CRIMSON", 13)->number, 1);
    cr_assert_str_eq(pt_enum_numbered(color, 1)->name, "COLOR_RED"); /* the first of the aliases */
    cr_assert_str_eq(pt_enum_numbered(color, -1)->name, "COLOR_BACK");
    cr_assert_str_eq(pt_enum_numbered(color, INT32_MAX)->name, "COLOR_FAR");
    cr_assert_null(pt_enum_numbered(color, 2));
    cr_assert_null(pt_enum_numbered(color, INT32_MIN));
    cr_assert_null(pt_enum_named(color, "COLOR", 5));
    const pt_enum *alias = pt_schema_enum(schema, PLACE "Alias");
    cr_assert_str_eq(pt_enum_numbered(alias, 0)->name, "ALIAS_UNSPECIFIED");
    cr_assert_str_eq(pt_enum_numbered(alias, 7)->name, "ALIAS_SEVEN");
    const pt_enum *depth = pt_schema_enum(schema, PLACE "Kinds.Inner.Depth"); /* numbers 0, 1: the dense kind */
    cr_assert_str_eq(pt_enum_numbered(depth, 1)->name, "DEPTH_ONE");
    cr_assert_null(pt_enum_numbered(depth, 2));
    cr_assert_null(pt_enum_numbered(depth, -1));
}

Test(schema, well_known_types_are_there) {
    static const struct {
        const char *name;
        pt_well_known kind;
    } want[] = {{"Any", PT_WK_ANY},
                {"Duration", PT_WK_DURATION},
                {"Empty", PT_WK_EMPTY},
                {"FieldMask", PT_WK_FIELD_MASK},
                {"ListValue", PT_WK_LIST_VALUE},
                {"Struct", PT_WK_STRUCT},
                {"Timestamp", PT_WK_TIMESTAMP},
                {"Value", PT_WK_VALUE},
                {"DoubleValue", PT_WK_WRAPPER},
                {"FloatValue", PT_WK_WRAPPER},
                {"Int64Value", PT_WK_WRAPPER},
                {"UInt64Value", PT_WK_WRAPPER},
                {"Int32Value", PT_WK_WRAPPER},
                {"UInt32Value", PT_WK_WRAPPER},
                {"BoolValue", PT_WK_WRAPPER},
                {"StringValue", PT_WK_WRAPPER},
                {"BytesValue", PT_WK_WRAPPER},
                {"Api", PT_WK_NONE},
                {"Type", PT_WK_NONE},
                {"SourceContext", PT_WK_NONE},
                {"FileDescriptorSet", PT_WK_NONE}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        char name[64] = "google.protobuf.";
        strncat(name, want[i].name, 32);
        const pt_type *type = pt_schema_type(schema, name);
        cr_assert_not_null(type, "%s", name);
        cr_assert_eq(type->well_known, want[i].kind, "%s", name);
    }
    cr_assert(pt_schema_enum(schema, "google.protobuf.NullValue")->null_value);
    cr_assert_eq(kinds_field("time")->message->well_known, PT_WK_TIMESTAMP);
    cr_assert_eq(pt_schema_type(schema, PLACE "Kinds")->well_known, PT_WK_NONE);
}

/* descriptor.proto is written in proto2. */
Test(schema, proto2_has_presence_and_closed_enums) {
    const pt_type *field = pt_schema_type(schema, "google.protobuf.FieldDescriptorProto");
    cr_assert(pt_type_field(field, 1)->presence);
    cr_assert(pt_schema_enum(schema, "google.protobuf.FieldDescriptorProto.Type")->closed);
    const pt_type *location = pt_schema_type(schema, "google.protobuf.SourceCodeInfo.Location");
    cr_assert(pt_type_field_named(location, "path", 4)->packed); /* says so */
    const pt_type *file = pt_schema_type(schema, "google.protobuf.FileDescriptorProto");
    cr_assert_not(pt_type_field_named(file, "public_dependency", 17)->packed);
}

Test(schema, rpcs) {
    static const struct {
        const char *name;
        pt_method_kind kind;
        pt_idempotency idempotency;
    } want[] = {{"Get", PT_UNARY, PT_NO_SIDE_EFFECTS},
                {"Watch", PT_SERVER_STREAMING, PT_IDEMPOTENCY_UNKNOWN},
                {"Put", PT_CLIENT_STREAMING, PT_IDEMPOTENT},
                {"Talk", PT_BIDI_STREAMING, PT_IDEMPOTENCY_UNKNOWN}};
    size_t n = 0;
    const pt_rpc *const *rpcs = pt_schema_rpcs(schema, &n);
    cr_assert_eq(n, 4);
    for (size_t i = 0; i < n; i++) {
        cr_assert_str_eq(rpcs[i]->name, want[i].name);
        cr_assert_str_eq(rpcs[i]->service, PLACE "KindsService");
        cr_assert_eq(rpcs[i]->kind, want[i].kind);
        cr_assert_eq(rpcs[i]->idempotency, want[i].idempotency);
        cr_assert_eq(rpcs[i]->deprecated, i == 0);
        cr_assert_eq(rpcs[i]->input, pt_schema_type(schema, PLACE "Kinds"));
        cr_assert_eq(pt_schema_rpc(schema, rpcs[i]->full_name), rpcs[i]);
    }
    cr_assert_str_eq(rpcs[0]->full_name, PLACE "KindsService/Get");
    const char *const *services = pt_schema_services(schema, &n);
    cr_assert_eq(n, 1);
    cr_assert_str_eq(services[0], PLACE "KindsService");
    cr_assert_null(pt_schema_rpc(schema, PLACE "KindsService"));
    cr_assert_null(pt_schema_type(schema, PLACE "KindsService"));
    cr_assert_null(pt_schema_enum(schema, PLACE "Kinds"));
    cr_assert_null(pt_schema_type(schema, "." PLACE "Kinds"));
    cr_assert_not_null(pt_schema_type_n(schema, PLACE "Kinds.More", strlen(PLACE "Kinds")));
}

static void add_events(void) {
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_schema_add_file(schema, bytes_of(&partie__v1__options__file), &st), PT_OK, "%s", st.message);
    cr_assert_eq(pt_schema_add_file(schema, bytes_of(&events__v1__events__file), &st), PT_OK, "%s", st.message);
}

Test(schema, json_forms) {
    add_events();
    const pt_type *event = pt_schema_type(schema, "events.v1.Event");
    cr_assert_eq(pt_type_field_named(event, "data", 4)->json_form, PT_JSON_RAW);
    cr_assert_eq(pt_type_field_named(event, "id", 2)->json_form, PT_JSON_PLAIN);
    cr_assert_eq(event->inline_field, pt_type_field_named(event, "extensions", 10));
    cr_assert_eq(event->inline_field->json_form, PT_JSON_INLINE);
    cr_assert_str_eq(pt_type_field_json(event, "specversion", 11)->name, "spec_version");
    cr_assert_null(pt_schema_type(schema, "events.v1.StoredEvent")->inline_field);
}

/* A file in a set is field 1 of it. */
static void put_file(pt_buf *set, pt_slice file) {
    uint8_t head[2 * PT_VARINT_MAX_BYTES];
    uint8_t *end = pt_write_varint(pt_write_tag(head, 1, PT_WIRE_LEN), file.len);
    cr_assert_eq(pt_buf_append(set, head, (size_t)(end - head)), PT_OK);
    cr_assert_eq(pt_buf_append(set, file.ptr, file.len), PT_OK);
}

Test(schema, files_of_a_set_may_stand_in_any_order) {
    static const pt_file *const files[] = {&ingest_events__v1__ingest_events__file, &events__v1__events__file,
                                           &partie__v1__options__file};
    for (int backward = 0; backward < 2; backward++) {
        pt_schema *other = pt_schema_new();
        pt_buf set = PT_BUF_INIT(1 << 20);
        pt_status st = PT_STATUS_INIT;
        for (size_t i = 0; i < 3; i++)
            put_file(&set, bytes_of(files[backward ? 2 - i : i]));
        for (size_t i = 0; i < ingest_events__v1__ingest_events__file.n_imports; i++)
            put_file(&set, bytes_of(ingest_events__v1__ingest_events__file.imports[i])); /* some a second time */
        for (const pt_file *const *p = ingest_events__v1__ingest_events__file.imports,
                                  *const *end = p + ingest_events__v1__ingest_events__file.n_imports;
             p < end; p++)
            for (size_t i = 0; i < (*p)->n_imports; i++)
                put_file(&set, bytes_of((*p)->imports[i]));
        cr_assert_eq(pt_schema_add_set(other, pt_buf_slice(&set), &st), PT_OK, "%s", st.message);
        const pt_rpc *rpc = pt_schema_rpc(other, "ingest_events.v1.IngestEventsService/AppendEvent");
        cr_assert_not_null(rpc);
        cr_assert_gt(rpc->options.len, 0); /* google.api.http, which this library has no code for */
        pt_buf_done(&set);
        pt_schema_free(other);
    }
}

Test(schema, the_same_file_twice_is_one) {
    size_t before = 0, after = 0;
    pt_status st = PT_STATUS_INIT;
    pt_schema_types(schema, &before);
    cr_assert_eq(pt_schema_add_file(schema, bytes_of(&kinds__file), &st), PT_OK);
    /* and so is one with source locations, which are no part of the contract */
    pt_buf copy = PT_BUF_INIT(1 << 20);
    cr_assert_eq(pt_buf_append(&copy, kinds__file.descriptor, kinds__file.descriptor_len), PT_OK);
    cr_assert_eq(pt_buf_append(&copy, "\x4a\x02\x0a\x00", 4), PT_OK);
    cr_assert_eq(pt_schema_add_file(schema, pt_buf_slice(&copy), &st), PT_OK, "%s", st.message);
    pt_schema_types(schema, &after);
    cr_assert_eq(before, after);
    cr_assert_eq(pt_buf_append(&copy, "\x22\x03\x0a\x01X", 5), PT_OK); /* one message more */
    cr_assert_eq(pt_schema_add_file(schema, pt_buf_slice(&copy), &st), PT_ALREADY_EXISTS);
    cr_assert_str_eq(st.message, "kinds.proto: another file of this name, with other content, was added before");
    pt_buf_done(&copy);
}

/* Other releases of protoc bring other copies of google/protobuf: they are passed over. */
Test(schema, other_copies_of_built_in_files_are_passed_over) {
    static const char file[] = "\x0a\x1fgoogle/protobuf/timestamp.proto\x12\x0fgoogle.protobuf"
                               "\x22\x0b\x0a\x09Timestamp\x22\x07\x0a\x05Other";
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_schema_add_file(schema, pt_slice_of(file, sizeof file - 1), &st), PT_OK, "%s", st.message);
    cr_assert_null(pt_schema_type(schema, "google.protobuf.Other"));
    cr_assert_eq(pt_schema_type(schema, "google.protobuf.Timestamp")->n_fields, 2);
}

Test(schema, an_empty_set_adds_nothing) {
    cr_assert_eq(pt_schema_add_set(schema, pt_slice_of(NULL, 0), NULL), PT_OK);
    pt_schema_free(NULL);
}
