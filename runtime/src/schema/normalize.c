/* pt_type_normalize: serialized messages written anew. The bytes are checked first, so that from then on only memory can lack,
 * and the recursion is as deep as the check allows. */
#include <stdlib.h>

#include "partie/limits.h"
#include "schema/collect.h"
#include "schema/index.h"

/* Every function that returns bool returns false when memory or the output's ceiling is exhausted. */
typedef struct normalizer {
    pt_collector fields;
    pt_buf *out;
} normalizer;

/* A length-prefixed value that is being written. */
typedef struct prefix {
    size_t mark;  /* of the length */
    size_t width; /* bytes that were left for it */
} prefix;

static bool put_fields(normalizer *n, const pt_type *type, pt_range parts);

static bool put_raw(normalizer *n, const uint8_t *from, const uint8_t *end) {
    return pt_buf_append(n->out, from, (size_t)(end - from)) == PT_OK;
}

static bool put_varint(normalizer *n, uint64_t value) {
    uint8_t bytes[PT_VARINT_MAX_BYTES];
    return put_raw(n, bytes, pt_write_varint(bytes, value));
}

static bool put_tag(normalizer *n, const pt_field *field, unsigned wire_type) {
    return put_varint(n, (uint64_t)field->number << 3 | wire_type);
}

static bool put_bits(normalizer *n, const pt_field *field, uint64_t bits) {
    uint8_t bytes[PT_VARINT_MAX_BYTES];
    return put_raw(n, bytes, pt_write_bits(bytes, field, bits));
}

static bool put_blob(normalizer *n, const pt_field *field, pt_slice bytes) {
    return put_tag(n, field, PT_WIRE_LEN) && put_varint(n, bytes.len) && !pt_buf_append(n->out, bytes.ptr, bytes.len);
}

static bool put_scalar(normalizer *n, const pt_field *field, uint64_t bits) {
    return put_tag(n, field, pt_wire_type_of(field->type)) && put_bits(n, field, bits);
}

/* Leaves room for the length that `expected` bytes have: what is written mostly is as long as what was read, so that its bytes
 * need not be moved. */
static bool begin(normalizer *n, const pt_field *field, size_t expected, prefix *ret) {
    size_t width = pt_varint_size(expected);
    if (!put_tag(n, field, PT_WIRE_LEN) || pt_buf_reserve(n->out, width)) return false;
    *ret = (prefix){n->out->len, width};
    n->out->len += width;
    return true;
}

static bool end(normalizer *n, prefix p) {
    size_t first = p.mark + p.width, len = n->out->len - first, width = pt_varint_size(len);
    if (width > p.width && pt_buf_reserve(n->out, width - p.width)) return false;
    if (width != p.width) memmove(n->out->ptr + p.mark + width, n->out->ptr + first, len);
    pt_write_varint(n->out->ptr + p.mark, len);
    n->out->len = p.mark + width + len;
    return true;
}

static bool put_message(normalizer *n, const pt_field *field, pt_range parts) {
    size_t expected = 0;
    prefix p;
    for (size_t i = 0; i < parts.n; i++)
        expected += n->fields.parts[parts.first + i].len;
    return begin(n, field, expected, &p) && put_fields(n, field->message, parts) && end(n, p);
}

/* A message of one part. */
static bool put_part(normalizer *n, const pt_field *field, pt_slice part) {
    pt_range parts = {n->fields.n_parts, 1};
    bool ok = pt_push_part(&n->fields, part) && put_message(n, field, parts);
    n->fields.n_parts = parts.first;
    return ok;
}

static bool put_merged(normalizer *n, const pt_field *field, pt_range runs) {
    pt_range parts = {n->fields.n_parts, 0};
    pt_values values = pt_values_of(runs);
    unsigned wire_type;
    pt_slice part;
    for (; pt_next_value(&n->fields, &values, &wire_type); parts.n++) {
        if (!pt_read_bytes(&values.in, &part) || !pt_push_part(&n->fields, part)) return false;
    }
    bool ok = put_message(n, field, parts);
    n->fields.n_parts = parts.first;
    return ok;
}

/* Zero is left out where it can't be told from unset, but not from entries of maps, which always have both fields. */
static bool hides_zero(const pt_field *field) {
    return !field->presence && !field->parent->map_entry;
}

