/* Generated messages, in any order and wire form, go to text and back. The seed is in PARTIE_TEST_SEED, or the clock; it is
 * printed. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/wire.h"
#include "partie/limits.h"
#include "json/testing.h"

#define MESSAGES 3000
#define DEPTH 4

static uint64_t state;

static uint64_t random_bits(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t below(uint64_t n) {
    return random_bits() % n;
}

static uint64_t seed_random(void) {
    const char *given = getenv("PARTIE_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    fprintf(stderr, "PARTIE_TEST_SEED=%llu\n", (unsigned long long)seed);
    state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    return seed;
}

static void put(pt_buf *out, const void *bytes, size_t len) {
    cr_assert_eq(pt_buf_append(out, bytes, len), PT_OK);
}

static void put_varint(pt_buf *out, uint64_t value) {
    uint8_t bytes[PT_VARINT_MAX_BYTES];
    put(out, bytes, (size_t)(pt_write_varint(bytes, value) - bytes));
}

static void put_bytes(pt_buf *out, uint32_t number, const void *bytes, size_t len) {
    put_varint(out, (uint64_t)number << 3 | PT_WIRE_LEN);
    put_varint(out, len);
    put(out, bytes, len);
}

/* Small numbers, numbers around powers of two, and any bits. */
static uint64_t number(void) {
    switch (below(4)) {
    case 0: return below(3);
    case 1: return UINT64_C(1) << below(64);
    case 2: return 0 - below(200);
    default: return random_bits();
    }
}

static void put_text(pt_buf *out, uint32_t field) {
    static const char *const pieces[] = {
        "", "a", "\"", "\\", "\n", "\x01", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "plain text", "/", "\x7f"};
    pt_buf text = PT_BUF_INIT(1000);
    for (uint64_t n = below(6); n; n--) {
        const char *piece = pieces[below(sizeof pieces / sizeof *pieces)];
        put(&text, piece, strlen(piece));
    }
    put_bytes(out, field, text.ptr, text.len);
    pt_buf_done(&text);
}

/* A number's value without its tag. */
static void put_scalar(pt_buf *out, const pt_field *field) {
    uint8_t bytes[8];
    uint64_t value = number();
    switch (field->type) {
    case PT_TYPE_DOUBLE:
    case PT_TYPE_FIXED64:
    case PT_TYPE_SFIXED64: put(out, bytes, (size_t)(pt_write_fixed64(bytes, value) - bytes)); break;
    case PT_TYPE_FLOAT:
    case PT_TYPE_FIXED32:
    case PT_TYPE_SFIXED32: put(out, bytes, (size_t)(pt_write_fixed32(bytes, (uint32_t)value) - bytes)); break;
    default: put_varint(out, value);
    }
}

static unsigned wire_type_of(pt_field_type type) {
    if (type == PT_TYPE_DOUBLE || type == PT_TYPE_FIXED64 || type == PT_TYPE_SFIXED64) return PT_WIRE_I64;
    return type == PT_TYPE_FLOAT || type == PT_TYPE_FIXED32 || type == PT_TYPE_SFIXED32 ? PT_WIRE_I32 : PT_WIRE_VARINT;
}

static void put_packed(pt_buf *out, const pt_field *field) {
    pt_buf packed = PT_BUF_INIT(1000);
    for (uint64_t n = below(5); n; n--)
        put_scalar(&packed, field);
    put_bytes(out, field->number, packed.ptr, packed.len);
    pt_buf_done(&packed);
}

static void put_message(pt_buf *out, const pt_type *type, int depth);

