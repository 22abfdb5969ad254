/* What pt_type_check does beyond pt_message_check, whose engine it shares. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/wire.h"
#include "google/protobuf/descriptor.pb.h"
#include "kinds.pb.h"
#include "partie/limits.h"
#include "partie/schema.h"
#include "schema/index.h"
#include "support/random.h"

static pt_schema *schema;
static const pt_type *kinds;

static void start(void) {
    pt_status st = PT_STATUS_INIT;
    schema = pt_schema_new();
    cr_assert_eq(pt_schema_add_file(schema, pt_slice_of(kinds__file.descriptor, kinds__file.descriptor_len), &st), PT_OK);
    kinds = pt_schema_type(schema, "partie.testdata.Kinds");
}

static void stop(void) {
    pt_schema_free(schema);
}

TestSuite(type_check, .init = start, .fini = stop);

static pt_code check(const void *bytes, size_t len, pt_status *st) {
    pt_limits limits = PT_LIMITS_INIT;
    return pt_type_check(kinds, pt_slice_of(bytes, len), &limits, st);
}

#define BYTES(text) (text), sizeof(text) - 1

Test(type_check, takes_what_protobuf_allows) {
    static const struct {
        const char *bytes;
        size_t len;
    } good[] = {
        {BYTES("\xc3\x44\x28\x01\x52\x01x\xc4\x44")},        /* an unknown group */
        {BYTES("\xc3\x44\xcb\x44\xcc\x44\xc4\x44\x28\x01")}, /* a group in a group, and something behind */
        {BYTES("\x8a\x01\x00\x8a\x01\x02\x28\x01")},         /* a message in two parts, to be merged */
        {BYTES("\xc2\x01\x02\x80\x01")},                     /* a packed bool that is padded */
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(check(good[i].bytes, good[i].len, &st), PT_OK, "%zu: %s", i, st.message);
    }
}

Test(type_check, refuses_groups_that_do_not_match) {
    static const struct {
        const char *bytes;
        size_t len;
        const char *message;
    } bad[] = {
        {BYTES("\xc3\x44"), "(field 1096): group has no end, byte 2"},
        {BYTES("\xc3\x44\xcc\x44"), "(field 1096).(field 1097): end of a group that is not open, byte 2"},
        {BYTES("\x8a\x01\x02\xc3\x44\xc4\x44"), "one_kinds.(field 1096): group has no end, byte 5"},
        {BYTES("\xc3\x44\x8a\x01\x05\xc4\x44"),
         "(field 1096).(field 17): truncated: it reaches beyond the end of what holds it, byte 4"},
        {BYTES("\xc3\x44\xc4\x44\xca\x01\x01"
               "a\xca\x01\x01\xff"),
         "many_string[1]: string is not UTF-8 or has a NUL, byte 11"},
        {BYTES("\x8b\x01\x8c\x01"), "one_kinds: expected a message, found a group, byte 0"},
        {BYTES("\x28"), "one_int32: varint is truncated or longer than 10 bytes, byte 1"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(check(bad[i].bytes, bad[i].len, &st), PT_INVALID_ARGUMENT);
        cr_assert_str_eq(st.message, bad[i].message);
    }
}

Test(type_check, groups_count_as_depth) {
    uint8_t bytes[4 * 101];
    pt_limits limits = PT_LIMITS_INIT;
    for (int depth = 100; depth <= 101; depth++) {
        uint8_t *p = bytes;
        for (int i = 0; i < depth; i++)
            p = pt_write_tag(p, 1096, PT_WIRE_START_GROUP);
        for (int i = 0; i < depth; i++)
            p = pt_write_tag(p, 1096, PT_WIRE_END_GROUP);
        pt_code code = pt_type_check(kinds, pt_slice_of(bytes, (size_t)(p - bytes)), &limits, NULL);
        cr_assert_eq(code, depth > 100 ? PT_RESOURCE_EXHAUSTED : PT_OK);
    }
}

/* On bytes without what they treat otherwise, both checks say the same. */
Test(type_check, agrees_with_the_check_by_generated_code) {
    pt_random random;
    pt_random_init(&random);
    int passed = 0, refused = 0;
    for (int round = 0; round < 100000; round++) {
        static const uint8_t pool[] = {0x28, 0x01, 0x4a, 0x02, 0x8a, 0x01, 0xba, 0x01, 0xc2, 0x01,
                                       0xca, 0x02, 0x0a, 0x12, 0x00, 'a',  0x09, 0x15, 0x3a, 0xb5};
        uint8_t bytes[16];
        size_t len = pt_random_below(&random, sizeof bytes + 1);
        pt_limits limits = PT_LIMITS_INIT;
        pt_status mine = PT_STATUS_INIT, other = PT_STATUS_INIT;
        for (size_t i = 0; i < len; i++)
            bytes[i] = pool[pt_random_below(&random, sizeof pool)];
        pt_code code = check(bytes, len, &mine);
        pt_code want = pt_message_check(&partie__testdata__kinds__descriptor, pt_slice_of(bytes, len), &limits, &other);
        bool special =
            strstr(other.message, "groups") || strstr(other.message, "twice") || strstr(other.message, "packed bool");
        if (special) continue;
        cr_assert_eq(code, want, "%s | %s", mine.message, other.message);
        cr_assert_str_eq(mine.message, other.message);
        passed += code == PT_OK;
        refused += code != PT_OK;
    }
    cr_assert_gt(passed, 1000);
    cr_assert_gt(refused, 1000);
}

Test(type_check, codes_of_fields_are_ready_to_be_written) {
    for (uint32_t i = 0; i < kinds->n_fields; i++) {
        const pt_field *field = &kinds->fields[i];
        const pt_field_code *code = pt_field_get_code(field);
        uint32_t number = 0;
        unsigned wire_type = 0;
        pt_reader r = pt_reader_of(pt_slice_of(code->tag, code->tag_len));
        cr_assert(pt_read_tag(&r, &number, &wire_type));
        cr_assert_eq(number, field->number);
        cr_assert_eq(wire_type, code->wire_type);
        if (field->packed) cr_assert_eq(wire_type, PT_WIRE_LEN);
        cr_assert_eq(code->json_key[code->json_key_len - 1], ':');
    }
    const pt_field_code *odd = pt_field_get_code(pt_type_field_named(kinds, "_odd__name_3d", 13));
    cr_assert_eq(odd->json_key_len, strlen("\"an \\\"odd\\\" name\":"));
    cr_assert_arr_eq(odd->json_key, "\"an \\\"odd\\\" name\":", odd->json_key_len);
}
