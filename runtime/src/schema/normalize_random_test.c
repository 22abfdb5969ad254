/* pt_type_normalize: random messages that were taken to pieces and shuffled come back as protobuf-c writes them. */
#include <criterion/criterion.h>

#include "core/wire.h"
#include "kinds.pb.h"
#include "partie/limits.h"
#include "schema/collect.h"
#include "support/random.h"

#define DEPTH 3
#define MAX_PIECES 256
#define CEILING (1 << 20)

static pt_schema *schema;
static const pt_type *kinds;
static pt_random rng;
static pt_arena arena;

static void start(void) {
    pt_status st = PT_STATUS_INIT;
    schema = pt_schema_new();
    cr_assert_eq(pt_schema_add_file(schema, pt_slice_of(kinds__file.descriptor, kinds__file.descriptor_len), &st), PT_OK);
    kinds = pt_schema_type(schema, "partie.testdata.Kinds");
    pt_random_init(&rng);
    pt_arena_init(&arena, 64 << 20);
}

static void stop(void) {
    pt_arena_done(&arena);
    pt_schema_free(schema);
}

TestSuite(normalize_random, .init = start, .fini = stop);

static bool chance(unsigned one_in) {
    return pt_random_below(&rng, one_in) == 0;
}

static void put_varint(pt_buf *out, uint64_t value) {
    cr_assert_eq(pt_buf_reserve(out, PT_VARINT_MAX_BYTES), PT_OK);
    out->len = (size_t)(pt_write_varint(out->ptr + out->len, value) - out->ptr);
}

static void put_prefixed(pt_buf *out, uint32_t number, pt_slice bytes) {
    put_varint(out, (uint64_t)number << 3 | PT_WIRE_LEN);
    put_varint(out, bytes.len);
    cr_assert_eq(pt_buf_append(out, bytes.ptr, bytes.len), PT_OK);
}

/* A number of the field's type, never zero. */
static uint64_t random_bits(const pt_field *field) {
    uint64_t bits = pt_random_next(&rng) >> pt_random_below(&rng, 63);
    uint8_t bytes[10];
    if (field->type == PT_TYPE_BOOL) return 1;
    /* what lies outside the type's range is cut by a way through the bytes */
    pt_reader in = pt_reader_of(pt_slice_of(bytes, (size_t)(pt_write_bits(bytes, field, bits) - bytes)));
    cr_assert(pt_read_bits(&in, field, &bits));
    return bits ? bits : 1;
}

static pt_slice random_text(void) {
    size_t len = 1 + pt_random_below(&rng, chance(20) ? 300 : 5);
    uint8_t *text = pt_arena_alloc(&arena, len);
    for (size_t i = 0; i < len; i++)
        text[i] = (uint8_t)('a' + pt_random_below(&rng, 26));
    return pt_slice_of(text, len);
}

static void make_message(const pt_type *type, int depth, pt_buf *out);

/* One value with its tag. */
static void make_value(const pt_field *field, int depth, pt_buf *out) {
    pt_buf inner = PT_BUF_INIT(CEILING);
    uint8_t bits[10];
    if (field->type == PT_TYPE_MESSAGE) {
        make_message(field->message, depth - 1, &inner);
        put_prefixed(out, field->number, pt_buf_slice(&inner));
    } else if (pt_is_blob(field)) {
        put_prefixed(out, field->number, random_text());
    } else {
        put_varint(out, (uint64_t)field->number << 3 | pt_wire_type_of(field->type));
        cr_assert_eq(pt_buf_append(out, bits, (size_t)(pt_write_bits(bits, field, random_bits(field)) - bits)), PT_OK);
    }
    pt_buf_done(&inner);
}

static void make_packed(const pt_field *field, pt_buf *out) {
    uint8_t bytes[40], *p = bytes;
    for (size_t n = 1 + pt_random_below(&rng, 3); n--;)
        p = pt_write_bits(p, field, chance(3) ? 0 : random_bits(field));
    put_prefixed(out, field->number, pt_slice_of(bytes, (size_t)(p - bytes)));
}

