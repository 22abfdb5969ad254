/* What the tests, fuzz targets and the benchmark of the JSON codec share: a schema of testdata/shapes.proto. */
#ifndef PT_JSON_TESTING_H
#define PT_JSON_TESTING_H

#include "partie/json.h"

#define PT_JSON_TESTING_BYTES (16u << 20) /* ceiling of outputs */

/* The schema, loaded on first use; the program ends with a message when it can't be. Not thread-safe. */
const pt_schema *pt_json_testing_schema(void);

/* A type of package partie.testdata.json, or google.protobuf when the name begins with a dot. It must exist. */
const pt_type *pt_json_testing_type(const char *name);

/* Reads and writes with these options, whose `schema` is filled in; NULL: the defaults. `out` is emptied first. */
pt_code pt_json_testing_read(const char *type, const char *json, const pt_json_read_options *options, pt_buf *out,
                             pt_status *st);
pt_code pt_json_testing_write(const char *type, pt_slice wire, const pt_json_write_options *options, pt_buf *out,
                              pt_status *st);

/* The property that fuzz targets and tests share: what `wire` is written as, read and written again, is the same text. Ends the
 * program with both texts when it isn't, or when its own output is refused. Bytes that can't be written are no failure:
 * *ret_len is then 0, else the length of the text. */
void pt_json_testing_round_trip(const char *type, pt_slice wire, bool annotations, size_t *ret_len);

#endif
