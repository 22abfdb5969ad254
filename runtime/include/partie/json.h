/* JSON text to protobuf wire bytes and back, by a loaded schema: one pass, no document tree, no message struct.
 *
 * The mapping is proto3 JSON (https://protobuf.dev/programming-guides/json/) over RFC 8259 text; it refuses bad UTF-8, lone
 * surrogates, a member twice, numbers out of range, bytes behind the value, and nesting over the limit.
 *
 * With `annotations`, a PT_JSON_RAW field takes and gives any JSON value, null too, without the whitespace between tokens; an
 * empty one is written as null. Entries of a PT_JSON_INLINE field are members of the enclosing object; null means unset there,
 * and an entry may not be named as a field is, nor "@type".
 *
 * Nesting costs about 1 KiB of stack a level. Texts and messages of 2 GiB or more are RESOURCE_EXHAUSTED. */
#ifndef PARTIE_JSON_H
#define PARTIE_JSON_H

#include "partie/buf.h"
#include "partie/schema.h"

typedef struct pt_json_read_options {
    const pt_schema *schema; /* looks up the types of google.protobuf.Any; NULL: Any is refused */
    uint32_t depth;          /* nesting of objects and lists; 1 to 1000 */
    bool ignore_unknown;     /* skip members and enum names that the type doesn't have; false: refuse them */
    bool annotations;        /* honour partie.v1 json_form (the REST mapping); false: strictly proto3 JSON */
} pt_json_read_options;

#define PT_JSON_READ_OPTIONS_INIT                                                                                              \
    { .schema = NULL, .depth = 100, .ignore_unknown = false, .annotations = false }

typedef struct pt_json_write_options {
    const pt_schema *schema; /* as above */
    uint32_t depth;          /* nesting of messages in the bytes; 1 to 1000 */
    bool zero_fields;        /* write fields without presence even when zero or empty */
    bool proto_names;        /* names as in the contract in place of json names */
    bool enum_numbers;       /* enums as numbers */
    bool int64_numbers;      /* 64-bit integers as JSON numbers in place of strings */
    bool annotations;        /* as above */
} pt_json_write_options;

#define PT_JSON_WRITE_OPTIONS_INIT                                                                                             \
    { .schema = NULL, .depth = 100 }

/* Reads one JSON value as a message of `type` and appends its wire bytes to `out`; fields are written in the order of the
 * text. `options` may be NULL: the defaults.
 * INVALID_ARGUMENT: `items[3].price: expected a number, byte 118`; nothing is appended. RESOURCE_EXHAUSTED: `out` is at its
 * ceiling, or over the depth. Thread: any. */
pt_code pt_json_read(const pt_type *type, pt_slice json, const pt_json_read_options *options, pt_buf *out,
                     pt_status *st) PT_MUST_CHECK;

/* The same for the value of one field (what an HTTP body is when the rule names a field): appends the field with its tag. A
 * repeated field takes a JSON list, a map an object. */
pt_code pt_json_read_field(const pt_field *field, pt_slice json, const pt_json_read_options *options, pt_buf *out,
                           pt_status *st) PT_MUST_CHECK;

/* Writes serialized bytes of `type` as JSON text, members in the order of field numbers.
 * INVALID_ARGUMENT: the bytes are not a message of that type (field path and byte), a string isn't UTF-8, a Timestamp or
 * Duration is out of range, an Any has an unknown type; nothing is appended. RESOURCE_EXHAUSTED as above. Thread: any. */
pt_code pt_json_write(const pt_type *type, pt_slice wire, const pt_json_write_options *options, pt_buf *out,
                      pt_status *st) PT_MUST_CHECK;

/* Writes only one field of a message (what a rule's response_body names): its value, or its zero form when unset. */
pt_code pt_json_write_field(const pt_field *field, pt_slice wire, const pt_json_write_options *options, pt_buf *out,
                            pt_status *st) PT_MUST_CHECK;

/* Reads a plain text (a path variable, a query parameter) as one value of a field and appends the field with its tag. Scalars,
 * enums (name or number), bool, bytes (base64 or base64url), wrappers, Timestamp, Duration and FieldMask can be read so.
 * INVALID_ARGUMENT: not a value of the field, or its type has no text form. */
pt_code pt_json_read_text(const pt_field *field, pt_slice text, pt_buf *out, pt_status *st) PT_MUST_CHECK;

/* Checks that `text` is one JSON value, whatever it is, and nothing else, with at most `depth` objects and lists in each other
 * (1 to 1000). INVALID_ARGUMENT: it is not, with the byte; RESOURCE_EXHAUSTED: too deep. Thread: any. */
pt_code pt_json_check(pt_slice text, uint32_t depth, pt_status *st) PT_MUST_CHECK;

/* Appends `text` as a JSON string with its quotes. Invalid UTF-8 becomes U+FFFD, so that any bytes can be logged. */
pt_code pt_json_quote(pt_buf *out, pt_slice text) PT_MUST_CHECK;

#endif