static bool put_single(normalizer *n, const pt_field *field, pt_range runs) {
    pt_slice bytes = {NULL, 0};
    uint64_t bits = 0;
    if (field->type == PT_TYPE_MESSAGE) return put_merged(n, field, runs);
    if (pt_is_blob(field)) {
        if (!pt_last_bytes(&n->fields, runs, &bytes)) return false;
        return (bytes.len == 0 && hides_zero(field)) || put_blob(n, field, bytes);
    }
    if (!pt_last_bits(&n->fields, field, runs, &bits)) return false;
    return (bits == 0 && hides_zero(field)) || put_scalar(n, field, bits);
}

/* A field of a map's entry that the entry lacks. */
static bool put_lacking(normalizer *n, const pt_field *field) {
    if (pt_wire_type_of(field->type) == PT_WIRE_LEN) return put_blob(n, field, (pt_slice){0});
    return put_scalar(n, field, field->enumeration ? (uint64_t)(int64_t)field->enumeration->values[0].number : 0);
}

/* The numbers of one occurrence, which may be packed; `tags`: each with its tag. */
static bool put_numbers(normalizer *n, const pt_field *field, pt_reader *in, unsigned wire_type, bool tags) {
    pt_slice packed;
    uint64_t bits;
    if (wire_type != PT_WIRE_LEN)
        return pt_read_bits(in, field, &bits) && (tags ? put_scalar(n, field, bits) : put_bits(n, field, bits));
    if (!pt_read_bytes(in, &packed)) return false;
    pt_reader elements = pt_reader_of(packed);
    while (elements.pos < elements.end) {
        if (!pt_read_bits(&elements, field, &bits)) return false;
        if (tags ? !put_scalar(n, field, bits) : !put_bits(n, field, bits)) return false;
    }
    return true;
}

static bool put_packed(normalizer *n, const pt_field *field, pt_range runs) {
    size_t before = n->out->len, expected = 0;
    pt_values values = pt_values_of(runs);
    unsigned wire_type;
    prefix p;
    for (size_t i = 0; i < runs.n; i++)
        expected += (size_t)(n->fields.runs[runs.first + i].end - n->fields.runs[runs.first + i].start);
    if (!begin(n, field, expected, &p)) return false;
    size_t first = n->out->len;
    while (pt_next_value(&n->fields, &values, &wire_type)) {
        if (!put_numbers(n, field, &values.in, wire_type, false)) return false;
    }
    if (n->out->len > first) return end(n, p);
    n->out->len = before;
    return true;
}

static bool put_list(normalizer *n, const pt_field *field, pt_range runs) {
    pt_values values = pt_values_of(runs);
    unsigned wire_type;
    pt_slice bytes;
    if (field->packed) return put_packed(n, field, runs);
    bool blobs = pt_wire_type_of(field->type) == PT_WIRE_LEN;
    while (pt_next_value(&n->fields, &values, &wire_type)) {
        bool ok = blobs ? pt_read_bytes(&values.in, &bytes) : put_numbers(n, field, &values.in, wire_type, true);
        if (ok && blobs) ok = field->message ? put_part(n, field, bytes) : put_blob(n, field, bytes);
        if (!ok) return false;
    }
    return true;
}

/* An entry of a map. */
typedef struct entry {
    pt_slice bytes, text; /* `text`: a key that is a string */
    uint64_t bits;        /* one that is not, in an order of which unsigned comparison is true */
} entry;

static bool read_key(const pt_field *key, pt_slice bytes, entry *ret) {
    bool ok = true, is_signed = key->type != PT_TYPE_UINT32 && key->type != PT_TYPE_UINT64 && key->type != PT_TYPE_FIXED32 &&
                                key->type != PT_TYPE_FIXED64;
    pt_reader in = pt_reader_of(bytes);
    uint32_t number;
    unsigned wire_type;
    *ret = (entry){.bytes = bytes};
    while (ok && in.pos < in.end) {
        if (!pt_read_tag(&in, &number, &wire_type)) return false;
        if (number != key->number)
            ok = pt_pass_value(&in, number, wire_type);
        else
            ok = pt_is_blob(key) ? pt_read_bytes(&in, &ret->text) : pt_read_bits(&in, key, &ret->bits);
    }
    if (is_signed) ret->bits ^= UINT64_C(1) << 63;
    return ok;
}

static int compare_keys(const entry *a, const entry *b) {
    size_t common = a->text.len < b->text.len ? a->text.len : b->text.len;
    int order = common ? memcmp(a->text.ptr, b->text.ptr, common) : 0;
    if (order) return order;
    if (a->text.len != b->text.len) return a->text.len < b->text.len ? -1 : 1;
    return a->bits < b->bits ? -1 : a->bits > b->bits;
}