/* The content of a message that can't hold just anything. */
static bool put_restricted(pt_buf *out, const pt_type *type) {
    static const char bar[] = "a/partie.testdata.json.Bar";
    switch (type->well_known) {
    case PT_WK_TIMESTAMP:
    case PT_WK_DURATION:
        put_varint(out, 1 << 3);
        put_varint(out, below(UINT64_C(250000000000)));
        put_varint(out, 2 << 3);
        put_varint(out, below(4) * 1000 * below(250000));
        return true;
    case PT_WK_FIELD_MASK: put_bytes(out, 1, "a_b.c", 5); return true;
    case PT_WK_ANY:
        put_bytes(out, 1, bar, sizeof bar - 1);
        put_bytes(out, 2, "\x11\0\0\0\0\0\0\xf0\x3f", below(2) * 9);
        return true;
    default: return false;
    }
}

static void put_field(pt_buf *out, const pt_field *field, int depth) {
    pt_buf inner = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    switch (field->type) {
    case PT_TYPE_STRING:
    case PT_TYPE_BYTES: put_text(out, field->number); break;
    case PT_TYPE_MESSAGE:
        if (!put_restricted(&inner, field->message) && depth) put_message(&inner, field->message, depth - 1);
        put_bytes(out, field->number, inner.ptr, inner.len);
        break;
    default:
        if (field->repeated && below(2)) {
            put_packed(out, field);
        } else {
            put_varint(out, (uint64_t)field->number << 3 | wire_type_of(field->type));
            put_scalar(out, field);
        }
    }
    pt_buf_done(&inner);
}

static void put_message(pt_buf *out, const pt_type *type, int depth) {
    for (uint64_t n = type->n_fields ? below(type->map_entry ? 3 : 8) : 0; n; n--) {
        const pt_field *field = &type->fields[below(type->n_fields)];
        if (type->well_known == PT_WK_VALUE && field->type == PT_TYPE_DOUBLE) {
            put(out, "\x11\0\0\0\0\0\0\xf0\x3f", 9); /* a Value can't hold any double */
        } else if (below(20) == 0) {
            put_bytes(out, 5000, "unknown", 7);
        } else {
            put_field(out, field, depth);
        }
    }
}

Test(round_trip, generated_messages, .timeout = 50) {
    uint64_t seed = seed_random();
    static const char *const types[] = {"Shapes", "Shapes", "Event", "Bars", ".Struct", ".Value"};
    pt_limits limits = PT_LIMITS_INIT;
    for (int i = 0; i < MESSAGES; i++) {
        const char *name = types[i % 6];
        pt_buf wire = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
        pt_status st = PT_STATUS_INIT;
        size_t len;
        put_message(&wire, pt_json_testing_type(name), DEPTH);
        pt_json_testing_round_trip(name, pt_buf_slice(&wire), false, &len);
        pt_buf text = PT_BUF_INIT(PT_JSON_TESTING_BYTES), again = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
        cr_assert_eq(pt_json_testing_write(name, pt_buf_slice(&wire), NULL, &text, &st), PT_OK, "%s (seed %llu, message %d)",
                     st.message, (unsigned long long)seed, i);
        cr_assert_eq(pt_json_testing_read(name, pt_buf_cstr(&text), NULL, &again, &st), PT_OK, "%s", st.message);
        cr_assert_eq(pt_type_check(pt_json_testing_type(name), pt_buf_slice(&again), &limits, &st), PT_OK, "%s", st.message);
        cr_assert_eq(len, text.len);
        pt_buf_done(&wire);
        pt_buf_done(&text);
        pt_buf_done(&again);
    }
}

/* Every cut of a message is either refused or a message itself, and never read beyond its end. */
Test(round_trip, cut_messages, .timeout = 50) {
    seed_random();
    pt_buf wire = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    while (wire.len < 500)
        put_message(&wire, pt_json_testing_type("Shapes"), DEPTH);
    for (size_t cut = 0; cut < wire.len && cut < 2000; cut++) {
        uint8_t *copy = malloc(cut + !cut);
        size_t len;
        memcpy(copy, wire.ptr, cut);
        pt_json_testing_round_trip("Shapes", pt_slice_of(copy, cut), false, &len);
        free(copy);
    }
    pt_buf_done(&wire);
}