/* Up to three entries with ascending keys; not zero, which protobuf-c leaves out. */
static void make_map(const pt_field *field, int depth, pt_buf *out) {
    const pt_field *key = &field->message->fields[0], *value = &field->message->fields[1];
    for (uint8_t i = 1, n = (uint8_t)pt_random_below(&rng, 4); i <= n; i++) {
        pt_buf entry = PT_BUF_INIT(CEILING);
        const uint8_t letter = (uint8_t)('a' + i);
        if (key->type == PT_TYPE_STRING) {
            put_prefixed(&entry, 1, pt_slice_of(&letter, 1));
        } else {
            put_varint(&entry, 1 << 3 | PT_WIRE_VARINT);
            put_varint(&entry, i);
        }
        make_value(value, depth, &entry);
        put_prefixed(out, field->number, pt_buf_slice(&entry));
        pt_buf_done(&entry);
    }
}

/* A message in canonical bytes. */
static void make_message(const pt_type *type, int depth, pt_buf *out) {
    bool chosen = false;
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const pt_field *field = &type->fields[i];
        bool deep = field->type == PT_TYPE_MESSAGE && (depth <= 0 || strncmp(field->message->name, "google.", 7) == 0);
        if (deep || !chance(4) || (field->oneof >= 0 && chosen)) continue;
        chosen |= field->oneof >= 0;
        if (field->map)
            make_map(field, depth, out);
        else if (field->packed)
            make_packed(field, out);
        else
            for (size_t n = field->repeated ? 1 + pt_random_below(&rng, 3) : 1; n--;)
                make_value(field, depth, out);
    }
}

/* One occurrence of a field, with its tag. */
typedef struct piece {
    const pt_field *field;
    pt_slice whole, content; /* `content`: of what is length-prefixed */
    unsigned wire_type;
    bool gone;
} piece;

static size_t take_apart(const pt_type *type, pt_slice message, piece *ret_pieces) {
    pt_reader in = pt_reader_of(message);
    size_t n = 0;
    bool good = true;
    for (; good && n < MAX_PIECES && in.pos < in.end; n++) {
        const uint8_t *at = in.pos;
        uint32_t number = 0;
        piece *p = &ret_pieces[n];
        good = pt_read_tag(&in, &number, &p->wire_type);
        pt_reader value = in;
        good = good && pt_skip_scalar(&in, p->wire_type) && (p->wire_type != PT_WIRE_LEN || pt_read_bytes(&value, &p->content));
        p->field = pt_type_field(type, number);
        p->whole = pt_slice_of(at, (size_t)(in.pos - at));
        p->gone = false;
    }
    cr_assert(good && in.pos == in.end);
    return n;
}

static void shuffle(const pt_type *type, pt_slice message, pt_buf *out);

/* A single message as two that have its fields between them: the first has of each field's occurrences some that come first. */
static void put_split(const piece *whole, pt_buf *out) {
    piece pieces[MAX_PIECES];
    const pt_type *type = whole->field->message;
    size_t n = take_apart(type, whole->content, pieces);
    pt_buf halves[2] = {PT_BUF_INIT(CEILING), PT_BUF_INIT(CEILING)};
    bool second = false;
    for (size_t i = 0; i < n; i++) {
        bool same = i > 0 && pieces[i - 1].field == pieces[i].field;
        second = (same && second) || chance(2);
        cr_assert_eq(pt_buf_append(&halves[second], pieces[i].whole.ptr, pieces[i].whole.len), PT_OK);
    }
    for (int i = 0; i < 2; i++) {
        pt_buf shuffled = PT_BUF_INIT(CEILING);
        shuffle(type, pt_buf_slice(&halves[i]), &shuffled);
        put_prefixed(out, whole->field->number, pt_buf_slice(&shuffled));
        pt_buf_done(&shuffled);
        pt_buf_done(&halves[i]);
    }
}