/* By key; entries of one key stay in the order of the bytes. */
static int compare_entries(const void *left, const void *right) {
    const entry *a = left, *b = right;
    int order = compare_keys(a, b);
    return order ? order : a->bytes.ptr < b->bytes.ptr ? -1 : a->bytes.ptr > b->bytes.ptr;
}

static size_t count_values(const normalizer *n, pt_range runs) {
    size_t count = 0;
    pt_values values = pt_values_of(runs);
    unsigned wire_type;
    pt_slice bytes;
    while (pt_next_value(&n->fields, &values, &wire_type) && pt_read_bytes(&values.in, &bytes))
        count++;
    return count;
}

static bool put_map(normalizer *n, const pt_field *field, pt_range runs) {
    size_t count = count_values(n, runs), i = 0;
    entry *entries = pt_arena_calloc(n->fields.arena, count, sizeof *entries);
    pt_values values = pt_values_of(runs);
    unsigned wire_type;
    pt_slice bytes;
    if (!entries) return false;
    while (pt_next_value(&n->fields, &values, &wire_type)) {
        if (!pt_read_bytes(&values.in, &bytes) || !read_key(&field->message->fields[0], bytes, &entries[i++])) return false;
    }
    qsort(entries, count, sizeof *entries, compare_entries);
    for (i = 0; i < count; i++) {
        bool last = i + 1 == count || compare_keys(&entries[i], &entries[i + 1]) != 0;
        if (last && !put_part(n, field, entries[i].bytes)) return false;
    }
    return true;
}

static bool put_groups(normalizer *n, pt_range runs) {
    for (size_t i = 0; i < runs.n; i++) {
        const pt_run *run = &n->fields.runs[runs.first + i];
        if (!put_raw(n, run->start, run->end)) return false;
    }
    return true;
}

static bool put_field(normalizer *n, const pt_field *field, pt_range runs) {
    if (field->type == PT_TYPE_GROUP) return put_groups(n, runs);
    if (field->map) return put_map(n, field, runs);
    return field->repeated ? put_list(n, field, runs) : put_single(n, field, runs);
}

static bool put_known(normalizer *n, const pt_type *type, pt_range runs) {
    uint32_t next = 0;
    while (runs.n) {
        const pt_field *field = n->fields.runs[runs.first].field;
        pt_range own = {runs.first, pt_same_field(&n->fields, runs)};
        for (; type->map_entry && next < field->index; next++)
            if (!put_lacking(n, &type->fields[next])) return false;
        if (!put_field(n, field, own)) return false;
        next = field->index + 1;
        runs.first += own.n;
        runs.n -= own.n;
    }
    for (; type->map_entry && next < type->n_fields; next++)
        if (!put_lacking(n, &type->fields[next])) return false;
    return true;
}

static bool put_unknown(normalizer *n, const pt_type *type, pt_slice part) {
    pt_reader in = pt_reader_of(part);
    uint32_t number;
    unsigned wire_type;
    while (in.pos < in.end) {
        const uint8_t *at = in.pos;
        if (!pt_read_tag(&in, &number, &wire_type) || !pt_pass_value(&in, number, wire_type)) return false;
        const pt_field *field = pt_type_get_field(type, number);
        if (field && pt_wire_fits(field, wire_type)) continue;
        if (!put_raw(n, at, in.pos)) return false;
    }
    return true;
}

static bool put_fields(normalizer *n, const pt_type *type, pt_range parts) {
    pt_range runs;
    if (!pt_collect(&n->fields, type, parts, &runs)) return false;
    bool unknown = n->fields.unknown, ok = put_known(n, type, runs);
    for (size_t i = 0; ok && unknown && i < parts.n; i++)
        ok = put_unknown(n, type, n->fields.parts[parts.first + i]);
    pt_release(&n->fields, runs);
    return ok;
}

pt_code pt_type_normalize(const pt_type *type, pt_slice wire, const pt_limits *limits, pt_buf *out, pt_status *st) {
    pt_arena arena;
    normalizer n;
    size_t before = out->len;
    pt_code code = pt_type_check(type, wire, limits, st);
    if (code) return code;
    pt_arena_init(&arena, limits->arena_bytes);
    pt_collector_init(&n.fields, wire, &arena);
    n.out = out;
    if (!put_fields(&n, type, (pt_range){0, 1})) {
        out->len = before;
        code = pt_status_set(st, PT_RESOURCE_EXHAUSTED,
                             "written anew, the message takes more memory than there is, or than the limit");
    }
    pt_arena_done(&arena);
    return code;
}
