/* A page token is any text that a client sends: it is read back as written, or refused. */
#include <assert.h>
#include <stdlib.h>

#include "query_events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const query_filter all = {.type = "", .source = "", .subject = ""};
    char *token = strndup((const char *)data, size);
    char again[QUERY_TOKEN_BYTES];
    uint64_t after = 0;
    if (!token) return 0;
    if (query_read_token(token, &all, &after, NULL) == PT_OK && *token) {
        query_write_token(&all, after, again);
        assert(strcmp(token, again) == 0);
    }
    free(token);
    return 0;
}