/* A packed list as single elements, or a single element packed. */
static void put_repacked(const piece *p, pt_buf *out) {
    bool packed = p->wire_type == PT_WIRE_LEN;
    pt_reader in = pt_reader_of(packed ? p->content : p->whole);
    uint8_t bytes[10];
    uint64_t bits = 0;
    bool good = packed || pt_read_varint(&in, &bits);
    while (good && in.pos < in.end) {
        good = pt_read_bits(&in, p->field, &bits);
        pt_slice value = pt_slice_of(bytes, (size_t)(pt_write_bits(bytes, p->field, bits) - bytes));
        put_varint(out, (uint64_t)p->field->number << 3 | (packed ? pt_wire_type_of(p->field->type) : PT_WIRE_LEN));
        if (!packed) put_varint(out, value.len);
        good = good && !pt_buf_append(out, value.ptr, value.len);
    }
    cr_assert(good);
}

/* Another spelling of a piece. */
static void put_respelled(const piece *p, pt_buf *out) {
    const pt_field *field = p->field;
    bool number = pt_wire_type_of(field->type) != PT_WIRE_LEN;
    if (field->type == PT_TYPE_MESSAGE && !field->repeated && chance(2)) {
        put_split(p, out);
    } else if (field->repeated && number && chance(2)) {
        put_repacked(p, out);
    } else {
        if (!field->repeated && field->type != PT_TYPE_MESSAGE && chance(3)) make_value(field, 0, out); /* is overruled */
        cr_assert_eq(pt_buf_append(out, p->whole.ptr, p->whole.len), PT_OK);
    }
}

/* The same message in other bytes: only the occurrences of one field keep their order. */
static void shuffle(const pt_type *type, pt_slice message, pt_buf *out) {
    piece pieces[MAX_PIECES];
    size_t n = take_apart(type, message, pieces);
    for (size_t left = n; left--;) {
        size_t i = pt_random_below(&rng, n);
        while (pieces[i].gone)
            i = (i + 1) % n;
        const pt_field *field = pieces[i].field;
        for (size_t first = 0; first < i; first++)
            if (!pieces[first].gone && pieces[first].field == field) i = first;
        pieces[i].gone = true;
        put_respelled(&pieces[i], out);
    }
}

static void expect_canonical(pt_slice wire, pt_slice canonical) {
    pt_buf out = PT_BUF_INIT(CEILING);
    pt_limits limits = PT_LIMITS_INIT;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_type_normalize(kinds, wire, &limits, &out, &st), PT_OK, "%s", st.message);
    cr_assert(pt_slice_equal(pt_buf_slice(&out), canonical));
    cr_assert_eq(pt_message_check(&partie__testdata__kinds__descriptor, pt_buf_slice(&out), &limits, &st), PT_OK, "%s",
                 st.message);
    pt_buf_done(&out);
}

Test(normalize_random, pieces_come_together_as_generated_code_writes_them) {
    size_t changed = 0;
    for (int round = 0; round < 2000; round++) {
        pt_buf canonical = PT_BUF_INIT(CEILING), other = PT_BUF_INIT(CEILING), packed = PT_BUF_INIT(CEILING);
        make_message(kinds, DEPTH, &canonical);
        pt_slice bytes = pt_buf_slice(&canonical);
        Partie__Testdata__Kinds *m = partie__testdata__kinds__unpack(pt_arena_protobuf(&arena), bytes.len, bytes.ptr);
        cr_assert(m);
        cr_assert_eq(pt_buf_reserve(&packed, partie__testdata__kinds__get_packed_size(m)), PT_OK);
        packed.len = partie__testdata__kinds__pack(m, packed.ptr);
        cr_assert(pt_slice_equal(bytes, pt_buf_slice(&packed)), "the test makes what generated code writes");
        shuffle(kinds, bytes, &other);
        expect_canonical(pt_buf_slice(&other), bytes);
        expect_canonical(bytes, bytes);
        changed += !pt_slice_equal(pt_buf_slice(&other), bytes);
        pt_buf_done(&canonical);
        pt_buf_done(&other);
        pt_buf_done(&packed);
        pt_arena_reset(&arena);
    }
    cr_expect_gt(changed, 1600);
}
